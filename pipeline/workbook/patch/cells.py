"""Write values into chosen cells of a workbook and leave every other byte of it as it is.

An .xlsx is a zip of XML parts. Saving it through a library drops what the library does not know (drop-downs and
conditional formats of newer Excels, shapes, pictures). Here only the changed cells of the changed sheets are touched.
Used to stamp the issued workbook from the template as the office restyled it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from pipeline.layout import Place
from pipeline.workbook.patch.book import Book
from pipeline.workbook.patch.package import Package, UnpatchableError, main

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def patch_workbook(data: bytes, values: Mapping[Place, str | int | Decimal | None]) -> bytes:
    """The workbook with ``values`` in their cells; a formula there keeps its text and gets a new cached result.

    Cell styles stay. Raises ``KeyError`` for a sheet the workbook does not have, `UnpatchableError` for bytes that are
    no workbook.
    """
    package = Package(data)
    write_cells(package, values)
    return package.save()


def write_cells(package: Package, values: Mapping[Place, str | int | Decimal | None]) -> None:
    """Write values into an open package."""
    parts = Book(package).parts
    cells: dict[str, Cells] = {}
    ordered = sorted(values.items(), key=lambda entry: (entry[0].row, entry[0].col))
    for place, value in ordered:
        if place.sheet not in cells:
            cells[place.sheet] = Cells(package.edit(parts[place.sheet]))
        _write(cells[place.sheet].at(place.row, place.col), value)


class Cells:
    """The cells of one worksheet by row and column, counted from 0."""

    def __init__(self, root: etree._Element) -> None:
        data = root.find(main("sheetData"))
        if data is None:
            raise UnpatchableError("a worksheet without sheetData")
        if any("r" not in node.attrib for node in data.iter(main("row"), main("c"))):
            raise UnpatchableError("cells without addresses")
        self._root, self._data = root, data
        self._rows = {int(row.get("r", "0")): row for row in data.iter(main("row"))}

    def find(self, row: int, col: int) -> etree._Element | None:
        """The cell, if the sheet holds one there."""
        line = self._rows.get(row + 1)
        reference = xl_rowcol_to_cell(row, col)
        return None if line is None else next((c for c in line.iter(main("c")) if c.get("r") == reference), None)

    def at(self, row: int, col: int) -> etree._Element:
        """Return the cell; a missing one is made, in the style of its row or column."""
        line = self._row(row)
        reference = xl_rowcol_to_cell(row, col)
        new = etree.Element(main("c"), r=reference)
        for cell in line.iter(main("c")):
            if cell.get("r") == reference:
                return cell
            if xl_cell_to_rowcol(cell.get("r", "A1"))[1] > col:
                cell.addprevious(new)
                break
        else:
            line.append(new)
        if style := self._inherit_style(line, col):
            new.set("s", style)
        return new

    def _row(self, row: int) -> etree._Element:
        line = self._rows.get(row + 1)
        if line is None:
            line = etree.Element(main("row"), r=str(row + 1))
            later = min((number for number in self._rows if number > row + 1), default=None)
            if later is None:
                self._data.append(line)
            else:
                self._rows[later].addprevious(line)
            self._rows[row + 1] = line
        return line

    def _inherit_style(self, line: etree._Element, col: int) -> str:
        if line.get("customFormat") in ("1", "true"):
            return line.get("s", "")
        for column in self._root.iter(main("col")):
            if int(column.get("min", "0")) <= col + 1 <= int(column.get("max", "0")):
                return column.get("style", "")
        return ""

    def rows(self, strings: list[str]) -> Iterator[tuple[int, dict[int, str]]]:
        """Every row that holds something, as texts by column; ``strings`` are the workbook's shared ones."""
        for number, line in sorted(self._rows.items()):
            texts = {xl_cell_to_rowcol(cell.get("r", "A1"))[1]: _text(cell, strings) for cell in line.iter(main("c"))}
            yield number - 1, {col: text for col, text in texts.items() if text}


def shared_strings(package: Package) -> list[str]:
    """The texts cells refer to by number."""
    part = package.find_related("xl/workbook.xml", "sharedStrings")
    if part not in package:
        return []
    return [_plain(entry) for entry in package.look(part).iter(main("si"))]


def _text(cell: etree._Element, strings: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        inline = cell.find(main("is"))
        return "" if inline is None else _plain(inline)
    value = cell.findtext(main("v")) or ""
    return strings[int(value)] if cell.get("t") == "s" and value else value


def _plain(node: etree._Element) -> str:
    """The text of a string without its phonetic reading."""
    runs = [child for child in node if child.tag in (main("t"), main("r"))]
    return "".join(text.text or "" for run in runs for text in run.iter(main("t")))


def put_text(cell: etree._Element, text: str) -> None:
    """``text`` inside an empty cell, without touching the shared strings."""
    cell.set("t", "inlineStr")
    node = etree.SubElement(etree.SubElement(cell, main("is")), main("t"))
    node.text = _ILLEGAL.sub("", text)
    node.set(_SPACE, "preserve")


def text_xml(text: str) -> bytes:
    """Return a text as it stands inside a cell that was written.

    >>> text_xml("甲 & 乙\\x01").decode()
    '甲 &amp; 乙'
    """
    node = etree.Element("t")
    node.text = _ILLEGAL.sub("", text)
    return etree.tostring(node, encoding="UTF-8").removeprefix(b"<t>").removesuffix(b"</t>") if node.text else b""


def _write(cell: etree._Element, value: str | int | Decimal | None) -> None:
    formula = cell.find(main("f"))
    for child in list(cell):
        if child is not formula:
            cell.remove(child)
    if "t" in cell.attrib:
        del cell.attrib["t"]
    if value is None:
        return
    if not isinstance(value, str):
        etree.SubElement(cell, main("v")).text = format(value, "f") if isinstance(value, Decimal) else str(value)
    elif formula is None:
        put_text(cell, value)
    else:
        cell.set("t", "str")
        etree.SubElement(cell, main("v")).text = _ILLEGAL.sub("", value)
