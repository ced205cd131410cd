"""The root: the county's figures with the cells they were added up from, the differences, and the missing units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.form import MISSING, Figure, Form, Item, Vector, unscale
from pipeline.layout import Place
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
    """One row of the 差额表: an amount beside the units' cells, its reason, its approver, and the cell that proves it.

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
class Addends(Mapping[str, tuple[Contribution, ...]]):
    """By item code the addends of every figure: the units' cells in the order of ``counted``, then the rows of the
    差额表. Each is made when it is asked for, so that a thousand returns need no object for every cell.

    ``codes`` are the summed items, then the totals, for which the units' own totals are listed. ``sources`` names the
    one unit that an item is taken from.
    """

    form: Form
    codes: tuple[str, ...]
    sources: Mapping[str, str]
    counted: tuple[CountedReturn, ...]
    differences: tuple[Difference, ...]

    def __getitem__(self, code: str) -> tuple[Contribution, ...]:
        if code not in self.codes:
            raise KeyError(code)
        own = (contribution(code, counted, place, value) for counted, place, value in self.of_units(code))
        return (*own, *self.beside(code))

    def __contains__(self, code: object) -> bool:
        return code in self.codes

    def __iter__(self) -> Iterator[str]:
        return iter(self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def of_units(self, code: str, *, zeros: bool = True) -> Iterator[tuple[CountedReturn, Place, Figure]]:
        """Yield the units that report a figure, with its cell; without ``zeros`` those that report more than nothing."""
        at, scale, only = self.form.position[code], self.form.scales[self.form.position[code]], self.sources.get(code)
        for counted in self.counted:
            packed = counted.submission.values.figures[at]
            if packed != MISSING and (zeros or packed) and only in (None, counted.unit.code):
                yield counted, counted.submission.places[code], unscale(packed, scale)

    def beside(self, code: str) -> Iterator[Contribution]:
        """Yield the differences of a figure; those of a total stand with its parts."""
        return (_beside(row) for row in self.differences if row.item == code and code not in self.form.formulas)

    def other_than_zero(self, code: str) -> Iterator[Contribution]:
        """Yield the addends that a reader wants to see."""
        if code in self.codes:
            yield from (contribution(code, *cell) for cell in self.of_units(code, zeros=False))
            yield from (row for row in self.beside(code) if row.value)


def contribution(code: str, counted: CountedReturn, place: Place, value: Figure) -> Contribution:
    """Return a cell of a counted return as an addend."""
    arrival = counted.submission.arrival
    return Contribution(
        item=code,
        unit=counted.unit.code,
        unit_name=counted.unit.name,
        file=arrival.name,
        sha256=arrival.sha256,
        sheet=place.sheet,
        cell=place.cell,
        value=value,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """分类小计: the counted units of one type, with their sums by item code; totals are computed from their parts."""

    type: str
    units: tuple[str, ...]
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class County:
    """The root. ``figures`` by item code, ``None`` where no source is known; each is the sum of the ``groups`` and of
    the ``differences``.

    ``collected`` by item code: texts, or figures that are only listed, with the names of their units; ``texts`` are the
    county's own lists of document numbers. ``findings`` tell what consolidation did by itself or could not decide.
    """

    figures: Mapping[str, Figure | None]
    contributions: Addends
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
        """Names of missing units: of this level, and of lower levels as counted consolidations report them."""
        below = (
            f"{submission.unit.name}的{submission.submission.lacking}"
            for submission in self.counted
            if submission.submission.lacking
        )
        return (*(standing.unit.name for standing in self.missing), *below)

    @property
    def provisional(self) -> tuple[CountedReturn, ...]:
        """The units that are counted only under a signed acceptance."""
        return tuple(counted for counted in self.counted if counted.provisional)

    def vector(self, form: Form) -> Vector:
        """The figures ordered like ``form.items``, as a submission has them.

        A figure with more decimals than its item's scale cannot be a sum of cells and is left out; A1 reports it.
        """
        figures = ((self.figures.get(item.code), scale) for item, scale in zip(form.items, form.scales, strict=True))
        return form.vector(figure if _fits(figure, scale) else None for figure, scale in figures)

    def paragraphs(self, item: Item) -> tuple[str, ...]:
        """Return what the units wrote under ``item``, each with its name in front."""
        return tuple(f"{unit}：{text}" for unit, text in self.collected.get(item.code, ()))

    def subtotal(self, code: str) -> Figure | None:
        """Return the sum over the counted units; ``None`` when none of them reports the item."""
        known = [group.figures[code] for group in self.groups if code in group.figures]
        return sum(known[1:], start=known[0]) if known else None


def _fits(figure: Figure | None, scale: int) -> bool:
    return not isinstance(figure, Decimal) or figure == round(figure, scale)


def zero(item: Item) -> Figure:
    """Return zero at the item's scale."""
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
