"""A sheet taken apart: its XML without the values, and the values.

Returns that one program saved have the same frame, so that a sheet is tried with the frame of the last one that began
alike. Source: ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.80 (sheetData).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.parsers import expat

from pipeline.files.inflate import crc32
from pipeline.files.remembered import Remembered
from pipeline.road.read.scan import SMALL, covered_cells, has_hidden
from pipeline.road.read.shared import UnusualError

_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_CUT, INLINE, PRESERVED, CLOSED = b"\0", b"\2", b"\3", b"\4"
"""Bytes that no XML holds: where a value was cut out, how a text begins and ends that stands in the cell itself."""
_VALUE_ENDS = b"</v></c>"
_OPENS, _CLOSES = b"<v>", b"</v>"
_TEXT_BEGINS, _TEXT_ENDS = b' t="inlineStr"><is><t', b"</t></is></c>"
_DIMENSION = re.compile(r"[A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """What the formats of a workbook mean for its sheets.

    ``numbers`` are the cell formats that calamine gives numbers in, and no dates, as cells name them (empty for a cell
    that names none); ``looks`` those that show something else than what is stored. An ``uncalculated`` workbook says
    itself that its results are out of date.
    """

    numbers: frozenset[bytes]
    looks: frozenset[int]
    uncalculated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A sheet taken apart: its XML without the values, the values in their order, and what covers cells."""

    skeleton: bytes
    values: Sequence[bytes]
    formats: Formats
    covered: frozenset[tuple[int, int]]

    @property
    def key(self) -> tuple[object, ...]:
        """What its mould is looked for by: a checksum of the skeleton, and what else tells kinds of values apart."""
        return crc32(self.skeleton), len(self.values), self.formats.numbers, self.formats.looks


def take_apart(xml: bytes, formats: Formats) -> Cast:
    """Cut the values out of a sheet. Raises `UnusualError` for one that no office program writes so."""
    start, end = xml.find(_BEGIN), xml.rfind(_END)
    tail = xml[end:]  # one object, so that its hash is taken once
    if start < 0 or end < start or not (_is_plain_head(xml[:start]) and _is_sound_tail(tail)):
        raise UnusualError
    cells = xml[start + len(_BEGIN) : end]
    if len(cells) > SMALL or any(byte in cells for byte in (_CUT, INLINE, PRESERVED, CLOSED)):
        raise UnusualError
    if _TEXT_BEGINS in cells:
        before, *inline = cells.split(_TEXT_BEGINS)
        cells = b"".join((before, *map(_as_value, inline)))
    skeleton, values = _cut(cells)
    return Cast(skeleton=skeleton, values=values, formats=formats, covered=covered_cells(tail))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What stood around the values of a sheet: the ``ends`` are what follows each, ``length`` is that of all of it."""

    skeleton: bytes
    ends: Sequence[bytes]
    length: int


_frames: Remembered[tuple[bytes, int], _Frame] = Remembered(64)
"""The frame of the last sheet that began alike and had as many values: mostly it is that of the next one too."""


def _cut(cells: bytes) -> tuple[bytes, Sequence[bytes]]:
    """Return the skeleton of the cells of a sheet, and their values. Raises `UnusualError`."""
    first, *pieces = cells.split(_OPENS)
    frame = _frames.get((first, len(pieces)))
    if frame is not None:
        values = list(map(bytes.removesuffix, pieces, frame.ends))
        joined = _CUT.join(values)
        # as long as this only if every end was there to be taken off
        if len(joined) + frame.length == len(cells) and b"<" not in joined:
            return frame.skeleton, values
    parts = [piece.partition(_CLOSES) for piece in pieces]
    values = [value for value, _, _ in parts]
    joined = _CUT.join(values)
    if not all(close for _, close, _ in parts) or b"<" in joined:
        raise UnusualError
    skeleton, ends = _CUT.join([first, *(rest for _, _, rest in parts)]), [close + rest for _, close, rest in parts]
    _frames.put((first, len(pieces)), _Frame(skeleton=skeleton, ends=ends, length=len(cells) - len(joined)))
    return skeleton, values


def _as_value(piece: bytes) -> bytes:
    """Turn what follows ``_TEXT_BEGINS`` into a value with marks. Raises `UnusualError`."""
    begun, close, text = piece.partition(b">")
    text, end, rest = text.partition(_TEXT_ENDS)
    if begun not in (b"", b' xml:space="preserve"') or not close or not end:
        raise UnusualError
    mark = PRESERVED if begun else INLINE
    return b"".join((b' t="inlineStr"><v>', mark, text, CLOSED, _VALUE_ENDS, rest))


@lru_cache(maxsize=256)
def _is_plain_head(head: bytes) -> bool:
    """Whether what stands before the cells hides nothing and is sound XML."""
    if has_hidden(head) or b"<!" in head:
        return False
    plain = True

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal plain
        if name == "dimension":
            plain = plain and _DIMENSION.fullmatch(attributes.get("ref", "")) is not None
        plain = plain and name not in ("sheetData", "row", "c", "f", "v")

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    try:
        parser.Parse(head + b"</worksheet>", True)
    except expat.ExpatError:
        return False
    return plain


@lru_cache(maxsize=256)
def _is_sound_tail(tail: bytes) -> bool:
    """Whether what stands behind the cells is sound XML."""
    try:
        expat.ParserCreate().Parse(b"<worksheet><sheetData>" + tail, True)
    except expat.ExpatError:
        return False
    return True
