"""python-calamine, called calmly: its errors and panics as one exception, a workbook as the bytes it wants."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from typing import TypeVar

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.files.inflate import crc32
from pipeline.model.submission import Sheet

T = TypeVar("T")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")


class UnreadableError(Exception):
    """The bytes are not a workbook calamine can open; the text says why, in Chinese."""


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


def open_workbook(source: bytes) -> CalamineWorkbook:
    """Open a workbook. Raises `UnreadableError`."""
    return _calmly(lambda: CalamineWorkbook.from_filelike(io.BytesIO(source)))


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


def read_sheet(book: CalamineWorkbook, name: str) -> Sheet:
    """Read the cells of a sheet. Raises `UnreadableError`."""

    def cells() -> Sheet:
        sheet = book.get_sheet_by_name(name)
        top, left = sheet.start or (0, 0)
        return Sheet(top=top, left=left, rows=sheet.to_python())

    return _calmly(cells)
