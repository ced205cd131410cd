"""How cells look in ods (which stores the shown text of a cell) and xls (by its formats)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from pipeline.model.submission import Look, Opened, Sheet
from pipeline.workbook.cells.formats import is_plain

_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _STYLE, _FO, _OFFICE = (
    f"{{{_ODF}{name}:1.0}}" for name in ("table", "text", "style", "xsl-fo-compatible", "office")
)
_ROWS, _COLUMNS = 2_000, 200
"""Within which a figure of any form stands."""
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
Places = dict[tuple[int, int], Look]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLooks:
    """By sheet: how cells look, and which are covered."""

    looks: Mapping[str, Mapping[tuple[int, int], Look]] = field(default_factory=dict)
    covered: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)

    def onto(self, name: str, sheet: Sheet) -> Sheet:
        """The sheet with how its cells look."""
        return replace(sheet, looks=self.looks.get(name, {}), covered=self.covered.get(name, frozenset()))


def other_looks(opened: Opened) -> OtherLooks:
    """Return the looks of an ods or xls; empty for a text table, or a file that only calamine can open."""
    if opened.format == "ods":
        return _ods_looks(opened.parts.get("content.xml", b""))
    return _xls_looks(opened.content) if opened.format == "xls" else OtherLooks()


# ---------------------------------------------------------------- ods
def _ods_looks(content: bytes) -> OtherLooks:
    try:
        root = etree.fromstring(content, _PARSER)
    except etree.XMLSyntaxError:
        return OtherLooks()
    struck = {style.get(f"{_STYLE}name") for style in root.iter(f"{_STYLE}style") if _is_struck(style)}
    looks: dict[str, Places] = {}
    covered: dict[str, frozenset[tuple[int, int]]] = {}
    for table in root.iter(f"{_TABLE}table"):
        name = table.get(f"{_TABLE}name", "")
        looks[name], hidden = {}, set()
        row = 0
        for line in table.iter(f"{_TABLE}table-row"):
            if row >= _ROWS:
                break
            col = 0
            for cell in line:
                repeated = min(_count(cell, "number-columns-repeated"), _COLUMNS)
                if etree.QName(cell).localname == "covered-table-cell":
                    hidden |= {(row, at) for at in range(col, min(col + repeated, _COLUMNS))}
                if (look := _ods_look(cell, struck)) and col < _COLUMNS:
                    looks[name][row, col] = look
                col += repeated
            row += _count(line, "number-rows-repeated")
        covered[name] = frozenset(hidden)
    return OtherLooks(looks=looks, covered=covered)


def _ods_look(cell: etree._Element, struck: set[str | None]) -> Look | None:
    """What a cell with a figure or a text shows, where that is more than the bare value."""
    lines = ["".join(map(str, line.itertext())) for line in cell.iter(f"{_TEXT}p")]
    marked = bool(lines) and (
        cell.get(f"{_TABLE}style-name") in struck
        or any(span.get(f"{_TEXT}style-name") in struck for span in cell.iter(f"{_TEXT}span"))
    )
    value, shown = cell.get(f"{_OFFICE}value"), "\n".join(lines).strip()
    if value is None:
        return Look(shows=shown, marked=True) if marked else None
    return Look(shows=shown, marked=marked) if marked or shown != value.removesuffix(".0") else None


def _is_struck(style: etree._Element) -> bool:
    for properties in style.iter(f"{_STYLE}text-properties"):
        if any(properties.get(f"{_STYLE}text-line-through-{way}", "none") != "none" for way in ("style", "type")):
            return True
        position = properties.get(f"{_STYLE}text-position", "").split()
        if position and position[0] not in ("0%", "0"):
            return True
    return False


def _count(element: etree._Element, name: str) -> int:
    text = element.get(f"{_TABLE}{name}", "1")
    return int(text) if text.isdecimal() and len(text) < 8 else 1


# ---------------------------------------------------------------- xls
def _xls_looks(content: bytes) -> OtherLooks:
    """Read formats, fonts and merges with xlrd; a file it cannot open yields nothing."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=_Silent())
    except Exception:  # calamine has read it: a file that only confuses xlrd is no reason to refuse it
        return OtherLooks()
    looks: dict[str, Places] = {}
    covered: dict[str, frozenset[tuple[int, int]]] = {}
    for sheet in book.sheets():
        looks[sheet.name] = {}
        runs = getattr(sheet, "rich_text_runlist_map", {})
        for row in range(min(sheet.nrows, _ROWS)):
            for col in range(min(sheet.row_len(row), _COLUMNS)):
                if sheet.cell_type(row, col) in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                    continue
                xf = book.xf_list[sheet.cell_xf_index(row, col)]
                code = book.format_map[xf.format_key].format_str
                fonts = [xf.font_index, *(font for _, font in runs.get((row, col), ()))]
                marked = any(book.font_list[n].struck_out or book.font_list[n].escapement for n in fonts)
                if marked or not is_plain(code):
                    looks[sheet.name][row, col] = Look(format=code, marked=marked)
        covered[sheet.name] = frozenset(
            (row, col)
            for top, bottom, left, right in sheet.merged_cells
            for row in range(top, min(bottom, _ROWS))
            for col in range(left, min(right, _COLUMNS))
            if (row, col) != (top, left)
        )
    return OtherLooks(looks=looks, covered=covered)


class _Silent:
    """A file that discards the warnings of xlrd."""

    def write(self, text: str) -> int:
        """Nothing."""
        return len(text)

    def flush(self) -> None:
        """Nothing."""
