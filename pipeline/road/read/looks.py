"""How cells look: number formats and fonts of a workbook, and struck or raised letters in its texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from lxml import etree

from pipeline.model.submission import Look
from pipeline.workbook.cells.formats import BUILT_IN, is_plain

_FALSE = frozenset({"0", "false", "none", "baseline"})
_MARKS = ("strike", "dstrike", "vertAlign")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What to look for in the sheets of one workbook.

    ``looks`` are the cell formats by number that show a figure otherwise than it is stored, ``shared`` is the part with
    the texts that cells share; an ``uncalculated`` workbook says itself that its results are out of date.
    """

    looks: Mapping[int, Look] = field(default_factory=dict)
    shared: bytes = b""
    uncalculated: bool = False

    @cached_property
    def strings(self) -> frozenset[int]:
        """The numbers of the shared texts with struck, raised or lowered letters."""
        return marked_strings(self.shared) if may_be_marked(self.shared) else frozenset()

    @property
    def pattern(self) -> re.Pattern[bytes] | None:
        """Finds a cell with one of ``looks``."""
        return _style_pattern(tuple(self.looks)) if self.looks else None


NO_HINTS = Hints()


def hints(parts: Mapping[str, bytes]) -> Hints:
    """Read styles and texts that the sheets of an OOXML workbook share."""
    by_name = {name.lower(): part for name, part in parts.items()}
    return Hints(
        looks=style_looks(by_name.get("xl/styles.xml", b"")),
        shared=by_name.get("xl/sharedstrings.xml", b""),
        uncalculated=_is_uncalculated(by_name.get("xl/workbook.xml", b"")),
    )


_UNCALCULATED = re.compile(rb"<(?:\w+:)?calcPr\b[^>]*\bfullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")


@lru_cache(maxsize=64)
def _is_uncalculated(workbook: bytes) -> bool:
    """Whether a workbook says that its results are out of date."""
    return _UNCALCULATED.search(workbook) is not None


@lru_cache(maxsize=64)
def style_looks(styles: bytes) -> Mapping[int, Look]:
    """Return the cell formats, by number, that are more than a plain number; cached, since returns of a template share
    them.
    """
    if not styles:
        return {}
    try:
        root = etree.fromstring(styles, _PARSER)
    except etree.XMLSyntaxError:
        return {}
    codes = dict(BUILT_IN)
    for entry in _all(root, "numFmt"):
        codes[_number(entry.get("numFmtId"))] = entry.get("formatCode", "")
    fonts = [any(_is_marked(mark) for mark in font) for holder in _all(root, "fonts") for font in holder]
    looks: dict[int, Look] = {}
    for holder in _all(root, "cellXfs"):
        for number, xf in enumerate(holder):
            code = codes.get(_number(xf.get("numFmtId")), "General")
            font = _number(xf.get("fontId"))
            marked = font < len(fonts) and fonts[font]
            if marked or not is_plain(code):
                looks[number] = Look(format=code, marked=marked)
    return looks


def may_be_marked(texts: bytes) -> bool:
    """Whether some shared texts may have such letters; a quick test with false positives."""
    return b"strike" in texts or b"vertAlign" in texts


@lru_cache(maxsize=8)
def marked_strings(shared: bytes) -> frozenset[int]:
    """Return the numbers of the shared texts with struck, raised or lowered letters."""
    try:
        root = etree.fromstring(shared, _PARSER)
    except etree.XMLSyntaxError:
        return frozenset()
    entries = (entry for entry in root if etree.QName(entry).localname == "si")
    return frozenset(n for n, entry in enumerate(entries) if any(map(_is_marked, entry.iter(etree.Element))))


@lru_cache(maxsize=64)
def _style_pattern(numbers: tuple[int, ...]) -> re.Pattern[bytes]:
    return re.compile(rb"""\ss=["'](?:%s)["']""" % b"|".join(str(number).encode() for number in numbers))


def is_mark(name: str, attributes: Mapping[str, str]) -> bool:
    """Whether an element of that name strikes letters out, or raises or lowers them."""
    return name in _MARKS and attributes.get("val", "1").lower() not in _FALSE


def _is_marked(element: etree._Element) -> bool:
    return is_mark(etree.QName(element).localname, {str(key): str(value) for key, value in element.attrib.items()})


def _all(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return root.iter(f"{{*}}{name}")


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
