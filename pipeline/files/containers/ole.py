"""OLE2 compound files (.xls, WPS .et, and whatever is encrypted): their streams, and proof that no sector chain is
circular.

calamine follows a sector chain for ever and takes the process with it; so every chain is walked here first.
Source: MS-CFB 2.1–2.6.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.files.containers.bounds import damaged_error

MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
_HEADER = struct.Struct("<8s16s5H6s9L")
_ENTRY = struct.Struct("<64sHBB3L16sL8s8sLQ")
_LISTED_IN_HEADER = struct.Struct("<109L")
_LAST_SECTOR, _END_OF_CHAIN, _FREE = 0xFFFFFFFA, 0xFFFFFFFE, 0xFFFFFFFF
_MINI_SECTOR = 64
_STREAM, _ROOT = 2, 5
_BOOKS = frozenset({"workbook", "book"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ole:
    """The names of all streams and storages, and the BIFF stream if there is one."""

    names: frozenset[str]
    book: bytes


def open_ole(content: bytes) -> Ole:
    """Walk every chain of the file once; raises `RefusedError` when one is broken or runs in a circle."""
    try:
        return _walk(content)
    except (struct.error, IndexError) as error:
        raise damaged_error("内部目录不完整") from error


class _Sectors:
    """The sectors of a file and the table that chains them. Walks no more steps in all than a sound file could need."""

    def __init__(self, content: bytes, size: int, more: int) -> None:
        self._content, self._size = content, size
        self._steps = 4 * (len(content) // size + 1)
        lists = list(_LISTED_IN_HEADER.unpack_from(content, _HEADER.size))
        while more < _LAST_SECTOR:
            block = _longs(self._sector(more))
            lists += block[:-1]
            more = block[-1]
        self._table = _longs(b"".join(self._sector(sector) for sector in lists if sector < _LAST_SECTOR))

    def read(self, start: int) -> bytes:
        return b"".join(self._sector(sector) for sector in self.chain(self._table, start))

    def chain(self, table: Sequence[int], start: int) -> list[int]:
        chain: list[int] = []
        while start != _END_OF_CHAIN:
            if len(chain) >= len(table):
                raise damaged_error("内部目录循环")
            chain.append(start)
            start = table[start]
        return chain

    def _sector(self, number: int) -> bytes:
        self._steps -= 1
        if self._steps < 0:
            raise damaged_error("内部目录循环")
        at = (number + 1) * self._size
        if at >= len(self._content):
            raise damaged_error("文件不完整")
        return self._content[at : at + self._size]


def _walk(content: bytes) -> Ole:
    header = _HEADER.unpack_from(content)
    shift, mini_shift, root, cutoff, mini, more = (header[n] for n in (5, 6, 10, 12, 13, 15))
    if shift not in (9, 12) or 1 << mini_shift != _MINI_SECTOR:
        raise damaged_error("内部目录不完整")
    sectors = _Sectors(content, 1 << shift, more)
    entries = sectors.read(root)
    mini_table = _longs(sectors.read(mini)) if mini < _LAST_SECTOR else ()
    names, book, mini_stream = set(), b"", b""
    for entry in _ENTRY.iter_unpack(entries[: len(entries) // _ENTRY.size * _ENTRY.size]):
        raw, length, kind, start, extent = entry[0], entry[1], entry[2], entry[11], entry[12] & 0xFFFFFFFF
        if not kind:
            continue
        name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        names.add(name)
        if not extent or start in (_END_OF_CHAIN, _FREE):
            continue
        if kind == _ROOT:
            mini_stream = sectors.read(start)
        elif kind == _STREAM:
            if extent >= cutoff:
                stream = sectors.read(start)
            else:
                stream = b"".join(mini_stream[n * 64 : n * 64 + 64] for n in sectors.chain(mini_table, start))
            if name.lower() in _BOOKS and not book:
                book = stream[:extent]
    return Ole(names=frozenset(names), book=book)


def with_usual_name(content: bytes, names: Collection[str]) -> bytes:
    """The file with the name of its workbook stream as every reader knows it; some programs write it in capitals."""
    for usual in ("Workbook", "Book"):
        other = next((name for name in names if name != usual and name.lower() == usual.lower()), None)
        if other and usual not in names:
            return content.replace(f"{other}\0".encode("utf-16-le"), f"{usual}\0".encode("utf-16-le"), 1)
    return content


def _longs(data: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(data) // 4}L", data[: len(data) // 4 * 4])
