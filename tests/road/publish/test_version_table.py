"""版本对照 of county.xlsx: the counted return beside the last of those it replaced."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl

from pipeline.road.publish.county_workbook.arrived import versions
from pipeline.road.publish.county_workbook.pen import Pen
from tests.workspaces import NOW, Office


def test_the_last_replaced_returns_are_compared_and_the_others_counted(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    for number in range(1, 7):
        office.returns("u01", {"t2.permit.decisions": number}, name=f"第{number}次.xlsx")
        office.run(now=NOW + dt.timedelta(days=number))
    sheet = openpyxl.load_workbook(office.outputs / "county.xlsx", read_only=True)["版本对照"]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] == "第1镇人民政府"]
    assert [(row[1], row[2], row[3], row[4], row[5]) for row in rows] == [
        ("更早的 2 份没有列出，用 xxgk diff --unit u01 看", "第6次.xlsx", "", "", ""),
        ("第二十条第（五）项·行政许可·本年处理决定数量", "第6次.xlsx", "6", "第3次.xlsx", "3"),
        ("第二十条第（五）项·行政许可·本年处理决定数量", "第6次.xlsx", "6", "第4次.xlsx", "4"),
        ("第二十条第（五）项·行政许可·本年处理决定数量", "第6次.xlsx", "6", "第5次.xlsx", "5"),
    ]


def test_a_comparison_longer_than_a_sheet_goes_on_on_the_next(tmp_path: Path) -> None:
    office = Office(tmp_path, units=1)
    for number in range(1, 4):
        office.returns("u01", {"t2.permit.decisions": number, "meta.preparer": f"{number}号"}, name=f"{number}.xlsx")
        outcome = office.run(now=NOW + dt.timedelta(days=number))
    pen = Pen(outcome)
    versions(pen, most=3)
    book = openpyxl.load_workbook(io.BytesIO(pen.bytes()), read_only=True)
    assert {sheet.title: [row[3:] for row in sheet.iter_rows(min_row=4, values_only=True)] for sheet in book} == {
        "版本对照": [("3号", "1.xlsx", "1号"), ("3", "1.xlsx", "1"), ("3号", "2.xlsx", "2号")],
        "版本对照2": [("3", "2.xlsx", "2")],
    }
