"""The county's figures: each item by its own aggregation mode, totals computed anew from the sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.form import MISSING, Figure, Form, Item, print_figure, unscale
from pipeline.model.control import CONTROL_FILE, UNIT_TYPES, Control
from pipeline.model.county import Addends, County, Difference, Group, complete_totals, zero
from pipeline.model.decisions import Adjustment
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
    summed = tuple(item for item in form.items if item.numeric and item.aggregation in ("sum", "source"))
    sources = {i.code: control.profile.sources.get(i.source, "") for i in summed if i.aggregation == "source"}
    groups = tuple(_groups(form, counted, summed, sources))
    figures: dict[str, Figure | None] = {}
    for item in summed:  # their cells and the rows of the 差额表
        own = [group.figures[item.code] for group in groups if item.code in group.figures]
        figures[item.code] = _sum(item, (*own, *(row.amount for row in differences if row.item == item.code)))
    complete_totals(form, figures)
    return County(
        figures=figures,
        contributions=Addends(
            form=form,
            codes=(*(item.code for item in summed), *form.formulas),
            sources=sources,
            counted=counted,
            differences=differences,
        ),
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
    alike: dict[tuple[int, ...], list[CountedReturn]] = {}
    for each in counted:
        packed = each.submission.values.figures
        figures = tuple([packed[n] for n in at])
        if sum([figure not in (0, MISSING) for figure in figures]) >= _TELLING:
            alike.setdefault(figures, []).append(each)
    for units in alike.values():
        if len(units) > 1:
            values = units[0].submission.values
            names = "、".join(f"“{each.unit.name}”" for each in units)
            where = {"file": units[-1].submission.arrival.name, "key": f"C6.{units[0].unit.code}"}
            where["operands"] = digest((str(n), values[place]) for n, place in enumerate(at))
            yield notice("C6", where=where, units=names, count=sum(bool(values[n]) for n in at))


def _order_differences(form: Form, differences: Iterable[Difference]) -> tuple[Difference, ...]:
    return tuple(sorted(differences, key=lambda difference: form.position[difference.item]))


def _sum(item: Item, addends: Sequence[Figure]) -> Figure | None:
    if item.aggregation == "source" and not addends:
        return None
    return sum(addends, start=zero(item))


def _groups(
    form: Form, counted: Sequence[CountedReturn], summed: Sequence[Item], sources: Mapping[str, str]
) -> Iterator[Group]:
    """Return the sums of every unit type, in the order of the 台账; an item taken from one unit is its type's alone."""
    units = {each.unit.code: each for each in counted}
    for kind in UNIT_TYPES:
        mine = [each for each in counted if each.unit.type == kind]
        if not mine:
            continue
        columns = _add_columns(form, mine)
        figures: dict[str, Figure | None] = {}
        for item in summed:
            at = form.position[item.code]
            if item.aggregation == "source":
                source = units.get(sources[item.code])
                value = source.submission.values[at] if source and source.unit.type == kind else None
                figures[item.code] = None if value is None or isinstance(value, str) else zero(item) + value
            else:
                figures[item.code] = zero(item) + unscale(columns[at], form.scales[at])
        complete_totals(form, figures)
        known = {code: value for code, value in figures.items() if value is not None}
        yield Group(type=kind, units=tuple(each.unit.code for each in mine), figures=known)


def _add_columns(form: Form, counted: Sequence[CountedReturn]) -> list[int]:
    """Return the sum of every item over the units, as integers at the items' scales; what is not known adds nothing."""
    sums = [0] * len(form.items)
    for each in counted:
        figures = each.submission.values.figures
        sums = [total if figure == MISSING else total + figure for total, figure in zip(sums, figures, strict=True)]
    return sums


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


def _texts(form: Form, counted: Sequence[CountedReturn], item: Item) -> Iterator[tuple[str, str]]:
    at = form.position[item.code]
    for each in counted:
        value = each.submission.values[at]
        if value is not None:
            yield each.unit.name, value if isinstance(value, str) else print_figure(value)
