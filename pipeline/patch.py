"""Write values into chosen cells of a workbook and leave every other byte of it as it is.

An .xlsx is a zip of XML parts. Re-saving one through a library drops what the library does not know (drop-downs and
conditional formats of newer Excels, shapes, pictures); here only the sheets that change are touched, and in them only
the cells. Used to stamp the issued workbook from the template as the office restyled it.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from decimal import Decimal

from lxml import etree
from xlsxwriter.utility import xl_cell_to_rowcol, xl_rowcol_to_cell

from pipeline.archive import write_zip
from pipeline.layout import Place

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROW, _CELL, _DATA = f"{{{_MAIN}}}row", f"{{{_MAIN}}}c", f"{{{_MAIN}}}sheetData"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def patch_workbook(data: bytes, values: Mapping[Place, str | int | Decimal | None]) -> bytes:
    """The workbook with ``values`` in their cells; a formula there keeps its text and gets a new cached result.

    Cell styles stay. Raises ``KeyError`` for a sheet the workbook does not have.
    """
    by_sheet: dict[str, dict[tuple[int, int], str | int | Decimal | None]] = {}
    for place, value in values.items():
        by_sheet.setdefault(place.sheet, {})[place.row, place.col] = value
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    parts = sheet_parts(members)
    for sheet, cells in by_sheet.items():
        members[parts[sheet]] = _patched(members[parts[sheet]], cells)
    return write_zip(members)


def sheet_parts(members: Mapping[str, bytes]) -> dict[str, str]:
    """Sheet name to the archive member that holds it."""
    book = etree.fromstring(members["xl/workbook.xml"], _parser())
    relations = etree.fromstring(members["xl/_rels/workbook.xml.rels"], _parser())
    targets = {node.get("Id"): node.get("Target") for node in relations}
    return {
        str(node.get("name")): _member(str(targets[node.get(f"{{{_REL}}}id")]))
        for node in book.iter(f"{{{_MAIN}}}sheet")
    }


def _member(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def _patched(xml: bytes, cells: Mapping[tuple[int, int], str | int | Decimal | None]) -> bytes:
    root = etree.fromstring(xml, _parser())
    data = root.find(_DATA)
    if data is None:
        raise ValueError("a worksheet without sheetData")
    rows = {int(row.get("r", "0")): row for row in data.iter(_ROW)}
    for (r, c), value in sorted(cells.items()):
        row = rows.get(r + 1)
        if row is None:
            row = etree.Element(_ROW, r=str(r + 1))
            later = [n for number, n in sorted(rows.items()) if number > r + 1]
            if later:
                later[0].addprevious(row)
            else:
                data.append(row)
            rows[r + 1] = row
        _write(_cell(row, r, c), value)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _cell(row: etree._Element, r: int, c: int) -> etree._Element:
    reference = xl_rowcol_to_cell(r, c)
    for cell in row.iter(_CELL):
        if cell.get("r") == reference:
            return cell
        if xl_cell_to_rowcol(cell.get("r", "A1"))[1] > c:
            new = etree.Element(_CELL, r=reference)
            cell.addprevious(new)
            return new
    return etree.SubElement(row, _CELL, r=reference)


def _write(cell: etree._Element, value: str | int | Decimal | None) -> None:
    formula = cell.find(f"{{{_MAIN}}}f")
    for child in list(cell):
        if child is not formula:
            cell.remove(child)
    if "t" in cell.attrib:
        del cell.attrib["t"]
    if value is None:
        return
    if isinstance(value, str):
        text = _ILLEGAL.sub("", value)
        cell.set("t", "str" if formula is not None else "inlineStr")
        if formula is not None:
            etree.SubElement(cell, f"{{{_MAIN}}}v").text = text
        else:
            node = etree.SubElement(etree.SubElement(cell, f"{{{_MAIN}}}is"), f"{{{_MAIN}}}t")
            node.text = text
            node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    else:
        etree.SubElement(cell, f"{{{_MAIN}}}v").text = format(value, "f") if isinstance(value, Decimal) else str(value)
