"""The county's figures: each item by its own aggregation mode, totals computed anew from the sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from pipeline.form import Figure, Form, Item, Value, print_figure
from pipeline.layout import Place
from pipeline.model.control import CONTROL_FILE, UNIT_TYPES, Adjustment, Control
from pipeline.model.county import Contribution, County, Difference, Group, complete_totals, zero
from pipeline.model.finding import Finding, digest, notice
from pipeline.model.standing import CountedReturn, Standing, State
from pipeline.road.consolidate.joint import count_once

_TELLING = 3
"""Figures that are not 0 from which on two returns are not alike by chance."""


def consolidate(form: Form, control: Control, standings: Sequence[Standing]) -> County:
    """Add up what passed. The root is the sum of the leaves and of the rows of the 差额表, and of nothing else."""
    counted = tuple(counted for standing in standings if (counted := standing.counted))
    joint = count_once(form, control, counted)
    differences = (*map(_difference_of, control.adjustments), *joint.differences)
    contributions: dict[str, tuple[Contribution, ...]] = {}
    figures: dict[str, Figure | None] = {}
    for item in form.items:
        # entry items: their cells and the rows of the 差额表
        if item.numeric and item.aggregation in ("sum", "source"):
            beside = (_beside(difference) for difference in differences if difference.item == item.code)
            addends = (*_addends(form, control, counted, item), *beside)
            contributions[item.code] = addends
            figures[item.code] = _sum(item, addends)
    complete_totals(form, figures)
    groups = tuple(_groups(form, counted, contributions))
    # totals follow from the sums; the units' own totals are listed as their sources
    for code in form.formulas:
        contributions[code] = tuple(_addends(form, control, counted, form.item(code)))
    return County(
        figures=figures,
        contributions=contributions,
        collected={
            item.code: tuple(_texts(form, counted, item))
            for item in form.items
            if item.kind == "text" or item.aggregation == "collect"
        },
        counted=counted,
        missing=tuple(s for s in standings if s.unit.counted and not s.counted and s.state is not State.WAIVED),
        differences=_order_differences(form, differences),
        groups=groups,
        texts=joint.texts,
        findings=(*joint.findings, *_below_zero(form, differences, figures), *_identical(form, counted)),
    )


def _below_zero(
    form: Form, differences: Sequence[Difference], figures: Mapping[str, Figure | None]
) -> Iterator[Finding]:
    """Yield figures that became negative, at the last row that deducts something."""
    last = {difference.item: difference for difference in differences if difference.amount < 0}
    for item in form.items:
        value = figures.get(item.code)
        if item.code in last and value is not None and value < 0 and not item.signed:
            row = last[item.code]
            where = {"file": row.file, "sheet": row.sheet, "cell": row.cell, "item": item.code}
            yield notice("C5", where=where, label=item.label, code=item.code, found=print_figure(value))


def _identical(form: Form, counted: Sequence[CountedReturn]) -> Iterator[Finding]:
    """Yield units whose statutory figures are identical and not nearly all zero."""
    tables = {table.code for table in form.tables}
    at = [form.position[item.code] for item in form.items if item.table in tables and item.mode == "entered"]
    alike: dict[tuple[Value, ...], list[CountedReturn]] = {}
    for each in counted:
        figures = tuple(each.submission.values[n] for n in at)
        if sum(bool(value) for value in figures) >= _TELLING:
            alike.setdefault(figures, []).append(each)
    for figures, units in alike.items():
        if len(units) > 1:
            names = "、".join(f"“{each.unit.name}”" for each in units)
            where = {"file": units[-1].submission.arrival.name, "key": f"C6.{units[0].unit.code}"}
            where["operands"] = digest((str(n), value) for n, value in enumerate(figures))
            yield notice("C6", where=where, units=names, count=sum(bool(value) for value in figures))


def _order_differences(form: Form, differences: Iterable[Difference]) -> tuple[Difference, ...]:
    return tuple(sorted(differences, key=lambda difference: form.position[difference.item]))


def _sum(item: Item, addends: Sequence[Contribution]) -> Figure | None:
    if item.aggregation == "source" and not addends:
        return None
    total = zero(item)
    for addend in addends:
        total += addend.value
    return total


def _groups(
    form: Form, counted: Sequence[CountedReturn], contributions: Mapping[str, Sequence[Contribution]]
) -> Iterator[Group]:
    """Return the sums of every unit type, in the order of the 台账."""
    kinds = {standing.unit.code: standing.unit.type for standing in counted}
    figures: dict[str, dict[str, Figure | None]] = {kind: {} for kind in UNIT_TYPES if kind in kinds.values()}
    for code, addends in contributions.items():
        mine: dict[str, list[Contribution]] = {kind: [] for kind in figures}
        for addend in addends:
            if addend.unit:
                mine[kinds[addend.unit]].append(addend)
        for kind, own in mine.items():
            figures[kind][code] = _sum(form.item(code), own)
    for kind, found in figures.items():
        complete_totals(form, found)
        units = tuple(code for code, other in kinds.items() if other == kind)
        known = {code: value for code, value in found.items() if value is not None}
        yield Group(type=kind, units=units, figures=known)


def _addends(form: Form, control: Control, counted: Sequence[CountedReturn], item: Item) -> Iterator[Contribution]:
    source = control.profile.sources.get(item.source) if item.aggregation == "source" else None
    at = form.position[item.code]
    for each in counted:
        if item.aggregation == "source" and each.unit.code != source:
            continue
        value = each.submission.values[at]
        if isinstance(value, int | Decimal):
            yield _contribution(item, each, each.submission.places[item.code], value)


def _contribution(item: Item, counted: CountedReturn, place: Place, value: Figure) -> Contribution:
    arrival = counted.submission.arrival
    return Contribution(
        item=item.code,
        unit=counted.unit.code,
        unit_name=counted.unit.name,
        file=arrival.name,
        sha256=arrival.sha256,
        sheet=place.sheet,
        cell=place.cell,
        value=value,
    )


def _difference_of(adjustment: Adjustment) -> Difference:
    return Difference(
        item=adjustment.subject,
        amount=adjustment.amount,
        reason=adjustment.reason,
        approver=adjustment.approver,
        file=CONTROL_FILE,
        sha256="",
        sheet=adjustment.sheet,
        cell=adjustment.cell,
    )


def _beside(difference: Difference) -> Contribution:
    return Contribution(
        item=difference.item,
        unit="",
        unit_name=f"差额：{difference.reason}（批准人 {difference.approver}）",
        file=difference.file,
        sha256=difference.sha256,
        sheet=difference.sheet,
        cell=difference.cell,
        value=difference.amount,
    )


def _texts(form: Form, counted: Sequence[CountedReturn], item: Item) -> Iterator[tuple[str, str]]:
    at = form.position[item.code]
    for each in counted:
        value = each.submission.values[at]
        if value is not None:
            yield each.unit.name, value if isinstance(value, str) else print_figure(value)
