"""What every office container must be before a parser sees it: honest names, sizes within bounds, XML without a DTD."""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.files.containers.bounds import Bounds, RefusedError, damaged_error, irregular_error, swollen_error
from pipeline.files.containers.unzip import Member

_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?>(?:<\?(?>.*?\?>)|<!--(?>.*?-->))\s*+)*+<[A-Za-z_]", re.DOTALL)
"""From the first byte to the root element: declaration, comments, instructions and nothing else. Never backtracks."""
_USUAL = re.compile(rb'<\?xml version="1\.0" encoding="UTF-8"(?: standalone="yes")?\?>\r?\n?<[A-Za-z_]')
"""How every office program begins a part; tried first."""
_INFLATED = (".xml", ".rels", ".bin", "mimetype")
"""Endings of the parts of a workbook that are ever inflated."""
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?\bencoding\s*=\s*["']([^"']+)""")


def names_of(members: list[Member]) -> frozenset[str]:
    """The lower-case names; refuse names that two programs would take for different files."""
    names = tuple([member.name for member in members])
    return _known_names(names) if sum(map(len, names)) <= _SHORT else _lower_names(names)


def _lower_names(names: tuple[str, ...]) -> frozenset[str]:
    """Return the names in lower case. Raises `RefusedError`."""
    lower = set()
    for name in names:
        low = name.lower()
        if low in lower:
            raise irregular_error(f"“{name}”重复")
        if "\\" in low or "\0" in low or low.startswith("/") or low[1:2] == ":" or ".." in low.split("/"):
            raise irregular_error(f"部件名“{name}”不合规")
        lower.add(low)
    return frozenset(lower)


_SHORT = 4_096
"""Characters of the names of all parts together that are worth remembering: returns of a template have the same."""
_known_names = lru_cache(maxsize=64)(_lower_names)


def measure(members: list[Member], bounds: Bounds, kind: str = "") -> None:
    """Raise `RefusedError` when the archive is encrypted or its parts, as declared, are beyond the bounds.

    Of a workbook (``kind``) only what is inflated is measured: a picture may compress as well as it likes.
    """
    total = 0
    for member in members:
        if member.encrypted:
            raise RefusedError("I5")
        if kind and not member.name.lower().endswith(_INFLATED):
            continue
        total += member.size
        if member.size > bounds.part or (
            member.size > bounds.ratio_from and member.size > member.packed * bounds.ratio
        ):
            raise swollen_error(f"“{member.name}”展开后 {member.size / 1e6:.0f} MB")
    if total > bounds.total:
        raise swollen_error(f"展开后 {total / 1e6:.0f} MB")


def prolog(name: str, part: bytes) -> None:
    """Raise `RefusedError` unless the part is UTF-8 XML whose root follows without a document type."""
    if _USUAL.match(part):
        return
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in part[:4]:
        if "<!DOCTYPE" in part.decode("utf-16", "replace") or name.lower().startswith(("xl/", "word/")):
            raise RefusedError("I8", detail=f"“{name}”的编码或文档类型声明")
        return
    if not _PROLOG.match(part):
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise RefusedError("I8", detail="文档类型声明（DTD）")
        if part.strip():
            raise damaged_error(f"“{name}”不是完好的 XML")
    encoding = _ENCODING.match(part[:256])
    if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise irregular_error(f"“{name}”的编码是 {encoding[1].decode('ascii', 'replace')}")
