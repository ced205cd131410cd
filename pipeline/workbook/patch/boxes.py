"""The boxes notes are shown in: VML shapes (ECMA-376 part 4, 19.4), placed by columns and rows of their sheet.

Excel and WPS place a box by its anchor and not by its size, so the anchor is worked out from the widths and heights.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from math import ceil

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol

from pipeline.workbook.patch.package import Package, main, parse

_V, _O, _X = (
    "urn:schemas-microsoft-com:vml",
    "urn:schemas-microsoft-com:office:office",
    "urn:schemas-microsoft-com:office:excel",
)
_SHAPE, _DATA = f"{{{_V}}}shape", f"{{{_X}}}ClientData"
_OPEN = f'<xml xmlns:v="{_V}" xmlns:o="{_O}" xmlns:x="{_X}">'
_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_BOX = (
    '<v:shape id="{id}" type="#_x0000_t202" style="position:absolute;margin-left:{left}pt;margin-top:{top}pt;'
    'width:{width}pt;height:{height}pt;z-index:{z};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{col}</x:Column></x:ClientData></v:shape>"
)
_GAP = 12
"""Pixels between a cell and its box."""


class Boxes:
    """The boxes in one drawing ``vml``; ``sheet`` is the worksheet they lie on."""

    def __init__(self, vml: etree._Element, sheet: etree._Element) -> None:
        self._vml, self._sheet = vml, sheet

    @staticmethod
    def blank(package: Package) -> bytes:
        """A drawing without boxes; its block of shape numbers is free in the workbook."""
        taken = {
            block
            for part in package
            if part.lower().endswith(".vml")
            for node in package.look(part).iter(f"{{{_O}}}idmap")
            for block in node.get("data", "").split(",")
        }
        block = next(n for n in count(1) if str(n) not in taken)
        layout = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/></o:shapelayout>'
        return f"{_OPEN}{layout}{_TYPE}</xml>".encode()

    def put(self, row: int, col: int, text: str) -> None:
        """Put a box beside a cell, large enough for ``text``; an existing box is enlarged."""
        size = box_size(text)
        box = self._find(row, col)
        if box is not None:
            self._grow(box, size)
            return
        number = self._next_number()
        left, top = self._across(0, col + 1) + _GAP, max(self._down(0, row) - 8, 2)
        words = {
            "id": f"_x0000_s{number}", "left": _points(left), "top": _points(top), "width": _points(size[0]),
            "height": _points(size[1]), "z": number % 1024, "anchor": self._anchor(left, top, size), "row": row,
            "col": col,
        }  # fmt: skip
        shape = parse(f"{_OPEN}{_BOX.format(**words)}</xml>".encode())[0]
        if not any(node.get("id") == "_x0000_t202" for node in self._vml.iter(f"{{{_V}}}shapetype")):
            self._vml.append(parse(f"{_OPEN}{_TYPE}</xml>".encode())[0])
        self._vml.append(shape)

    def remove(self, reference: str) -> None:
        """Remove the box of a cell."""
        box = self._find(*xl_cell_to_rowcol(reference))
        if box is not None:
            self._vml.remove(box)

    def _find(self, row: int, col: int) -> etree._Element | None:
        for shape in self._vml.iterchildren(_SHAPE):
            data = shape.find(_DATA)
            if data is not None and data.get("ObjectType") == "Note":
                place = tuple((data.findtext(f"{{{_X}}}{tag}") or "").strip() for tag in ("Row", "Column"))
                if place == (str(row), str(col)):
                    return shape
        return None

    def _grow(self, box: etree._Element, size: tuple[int, int]) -> None:
        anchor = box.find(f"{_DATA}/{{{_X}}}Anchor")
        if anchor is None:
            return
        c1, dx1, r1, dy1, c2, dx2, r2, dy2 = (int(number) for number in (anchor.text or "").split(","))
        left, top = self._across(0, c1) + dx1, self._down(0, r1) + dy1
        width, height = self._across(0, c2) + dx2 - left, self._down(0, r2) + dy2 - top
        if width < size[0] or height < size[1]:
            anchor.text = self._anchor(left, top, (max(width, size[0]), max(height, size[1])))

    def _anchor(self, left: int, top: int, size: tuple[int, int]) -> str:
        """Left column and offset, top row and offset, then the same of the right and bottom edge."""
        columns = [_cell_at(edge, self._width) for edge in (left, left + size[0])]
        rows = [_cell_at(edge, self._height) for edge in (top, top + size[1])]
        return ", ".join(str(n) for edge in zip(columns, rows, strict=True) for pair in edge for n in pair)

    def _next_number(self) -> int:
        blocks = [node.get("data", "1") for node in self._vml.iter(f"{{{_O}}}idmap")] or ["1"]
        first = int(blocks[0].split(",")[0]) * 1024
        numbers = (node.get("id", "").rpartition("_s")[2] for node in self._vml.iter(_SHAPE))
        return max([first, *(int(number) for number in numbers if number.isdigit())]) + 1

    # ---------------------------------------------------------------- the sheet's geometry, in pixels
    def _width(self, col: int) -> int:
        for node in self._sheet.iter(main("col")):
            if int(node.get("min", "0")) <= col + 1 <= int(node.get("max", "0")):
                return 0 if node.get("hidden") in ("1", "true") else _pixels(node.get("width", "8.43"))
        return _pixels(self._default("defaultColWidth", "8.43"))

    def _height(self, row: int) -> int:
        for node in self._sheet.iter(main("row")):
            if node.get("r") == str(row + 1):
                height = node.get("ht") or self._default("defaultRowHeight", "15")
                return 0 if node.get("hidden") in ("1", "true") else _tenths(height) * 4 // 30
        return _tenths(self._default("defaultRowHeight", "15")) * 4 // 30

    def _default(self, attribute: str, otherwise: str) -> str:
        node = self._sheet.find(main("sheetFormatPr"))
        return otherwise if node is None else node.get(attribute, otherwise)

    def _across(self, first: int, last: int) -> int:
        return sum(self._width(col) for col in range(first, last))

    def _down(self, first: int, last: int) -> int:
        return sum(self._height(row) for row in range(first, last))


def box_size(text: str) -> tuple[int, int]:
    """Width and height in pixels that show ``text`` whole in 9 point, a Chinese character being 12 pixels wide.

    >>> box_size("甲" * 30), box_size("甲" * 900)
    ((300, 60), (480, 456))
    """
    width = 300 if sum(map(_wide, text)) < 24 * 16 else 480
    lines = sum(max(1, ceil(sum(map(_wide, line)) * 6 / (width - 24))) for line in text.split("\n"))
    return width, lines * 18 + 24


def _wide(char: str) -> int:
    return 2 if ord(char) > 0x2E7F or char in "“”‘’…—" else 1


def _cell_at(edge: int, length: Callable[[int], int]) -> tuple[int, int]:
    """The column (or row) in which a line lies, and how far into it."""
    at = 0
    while at < 16_000 and edge >= length(at):
        edge -= length(at)
        at += 1
    return at, edge


def _tenths(text: str) -> int:
    """A length of the file in tenths: ``24.75`` is 247."""
    whole, _, part = text.partition(".")
    return int(whole) * 10 + int(part[:1] or "0")


def _pixels(width: str) -> int:
    """A column width, which counts digits of 7 pixels, in pixels."""
    return _tenths(width) * 7 // 10


def _points(pixels: int) -> str:
    return f"{pixels * 75 // 100}"
