"""The list of whom to call: a workbook to sort, print and tick."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence

from xlsxwriter import Workbook

from pipeline.chase.reminders import Reminder

CALLS = "电话清单.xlsx"
_COLUMNS = (
    ("单位代码", 12), ("单位名称", 28), ("联系人", 10), ("电话", 16), ("邮箱", 26), ("状态", 8), ("阶段", 10), ("期限", 12),
    ("为什么", 44), ("打过电话", 14),
)  # fmt: skip
"""Headings with widths in characters."""


_LINE = 15
"""Points of a line."""


def call_list(year: int, reminders: Sequence[Reminder]) -> bytes:
    """Whom to call, the latest first, with a column to tick."""
    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"title": f"{year} 年度催报电话清单", "author": "", "created": dt.datetime(year + 1, 1, 1)})
    heading = book.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True})
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    sheet = book.add_worksheet("电话清单")
    for column, (name, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, heading)
    for row, reminder in enumerate(sorted(reminders, key=lambda reminder: -reminder.days), 1):
        unit = reminder.unit
        texts = (
            unit.code, unit.name, unit.contact, unit.phone, unit.email, reminder.state, reminder.stage.value,
            reminder.due.isoformat() if reminder.due else "", reminder.because, "",
        )  # fmt: skip
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, cell)
        sheet.set_row(row, _LINE * max(_lines(text, width) for text, (_, width) in zip(texts, _COLUMNS, strict=True)))
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return out.getvalue()


def _lines(text: str, width: int) -> int:
    """Lines that a text takes in a column of some width; a Chinese character takes two."""
    taken = sum(2 if ord(character) > 0x2E80 else 1 for character in text)
    return max(1, -(-taken // (width - 1)))
