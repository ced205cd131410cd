"""The raw cells of a workbook, read by python-calamine from parts that the guard has checked. A zip container is built
again from its inflated parts, so that the parser reads the checked bytes and inflates nothing twice. The guard gives
precise reasons; what still fails here is simply unreadable.
"""

from __future__ import annotations

import csv
import io
import struct
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.files.inflate import crc32
from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Opened, Sheet
from pipeline.road.read.looks import hints
from pipeline.road.read.other_looks import other_looks
from pipeline.road.read.scan import errors_as_text, far_cell, ods_errors_as_text, scan, sheet_parts

T = TypeVar("T")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_XML_FORMATS = ("xlsx", "xlsm")
_MAX_CELLS = 4_000_000
"""Cells of a used rectangle, 32 bytes each: the largest public workbooks stay below a quarter of it."""


class UnreadableError(Exception):
    """The bytes are not a workbook calamine can open; the text says why, in Chinese."""


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
        book = _open(stored_zip(parts) if parts else opened.content)
        looked = other_looks(opened)
        return _each(
            book,
            lambda name: looked.onto(name, _with_errors(_sheet(book, name), opened.errors.get(name, {}))),
        )
    # errors become texts before calamine sees the sheet, which would read them as blanks
    named = sheet_parts(opened.parts)
    parts = {**opened.parts, **{part: errors_as_text(opened.parts[part]) for part in named.values()}}
    book = _open(stored_zip(parts))
    seen = hints(opened.parts)

    def checked(name: str) -> Sheet:
        if name not in named:
            raise UnreadableError("工作簿的目录里找不到它")
        xml = opened.parts[named[name]]
        if corner := far_cell(xml, cells):
            raise _TooFarError(corner)
        sheet = _sheet(book, name)
        return scan(xml, seen).onto(sheet) if scanned is None or name in scanned else sheet

    return _each(book, checked)


def stored_zip(parts: Mapping[str, bytes]) -> bytes:
    """An uncompressed zip of ``parts``, ten times as fast as ``zipfile`` writes one."""
    body: list[bytes] = []
    entries: list[bytes] = []
    at = 0
    for name, data in parts.items():
        raw, crc, size = name.encode(), crc32(data), len(data)
        body += (_LOCAL.pack(b"PK\3\4", 20, 0x800, 0, 0, 0, crc, size, size, len(raw), 0), raw, data)
        entries += (
            _ENTRY.pack(b"PK\1\2", 20, 20, 0x800, 0, 0, 0, crc, size, size, len(raw), 0, 0, 0, 0, 0, at),
            raw,
        )
        at += _LOCAL.size + len(raw) + size
    directory = b"".join(entries)
    return b"".join((*body, directory, _END.pack(b"PK\5\6", 0, 0, len(parts), len(parts), len(directory), at, 0)))


def _open(source: bytes) -> CalamineWorkbook:
    return _calmly(lambda: CalamineWorkbook.from_filelike(io.BytesIO(source)))


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


def _calmly(step: Callable[[], T]) -> T:
    """Call calamine; raise `UnreadableError` for its errors, including panics, which are no ``Exception``."""
    try:
        return step()
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise UnreadableError("不是完好的工作簿") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableError("文件内部结构损坏") from error


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    def cells() -> Sheet:
        sheet = book.get_sheet_by_name(name)
        top, left = sheet.start or (0, 0)
        return Sheet(top=top, left=left, rows=sheet.to_python())

    return _calmly(cells)


def _with_errors(sheet: Sheet, errors: Mapping[tuple[int, int], str]) -> Sheet:
    """Put the errors that calamine left blank into the sheet."""
    rows = [list(row) for row in sheet.rows]
    for (row, col), literal in errors.items():
        if 0 <= row - sheet.top < len(rows) and 0 <= col - sheet.left < len(rows[row - sheet.top]):
            rows[row - sheet.top][col - sheet.left] = literal
    return replace(sheet, rows=rows, errors=errors) if errors else sheet


def _csv(content: bytes) -> Sheet:
    return Sheet(top=0, left=0, rows=list(csv.reader(io.StringIO(content.decode(), newline=""))))
