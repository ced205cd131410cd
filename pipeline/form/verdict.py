"""The verdict of an equation at one return; the words are those of the sheet 校验."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Whether an equation holds, or why that cannot be said."""

    HELD = "✓"
    BROKEN = "✗"
    PENDING = "待填"
    UNKNOWN = "无上年数"
    NOT_ASKED = "不适用"
