"""Changes since the night before: every county figure before and after, and the units that caused it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from pipeline.form import Figure, Form, Item, Value
from pipeline.model.county import County, complete_totals


class CauseKind(StrEnum):
    """Why a figure moved; the value is what people see."""

    ADDED = "新计入"
    REPLACED = "换了版本"
    REREAD = "同一文件读数不同"
    REMOVED = "不再计入"
    SOURCE = "换了取数单位"
    DIFFERENCE = "差额变动"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One unit as a night counted it. ``values`` is ordered like ``Form.items``."""

    name: str
    file: str
    sha256: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a night counted.

    ``units`` by unit code; ``adjustments`` are the sums of the 差额表 and ``figures`` the county's figures, both by
    item code; ``sources`` are the units that ``source`` items were taken from, by item code.
    """

    units: Mapping[str, Counted]
    adjustments: Mapping[str, Figure]
    figures: Mapping[str, Figure | None]
    sources: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: Form, county: County) -> Snapshot:
        """Make the snapshot of a night, to compare the next one with."""
        units = {}
        for counted in county.counted:
            submission = counted.submission
            units[counted.unit.code] = Counted(
                name=counted.unit.name,
                file=submission.arrival.name,
                sha256=submission.arrival.sha256,
                values=submission.values,
            )
        adjustments: dict[str, Figure] = {}
        for difference in county.differences:
            adjustments[difference.item] = adjustments.get(difference.item, 0) + difference.amount
        sources = {
            item.code: addend.unit
            for item in form.items
            if item.aggregation == "source"
            for addend in county.contributions.get(item.code, ())
            if addend.unit
        }
        return cls(units=units, adjustments=adjustments, figures=dict(county.figures), sources=sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """A unit that came, left, or is counted with another file; a side without a file is blank."""

    unit: str
    name: str
    reason: CauseKind
    file_before: str
    file_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One part of a figure's change; ``unit`` and the files are blank when no unit caused it."""

    reason: CauseKind
    unit: str = ""
    name: str = ""
    file_before: str = ""
    file_after: str = ""
    before: Figure | None
    after: Figure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One county figure that changed, or stayed the same because its causes cancel out; the causes add up to the
    difference.
    """

    item: str
    before: Figure | None
    after: Figure | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a night changed. ``first`` when there is no night before to compare with."""

    first: bool = False
    units: tuple[UnitChange, ...] = ()
    items: tuple[Change, ...] = ()

    @property
    def without_effect(self) -> tuple[UnitChange, ...]:
        """The units that changed and moved no figure."""
        moved = {cause.unit for change in self.items for cause in change.causes}
        return tuple(unit for unit in self.units if unit.unit not in moved)


FIRST_NIGHT = Changes(first=True)


def changes(form: Form, before: Snapshot | None, after: County) -> Changes:
    """Return every figure that changed since ``before``, in the order of the form, with the units that caused it."""
    return FIRST_NIGHT if before is None else between(form, before, Snapshot.of(form, after))


def between(form: Form, before: Snapshot, now: Snapshot) -> Changes:
    """Compare any two nights."""
    units = tuple(_units(before, now))
    moved = [unit.unit for unit in units]
    old, new = (
        {code: _figures(form, night.units[code].values) for code in moved if code in night.units}
        for night in (before, now)
    )
    items = []
    for item in form.items:
        if item.code not in now.figures:
            continue
        causes = (*_of_units(item, units, before, now, old, new), *_of_differences(form, item, before, now))
        was, is_ = before.figures.get(item.code), now.figures[item.code]
        known = item.code in before.figures or bool(is_)
        if causes or (known and was != is_):
            items.append(Change(item=item.code, before=was, after=is_, causes=causes))
    return Changes(units=units, items=tuple(items))


