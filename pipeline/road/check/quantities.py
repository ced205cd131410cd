"""The quantities a text states, each read once: position, exactness, measure, and the words around it.

A sentence ends at a full stop, a semicolon or a line. The words before a quantity reach back to the quantity before it or to
the beginning of the sentence; the words behind it reach to the next quantity or to the end.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile

from pipeline.form.numerals import BEGINNINGS, NUMBER, Span, span

_MEASURES = "人次|批次|家次|万元|件|条|份|个|次|场|期|篇|部|项|起|宗|例|人|名|户|家|批|则|页|张|元|万字|字"
_QUANTITY = re.compile(rf"(?=[{BEGINNINGS}])(?<![第\d.]){NUMBER}\s{{0,2}}(?P<measure>{_MEASURES})")
"""The characters a number begins with are looked at first, because most begin none."""
_SENTENCE = re.compile(r"[。；;！!？?\n]")
_OPEN, _CLOSE = "（([【", "）)]】"
_LIST = re.compile(r"其中|包括|包含|涵盖|分别为|分别是|分为")
_LIST_ENDS = re.compile(r"^[，,、\s]*(?:共|合计|累计|全部|目前|截至|全年|本年|已)")
_DIFFERENCE = re.compile(r"(?:增加|减少|增长|下降|上升|提高|多|少|增|减)(?:了|到)?$")
_OTHER_TIME = re.compile(r"上半年|下半年|季度|\d{1,2}(?:至|到|—|-|－)\d{1,2}月|自20\d\d年|以来")
_YEAR = re.compile(
    r"(?<![较比与同和])(20\d\d)年(?!度?(?:政府信息公开)?(?:工作)?年度报告)|(?<![较比与同和转])(上一?年|去年)(?!度?(?:的|已)?(?:结转|转入|遗留))|(本年|今年)"
)
_REACH, _MOST_PARTS = 400, 80
"""How far back a sentence is looked at, and how many parts a list has: a text made to be slow must not be."""
NEXT = "#"
"""What the words behind a quantity end with where another quantity follows in the sentence."""
_LONGEST = 20_000
"""Characters of a text that are looked at; a section of the report has a few hundred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One quantity. ``before`` and ``behind`` are the words on either side, ``sentence`` all of the sentence up to it.

    ``is_part`` tells that it is in a list of parts, ``depth`` in how many brackets, ``sentence_at`` where its sentence
    begins. ``years`` are the years the sentence has named so far, the last one last; 0 is the year of the report.
    """

    start: int
    end: int
    span: Span
    measure: str
    before: str
    behind: str
    sentence: str
    sentence_at: int
    depth: int
    is_part: bool

    @property
    def is_difference(self) -> bool:
        """Whether it is the amount of a change."""
        return _DIFFERENCE.search(self.before) is not None

    def is_of(self, year: int) -> bool:
        """Whether the sentence speaks of the whole of this year, as far as it says."""
        if _OTHER_TIME.search(self.sentence):
            return False
        return stated_year(self.sentence, year) == year


def stated_year(words: str, year: int) -> int:
    """Return the last year that the words name; ``year`` when they name none.

    >>> stated_year("与2022年相比，今年", 2024), stated_year("上年度我镇", 2024), stated_year("截至2022年底", 2024)
    (2024, 2023, 2022)
    >>> stated_year("较上年增长了", 2024)
    2024
    """
    found = list(_YEAR.finditer(words))
    if not found:
        return year
    last = found[-1]
    return int(last[1]) if last[1] else year - 1 if last[2] else year


@lru_cache(maxsize=64)
def read_quantities(text: str) -> Sequence[Quantity]:
    """Read every quantity of a text, in its order; uncertain numbers are left out. Several rules ask for the same."""
    text = text[:_LONGEST]
    matches = [(match, stated) for match in _QUANTITY.finditer(text) if (stated := span(match)) is not None]
    if not matches:
        return []
    starts = [0, *(match.end() for match in _SENTENCE.finditer(text))]
    ends = [*starts[1:], len(text) + 1]
    depths = _depths(text)
    found: list[Quantity] = []
    for n, (match, stated) in enumerate(matches):
        at = bisect_right(starts, match.start()) - 1
        begin, end = starts[at], ends[at] - 1
        # words before reach back to the quantity before, words behind to the next one
        left = max(begin, matches[n - 1][0].end() if n else 0)
        right = min(end, matches[n + 1][0].start() if n + 1 < len(matches) else end)
        sentence = text[max(begin, match.start() - _REACH) : match.start()]
        before = text[max(left, match.start() - _REACH) : match.start()].strip()
        # 3 万 with the measure 元 is a figure in 万元
        measure = "万元" if match["measure"] == "元" and match["myriad"] == "万" else match["measure"]
        found.append(
            Quantity(
                start=match.start(),
                end=match.end(),
                span=stated if measure == match["measure"] else _in_myriads(stated),
                measure=measure,
                before=before,
                behind=text[match.end() : min(max(right, match.end()), match.end() + _REACH)].strip()
                + (NEXT if right < end else ""),
                sentence=sentence,
                sentence_at=begin,
                depth=depths[match.start()],
                is_part=depths[match.start()] > 0 or (_is_listed(sentence) and not _LIST_ENDS.match(before)),
            )
        )
    return found


def _in_myriads(stated: Span) -> Span:
    return Span(stated.low / Decimal(10_000), stated.high / Decimal(10_000))


def _is_listed(sentence: str) -> bool:
    """Whether a list of parts has begun in the sentence, outside of brackets."""
    plain = re.sub(r"[（(][^（()）]*[）)]", "", sentence)
    return _LIST.search(plain) is not None


def _depths(text: str) -> list[int]:
    """Return the bracket depth of each character; a bracket that is never closed ends with its sentence."""
    if not any(bracket in text for bracket in _OPEN):
        return [0] * len(text)
    depth, depths = 0, []
    for char in text:
        if char in _OPEN:
            depth += 1
        depths.append(depth)
        if char in _CLOSE:
            depth = max(0, depth - 1)
        elif char in "。\n":
            depth = 0
    return depths


# ---------------------------------------------------------------- totals and their parts
@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A total (or several candidates for it) with the quantities listed as its parts."""

    totals: tuple[Quantity, ...]
    parts: tuple[Quantity, ...]
    words: str


