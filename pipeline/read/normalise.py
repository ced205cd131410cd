"""A raw cell to a typed value, or to the reason why not. Nothing is guessed, every repair is told."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Item, Value

_PLAIN = re.compile(r"^[+]?\d+(\.\d+)?$")
_GROUPED = re.compile(r"^[+]?\d{1,3}(,\d{3})+(\.\d+)?$")
LIMIT = 1_000_000_000
"""Figures at or above this are refused: no county counts that high, and int64 sums stay exact below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one cell says. Exactly one of: a value, a blank (``value`` None, no reason), a refusal (``reason``).

    ``repaired`` tells that the value was not written as a plain number.
    """

    value: Value = None
    reason: str = ""
    shown: str = ""
    repaired: bool = False


def read_text(raw: object) -> Reading:
    """Text as it stands, line ends unified, control characters taken out; numbers and dates as a clerk sees them."""
    shown = as_shown(raw)
    text = "".join(c for c in shown.replace("\r\n", "\n") if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    return Reading(value=text or None, shown=shown)


def read_number(raw: object, item: Item) -> Reading:
    """The figure in a cell of ``item``: ``int`` for counts, ``Decimal`` with at most ``item.scale`` decimals."""
    if isinstance(raw, bool):
        return Reading(reason="是“是/否”，不是数字", shown=as_shown(raw))
    if isinstance(raw, dt.date | dt.time | dt.timedelta):
        return Reading(reason="是日期或时间，不是数字", shown=as_shown(raw))
    if isinstance(raw, int | float):
        # repr() is the shortest decimal that is this float: what was typed, never its binary tail
        return _checked(Decimal(repr(raw)), item, as_shown(raw), repaired=False)
    shown = as_shown(raw)
    text = "".join(unicodedata.normalize("NFKC", shown).split())
    if not text:
        return Reading(shown=shown)
    if _PLAIN.match(text) or _GROUPED.match(text):
        return _checked(Decimal(text.replace(",", "")), item, shown, repaired=True)
    return Reading(reason="不是数字", shown=shown)


def _checked(number: Decimal, item: Item, shown: str, *, repaired: bool) -> Reading:
    if not number.is_finite():
        return Reading(reason="不是有效的数字", shown=shown)
    if number < 0:
        return Reading(reason="是负数", shown=shown)
    if number >= LIMIT:
        return Reading(reason="大得不合理", shown=shown)
    scale = item.scale if item.kind == "money" else 0
    exact = number.quantize(Decimal(1).scaleb(-scale))
    if exact != number:
        return Reading(reason=f"超过 {scale} 位小数" if scale else "不是整数", shown=shown)
    return Reading(value=exact if item.kind == "money" else int(exact), shown=shown, repaired=repaired)


def as_shown(raw: object) -> str:
    """The cell as a clerk sees it, for messages."""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else repr(raw)
    if isinstance(raw, dt.datetime | dt.date):
        return raw.isoformat()
    return str(raw)