def _units(before: Snapshot, now: Snapshot) -> Iterator[UnitChange]:
    """Return the units in the order of tonight's roster, those no longer counted at the end."""
    for code in dict.fromkeys((*now.units, *before.units)):
        old, new = before.units.get(code), now.units.get(code)
        known = new or old
        assert known is not None
        if old and new and (old.sha256, old.values) == (new.sha256, new.values):
            continue
        yield UnitChange(
            unit=code,
            name=known.name,
            reason=_reason(old, new),
            file_before=old.file if old else "",
            file_after=new.file if new else "",
        )


def _reason(old: Counted | None, new: Counted | None) -> CauseKind:
    if old is None or new is None:
        return CauseKind.REMOVED if new is None else CauseKind.ADDED
    return CauseKind.REREAD if old.sha256 == new.sha256 else CauseKind.REPLACED


def _figures(form: Form, values: Sequence[Value]) -> Mapping[str, Figure | None]:
    """A unit's figures by item code, totals from their parts as the county computes them."""
    figures: dict[str, Figure | None] = {}
    for item, value in zip(form.items, values, strict=True):
        if item.numeric and item.mode == "entered":
            figures[item.code] = value if isinstance(value, int | Decimal) else None
    parts = {code: value or 0 for code, value in figures.items()}
    totals: dict[str, Figure | None] = dict(parts)
    complete_totals(form, totals)
    return totals | figures


def _of_units(
    item: Item,
    units: tuple[UnitChange, ...],
    before: Snapshot,
    now: Snapshot,
    old: Mapping[str, Mapping[str, Figure | None]],
    new: Mapping[str, Mapping[str, Figure | None]],
) -> Iterator[Cause]:
    if item.aggregation == "source":
        yield from _of_source(item, units, before, now)
        return
    for unit in units:
        was, is_ = (figures.get(unit.unit, {}).get(item.code) for figures in (old, new))
        if (was or 0) != (is_ or 0):
            yield _cause(unit, was, is_)


def _of_source(item: Item, units: tuple[UnitChange, ...], before: Snapshot, now: Snapshot) -> Iterator[Cause]:
    """Return the causes for an item taken from one unit: that unit's figure changed, or the source unit did."""
    was, is_ = (night.figures.get(item.code) for night in (before, now))
    was = _less(was, before.adjustments.get(item.code))
    is_ = _less(is_, now.adjustments.get(item.code))
    old, new = before.sources.get(item.code, ""), now.sources.get(item.code, "")
    if was == is_:
        return
    mover = next((unit for unit in units if unit.unit in (new or old, old)), None)
    if mover and (old == new or not old or not new):
        yield _cause(mover, was, is_)
        return
    name = " → ".join(night.units[code].name for night, code in ((before, old), (now, new)) if code in night.units)
    yield Cause(reason=CauseKind.SOURCE, unit=new or old, name=name, before=was, after=is_)


def _less(figure: Figure | None, adjusted: Figure | None) -> Figure | None:
    return figure if figure is None or adjusted is None else figure - adjusted


def _of_differences(form: Form, item: Item, before: Snapshot, now: Snapshot) -> Iterator[Cause]:
    was, is_ = (_adjustment_of(form, item.code, night.adjustments) for night in (before, now))
    if was != is_:
        yield Cause(reason=CauseKind.DIFFERENCE, name="差额表", before=was, after=is_)


def _adjustment_of(form: Form, code: str, adjustments: Mapping[str, Figure]) -> Figure:
    """Return what the 差额表 adds to an item; for a total, what it adds to the parts."""
    if code not in form.formulas:
        return adjustments.get(code, 0)
    total: Figure = 0
    for term in form.formulas[code].right:
        total += _adjustment_of(form, term.name, adjustments) * term.factor
    return total


def _cause(change: UnitChange, before: Figure | None, after: Figure | None) -> Cause:
    return Cause(
        reason=change.reason,
        unit=change.unit,
        name=change.name,
        file_before=change.file_before,
        file_after=change.file_after,
        before=before,
        after=after,
    )
