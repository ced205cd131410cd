"""Accepted submissions + adjustments to the county's figures, each with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pipeline.control import CONTROL_FILE, Adjustment, Control
from pipeline.county import Contribution, County
from pipeline.form import Figure, Form, Item, printed
from pipeline.layout import Place
from pipeline.standings import Standing, State


def consolidate(form: Form, control: Control, standings: Sequence[Standing]) -> County:
    """Add up what passed: each item by its own aggregation mode, totals computed anew from the sums."""
    counted = tuple(standing for standing in standings if standing.counts())
    contributions: dict[str, tuple[Contribution, ...]] = {}
    figures: dict[str, Figure | None] = {}
    for item in form.items:
        if item.numeric and item.aggregation in ("sum", "source"):
            addends = (*_addends(form, control, counted, item), *_adjusted(control.adjustments, item))
            contributions[item.code] = addends
            figures[item.code] = _sum(item, addends)
    for code in form.formulas:
        _compute(form, code, figures)
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
        missing=tuple(s for s in standings if s.unit.counted and not s.counts() and s.state is not State.WAIVED),
    )


def zero(item: Item) -> Figure:
    """Nothing, at the item's own scale."""
    return Decimal(0).scaleb(-item.scale) if item.kind == "money" else 0


def _sum(item: Item, addends: Sequence[Contribution]) -> Figure | None:
    if item.aggregation == "source" and not addends:
        return None
    total = zero(item)
    for addend in addends:
        total += addend.value
    return total


def _compute(form: Form, code: str, figures: dict[str, Figure | None]) -> Figure:
    """A total from the sums of its parts, whatever the order the form lists them in."""
    known = figures.get(code)
    if known is not None:
        return known
    result: Figure = 0
    for term in form.formulas[code].right:
        part = _compute(form, term.name, figures) if term.name in form.formulas else figures[term.name]
        assert part is not None, f"{term.name} is neither summed nor computed"
        result += part * term.factor
    figures[code] = result
    return result


def _addends(form: Form, control: Control, counted: Sequence[Standing], item: Item) -> Iterator[Contribution]:
    source = control.profile.sources.get(item.source) if item.aggregation == "source" else None
    at = form.position[item.code]
    for standing in counted:
        if item.aggregation == "source" and standing.unit.code != source:
            continue
        assert standing.decisive is not None
        submission = standing.decisive.submission
        value = submission.values[at]
        if isinstance(value, int | Decimal):
            place = submission.places[item.code]
            yield _contribution(item, standing, place, value)


def _contribution(item: Item, standing: Standing, place: Place, value: Figure) -> Contribution:
    assert standing.decisive is not None
    arrival = standing.decisive.submission.arrival
    return Contribution(
        item=item.code,
        unit=standing.unit.code,
        unit_name=standing.unit.name,
        file=arrival.name,
        sha256=arrival.sha256,
        sheet=place.sheet,
        cell=place.cell,
        value=value,
    )


def _adjusted(adjustments: Sequence[Adjustment], item: Item) -> Iterator[Contribution]:
    for adjustment in adjustments:
        if adjustment.subject == item.code:
            yield Contribution(
                item=item.code,
                unit="",
                unit_name=f"差额：{adjustment.reason}（批准人 {adjustment.approver}）",
                file=CONTROL_FILE,
                sha256="",
                sheet=adjustment.sheet,
                cell=adjustment.cell,
                value=adjustment.amount,
            )


def _texts(form: Form, counted: Sequence[Standing], item: Item) -> Iterator[tuple[str, str]]:
    at = form.position[item.code]
    for standing in counted:
        assert standing.decisive is not None
        value = standing.decisive.submission.values[at]
        if value is not None:
            yield standing.unit.name, value if isinstance(value, str) else printed(value)
