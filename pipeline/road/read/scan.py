"""What calamine does not tell of a worksheet: error cells, uncomputed formulas, pictures in cells, hidden rows and
columns. A clean sheet costs a few searches through its bytes. Only when one of them hits is the sheet parsed, with
expat, so that attribute order, namespaces, comments and entities can hide nothing.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from xml.parsers import expat

from xlsxwriter.utility import xl_col_to_name

from pipeline.model.submission import Look, Sheet
from pipeline.road.read.looks import NO_HINTS, Hints, is_mark

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
_SUSPECT = re.compile(rb"</f>(?!<v>[^<])")
_SUSPECT_EMPTY = re.compile(rb"<f[^>]*/>(?!<v>[^<])")
_HIDDEN = re.compile(rb"""hidden=["'](?:1|t)""")
_FAR = re.compile(rb' r="(?![A-Z]{0,2}+\d{1,3}+")')
SMALL = 1 << 16
"""Bytes of XML too short to fill a large rectangle with cells that carry no address."""
_CELL = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")
_SHEET_LIST = re.compile(rb"<(?:\w+:)?sheets\b[^>]*>.*?</(?:\w+:)?sheets\s*>", re.DOTALL)
_SHEETS = re.compile(rb"""<(?:\w+:)?sheet\s((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ERROR_TYPE = re.compile(rb"""(\st\s*=\s*)(?:"e"|'e')""")
_ODS_ERROR = re.compile(rb"""\boffice:string-value=(?:""|'')(\s+calcext:value-type=["']error["'])""")
_ZERO_RESULT = re.compile(rb"</f><v>0(?:\.0*)?</v>|<f[^>]*/><v>0(?:\.0*)?</v>")
_ZERO_CELL = re.compile(rb"""<c r="([A-Z]{1,3})(\d{1,7})"[^>]*><f[^>]*?(?:/>|>[^<]*</f>)<v>0(?:\.0*)?</v>""")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']")
_WITHIN = (2_000, 200)
"""Rows and columns within which a merged cell can cover a figure of any form."""
_TRUE = frozenset({"1", "true", "on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was seen in one sheet, by (row, column) counted from 0."""

    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    pictures: frozenset[tuple[int, int]] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    looks: Mapping[tuple[int, int], Look] = field(default_factory=dict)
    covered: frozenset[tuple[int, int]] = frozenset()
    stale: frozenset[tuple[int, int]] = frozenset()

    def onto(self, sheet: Sheet) -> Sheet:
        """The sheet with what was seen in it."""
        seen = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return replace(sheet, scanned=True, **seen)


_CLEAN = Scan()


def sheet_parts(parts: Mapping[str, bytes]) -> Mapping[str, str]:
    """The part of every worksheet by the name people see; empty for a binary workbook."""
    names = {name.lower(): name for name in parts}
    book = parts.get(names.get("xl/workbook.xml", ""), b"")
    rels = parts.get(names.get("xl/_rels/workbook.xml.rels", ""), b"")
    found = _targets(_sheet_list(book), rels)
    return {sheet: names[path] for sheet, path in found.items() if path in names}


@lru_cache(maxsize=64)
def _sheet_list(book: bytes) -> bytes:
    """Return the element that lists the sheets."""
    match = _SHEET_LIST.search(book)
    return match[0] if match else b""


@lru_cache(maxsize=64)
def _targets(sheets: bytes, rels: bytes) -> Mapping[str, str]:
    """Lower-case path by sheet name. Remembered, because all returns of a template say the same."""
    paths = {}
    for match in _RELATION.finditer(rels):
        relation = _attributes(match[1])
        path = posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))
        paths[relation.get("Id", "")] = path.lstrip("/").lower()
    found = {}
    for match in _SHEETS.finditer(sheets):
        sheet = _attributes(match[1])
        relation_id = next((value for key, value in sheet.items() if key.endswith(":id")), "")
        found[sheet.get("name", "")] = paths.get(relation_id, "")
    return found


def scan(xml: bytes, hints: Hints = NO_HINTS) -> Scan:
    """Look through one worksheet. Raises ``expat.ExpatError`` when it must be parsed and is no XML."""
    start, end = _cells(xml)
    covered = covered_cells(xml[end:]) if start >= 0 else frozenset[tuple[int, int]]()
    if (
        start >= 0
        and xml.find(b"DISPIMG", start, end) < 0
        and not _SUSPECT.search(xml, start, end)
        and not _SUSPECT_EMPTY.search(xml, start, end)
        and not _HIDDEN.search(xml, 0, end)
        and not holds_errors(xml)
        and not (hints.pattern and hints.pattern.search(xml, start, end))
        and not hints.strings
        and not (xml.find(b"inlineStr", start, end) >= 0 and (b"strike" in xml or b"vertAlign" in xml))
        and (stale := _stale_cells(xml, start, end) if hints.uncalculated else frozenset()) is not None
    ):
        return Scan(covered=covered, stale=stale) if covered or stale else _CLEAN
    walk = _Walk(xml, hints)
    return replace(walk.scan(), covered=covered or walk.covered)


def _stale_cells(xml: bytes, start: int, end: int) -> frozenset[tuple[int, int]] | None:
    """The cells of formulas with the result 0; ``None`` when only a parser can tell where they are."""
    found = _ZERO_CELL.findall(xml, start, end)
    if len(found) != len(_ZERO_RESULT.findall(xml, start, end)):
        return None
    return frozenset((int(row) - 1, column_number(letters.decode())) for letters, row in found)


@lru_cache(maxsize=64)
def covered_cells(tail: bytes) -> frozenset[tuple[int, int]]:
    """The cells below merged ones, by what stands behind the cells of a sheet; each merge without its first cell."""
    found: set[tuple[int, int]] = set()
    for left, top, right, bottom in _MERGED.findall(tail):
        first = (int(top) - 1, column_number(left.decode()))
        last = (min(int(bottom), _WITHIN[0]), min(column_number(right.decode()) + 1, _WITHIN[1]))
        found |= {(row, col) for row in range(first[0], last[0]) for col in range(first[1], last[1])} - {first}
    return frozenset(found)


def has_hidden(xml: bytes) -> bool:
    """Whether rows or columns may be hidden; a quick test with false positives."""
    return _HIDDEN.search(xml) is not None


def holds_errors(xml: bytes) -> bool:
    """Whether some cell may hold an error; a quick test with false positives. Every error value begins with #."""
    start, end = _cells(xml)
    if start >= 0 and xml.find(b"#", start, end) < 0:
        return False
    return b'"e"' in xml or b"'e'" in xml


def errors_as_text(xml: bytes) -> bytes:
    """The sheet with its error cells turned into texts.

    calamine reads ``#REF!`` as an empty cell and gives up the whole sheet at a newer one such as ``#SPILL!``; as texts
    they cannot be taken for blanks.
    """
    return _ERROR_TYPE.sub(rb'\1"str"', xml) if holds_errors(xml) else xml


def ods_errors_as_text(xml: bytes) -> bytes:
    """The content of an ods with its error cells showing what they say, which calamine reads as empty texts."""
    return _ODS_ERROR.sub(rb"\1", xml) if b'"error"' in xml else xml


def far_cell(xml: bytes, cells: int) -> str:
    """The address that makes the used rectangle larger than ``cells`` or lies off the sheet; empty when none does.

    calamine keeps 32 bytes for every cell of the rectangle, filled or not: two cells can ask for 512 GiB.
    Raises ``expat.ExpatError`` like `scan`.
    """
    start, end = _cells(xml)
    if start >= 0 and end - start <= SMALL and not _FAR.search(xml, start, end):
        return ""
    seen = _Walk(xml)
    height, width = seen.bottom - seen.top + 1, seen.right - seen.left + 1
    if seen.bottom < 0 or (height * width <= cells and seen.bottom < MAX_ROW and seen.right < MAX_COLUMN):
        return ""
    return address(seen.bottom, seen.right)


def _cells(xml: bytes) -> tuple[int, int]:
    """Return where the cells begin and end in a sheet written in the usual way; (-1, …) for any other."""
    start = xml.find(b"<sheetData")
    end = xml.find(b"</sheetData>", start)
    return start, end if end >= 0 else len(xml)


def address(row: int, col: int) -> str:
    """The address as a clerk reads it."""
    return f"{xl_col_to_name(col)}{row + 1}"


def _attributes(text: bytes) -> dict[str, str]:
    return {
        key.decode("utf-8", "replace"): html.unescape((double or single).decode("utf-8", "replace"))
        for key, double, single in _ATTRIBUTE.findall(text)
    }


class _Walk:
    """One pass over a worksheet with expat; cells and rows without an address follow the one before them."""

    def __init__(self, xml: bytes, hints: Hints = NO_HINTS) -> None:
        self._hints, self._looks, self._stale = hints, dict[tuple[int, int], Look](), set[tuple[int, int]]()
        self._merges: list[bytes] = []
        self._marked = False
        self.top, self.left, self.bottom, self.right = MAX_ROW, MAX_COLUMN, -1, -1
        self._errors: dict[tuple[int, int], str] = {}
        self._uncomputed: set[tuple[int, int]] = set()
        self._pictures: set[tuple[int, int]] = set()
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._row, self._col = -1, -1
        self._cell: dict[str, str] = {}
        self._inside, self._texts = "", {"f": "", "v": "", "t": ""}
        self._present: set[str] = set()
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(xml, True)

    def scan(self) -> Scan:
        return Scan(
            errors=self._errors,
            uncomputed=frozenset(self._uncomputed),
            pictures=frozenset(self._pictures),
            hidden_rows=frozenset(self._hidden_rows),
            hidden_columns=frozenset(self._hidden_columns),
            looks=self._looks,
            stale=frozenset(self._stale),
        )

    @property
    def covered(self) -> frozenset[tuple[int, int]]:
        """The cells that merged ones cover, in a sheet that is not written in the usual way."""
        return covered_cells(b"".join(self._merges))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name in self._texts:
            self._inside = name
            self._present.add(name)
        elif name == "c":
            self._cell, self._present, self._marked = attributes, set(), False
            self._texts = dict.fromkeys(self._texts, "")
            self._place(attributes.get("r", ""))
        elif name == "mergeCell":
            self._merges.append(f'<mergeCell ref="{attributes.get("ref", "")}"/>'.encode())
        elif is_mark(name, attributes):
            self._marked = True
        elif name == "row":
            self._row = _number(attributes.get("r"), self._row + 2) - 1
            self._col = -1
            if attributes.get("hidden") in _TRUE:
                self._hidden_rows.add(self._row)
        elif name == "col" and attributes.get("hidden") in _TRUE:
            first = _number(attributes.get("min"), 1)
            last = min(_number(attributes.get("max"), first), MAX_COLUMN)
            self._hidden_columns.update(range(first - 1, last))

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == self._inside:
            self._inside = ""
        elif name == "c":
            self._close()

    def _text(self, text: str) -> None:
        if self._inside:
            self._texts[self._inside] += text

    def _place(self, reference: str) -> None:
        if match := _CELL.fullmatch(reference):
            self._row, self._col = int(match[2]) - 1, column_number(match[1])
        else:
            self._col += 1

    def _close(self) -> None:
        """Record what the cell that ends here is."""
        place, kind = (self._row, self._col), self._cell.get("t", "")
        formula, value = self._texts["f"], self._texts["v"]
        if self._present:
            self.top, self.bottom = min(self.top, self._row), max(self.bottom, self._row)
            self.left, self.right = min(self.left, self._col), max(self.right, self._col)
        if "DISPIMG" in formula or value.startswith("=DISPIMG") or (kind == "e" and "vm" in self._cell):
            self._pictures.add(place)
        elif kind == "e":
            self._errors[place] = value
        elif "f" in self._present and not value and not (kind == "str" and "v" in self._present):
            self._uncomputed.add(place)
        elif self._hints.uncalculated and "f" in self._present and _is_zero(value):
            self._stale.add(place)
        look = self._hints.looks.get(_number(self._cell.get("s"), 0))
        struck = self._marked or (kind == "s" and _number(value, -1) in self._hints.strings)
        if (look or struck) and self._present:
            self._looks[place] = Look(
                format=look.format if look else "General", marked=struck or bool(look and look.marked)
            )


def _is_zero(value: str) -> bool:
    return bool(value) and not value.strip("0.")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def column_number(letters: str) -> int:
    """Return the number of a column, counted from 0, by its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
