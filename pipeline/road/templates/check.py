"""Findings about what a restyled template has lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.form import Form
from pipeline.layout import IDENTITY_SHEET, Layout, design_layout, plain, read_layout
from pipeline.model.finding import Finding, notice
from pipeline.road.templates.report import placeholders, table_placeholders
from pipeline.road.templates.words import vanishing_words

if TYPE_CHECKING:
    from openpyxl.formatting.formatting import ConditionalFormattingList
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_A4 = "9"


def check_workbook(form: Form, folder: Path) -> list[Finding]:
    """Check ``return.xlsx`` in ``folder``; raises `TemplateError` if it is unreadable."""
    return list(_workbook(form, folder / "return.xlsx"))


def check_report(form: Form, folder: Path, local: frozenset[str] = frozenset()) -> list[Finding]:
    """Check ``report.docx`` in ``folder``; raises `TemplateError` if it is unreadable or a tag cannot be parsed.
    ``local`` are codes of local indicators that the report may print.
    """
    return list(_report(form, folder / "report.docx", local))


def _workbook(form: Form, path: Path) -> Iterator[Finding]:
    from openpyxl import load_workbook  # slow to import, and most nights check no template

    designed, layout = design_layout(form), read_layout(form, path)
    book = load_workbook(path)
    where = {"file": path.name}
    for code in designed.places.keys() - layout.places.keys():
        item = form.item(code)
        yield notice("K1", where=where | {"item": code}, label=item.label, name=item.name)
    for name in sorted(designed.named.keys() - layout.named.keys()):
        yield notice("K2", where=where, name=name)
    yield from _labels(form, layout, where)
    yield from _cells(form, layout, book, where)
    yield from _balances(form, layout, book, where)
    for sheet in layout.sheets:
        yield from _sheet(book[sheet], where)


def _labels(form: Form, layout: Layout, where: Mapping[str, str]) -> Iterator[Finding]:
    """Check that each item's row and column headings are beside and above it."""
    anchors: dict[str, set[str]] = {}
    for anchor in layout.anchors:
        anchors.setdefault(anchor.place.sheet, set()).add(plain(anchor.text))
    for sheet, items in _by_sheet(layout).items():
        steps = {step for code in items for step in (*form.item(code).row_path[-1:], *form.item(code).column_path)}
        for step in sorted(steps):
            if plain(step) not in anchors.get(sheet, set()):
                yield notice("K3", where={**where, "sheet": sheet}, sheet=sheet, label=step)


def _by_sheet(layout: Layout) -> dict[str, list[str]]:
    sheets: dict[str, list[str]] = {}
    for code, place in layout.places.items():
        sheets.setdefault(place.sheet, []).append(code)
    return sheets


def _cells(form: Form, layout: Layout, book: Workbook, where: Mapping[str, str]) -> Iterator[Finding]:
    """Locks, validations and formulas of the item cells."""
    validated = {name: _validated_cells(book[name]) for name in layout.sheets}
    for code, place in layout.places.items():
        item, cell = form.item(code), book[place.sheet][place.cell]
        at = {**where, "sheet": place.sheet, "cell": place.cell, "item": code}
        if item.mode == "entered" and cell.protection.locked:
            yield notice("K4", where=at, label=item.label)
        if item.mode != "entered" and not cell.protection.locked:
            yield notice("K5", where=at, label=item.label)
        if item.mode == "computed" and cell.data_type != "f":
            yield notice("K6", where=at, label=item.label)
        if item.mode == "entered" and item.numeric and (place.row + 1, place.col + 1) not in validated[place.sheet]:
            yield notice("K7", where=at, label=item.label)


def _validated_cells(sheet: Worksheet) -> set[tuple[int, int]]:
    """The cells (counted from 1) of a sheet that carry a validation which stops wrong input."""
    return {
        (row, col)
        for validation in sheet.data_validations.dataValidation
        if validation.type in ("whole", "decimal", "custom")
        for area in validation.sqref.ranges
        for row in range(area.min_row, area.max_row + 1)
        for col in range(area.min_col, area.max_col + 1)
    }


def _balances(form: Form, layout: Layout, book: Workbook, where: Mapping[str, str]) -> Iterator[Finding]:
    """Check that every balance has its live mark on the cell of its total."""
    marked = {name: _marked_cells(book[name].conditional_formatting) for name in layout.sheets}
    for rule in form.rules:
        for equation in rule.equations:
            place = layout.places.get(equation.left[0].name)
            if place and (place.row + 1, place.col + 1) not in marked[place.sheet]:
                at = {**where, "sheet": place.sheet, "cell": place.cell}
                yield notice("K8", where=at, rule=rule.id, over=equation.over_label)


def _marked_cells(formats: ConditionalFormattingList) -> set[tuple[int, int]]:
    return {
        (row, col)
        for entry in formats
        for area in entry.sqref.ranges
        for row in range(area.min_row, area.max_row + 1)
        for col in range(area.min_col, area.max_col + 1)
    }


def _sheet(sheet: Worksheet, where: Mapping[str, str]) -> Iterator[Finding]:
    at = {**where, "sheet": sheet.title}
    if sheet.title == IDENTITY_SHEET:
        if sheet.sheet_state == "visible":
            yield notice("K9", where=at, sheet=sheet.title)
        return
    if not sheet.protection.sheet:
        yield notice("K10", where=at, sheet=sheet.title)
    if str(sheet.page_setup.paperSize) != _A4:
        yield notice("K11", where=at, sheet=sheet.title)


def _report(form: Form, path: Path, local: frozenset[str]) -> Iterator[Finding]:
    printed, asked = table_placeholders(path), placeholders(path)
    tables = {table.code for table in form.tables}
    where = {"file": path.name}
    for item in form.items:
        if item.table in tables and item.code not in printed:
            yield notice("K12", where=where | {"item": item.code}, label=item.label, name=item.code)
    for code in sorted(asked - {item.code for item in form.items} - local):
        yield notice("K13", where=where | {"item": code}, name=code)
    yield from vanishing_words(path)
