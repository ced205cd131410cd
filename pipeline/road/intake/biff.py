"""The record streams of .xls and .xlsb: locked, with macro sheets, and which cells hold errors.

calamine reads an error as an empty cell, and a blank may count as 0; so the errors are looked up here.
Source: MS-XLS for Bof, BoundSheet8, FilePass, Formula, BoolErr and BErr; MS-XLSB for BrtCellError and BrtFmlaError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_FORMULA, _EOF, _FILEPASS, _BOUNDSHEET, _BOOLERR, _BOF = 0x0006, 0x000A, 0x002F, 0x0085, 0x0205, 0x0809
_BRT_CELL_ERROR, _BRT_FMLA_ERROR = 3, 11
_BIFF8 = 0x0600
_MACRO_SHEET = 1
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Biff:
    """What the records say; ``errors`` by sheet name, then by (row, column)."""

    locked: bool = False
    macro_sheet: bool = False
    errors: Mapping[str, Mapping[tuple[int, int], str]] = field(default_factory=dict)


def read_biff(book: bytes) -> Biff:
    """Walk the records as far as they go; a truncated stream is left to calamine, which refuses it."""
    sheets: dict[int, str] = {}
    errors: dict[str, dict[tuple[int, int], str]] = {}
    macro_sheet, biff8, sheet = False, False, ""
    for at, record, data in _records(book):
        if record == _FILEPASS:
            return Biff(locked=True)
        if record == _BOF:
            biff8 |= data[:2] == _BIFF8.to_bytes(2, "little")
            sheet = sheets.get(at, sheet)
        elif record == _BOUNDSHEET and len(data) >= 8:
            macro_sheet |= data[5] == _MACRO_SHEET
            if biff8:
                sheets[int.from_bytes(data[:4], "little")] = _name(data)
        elif found := _error(record, data):
            errors.setdefault(sheet, {})[struct.unpack_from("<HH", data)] = found
    return Biff(macro_sheet=macro_sheet, errors=errors)


def holds_binary_error(sheet: bytes) -> bool:
    """Whether a worksheet part of an .xlsb holds an error cell: its records are a number, a length, and that much."""
    at = 0
    while at < len(sheet):
        record, at = _varint(sheet, at, 2)
        length, at = _varint(sheet, at, 4)
        if record in (_BRT_CELL_ERROR, _BRT_FMLA_ERROR):
            return True
        at += length
    return False


def _varint(data: bytes, at: int, longest: int) -> tuple[int, int]:
    """Read a varint (seven bits a byte, lowest first, while the eighth is set); return it and the next position."""
    value = 0
    for n, byte in enumerate(data[at : at + longest]):
        value |= (byte & 0x7F) << (7 * n)
        if byte < 0x80:
            return value, at + n + 1
    return value, at + longest


def _records(book: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 4 <= len(book):
        record, length = struct.unpack_from("<HH", book, at)
        yield at, record, book[at + 4 : at + 4 + length]
        at += 4 + length


def _name(data: bytes) -> str:
    """The sheet's name: a count of characters, then whether they take one byte or two."""
    wide = data[7] & 1
    raw = data[8 : 8 + data[6] * (1 + wide)]
    return raw.decode("utf-16-le" if wide else "latin-1", "replace")


def _error(record: int, data: bytes) -> str:
    if record == _BOOLERR and len(data) >= 8 and data[7]:
        return _ERRORS.get(data[6], "#?")
    if record == _FORMULA and len(data) >= 14 and data[12:14] == b"\xff\xff" and data[6] == 2:
        return _ERRORS.get(data[8], "#?")
    return ""
