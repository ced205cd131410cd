"""Down to the cell: 来源, every addend of every figure, and 文字材料汇总, what every unit wrote."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.annex import SOURCE_HEADINGS, SOURCES, TEXTS
from pipeline.publish.county_workbook.pen import TOP, Pen

_CELL = SOURCE_HEADINGS.index("单元格")


def source_rows(pen: Pen) -> Mapping[str, int]:
    """The row of 来源 in which the addends of each figure begin."""
    rows, row = {}, TOP + 1
    for item in pen.items:
        addends = pen.county.contributions.get(item.code, ())
        if addends:
            rows[item.code] = row
        row += len(addends)
    return rows


def sources(pen: Pen) -> None:
    """One row an addend; those that are not zero open their file at the cell."""
    sheet = pen.long_listing(SOURCES, SOURCE_HEADINGS, (38, 60, 10, 28, 44, 10, 8, 12, 24))
    row, ink, linked = TOP, pen.ink("cell"), pen.ink("link")
    for item in pen.items:
        for addend in pen.county.contributions.get(item.code, ()):
            row += 1
            cells = (item.code, item.label, addend.unit, addend.unit_name, addend.file, addend.sheet, addend.cell,
                     addend.value, addend.sha256)  # fmt: skip
            link = (_CELL, pen.target(addend.file, addend.sheet, addend.cell), linked) if addend.value else None
            sheet.line(row, cells, ink, link=link)
    pen.closed(sheet, len(SOURCE_HEADINGS), row - TOP)


def collected(pen: Pen) -> None:
    """The units' texts side by side, for whoever drafts the report."""
    headings = ("小节", "单位", "文字")
    sheet = pen.listing(TEXTS, headings, (34, 28, 110))
    row = TOP
    for code, texts in pen.county.collected.items():
        item = pen.form.item(code)
        for unit, text in texts if item.aggregation == "collect" else ():
            row += 1
            pen.texts(sheet, row, ("　".join(item.row_path), unit, text))
    pen.closed(sheet, len(headings), row - TOP)
