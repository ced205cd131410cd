"""Zip archives from strangers: the central directory, and members inflated within bounds.

Not ``zipfile``: it opens what office programs would not, costs three times as long on the good ones, and a guard has to
see the raw directory. Refuses (with `RefusedError`) whatever two readers could understand differently.
Source: PKWARE APPNOTE 6.3.10, sections 4.3–4.5.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.files.containers.bounds import Bounds, RefusedError, damaged_error, irregular_error, swollen_error
from pipeline.files.inflate import InflateError, crc32, decompress

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED, _UTF8 = 1 << 0, 1 << 11
_STORED, _DEFLATED = 0, 8
_SHARED = 1 << 16
"""Bytes of an inflated part that is kept in case the next archive has it too."""
_ZIP64_FIELD, _UNICODE_PATH_FIELD = 0x0001, 0x7075


@dataclass(slots=True)
class Member:
    """One file of an archive, as the central directory describes it. Not frozen: made by the thousand.

    ``stamp`` are its date and time as DOS packs them.
    """

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    stamp: tuple[int, int]

    @property
    def encrypted(self) -> bool:
        """Whether it needs a password."""
        return bool(self.flags & _ENCRYPTED)

    @property
    def modified(self) -> dt.datetime | None:
        """When the file was last written by the clock on its author's wall; ``None`` where that is no date.

        Source: APPNOTE 4.4.6. A DOS time has no zone and counts in steps of two seconds.
        """
        date, time = self.stamp
        try:
            return dt.datetime(
                1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2
            )
        except ValueError:
            return None


def is_complete(content: bytes) -> bool:
    """Whether the end of the archive has been written, and with it everything before."""
    try:
        _end(content)
    except RefusedError:
        return False
    return True


def directory(content: bytes, bounds: Bounds) -> list[Member]:
    """The members, folders left out. Raises `RefusedError`: no directory, too many members, sizes beyond the bounds."""
    count, at = _end(content)
    if count > bounds.members:
        raise swollen_error(f"内含 {count} 个部件")
    members = []
    for _ in range(count):
        try:
            signature, _, _, flags, method, time, date, crc, packed, size, n, x, c, _, _, _, offset = (
                _ENTRY.unpack_from(content, at)
            )
        except struct.error as error:
            raise damaged_error("目录不完整") from error
        if signature != b"PK\1\2":
            raise damaged_error("目录不完整")
        at += _ENTRY.size
        raw, extra, at = content[at : at + n], content[at + n : at + n + x], at + n + x + c
        if 0xFFFFFFFF in (packed, size, offset):
            size, packed, offset = _zip64(extra, size, packed, offset)
        if not raw.endswith(b"/"):
            name = raw.decode("ascii") if raw.isascii() else _name(raw, flags, extra)
            members.append(Member(name, raw, flags, method, crc, packed, size, offset, (date, time)))
    if sum(member.packed for member in members) > len(content):
        raise swollen_error("部件互相重叠")
    return members


def inflate(content: bytes, member: Member) -> bytes:
    """The member's bytes; never more than it declares, and true to its checksum. Raises `RefusedError`."""
    try:
        signature, _, flags, method, _, _, _, _, _, n, x = _LOCAL.unpack_from(content, member.offset)
    except struct.error as error:
        raise damaged_error(f"“{member.name}”不完整") from error
    start = member.offset + _LOCAL.size
    if signature != b"PK\3\4":
        raise damaged_error(f"“{member.name}”不完整")
    if content[start : start + n] != member.raw_name or method != member.method:
        raise irregular_error(f"“{member.name}”前后不一致")
    if (flags | member.flags) & _ENCRYPTED:
        raise RefusedError("I5")
    start += n + x
    body = content[start : start + member.packed]
    if method == _STORED:
        data = body
    elif method == _DEFLATED:
        # returns of one template share many parts, byte for byte, also as they are packed
        inflating = _inflate_shared if member.size <= _SHARED else _inflate_body
        data = inflating(body, member.size, member.name)
    else:
        raise irregular_error(f"“{member.name}”用了少见的压缩方式")
    if len(data) != member.size or crc32(data) != member.crc:
        raise damaged_error(f"“{member.name}”校验不符")
    return data


def _inflate_body(body: bytes, size: int, name: str) -> bytes:
    """Inflate the ``body`` of a member that declares ``size`` bytes. Raises `RefusedError`."""
    try:
        data = decompress(body, size + 1)
    except InflateError as error:
        raise damaged_error(f"“{name}”无法解压") from error
    if len(data) > size:
        raise swollen_error(f"“{name}”比声明的大")
    return data


_inflate_shared = lru_cache(maxsize=128)(_inflate_body)


def _end(content: bytes) -> tuple[int, int]:
    """Number of entries and where the directory begins. Raises `RefusedError`."""
    at = content.rfind(b"PK\5\6", max(0, len(content) - _END.size - _LONGEST_COMMENT))
    if at < 0 or at + _END.size > len(content):
        raise damaged_error("文件不完整")
    _, _, _, _, count, size, offset, _ = _END.unpack_from(content, at)
    if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
        count, size, offset, at = _end64(content, at)
    if offset + size > at:
        raise damaged_error("文件不完整")
    return count, offset


def _end64(content: bytes, end: int) -> tuple[int, int, int, int]:
    try:
        signature, _, at, _ = _LOCATOR.unpack_from(content, end - _LOCATOR.size)
        if signature != b"PK\6\7":
            raise damaged_error("文件不完整")
        signature, _, _, _, _, _, _, count, size, offset = _END64.unpack_from(content, at)
    except struct.error as error:
        raise damaged_error("文件不完整") from error
    if signature != b"PK\6\6":
        raise damaged_error("文件不完整")
    return count, size, offset, at


def _fields(extra: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        found[tag] = extra[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def _zip64(extra: bytes, *declared: int) -> Sequence[int]:
    """The 64-bit values of those fields that hold 0xFFFFFFFF, in their fixed order: size, packed size, offset."""
    wide = iter(struct.iter_unpack("<Q", (field := _fields(extra).get(_ZIP64_FIELD, b""))[: len(field) // 8 * 8]))
    try:
        return [next(wide)[0] if value == 0xFFFFFFFF else value for value in declared]
    except StopIteration:
        raise damaged_error("目录不完整") from None


def _name(raw: bytes, flags: int, extra: bytes) -> str:
    """The name as its author saw it: marked UTF-8, else UTF-8 that happens to be valid (macOS), else GBK (Windows)."""
    unicode_path = _fields(extra).get(_UNICODE_PATH_FIELD, b"")
    if len(unicode_path) > 5 and unicode_path[1:5] == crc32(raw).to_bytes(4, "little"):
        raw = unicode_path[5:]
    for encoding in ("utf-8",) if flags & _UTF8 else ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")
