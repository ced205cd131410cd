"""``status.xlsx``: the table of units of the morning page, to sort, filter and print in Excel or WPS."""

from __future__ import annotations

import datetime as dt
import io

from xlsxwriter import Workbook

from pipeline.model.outcome import Outcome
from pipeline.road.publish.status.rows import unit_rows

HEADINGS = (
    "单位代码", "单位名称", "类型", "状态", "下一步", "未处理问题", "最近报送", "首次报送", "报送期限", "晚报天数", "联系人", "电话",
)  # fmt: skip
_WIDTHS = (12, 30, 10, 9, 50, 11, 12, 12, 12, 10, 10, 16)


def status_workbook(outcome: Outcome) -> bytes:
    """Return the workbook; the same night gives the same bytes."""
    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties(
        {"title": f"{outcome.year} 年度报送情况", "author": "", "created": dt.datetime(outcome.year + 1, 1, 1)}
    )
    heading = book.add_format(
        {"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True, "valign": "vcenter"}
    )
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    sheet = book.add_worksheet("报送情况")
    for column, (name, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, heading)
    rows = unit_rows(outcome)
    for row, unit in enumerate(rows, 1):
        standing = unit.standing
        days = [day.isoformat() if day else "" for day in (unit.last, unit.first, unit.due)]
        texts = (
            standing.unit.code, standing.unit.name, standing.unit.type, standing.state.value, standing.next_step, unit.open,
            *days, unit.late or "", standing.unit.contact, standing.unit.phone,
        )  # fmt: skip
        for column, value in enumerate(texts):
            if isinstance(value, int):
                sheet.write_number(row, column, value, cell)
            else:
                sheet.write_string(row, column, value, cell)
    sheet.autofilter(0, 0, max(len(rows), 1), len(HEADINGS) - 1)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return out.getvalue()
