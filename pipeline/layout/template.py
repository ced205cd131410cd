"""The layout of the template, restyled or not, read from its defined names and its labels."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook
from xlsxwriter.utility import xl_cell_to_rowcol

from pipeline.errors import TemplateError, explain_fault
from pipeline.form import Form
from pipeline.layout.address import IDENTITY_SHEET, Anchor, Layout, Place, plain

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REFERENCE = re.compile(r"^(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?(\d{1,7})$")


def read_layout(form: Form, path: Path) -> Layout:
    """The layout of ``path``; lost names are absent (`template check` says which).

    Raises `TemplateError` when the file cannot be read as a workbook.
    """
    try:
        names = defined_names(_workbook_xml(path))
        book = CalamineWorkbook.from_path(str(path))
        cells = {name: _texts(book, name) for name in book.sheet_names}
    except (OSError, zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, CalamineError) as error:
        raise TemplateError(
            f"模板 {path} 无法读取：{explain_fault(error)}。请从备份换回，或者用 xxgk template --force 重新生成（改过的样式会丢失）。"
        ) from error
    by_name = {item.name: item.code for item in form.items}
    places = {by_name[name]: place for name, place in names.items() if name in by_name}
    return Layout(
        places={item.code: places[item.code] for item in form.items if item.code in places},
        anchors=tuple(_anchors(form, places, cells)),
        named={name: place for name, place in names.items() if name not in by_name},
        sheets=tuple(book.sheet_names),
    )


def defined_names(workbook_xml: bytes) -> dict[str, Place]:
    """Workbook-wide defined names that point at one cell, from a workbook's ``xl/workbook.xml``."""
    root = etree.fromstring(workbook_xml, _parser())
    found = {}
    for node in root.iter(f"{_MAIN}definedName"):
        match = _REFERENCE.match(node.text or "")
        if match and node.get("localSheetId") is None:
            quoted, bare, column, row = match.groups()
            sheet = quoted.replace("''", "'") if quoted else bare
            found[node.get("name", "")] = Place(sheet, *xl_cell_to_rowcol(f"{column}{row}"))
    return found


def _workbook_xml(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read("xl/workbook.xml")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def _texts(book: CalamineWorkbook, name: str) -> dict[tuple[int, int], str]:
    if name == IDENTITY_SHEET:
        return {}
    sheet = book.get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    return {
        (top + r, left + c): value
        for r, row in enumerate(sheet.to_python())
        for c, value in enumerate(row)
        if isinstance(value, str) and value
    }


def _anchors(
    form: Form, places: Mapping[str, Place], cells: Mapping[str, Mapping[tuple[int, int], str]]
) -> list[Anchor]:
    """Every cell of a sheet that holds one of the labels of the items placed there."""
    labels: dict[str, set[str]] = {}
    for code, place in places.items():
        item = form.item(code)
        steps = item.row_path[-1:] if item.table == "text" else item.row_path + item.column_path
        labels.setdefault(place.sheet, set()).update(plain(step) for step in steps)
    for table in form.tables:
        for band in table.bands:
            labels.setdefault(table.sheet, set()).update(plain(text) for text in (band.corner, band.header) if text)
    return [
        Anchor(Place(sheet, row, col), text)
        for sheet, wanted in labels.items()
        for (row, col), text in sorted(cells.get(sheet, {}).items())
        if plain(text) in wanted
    ]
