"""A statutory table drawn with XlsxWriter: one drawing for the issued workbook and for the county's workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.form import Rule, Table
from pipeline.layout import Grid
from pipeline.model.finding import SEVERITY_LABELS

_FONT = "宋体"
_INK: Mapping[str, Mapping[str, Any]] = {
    "status": {"bold": True, "align": "left", "font_size": 12},
    "title": {"font_name": "黑体", "font_size": 16, "align": "center"},
    "banner": {"font_size": 10.5, "align": "left", "valign": "vcenter", "border": 0, "text_wrap": True},
    "band": {"bold": True, "align": "left", "bg_color": "#DDE7F0", "border": 1},
    "heading": {"bold": True, "align": "center", "bg_color": "#EEF2F6", "border": 1},
    "label": {"align": "left", "border": 1, "bg_color": "#F7F7F7"},
    "note": {"font_size": 9, "align": "left", "border": 1, "font_color": "#555555"},
    "entry": {"align": "center", "border": 1, "bg_color": "#FFFDE7", "locked": False},
    "entry_text": {"align": "left", "border": 1, "bg_color": "#FFFDE7", "locked": False, "num_format": "@"},
    "long_text": {"align": "left", "valign": "top", "border": 1, "bg_color": "#FFFDE7", "locked": False,
                  "num_format": "@"},
    "total": {"align": "center", "border": 1, "bg_color": "#ECECEC", "bold": True},
    "value": {"align": "center", "border": 1},
    "value_left": {"align": "left", "border": 1},
    "link": {"align": "left", "border": 1, "font_color": "#0563C1", "underline": 1},
    "wrong": {"bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "doubtful": {"bg_color": "#FFEB9C", "font_color": "#7A5B00"},
    "right": {"font_color": "#1B7F3B"},
    "error": {"align": "center", "border": 1, "bg_color": "#FFC7CE", "font_color": "#9C0006"},
    "warning": {"align": "center", "border": 1, "bg_color": "#FFEB9C", "font_color": "#7A5B00"},
    "info": {"align": "center", "border": 1, "font_color": "#555555"},
    "good": {"align": "center", "border": 1, "bg_color": "#E2F0D9", "font_color": "#1B5E20"},
    "cell": {"border": 1, "text_wrap": False},
    "plain": {"align": "left", "border": 0, "text_wrap": False},
    "control": {"align": "left", "border": 1, "num_format": "@"},
    "control_blank": {"align": "left", "border": 0, "num_format": "@"},
}  # fmt: skip

A4 = 9


class Inks:
    """The formats of one workbook, made when first asked for by name."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[str, Format] = {}

    def __getitem__(self, name: str) -> Format:
        if name not in self._made:
            base = {"font_name": _FONT, "font_size": 10, "valign": "vcenter", "text_wrap": True}
            conditional = name in ("wrong", "doubtful", "right")
            self._made[name] = self._book.add_format(dict(_INK[name]) if conditional else base | dict(_INK[name]))
        return self._made[name]


_TWO_LINES = 32.0
"""The banner of an issued workbook holds the unit's name, the deadline and a telephone, printed in later."""


def head(
    sheet: Worksheet, inks: Inks, title: str, banner: str, width: int, *, chars: float = 76, title_width: int = 0
) -> None:
    """Title and banner, the first two rows of every sheet; ``chars`` is how wide the ``width`` columns are together.

    The title covers ``title_width`` columns where it leaves room for something beside it.
    """
    sheet.merge_range(0, 0, 0, (title_width or width) - 1, title, inks["title"])
    sheet.merge_range(1, 0, 1, width - 1, banner, inks["banner"])
    sheet.set_row(0, 32)
    sheet.set_row(1, max(_TWO_LINES, lines_height([banner], [chars])))


def draw_table(
    sheet: Worksheet, inks: Inks, table: Table, grid: Grid, origin: int, value: Callable[[str, int, int, int], None]
) -> None:
    """Draw the labels of ``grid`` from row ``origin`` on; ``value(code, row, col, cols)`` writes each value cell."""
    widths = {0: (22,), 1: (24,), 3: (6.5, 11, 34)}[grid.label_columns] if grid.label_columns else ()
    for col in range(grid.width):
        figure = {"t2": 18, "t3": 8.5, "t4": 6.2}.get(table.code, 10)
        sheet.set_column(col, col, widths[col] if col < len(widths) else figure)
    ink = {"band": "band", "corner": "heading", "header": "heading", "column": "heading", "row": "label"}
    for cell in grid.cells:
        row = origin + cell.row
        if cell.role == "value":
            value(cell.code, row, cell.col, cell.cols)
        elif cell.rows == cell.cols == 1:
            sheet.write_string(row, cell.col, cell.text, inks[ink[cell.role]])
        else:
            last_row, last_col = row + cell.rows - 1, cell.col + cell.cols - 1
            sheet.merge_range(row, cell.col, last_row, last_col, cell.text, inks[ink[cell.role]])
    for row in range(grid.height):
        sheet.set_row(origin + row, _row_height(grid, row))


def _row_height(grid: Grid, row: int) -> float:
    """Rows with a long label get two lines."""
    spans = {0: 24, 1: 20, 3: 38}.get(grid.label_columns, 8)
    text = max((len(c.text) for c in grid.cells if c.row == row and c.rows == 1 and c.role == "row"), default=0)
    if grid.headings and row < grid.headings:
        return 30.0
    return 32.0 if text * 2 > spans + 20 else 25.0


def lines_height(texts: Sequence[str], widths: Sequence[float]) -> float:
    """The height of a row whose texts wrap at these column widths; a Chinese character is two units wide.

    >>> lines_height(["甲" * 10, "ab"], [10, 10])
    30.0
    """
    return 14.0 * max(_lines(text, width) for text, width in zip(texts, widths, strict=True)) + 2.0


@lru_cache(maxsize=4_000)
def _lines(text: str, width: float) -> int:
    if text.isascii() and "\n" not in text:
        return max(1, ceil(len(text) / width))
    units = (sum(2 if ord(char) > 0x2E7F else 1 for char in line) for line in text.split("\n"))
    return sum(max(1, ceil(length / width)) for length in units)


def check_title(rule: Rule) -> str:
    """A rule on the sheet 校验; its first word is what a reason is found by."""
    return f"{rule.id}　{SEVERITY_LABELS[rule.severity]}　{rule.title}"


def page(
    sheet: Worksheet, *, landscape: bool = False, repeat: tuple[int, int] | None = None, wide: int = 1, tall: int = 1
) -> None:
    """A4, header rows repeated, page numbers in the footer; ``wide`` × ``tall`` pages, 0 lets it run on."""
    sheet.set_paper(A4)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    if wide:
        sheet.fit_to_pages(wide, tall)
    sheet.set_footer("&C第 &P 页 共 &N 页")
    if repeat:
        sheet.repeat_rows(*repeat)
