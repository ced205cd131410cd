"""Figures as Chinese text writes them: digits, 万, 余, Chinese numerals; each with what it may stand for.

>>> [str(read(text)) for text in ("12", "1,200", "三", "十二", "两百零五", "1.2万", "三万")]
['12', '1200', '3', '12', '205', '12000', '30000']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form.values import Figure

_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = "零〇一二两三四五六七八九十百千"
_PLAIN = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?|[{_NUMERAL}]+"
NUMBER = rf"(?P<about>近|约|大约|不足|超过|逾)?(?P<n>{_PLAIN})(?P<myriad>余万|万余|多万|万多|万)?(?P<over>余|多)?"
"""A number with what makes it inexact; four named groups."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a written figure may stand for: ``low`` to ``high``, both included."""

    low: Figure
    high: Figure

    def __contains__(self, figure: Figure) -> bool:
        return self.low <= figure <= self.high

    @property
    def exact(self) -> bool:
        """Whether it stands for one figure only."""
        return self.low == self.high


def read(text: str) -> Figure:
    """The value of one number, without 余 or 约; raises ``ValueError`` for what is none."""
    body, myriads = text.replace(",", ""), 1
    if body.endswith("万"):
        body, myriads = body[:-1], 10_000
    if body[:1].isdigit():
        value = Decimal(body) * myriads
        return int(value) if value == value.to_integral_value() else value
    return _numeral(body) * myriads


def span(match: re.Match[str]) -> Span:
    """What a match of `NUMBER` may stand for: 余 reaches to the next round figure, 约 a tenth to either side."""
    about, myriad, over = match["about"], match["myriad"] or "", match["over"] or ""
    value = read(match["n"] + ("万" if myriad else ""))
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
    """How far 余 may reach: the place of the last figure that is not zero."""
    step = least
    while value and value % (step * 10) == 0:
        step *= 10
    return step


def _numeral(text: str) -> int:
    """二百零五; also figures written one by one, 二〇二四."""
    if not any(char in _UNITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total, digit = 0, 0
    for char in text:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit
