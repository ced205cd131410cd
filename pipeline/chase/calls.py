"""The list of whom to call: a workbook to sort, print and tick."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.chase.reminders import Reminder
from pipeline.workbook.listing import listing

CALLS = "电话清单.xlsx"
_COLUMNS = (
    ("单位代码", 12), ("单位名称", 28), ("联系人", 10), ("电话", 16), ("邮箱", 26), ("状态", 8), ("阶段", 10), ("期限", 12),
    ("为什么", 44), ("打过电话", 14),
)  # fmt: skip
"""Headings with widths in characters; the last is for a tick by hand."""


def call_list(year: int, reminders: Sequence[Reminder]) -> bytes:
    """Whom to call, the latest first."""
    rows = [
        (
            reminder.unit.code, reminder.unit.name, reminder.unit.contact, reminder.unit.phone, reminder.unit.email,
            reminder.state, reminder.stage.value, reminder.due.isoformat() if reminder.due else "", reminder.because, "",
        )
        for reminder in sorted(reminders, key=lambda reminder: -reminder.days)
    ]  # fmt: skip
    return listing("电话清单", f"{year} 年度催报电话清单", year, _COLUMNS, rows)
