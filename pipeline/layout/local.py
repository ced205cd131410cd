"""The sheet 本地指标 of one unit's workbook: its own rows for the indicators the office added, its rules below them.

It is not part of the template: issuing appends it. Its rows depend on the unit, so its addresses are computed from the
form in force and the unit, and are not stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.form import LOCAL, Equation, Form, Item, Rule, local_items, local_rules
from pipeline.layout.address import IDENTITY_SHEET, Anchor, Layout, Place
from pipeline.layout.design import (
    BANNER_ROW,
    CHECKS_SHEET,
    REASON_COLUMN,
    TABLE_ROW,
    VALUE_COLUMN,
    banner_name,
    reason_name,
)

LOCAL_SHEET = "本地指标"
LOCAL_HEADINGS = ("本地指标", "本地填报内容", "计量单位", "填报说明")
"""Other words than those of 基本情况, so that a row of one is never taken for a row of the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLine:
    """One rule on the sheet; ``live`` if the workbook can evaluate it while the clerk types."""

    row: int
    rule: Rule
    equation: Equation
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPage:
    """The content of one unit's sheet, row by row. ``headings`` is the row above the rules.

    ``form`` is the form in force, with the rules as this page has them.
    """

    form: Form
    items: tuple[tuple[int, Item], ...]
    headings: int
    lines: tuple[LocalLine, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The codes of its indicators and rules; units with the same codes have the same page."""
        return (*(item.code for _, item in self.items), *(line.rule.id for line in self.lines))

    def __bool__(self) -> bool:
        return bool(self.items or self.lines)


def local_page(form: Form, places: Mapping[str, Place], *, unit: str, unit_type: str) -> LocalPage:
    """Return the page of one unit; empty when it has no local indicators or rules. ``places`` are those of the
    template.
    """
    items = local_items(form, unit=unit, unit_type=unit_type)
    known = places.keys() | {item.code for item in items}
    headings = TABLE_ROW + 1 + len(items)
    lines = tuple(_lines(local_rules(form, unit=unit, unit_type=unit_type), known, headings + 1))
    mine = {line.rule.id: line.rule for line in lines}
    return LocalPage(
        form=replace(form, rules=tuple(mine.get(rule.id, rule) for rule in form.rules)),
        items=tuple(enumerate(items, TABLE_ROW + 1)),
        headings=headings,
        lines=lines,
    )


def _lines(rules: tuple[Rule, ...], known: set[str], first: int) -> Iterator[LocalLine]:
    """Return the rule lines. The page is made for a unit that the rules apply to, so their conditions are left out."""
    for row, rule in enumerate(rules, first):
        (equation,) = rule.equations
        live = all(code in known for code in equation.codes)
        yield LocalLine(row=row, rule=replace(rule, unit_types=()), equation=equation, live=live)


def with_local(layout: Layout, page: LocalPage) -> Layout:
    """The layout of a workbook that has this page."""
    if not page:
        return layout
    places = {item.code: Place(LOCAL_SHEET, row, VALUE_COLUMN) for row, item in page.items}
    anchors = tuple(Anchor(Place(LOCAL_SHEET, row, 0), item.row_path[-1]) for row, item in page.items)
    named = {banner_name(LOCAL): Place(LOCAL_SHEET, BANNER_ROW, 0)}
    named |= {reason_name(line.equation): Place(LOCAL_SHEET, line.row, REASON_COLUMN) for line in page.lines}
    at = place_of_sheet(layout)
    return Layout(
        places={**layout.places, **places},
        anchors=(*layout.anchors, *anchors),
        named={**layout.named, **named},
        sheets=(*layout.sheets[:at], LOCAL_SHEET, *layout.sheets[at:]),
    )


def place_of_sheet(layout: Layout) -> int:
    """Return the position of the page: before 校验 (by whatever name), else before the hidden sheet, else last."""
    checks = layout.named.get(banner_name("checks"))
    for name in (checks.sheet if checks else CHECKS_SHEET, IDENTITY_SHEET):
        if name in layout.sheets:
            return layout.sheets.index(name)
    return len(layout.sheets)
