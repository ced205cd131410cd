"""A zip or a mail with returns in it: its members one after the other, in memory, never on the disk. Their names are decoded as
their author saw them and are never used as paths.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.files.containers import sniff
from pipeline.files.containers.bounds import Bounds, RefusedError, swollen_error
from pipeline.files.containers.mail import is_mail, mail_parts, read_head
from pipeline.files.containers.unzip import Member, directory, inflate

_SYSTEM_NAMES = frozenset({"thumbs.db", ".ds_store", "desktop.ini", "__macosx"})
_LOCK_PREFIXES = ("~$", ".~", "._")
_WORKBOOK_STARTS = (b"[Content_Types].xml", b"mimetype", b"_rels/", b"xl/", b"docProps/", b"customXml/")


class Unpacked(NamedTuple):
    """One file of an attachment: its path, its bytes or why there are none, when its author last wrote it, and the
    address that mailed it.
    """

    path: str
    content: bytes | RefusedError
    modified: dt.datetime | None = None
    sender: str = ""


def is_ignored(part: str) -> bool:
    """Whether a file or folder of this name is a leftover of a system or an office program."""
    return part.lower() in _SYSTEM_NAMES or part.startswith(_LOCK_PREFIXES)


def is_attachment(content: bytes, bounds: Bounds) -> bool:
    """Whether the bytes are a mail, or a zip that holds files rather than a workbook. Raises `RefusedError` for a zip
    without end.
    """
    if not content.startswith(sniff.ZIP_MAGIC):
        return is_mail(content)
    if content.startswith(_WORKBOOK_STARTS, 30):
        return False
    return sniff.zip_kind({member.name.lower() for member in directory(content, bounds)}) == sniff.ZIP


def unpack(name: str, content: bytes, bounds: Bounds) -> Iterator[Unpacked]:
    """Every file in the attachment as ``name/path`` with its bytes, or with why there are none. Raises nothing."""
    yield from _unpack(
        name, content, bounds, depth=bounds.depth, left=_Left(bytes=bounds.total, members=bounds.members)
    )


@dataclass(slots=True, kw_only=True)
class _Left:
    """The remaining allowance of one attachment, shared with the archives inside it."""

    bytes: int
    members: int


def _unpack(name: str, content: bytes, bounds: Bounds, *, depth: int, left: _Left) -> Iterator[Unpacked]:
    if is_mail(content):
        yield from _open_mail(name, content, bounds, depth=depth, left=left)
        return
    try:
        members = [member for member in directory(content, bounds) if (path := _path(member)) and not _skip(path)]
        if len(members) > left.members:
            raise swollen_error(f"连同里面的压缩包超过 {bounds.members} 个文件")
        left.members -= len(members)
        if not members:
            raise RefusedError("I16")
    except RefusedError as refusal:
        yield Unpacked(name, refusal)
        return
    for member in members:
        path = f"{name}/{_path(member)}"
        try:
            inner = _member(content, member, bounds, left)
            nested = is_attachment(inner, bounds)
            if nested and depth <= 1:
                raise RefusedError("I17")
        except RefusedError as refusal:
            yield Unpacked(path, refusal)
            continue
        if nested:
            yield from _unpack(path, inner, bounds, depth=depth - 1, left=left)
        else:
            yield Unpacked(path, inner, member.modified)


def _open_mail(name: str, content: bytes, bounds: Bounds, *, depth: int, left: _Left) -> Iterator[Unpacked]:
    """Every attached file of a mail, dated by the mail."""
    head, found = read_head(content), False
    date = head.date.replace(tzinfo=None) if head.date else None
    try:
        for title, attached in mail_parts(content):
            title = "/".join(part for part in re.split(r"[\\/\0]", title) if part not in ("", ".", ".."))
            if not title or _skip(title):
                continue
            found, path = True, f"{name}/{title}"
            left.members -= 1
            left.bytes -= len(attached)
            try:
                if left.members < 0 or left.bytes < 0 or len(attached) > bounds.file:
                    raise swollen_error(f"附件连同里面的文件超过 {bounds.members} 个或 {bounds.total / 1e6:.0f} MB")
                nested = is_attachment(attached, bounds)
                if nested and depth <= 1:
                    raise RefusedError("I17")
            except RefusedError as refusal:
                yield Unpacked(path, refusal)
                if left.members < 0:
                    return
                continue
            if nested:
                for inner in _unpack(path, attached, bounds, depth=depth - 1, left=left):
                    yield inner if inner.sender else inner._replace(sender=head.sender)
            else:
                yield Unpacked(path, attached, date, head.sender)
    except RefusedError as refusal:
        yield Unpacked(name, refusal)
        return
    if not found:
        yield Unpacked(name, RefusedError("I19"))


def _member(content: bytes, member: Member, bounds: Bounds, left: _Left) -> bytes:
    if member.encrypted:
        raise RefusedError("I5")
    if member.size > min(bounds.file, left.bytes):
        raise swollen_error(f"展开后 {member.size / 1e6:.0f} MB")
    left.bytes -= member.size
    return inflate(content, member)


def _path(member: Member) -> str:
    """The member's path without anything that leads out of the archive."""
    parts = member.name.replace("\\", "/").replace("\0", "").split("/")
    return "/".join(part for part in parts if part not in ("", ".", "..") and not part.endswith(":"))


def _skip(path: str) -> bool:
    return any(is_ignored(part) for part in path.split("/"))
