"""The statutory tables of a report: every figure, and the merged cells of the headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pipeline.form import print_figure
from pipeline.layout import table_grid
from pipeline.model.finding import Finding
from pipeline.night.gate.printed import Printed
from pipeline.prior_year.pages import Page
from pipeline.prior_year.report import read_report

_MOST = 12
"""How many cells of the tables are told one by one."""


def table_findings(name: str, report: bytes, page: Page, printed: Printed) -> Iterator[Finding]:
    """Yield a finding for every cell that prints another figure than the county has; a blank is no printed figure."""
    read = read_report(name, report, [printed.form])
    if read.form is None:
        yield printed.wrong(name, "读不出法定的三张表", "没有找到", "表二、表三、表四")
        return
    wrong: list[Finding] = []
    places = _places(printed)
    for table in printed.form.tables:
        for item in printed.form.of_table(table.code):
            expected, found = printed.figures.get(item.code), read.values.get(item.code)
            if expected is None or found == expected:
                continue
            shown = "空白或读不出来" if found is None or isinstance(found, str) else print_figure(found)
            detail = f"“{item.label}”印的是“{shown}”，汇总数是 {print_figure(expected)}"
            place = (table.sheet, places[item.code])
            wrong.append(printed.wrong(name, detail, shown, print_figure(expected), place=place, item=item.code))
    yield from wrong[:_MOST]
    if len(wrong) > _MOST:
        yield printed.wrong(name, f"另有 {len(wrong) - _MOST} 格与汇总数不符", f"{len(wrong)} 格不符", "全部相符")
    if not wrong:  # a table that lost its labels is told by its figures
        yield from _split_findings(name, page, printed)


def _places(printed: Printed) -> dict[str, str]:
    """Where every item is printed: row and column of its table, counted from 1."""
    return {
        cell.code: f"第 {cell.row + 1} 行第 {cell.col + 1} 列"
        for table in printed.form.tables
        for cell in table_grid(table).cells
        if cell.code
    }


def _split_findings(name: str, page: Page, printed: Printed) -> Iterator[Finding]:
    """Yield a finding for every row that has more or fewer cells than in the format.

    Cells are counted and not measured: programs write borders that were dragged as columns of their own.
    """
    if len(page.cells) != len(printed.form.tables):
        return
    for table, cells in zip(printed.form.tables, page.cells, strict=True):
        grid = table_grid(table)
        expected, found = (Counter(cell.row for cell in drawn) for drawn in (grid.cells, cells))
        for row in range(max(grid.height, *(cell.row + 1 for cell in cells))):
            if found[row] != expected[row]:
                detail = f"{table.sheet}第 {row + 1} 行的合并单元格与格式不同"
                yield printed.wrong(
                    name, detail, f"{found[row]} 格", f"{expected[row]} 格", place=(table.sheet, f"第 {row + 1} 行")
                )
