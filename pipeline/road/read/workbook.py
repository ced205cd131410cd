"""The raw cells of a workbook, read by python-calamine from parts that the guard has checked. A zip container is built
again from its inflated parts, so that the parser reads the checked bytes and inflates nothing twice. The guard gives
precise reasons; what still fails here is simply unreadable.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from xml.parsers import expat

from python_calamine import CalamineWorkbook

from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Opened, Sheet
from pipeline.road.read.looks import hints
from pipeline.road.read.other_looks import other_looks
from pipeline.road.read.parser import UnreadableError, open_workbook, read_sheet, stored_zip
from pipeline.road.read.plain import NO_SHEETS, read_plainly
from pipeline.road.read.scan import errors_as_text, far_cell, ods_errors_as_text, scan, sheet_parts

_XML_FORMATS = ("xlsx", "xlsm")
_MAX_CELLS = 4_000_000
"""Cells of a used rectangle, 32 bytes each: the largest public workbooks stay below a quarter of it."""


class _TooFarError(Exception):
    """A cell is so far away that its rectangle does not fit into memory; the text is its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """The readable sheets, in their order, and findings about the others."""

    sheets: Mapping[str, Sheet]
    findings: tuple[Finding, ...] = ()


def read_workbook(opened: Opened, *, scanned: Collection[str] | None = None, cells: int = _MAX_CELLS) -> Workbook:
    """Every sheet by name; one bad sheet does not cost the others. Raises `UnreadableError`.

    ``scanned`` are the sheets to look through for what values cannot say, all by default; in other formats than xlsx
    and xlsm there is no such look. ``cells`` bounds the used rectangle of a sheet.
    """
    if opened.format == "csv":
        return Workbook(sheets={Path(opened.arrival.name).stem: _csv(opened.content)})
    if opened.format not in _XML_FORMATS:
        parts = {name: ods_errors_as_text(part) for name, part in opened.parts.items()}
        book = open_workbook(stored_zip(parts) if parts else opened.content)
        looked = other_looks(opened)
        return _each(
            book,
            lambda name: looked.onto(name, _with_errors(read_sheet(book, name), opened.errors.get(name, {}))),
        )
    return _open_xml(opened, scanned, cells)


def _open_xml(opened: Opened, scanned: Collection[str] | None, cells: int) -> Workbook:
    """Read the sheets of an OOXML workbook: those of a known mould at once, the others by calamine."""
    named, seen = sheet_parts(opened.parts), hints(opened.parts)
    usual = scanned is None and cells == _MAX_CELLS
    plain = read_plainly(opened.parts, named, seen) if usual else NO_SHEETS
    if plain.complete:
        return Workbook(sheets=plain.sheets)
    # errors become texts before calamine sees the sheet, which would read them as blanks
    parts = {**opened.parts, **{part: errors_as_text(opened.parts[part]) for part in named.values()}}
    book = open_workbook(stored_zip(parts))

    def checked(name: str) -> Sheet:
        if name not in named:
            raise UnreadableError("工作簿的目录里找不到它")
        if name in plain.sheets:
            return plain.sheets[name]
        xml = opened.parts[named[name]]
        if corner := far_cell(xml, cells):
            raise _TooFarError(corner)
        sheet = read_sheet(book, name)
        if scanned is not None and name not in scanned:
            return sheet
        sheet = scan(xml, seen).onto(sheet)
        plain.learn(name, sheet)
        return sheet

    return _each(book, checked)


def _each(book: CalamineWorkbook, read: Callable[[str], Sheet]) -> Workbook:
    """Read all sheets one by one; an error in one becomes a finding."""
    sheets: dict[str, Sheet] = {}
    findings: list[Finding] = []
    for name, count in Counter(book.sheet_names).items():
        try:
            if count > 1:
                raise UnreadableError(f"有 {count} 张同名的工作表")
            sheets[name] = read(name)
        except _TooFarError as far:
            findings.append(notice("I21", where={"sheet": name, "cell": str(far)}, sheet=name, cell=far))
        except (UnreadableError, expat.ExpatError) as error:
            reason = error if isinstance(error, UnreadableError) else "不是完好的 XML"
            findings.append(notice("I20", where={"sheet": name}, sheet=name, reason=reason))
    return Workbook(sheets=sheets, findings=tuple(findings))


def _with_errors(sheet: Sheet, errors: Mapping[tuple[int, int], str]) -> Sheet:
    """Put the errors that calamine left blank into the sheet."""
    rows = [list(row) for row in sheet.rows]
    for (row, col), literal in errors.items():
        if 0 <= row - sheet.top < len(rows) and 0 <= col - sheet.left < len(rows[row - sheet.top]):
            rows[row - sheet.top][col - sheet.left] = literal
    return replace(sheet, rows=rows, errors=errors) if errors else sheet


def _csv(content: bytes) -> Sheet:
    return Sheet(top=0, left=0, rows=list(csv.reader(io.StringIO(content.decode(), newline=""))))
