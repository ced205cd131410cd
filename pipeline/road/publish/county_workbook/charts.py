"""图表: the year's requests as native charts, which stay editable in Excel and WPS."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from pipeline.model.breakdown import RECEIVED, by_applicant, by_result, most_first
from pipeline.road.publish.county_workbook.pen import TOP, Pen
from pipeline.workbook.annex import CHARTS

_WIDTH, _HEIGHT, _ROWS = 620, 300, 16
"""Pixels of a chart, and the rows it covers at least."""


def charts(pen: Pen) -> None:
    """Draw each breakdown as a small table with its chart beside it; one without any figure is left out."""
    sheet = pen.short_listing(CHARTS, ("分项", "件数"), (30, 10))
    requests = pen.county.contributions.other_than_zero(f"{RECEIVED}.total")
    units = [(addend.unit_name, int(addend.value)) for addend in requests if addend.unit]
    row = TOP + 1
    for title, counts in (
        ("申请办理结果", by_result(pen.form, pen.county.figures)),
        ("申请人构成", by_applicant(pen.form, pen.county.figures)),
        ("各单位新收申请", most_first(units)),
    ):
        if any(count for _, count in counts):
            row = _draw(pen, sheet, row, title, counts)


def _draw(pen: Pen, sheet: Worksheet, row: int, title: str, counts: list[tuple[str, int]]) -> int:
    """Draw one table and its chart from ``row`` on; return the first free row."""
    pen.text(sheet, row, 0, title, "heading")
    pen.text(sheet, row, 1, "", "heading")
    first, last = row + 1, row + len(counts)
    for at, (label, count) in enumerate(counts, first):
        pen.text(sheet, at, 0, label)
        pen.number(sheet, at, 1, count)
    chart = pen.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": title,
            "categories": [CHARTS, first, 0, last, 0],
            "values": [CHARTS, first, 1, last, 1],
            "data_labels": {"value": True},
            "gap": 60,
        }
    )
    chart.set_title({"name": f"{pen.outcome.year}年{title}", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "major_gridlines": {"visible": False}})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": _WIDTH, "height": _HEIGHT})
    sheet.insert_chart(
        row, 3, chart, {"description": f"{title}：" + "，".join(f"{label} {count} 件" for label, count in counts)}
    )
    return max(last, row + _ROWS) + 2
