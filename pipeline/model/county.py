"""The root: the county's figures, each with the cells it was added up from, what differs from them, who is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.form import Figure, Form, Item, Vector
from pipeline.model.finding import Finding
from pipeline.model.standing import CountedReturn, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One addend of a county figure: a cell of a returned workbook, or a signed adjustment of the 台账."""

    item: str
    unit: str
    unit_name: str
    file: str
    sha256: str
    sheet: str
    cell: str
    value: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row of the 差额表: what a figure has beside the units' cells, why, on whose word, and the cell it rests on.

    ``automatic`` rows follow from a rule, the others were registered in the 台账; ``sha256`` is empty for those.
    """

    item: str
    amount: Figure
    reason: str
    approver: str
    file: str
    sha256: str
    sheet: str
    cell: str
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """分类小计: the counted units of one type, and what they come to by item code; totals follow from their parts."""

    type: str
    units: tuple[str, ...]
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """The root. ``figures`` by item code, ``None`` where no source is known; each is the sum of the ``groups`` and of
    the ``differences``.

    ``collected`` by item code: what units wrote, or the figures that are only listed, side by side with their names;
    ``texts`` what the county itself answers to an item that lists document numbers. ``findings`` are what
    consolidation did by itself or could not decide.
    """

    figures: Mapping[str, Figure | None]
    contributions: Mapping[str, tuple[Contribution, ...]]
    collected: Mapping[str, tuple[tuple[str, str], ...]]
    counted: tuple[CountedReturn, ...]
    missing: tuple[Standing, ...]
    differences: tuple[Difference, ...] = ()
    groups: tuple[Group, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every unit in scope, on this level and below, is counted or waived."""
        return not self.lacking

    @property
    def lacking(self) -> tuple[str, ...]:
        """Who is missing: units of this level, and those of lower levels that a counted consolidation says are missing."""
        below = (f"{each.unit.name}的{each.submission.lacking}" for each in self.counted if each.submission.lacking)
        return (*(standing.unit.name for standing in self.missing), *below)

    @property
    def provisional(self) -> tuple[CountedReturn, ...]:
        """The units that are counted only because the office accepted them by name."""
        return tuple(counted for counted in self.counted if counted.provisional)

    def vector(self, form: Form) -> Vector:
        """The figures ordered like ``form.items``, as a submission has them.

        One that is finer than its item's scale is no sum of cells and left out: A1 speaks of it.
        """
        figures = ((self.figures.get(item.code), scale) for item, scale in zip(form.items, form.scales, strict=True))
        return form.vector(figure if _fits(figure, scale) else None for figure, scale in figures)

    def paragraphs(self, item: Item) -> tuple[str, ...]:
        """What the units wrote under ``item``, each with its name in front."""
        return tuple(f"{unit}：{text}" for unit, text in self.collected.get(item.code, ()))

    def subtotal(self, code: str) -> Figure | None:
        """What the counted units come to; ``None`` where none of them reports the item."""
        known = [group.figures[code] for group in self.groups if code in group.figures]
        return sum(known[1:], start=known[0]) if known else None


def _fits(figure: Figure | None, scale: int) -> bool:
    return not isinstance(figure, Decimal) or figure == round(figure, scale)


def zero(item: Item) -> Figure:
    """Nothing, at the item's own scale."""
    return Decimal(0).scaleb(-item.scale) if item.kind == "money" else 0


def complete_totals(form: Form, figures: dict[str, Figure | None]) -> None:
    """Add every total to ``figures`` from the sums of its parts, whatever the order the form lists them in."""
    for code in form.formulas:
        _total(form, code, figures)


def _total(form: Form, code: str, figures: dict[str, Figure | None]) -> Figure:
    known = figures.get(code)
    if known is not None:
        return known
    result: Figure = 0
    for term in form.formulas[code].right:
        part = _total(form, term.name, figures) if term.name in form.formulas else figures[term.name]
        assert part is not None, f"{term.name} is neither summed nor computed"
        result += part * term.factor
    figures[code] = result
    return result
