"""The sheets for an auditor: 变动, 差额表, 分类小计, 分单位数据."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import groupby

from xlsxwriter.worksheet import Worksheet

from pipeline.form import Figure, Item, Value
from pipeline.model.changes import Change, UnitChange
from pipeline.model.county import Difference
from pipeline.road.publish.county_workbook.longlist import LongList
from pipeline.road.publish.county_workbook.pen import TOP, Part, Pen, parts
from pipeline.workbook.annex import CHANGES, DIFFERENCES, GROUPS, MATRIX
from pipeline.workbook.sheets import lines_height, page

COLUMNS = 16_000
"""Figures on one sheet of 分单位数据, where Excel takes 16,384 columns; more go on on the next sheet."""


def changes(pen: Pen) -> None:
    """Every figure that changed since the night before, with the units that caused it."""
    headings = ("指标代码", "指标", "原汇总数", "现汇总数", "相差", "原因", "原因单位", "原文件", "现文件", "该单位原数",
                "该单位现数")  # fmt: skip
    widths = (22, 36, 10, 10, 10, 12, 20, 24, 24, 11, 11)
    found = pen.outcome.changes
    if found.first:
        sheet = pen.short_listing(CHANGES, headings, widths)
        text = "没有上一次汇总的记录，本次不作比较。"
        sheet.merge_range(TOP + 1, 0, TOP + 1, len(headings) - 1, text, pen.ink("value"))
        return
    rows = [cells for change in found.items for cells in _change(pen, change)]
    rows += [_no_effect(unit) for unit in found.without_effect]
    pen.rows(CHANGES, headings, widths, rows, partial(_cells, pen, widths))


def _change(pen: Pen, change: Change) -> Iterator[Sequence[str | Figure | None]]:
    """One row a cause; the figure itself is in the first."""
    item = pen.form.item(change.item)
    start = (change.item, item.label, change.before, change.after, _less(change.after, change.before))
    rows: list[Sequence[str | Figure | None]] = [
        (cause.reason.value, cause.name, cause.file_before, cause.file_after, cause.before, cause.after)
        for cause in change.causes
    ]
    for n, cells in enumerate(rows or [("",) * 4 + (None, None)]):
        yield (*(start if n == 0 else (change.item, item.label, None, None, None)), *cells)


def _no_effect(unit: UnitChange) -> Sequence[str | Figure | None]:
    files = (unit.file_before, unit.file_after)
    return ("", "（没有改变任何汇总数）", None, None, None, unit.reason.value, unit.name, *files, None, None)


def _cells(pen: Pen, widths: Sequence[float], sheet: Worksheet, row: int, cells: Sequence[str | Figure | None]) -> None:
    sheet.set_row(row, lines_height([cell if isinstance(cell, str) else "" for cell in cells], widths))
    for col, cell in enumerate(cells):
        if isinstance(cell, str):
            pen.text(sheet, row, col, cell)
        else:
            pen.number(sheet, row, col, cell)


def _less(left: Figure | None, right: Figure | None) -> Figure:
    return Decimal(left or 0) - Decimal(right or 0)


# ---------------------------------------------------------------- 差额表
def differences(pen: Pen) -> None:
    """Root = Σ leaves + these rows: the differences of each figure, then the totals that follow."""
    headings = ("指标代码", "指标", "各单位之和", "差额", "汇总数", "理由", "批准人", "依据文件", "依据单元格")
    widths = (22, 34, 11, 10, 10, 44, 16, 18, 16)
    sheet = pen.short_listing(DIFFERENCES, headings, widths)
    row = TOP + 1
    for code, rows in groupby(pen.county.differences, key=lambda difference: difference.item):
        row = _write_adjusted(pen, sheet, row, code, list(rows), widths)
    for item in pen.items:
        figure, subtotal = pen.county.figures[item.code], pen.county.subtotal(item.code)
        if item.mode == "computed" and (moved := _less(figure, subtotal)) != 0:
            texts = (item.code, item.label, "", "", "", "合计随明细的差额变动", "", "", "")
            sheet.set_row(row, lines_height(texts, widths))
            pen.texts(sheet, row, texts)
            for col, number in enumerate((subtotal or 0, moved, figure), 2):
                pen.number(sheet, row, col, number)
            row += 1
    if row == TOP + 1:
        pen.draw_end(sheet, len(headings), 0)


def _write_adjusted(
    pen: Pen, sheet: Worksheet, row: int, code: str, rows: Sequence[Difference], widths: Sequence[float]
) -> int:
    """The rows of one figure: the units' sum in the first, the county's figure in the last."""
    item = pen.form.item(code)
    for n, entry in enumerate(rows):
        texts = (code, item.label, "", "", "", entry.reason, entry.approver, entry.file, f"{entry.sheet}!{entry.cell}")
        sheet.set_row(row, lines_height(texts, widths))
        pen.texts(sheet, row, texts)
        if n == 0:
            pen.number(sheet, row, 2, pen.county.subtotal(code) or 0)
        pen.number(sheet, row, 3, entry.amount)
        if n == len(rows) - 1:
            pen.number(sheet, row, 4, pen.county.figures[code], "total")
        pen.file(sheet, row, 7, entry.file)
        sheet.write_url(row, 8, pen.target(entry.file, entry.sheet, entry.cell), pen.ink("link"), texts[8])
        row += 1
    return row


# ---------------------------------------------------------------- 分类小计
def groups(pen: Pen) -> None:
    """Every figure by unit type; the types and the 差额 add up to the total."""
    kinds = [f"{group.type}\n{len(group.units)} 个" for group in pen.county.groups]
    headings = ("指标代码", "指标", *kinds, "各单位之和", "差额", "汇总数")
    widths = (30, 50, *([10] * len(kinds)), 12, 10, 12)
    sheet = pen.short_listing(GROUPS, headings, widths)
    sheet.set_row(TOP, 32)
    row = TOP
    for row, item in enumerate(pen.items, TOP + 1):
        sheet.set_row(row, lines_height([item.code, item.label], widths[:2]))
        pen.texts(sheet, row, (item.code, item.label))
        subtotal, figure = pen.county.subtotal(item.code), pen.county.figures[item.code]
        numbers = [group.figures.get(item.code) for group in pen.county.groups]
        for col, number in enumerate((*numbers, subtotal), 2):
            pen.number(sheet, row, col, number)
        pen.number(sheet, row, len(headings) - 2, None if figure is None else _less(figure, subtotal))
        pen.number(sheet, row, len(headings) - 1, figure, "total")
    pen.draw_end(sheet, len(headings), row - TOP)


# ---------------------------------------------------------------- 分单位数据
def matrix(pen: Pen, most: int = COLUMNS) -> None:
    """Counted units by figures, then the 差额, then the county."""
    for part in parts(MATRIX, pen.items, most):
        _matrix(pen, part)


def _matrix(pen: Pen, part: Part[Item]) -> None:
    sheet, items = pen.long_sheet(part.name), part.entries
    width, top = 2 + len(items), TOP + 2
    sheet.write_string(0, 0, part.title, pen.ink("plain"))
    sheet.merge_range(1, 0, 1, 1, pen.banner, pen.ink("banner"))  # on every page, whatever columns it shows
    sheet.set_row(1, min(lines_height([pen.banner], [38]), 400.0))
    for col, text in enumerate(("单位代码", "单位名称")):
        sheet.write_string(TOP, col, text, pen.ink("heading"))
        sheet.write_string(TOP + 1, col, "", pen.ink("heading"))
    for col, item in enumerate(items, 2):
        sheet.write_string(TOP, col, item.label, pen.ink("heading"))
        sheet.write_string(TOP + 1, col, item.code, pen.ink("note"))
    sheet.set_row(TOP, 66)
    sheet.set_row(TOP + 1, 38)
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, width - 1, 11)
    row, at = top, [pen.form.position[item.code] for item in items]
    for counted in pen.county.counted:
        values = tuple(counted.submission.values)
        name = counted.unit.name + ("（认可）" if counted.provisional else "")
        figures = [values[n] for n in at]
        _line(pen, sheet, row, (counted.unit.code, name), figures)
        row += 1
    _line(pen, sheet, row, ("", "差额"), [_beside(pen, item) for item in items])
    root = f"{pen.outcome.control.profile.root}（汇总）"
    sheet.line(row + 1, ("", root, *(pen.county.figures[item.code] for item in items)), pen.ink("total"))
    sheet.freeze_panes(top, 2)
    sheet.autofilter(TOP + 1, 0, max(row - 1, top), width - 1)
    page(sheet, landscape=True, repeat=(0, TOP + 1), wide=0)
    sheet.repeat_columns(0, 1)


def _beside(pen: Pen, item: Item) -> Figure | None:
    figure = pen.county.figures[item.code]
    return None if figure is None else _less(figure, pen.county.subtotal(item.code))


def _line(pen: Pen, sheet: LongList, row: int, names: tuple[str, str], figures: Iterable[Value]) -> None:
    numbers = [None if isinstance(figure, str) else figure for figure in figures]
    sheet.line(row, (*names, *numbers), pen.ink("value_left"), figure=pen.ink("value"))
