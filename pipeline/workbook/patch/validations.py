"""The data validations of one worksheet: the note of a selected cell, changed for single cells.

A validation holds for ranges (``sqref``); a cell with another note is taken out of them and gets its own copy, so that
what may be typed there stays the same (ECMA-376 part 1, 18.3.1.32).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from pipeline.workbook.patch.package import UnpatchableError, main

_AREA = re.compile(r"\$?([A-Z]{1,3}\$?[0-9]{1,7})(?::\$?([A-Z]{1,3}\$?[0-9]{1,7}))?")
_BEFORE = ("phoneticPr", "mergeCells", "customSheetViews", "sortState", "autoFilter", "scenarios", "protectedRanges",
           "sheetProtection", "sheetCalcPr", "sheetData")  # fmt: skip
"""What a worksheet may hold before ``conditionalFormatting`` and ``dataValidations``, the last first (CT_Worksheet)."""
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column."""


class Validations:
    """The validations of a worksheet that is being changed."""

    def __init__(self, root: etree._Element) -> None:
        self._root = root

    def say(self, row: int, col: int, note: Callable[[str], str], *, title: str) -> None:
        """Replace the cell's note by what ``note`` makes of it; ``title`` is for a cell without a note."""
        own = next((node for node in self._nodes() if any(_inside(area, row, col) for area in _areas(node))), None)
        if own is None:
            made = etree.Element(main("dataValidation"), allowBlank="1")
        else:
            made = deepcopy(own)
            rest = [part for area in _areas(own) for part in _without(area, row, col)]
            own.set("sqref", " ".join(map(_reference, rest)))
            if not rest:
                self._list().remove(own)
        made.set("showInputMessage", "1")
        made.set("promptTitle", made.get("promptTitle") or title)
        made.set("prompt", note(made.get("prompt", "")))
        made.set("sqref", xl_rowcol_to_cell(row, col))
        self._list().append(made)
        self._list().set("count", str(len(self._nodes())))

    def _nodes(self) -> list[etree._Element]:
        found = self._root.find(main("dataValidations"))
        return [] if found is None else list(found.iterchildren(main("dataValidation")))

    def _list(self) -> etree._Element:
        found = self._root.find(main("dataValidations"))
        if found is None:
            found = etree.Element(main("dataValidations"))
            formats = list(self._root.iterchildren(main("conditionalFormatting")))
            others = (self._root.find(main(tag)) for tag in _BEFORE)
            before = formats[-1] if formats else next(node for node in others if node is not None)
            before.addnext(found)
        return found


def _areas(node: etree._Element) -> Iterator[Area]:
    for text in node.get("sqref", "").split():
        match = _AREA.fullmatch(text)
        if match is None:
            raise UnpatchableError(f"sqref {text}")
        first, last = match[1], match[2] or match[1]
        yield (*xl_cell_to_rowcol(first), *xl_cell_to_rowcol(last))


def _inside(area: Area, row: int, col: int) -> bool:
    top, left, bottom, right = area
    return top <= row <= bottom and left <= col <= right


def _without(area: Area, row: int, col: int) -> Iterator[Area]:
    """Return an area without one cell: the rows above and below it, the cells left and right of it."""
    if not _inside(area, row, col):
        yield area
        return
    top, left, bottom, right = area
    if top < row:
        yield top, left, row - 1, right
    if left < col:
        yield row, left, row, col - 1
    if col < right:
        yield row, col + 1, row, right
    if row < bottom:
        yield row + 1, left, bottom, right


def _reference(area: Area) -> str:
    first, last = xl_rowcol_to_cell(*area[:2]), xl_rowcol_to_cell(*area[2:])
    return first if first == last else f"{first}:{last}"
