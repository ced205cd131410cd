"""来源, every addend of every figure with its cell, and 文字材料汇总, the texts of every unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.model.county import Contribution
from pipeline.road.publish.county_workbook.pen import TOP, Pen
from pipeline.workbook.annex import SOURCE_HEADINGS, SOURCES, TEXTS

ROWS = 1_000_000
"""Rows of 来源 at most: Excel takes 1,048,576."""
_CELL = SOURCE_HEADINGS.index("单元格")


def list_addends(pen: Pen) -> Mapping[str, Sequence[Contribution]]:
    """Return the addends of every figure; when a sheet cannot hold all, those other than zero."""
    every = {item.code: pen.county.contributions.get(item.code, ()) for item in pen.items}
    if sum(map(len, every.values())) <= ROWS:
        return every
    return {code: [addend for addend in addends if addend.value] for code, addends in every.items()}


def source_rows(pen: Pen) -> Mapping[str, int]:
    """Return the first row of each figure's addends in 来源."""
    rows, row = {}, TOP + 1
    for code, addends in list_addends(pen).items():
        if addends and row <= ROWS:
            rows[code] = row
        row += len(addends)
    return rows


def sources(pen: Pen) -> None:
    """One row an addend; those other than zero link to the cell in their file."""
    sheet = pen.long_listing(SOURCES, SOURCE_HEADINGS, (38, 60, 10, 28, 44, 10, 8, 12, 24))
    row, ink, linked = TOP, pen.ink("cell"), pen.ink("link")
    addends = ((pen.form.item(code), addend) for code, each in list_addends(pen).items() for addend in each)
    for row, (item, addend) in enumerate(addends, TOP + 1):
        if row > ROWS:
            rest = ("", "（一张表列不下，其余的见“分单位数据”和各单位原表）", "", "", "", "", "", 0, "")
            sheet.line(row, rest, ink)
            break
        cells = (item.code, item.label, addend.unit, addend.unit_name, addend.file, addend.sheet, addend.cell,
                 addend.value, addend.sha256)  # fmt: skip
        link = (_CELL, pen.target(addend.file, addend.sheet, addend.cell), linked) if addend.value else None
        sheet.line(row, cells, ink, link=link)
    pen.draw_end(sheet, len(SOURCE_HEADINGS), row - TOP)


def write_collected(pen: Pen) -> None:
    """The units' texts side by side, for whoever drafts the report."""
    headings = ("小节", "单位", "文字")
    sheet = pen.listing(TEXTS, headings, (34, 28, 110))
    row = TOP
    for code, texts in pen.county.collected.items():
        item = pen.form.item(code)
        for unit, text in texts if item.aggregation == "collect" else ():
            row += 1
            pen.texts(sheet, row, ("　".join(item.row_path), unit, text))
    pen.draw_end(sheet, len(headings), row - TOP)