_LISTING = re.compile(r"^(?P<gap>[^。；;\n]{0,40}?)(?P<mark>其中|包括|包含|涵盖|分别为|分别是|分为|[：:])")


def read_listings(text: str, quantities: Sequence[Quantity]) -> Iterator[Listing]:
    """Read every total that is followed by its parts: 其中, 包括, a colon, a bracket, or a new sentence that begins with
    其中.
    """
    text = text[:_LONGEST]
    for n, total in enumerate(quantities[:-1]):
        following = quantities[n + 1]
        between = text[total.end : following.start]
        bracket = following.depth > total.depth
        mark = _mark(between, bracket=bracket)
        if mark is None:
            continue
        # what follows the mark are parts until the bracket or the sentence ends
        parts = list(_parts(text, quantities[n + 1 : n + 1 + _MOST_PARTS], total, bracket=bracket))
        if parts:
            beside = [] if bracket else _beside(quantities[max(0, n - _MOST_PARTS) : n], total)
            yield Listing(totals=(total, *beside), parts=tuple(parts), words=text[total.start : parts[-1].end + 8])


def _beside(earlier: Sequence[Quantity], total: Quantity) -> list[Quantity]:
    """Return the quantities before a total in its sentence, the nearest first, because 其中 may refer to them as well."""

    def is_near(quantity: Quantity) -> bool:
        return quantity.sentence_at == total.sentence_at and quantity.depth == total.depth

    return list(takewhile(is_near, reversed(earlier)))


def _mark(between: str, *, bracket: bool) -> str | None:
    """Find what opens the list between a total and the next quantity; ``None`` when nothing does."""
    plain = re.sub(r"[（(][^（()）]*[）)]", "", between)
    if bracket:
        return "（" if re.search(r"[（(][，：:]?\s*(?:其中|含|包括|分别)?", plain) else None
    # a new sentence goes on with the list only when it begins with 其中
    head, stop, tail = plain.partition("。")
    if stop:
        tail = tail.lstrip('\n 　“"')
        return "其中" if re.match(r"其中", tail) and not _SENTENCE.search(tail) else None
    if re.search(r"[；;！？!?\n]", head):
        return None
    match = re.search(r"其中|包括|包含|涵盖|分别为|分别是|[：:]", head)
    return match[0] if match else None


def _parts(text: str, following: Sequence[Quantity], total: Quantity, *, bracket: bool) -> Iterator[Quantity]:
    """Return the quantities of a list: up to the end of the bracket or the next full stop, without those in inner
    brackets.
    """
    depth = total.depth + (1 if bracket else 0)
    begin = following[0].start
    for quantity in following:
        between = text[begin : quantity.start]
        if "。" in between or "\n" in between or quantity.depth < depth:
            return
        begin = quantity.end
        if quantity.depth == depth and not quantity.is_difference:
            yield quantity
