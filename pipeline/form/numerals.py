"""Figures as Chinese text writes them: digits, 万, 余, Chinese numerals; each with the range it may stand for.

>>> [str(read(text)) for text in ("12", "1,200", "三", "十二", "两百零五", "1.2万", "三万", "一百五")]
['12', '1200', '3', '12', '205', '12000', '30000', 'None']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form.values import Figure

_NUMERAL = "零〇一二两三四五六七八九十百千"
_PLAIN = rf"(?:\d{{1,3}}(?:,\d{{3}}){{1,5}}|\d{{1,20}})(?:\.\d{{1,20}})?|[{_NUMERAL}]{{1,20}}"
NUMBER = rf"(?P<about>近|约|大约|不足|超过|逾)?(?<![0-9{_NUMERAL}])(?P<n>{_PLAIN})(?P<myriad>余万|万余|多万|万多|万)?(?P<over>余|多)?"
"""A number with what makes it inexact; four named groups."""
BEGINNINGS = rf"近约大不超逾\d{_NUMERAL}"
"""Every character a number can begin with, as the inside of a set."""


_LONGEST = 20
"""Characters of a number: the figures of a report have nine digits at most."""
_PIECES = frozenset("0123456789.零〇一二两三四五六七八九十百千万亿")
"""What a number goes on with."""


@dataclass(frozen=True, slots=True)
class Span:
    """The range a written figure may stand for: ``low`` to ``high``, both included."""

    low: Figure
    high: Figure

    def __contains__(self, figure: Figure) -> bool:
        return self.low <= figure <= self.high

    @property
    def exact(self) -> bool:
        """Whether it stands for one figure only."""
        return self.low == self.high


def read(text: str) -> Figure | None:
    """Return the value of one number without 余 or 约; ``None`` when it is incomplete, such as 一百五, or far too long."""
    body, myriads = text.replace(",", ""), 1
    if len(body) > _LONGEST:
        return None
    if body.endswith("万"):
        body, myriads = body[:-1], 10_000
    if body[:1].isdigit():
        value = Decimal(body) * myriads
        return int(value) if value == value.to_integral_value() else value
    numeral = read_numeral(body)
    return None if numeral is None else numeral * myriads


def span(match: re.Match[str]) -> Span | None:
    """What a match of `NUMBER` may stand for: 余 reaches to the next round figure, 约 a tenth to either side.

    ``None`` where that is not certain: the numeral is not well formed, or the match is a piece of a longer number, as the
    千 of 1万2千件 is.
    """
    end = max(match.end(group) for group in ("n", "myriad", "over"))
    if match.string[: match.start("n")][-1:] in _PIECES or match.string[end : end + 1] in _PIECES:
        return None
    about, myriad, over = match["about"], match["myriad"] or "", match["over"] or ""
    value = read(match["n"] + ("万" if myriad else ""))
    if value is None:
        return None
    if over or "余" in myriad or "多" in myriad:
        return Span(value, value + _step(value, 10_000 if myriad else 1))
    if about in ("近", "不足"):
        return Span(value * 9 / Decimal(10), value)
    if about in ("超过", "逾"):
        return Span(value, value * 11 / Decimal(10))
    if about:
        return Span(value * 9 / Decimal(10), value * 11 / Decimal(10))
    return Span(value, value)


def _step(value: Figure, least: int) -> Figure:
    """Return how far 余 may reach: the place value of the last digit that is not zero."""
    step = least
    while value and value % (step * 10) == 0:
        step *= 10
    return step


# ---------------------------------------------------------------- Chinese numerals
_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿")
_FORMAL = str.maketrans("〇两壹贰叁肆伍陆柒捌玖拾佰仟萬億", "零二一二三四五六七八九十百千万亿")


def read_numeral(text: str) -> int | None:
    """The number a Chinese numeral states exactly, or ``None``.

    >>> [read_numeral(text) for text in ("三", "十二", "一百零五", "两", "〇", "一万二千", "一百五", "三十多")]
    [3, 12, 105, 2, 0, 12000, None, None]
    """
    plain = text.translate(_FORMAL)
    if not plain or any(char not in _DIGITS and char not in "十百千万亿" for char in plain):
        return None
    value = _value(plain)
    return value if plain in _spell(value) else None


def _value(text: str) -> int:
    """Add the groups up without checking their form; `read_numeral` checks by writing the value out again."""
    total = group = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS.index(char)
        elif char in _PLACES:
            group += (digit or 1) * 10 ** _PLACES.index(char)
            digit = 0
        else:
            total += (group + digit) * 10 ** (4 * _GROUPS.index(char))
            group = digit = 0
    return total + group + digit


def _spell(value: int) -> set[str]:
    """The accepted ways to write a number below 10¹².

    Both 十 and 一十 may begin it; after a group that ends in a zero, a full thousand goes with 零 or without.
    """
    if value == 0:
        return {"零"}
    texts = set()
    for optional in (True, False):
        text = ""
        for level in (2, 1, 0):
            before, group = divmod(value // 10 ** (4 * level), 10_000)
            if group:
                zero = bool(text) and (group < 1000 or before % 10_000 == 0 or (before % 10 == 0 and optional))
                text += ("零" if zero else "") + _group(group) + _GROUPS[level]
        texts |= {text, text.removeprefix("一") if text.startswith("一十") else text}
    return texts


def _group(value: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text
