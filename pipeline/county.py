"""The root: the county's figures, each with the cells it was added up from, and who is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Figure, Form, Item, Vector
from pipeline.standings import Standing


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
class County:
    """The root. ``figures`` by item code; ``None`` where no source is known.

    ``collected`` by item code: what units wrote, or the figures that are only listed, side by side with their names.
    """

    figures: Mapping[str, Figure | None]
    contributions: Mapping[str, tuple[Contribution, ...]]
    collected: Mapping[str, tuple[tuple[str, str], ...]]
    counted: tuple[Standing, ...]
    missing: tuple[Standing, ...]

    @property
    def complete(self) -> bool:
        """Whether every unit in scope is counted or waived."""
        return not self.missing

    def vector(self, form: Form) -> Vector:
        """The figures ordered like ``form.items``, as a submission has them.

        One that is finer than its item's scale is no sum of cells and left out: A1 speaks of it.
        """
        figures = ((self.figures.get(item.code), scale) for item, scale in zip(form.items, form.scales, strict=True))
        return form.vector(figure if _fits(figure, scale) else None for figure, scale in figures)

    def paragraphs(self, item: Item) -> tuple[str, ...]:
        """What the units wrote under ``item``, each with its name in front."""
        return tuple(f"{unit}：{text}" for unit, text in self.collected.get(item.code, ()))


def _fits(figure: Figure | None, scale: int) -> bool:
    return not isinstance(figure, Decimal) or figure == round(figure, scale)
