"""结转: last year's figures in the workbook of one unit, printed and locked, to be checked and not typed again.

The form names the cells (``carry``). A printed cell looks like a total of its sheet, and its note asks to check it; a
cell whose figure of last year is unknown stays an entry cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from lxml import etree

from pipeline.form import CARRIED, LAST, Figure, Form, Item, Value, print_figure, prompt, reminder
from pipeline.layout import Layout, Place
from pipeline.workbook.patch import Book, Cells, Package, Styles, Validations, solid

_GREY = "FFECECEC"
"""For a sheet that has no total to take the fill from."""


def find_carried(form: Form, layout: Layout, last: Mapping[str, Value]) -> Mapping[str, Figure]:
    """Return the figures to print, by item; ``last`` are the known figures of last year, by item code."""
    found = {item.code: last.get(item.carry) for item in form.items if item.carry and item.code in layout.places}
    return {code: value for code, value in found.items() if value is not None and not isinstance(value, str)}


def lock_carried(package: Package, form: Form, layout: Layout, figures: Mapping[str, Figure]) -> None:
    """Lock the cells of ``figures`` and say so in their notes; the figures themselves are written later with all
    others.
    """
    parts, styles, fills = Book(package).parts, Styles(package), dict[str, etree._Element]()
    for code in figures:
        item, place = form.item(code), layout.places[code]
        root = package.edit(parts[place.sheet])
        if place.sheet not in fills:
            fills[place.sheet] = _locked_fill(Cells(root), styles, form, layout, place.sheet)
        cell = Cells(root).at(place.row, place.col)
        cell.set("s", str(styles.with_fill(int(cell.get("s", "0")), fills[place.sheet], locked=True)))
        Validations(root).say(place.row, place.col, lambda _: CARRIED, title=prompt(item)[0])


def remind(package: Package, form: Form, layout: Layout, last: Mapping[str, Value]) -> None:
    """Add last year's figure to the note of an entry cell, where a rule compares the two."""
    parts = Book(package).parts
    for item, place in _compared_cells(form, layout):
        value = last.get(item.code)
        if value is not None and not isinstance(value, str):
            line = reminder(item, print_figure(value))
            root = package.edit(parts[place.sheet])
            Validations(root).say(place.row, place.col, partial(_with_line, line), title=prompt(item)[0])


def _with_line(line: str, note: str) -> str:
    return f"{note}\n{line}".strip()


def _compared_cells(form: Form, layout: Layout) -> Iterator[tuple[Item, Place]]:
    """Yield the entry cells that a rule compares with their own figure of last year."""
    operands = [equation.codes for rule in form.rules for equation in rule.equations if equation.historic]
    for item in form.items:
        entry = item.mode == "entered" and not item.carry and item.code in layout.places
        if entry and any(item.code in codes and LAST + item.code in codes for codes in operands):
            yield item, layout.places[item.code]


def _locked_fill(cells: Cells, styles: Styles, form: Form, layout: Layout, sheet: str) -> etree._Element:
    """Return the fill of locked cells on a sheet: that of its first total."""
    places = (layout.places[item.code] for item in form.items if item.mode != "entered" and item.code in layout.places)
    total = next((cells.find(place.row, place.col) for place in places if place.sheet == sheet), None)
    return solid(_GREY) if total is None else styles.fill(int(total.get("s", "0")))
