"""The texts that the cells of a workbook share, where they are written plainly, in the words calamine would give.

Nearly all of them are those of the template, whatever program saved the workbook, so an entry that was read once is
known again by its bytes. What is not plain (an entity beyond the five, a break of a line as Windows writes it, an
escape, readings aside for Japanese) is left to calamine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from pipeline.files.remembered import Remembered
from pipeline.road.read.looks import may_be_marked

_TEXT = rb'<t( xml:space="preserve")?>([^<]*)</t>'
_ATTRIBUTES = rb'(?: [\w:]+="[^"<&]*")*'
_PLAIN = re.compile(rb"<si>" + _TEXT)
_RUN = re.compile(rb"<r>(?:<rPr>(?:<\w+" + _ATTRIBUTES + rb"/>)*</rPr>)?" + _TEXT + rb"</r>")
_BEGIN = re.compile(
    rb'<\?xml version="1\.0" encoding="UTF-8"(?: standalone="(?:yes|no)")?\?>\s*<sst' + _ATTRIBUTES + rb">"
)
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BLANKS = " \t\n"
_LONGEST = 2_000
"""Bytes of an entry that is worth remembering: longer ones are a unit's own words."""
_entries: Remembered[bytes, str] = Remembered(8_192)
"""The texts of entries without struck, raised or lowered letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTexts:
    """The texts in their order; some of them ``may_be_marked``: have struck, raised or lowered letters."""

    texts: Sequence[str]
    may_be_marked: bool


class UnusualError(Exception):
    """It is not written as office programs write it; calamine has to read it."""


def shared_texts(part: bytes) -> SharedTexts:
    """Return the texts of ``sharedStrings.xml`` in their order. Raises `UnusualError`."""
    if not part:
        return SharedTexts(texts=(), may_be_marked=False)
    start, end = part.find(b"<si>"), part.rfind(b"</sst>")
    if start < 0 or end < start or part[end:].rstrip() != b"</sst>" or not _is_plain_beginning(part[:start]):
        raise UnusualError
    *entries, rest = part[start:end].split(b"</si>")
    if rest:
        raise UnusualError
    texts = _entries.get_all(entries)
    new = [at for at, text in enumerate(texts) if text is None]
    marked = False
    for at in new:
        marked = marked or may_be_marked(entries[at])
        texts[at] = _entry(entries[at])
    return SharedTexts(texts=cast("list[str]", texts), may_be_marked=marked)


def _is_plain_beginning(begin: bytes) -> bool:
    """Whether what stands before the first text is written as programs write it."""
    return begin.isascii() and _BEGIN.fullmatch(begin) is not None


def plain_text(raw: bytes, *, preserve: bool) -> str:
    """Return a text between tags; blanks around it count where they are to be preserved. Raises `UnusualError`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise UnusualError from error
    if "\r" in text or "_x" in text or (not preserve and text.strip(_BLANKS) != text):
        raise UnusualError
    if "&" not in text:
        return text
    if text.count("&") != len(_ENTITY.findall(text)):
        raise UnusualError
    return _ENTITY.sub(lambda match: _ENTITIES[match[1]], text)


def _entry(entry: bytes) -> str:
    """Return the text of ``<si>…``: in one piece, or in runs with letters of their own."""
    if (match := _PLAIN.fullmatch(entry)) is not None:
        text = plain_text(match[2], preserve=bool(match[1]))
    else:
        at, runs = len(b"<si>"), []
        while match := _RUN.match(entry, at):
            runs.append(plain_text(match[2], preserve=bool(match[1])))
            at = match.end()
        if at != len(entry) or not runs or not entry.startswith(b"<si>"):
            raise UnusualError
        text = "".join(runs)
    if len(entry) <= _LONGEST and not may_be_marked(entry):
        _entries.put(entry, text)
    return text
