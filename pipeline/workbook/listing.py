"""One drawing of a plain list for the office: a heading that repeats, borders, A4 across, no text taken for a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence

from xlsxwriter import Workbook

_LINE = 18
"""Points of a line, also in the fonts that stand in for a missing one."""
_LOST = 6
"""Characters of a line that wrapping may leave free."""
_WIDE = 0x2E80
"""From this character on they take the place of two."""


def listing(
    name: str,
    title: str,
    year: int,
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str | int]],
    *,
    filtered: bool = False,
) -> bytes:
    """A workbook of one sheet: ``columns`` are headings with widths in characters, ``rows`` texts and counts.

    Each row is as high as its longest text needs, since office programs do not see to that by themselves; ``filtered``
    offers a filter. The same content gives the same bytes.
    """
    out = io.BytesIO()
    book = Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    )
    book.set_properties({"title": title, "author": "", "created": dt.datetime(year + 1, 1, 1)})
    heading = book.add_format(
        {"bold": True, "border": 1, "bg_color": "#DDEBF7", "text_wrap": True, "valign": "vcenter"}
    )
    cell = book.add_format({"border": 1, "text_wrap": True, "valign": "vcenter"})
    sheet = book.add_worksheet(name)
    for column, (label, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, label, heading)
    for row, values in enumerate(rows, 1):
        for column, value in enumerate(values):
            if isinstance(value, int):
                sheet.write_number(row, column, value, cell)
            else:
                sheet.write_string(row, column, value, cell)
        sheet.set_row(row, _LINE * max(_lines(str(v), width) for v, (_, width) in zip(values, columns, strict=True)))
    if filtered:
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return out.getvalue()


def _lines(text: str, width: int) -> int:
    """Lines that a text takes in a column of some width; words are not broken, so that each line loses a few characters."""
    taken = sum(2 if ord(character) > _WIDE else 1 for character in text)
    return 1 if taken <= width else -(-taken // max(1, width - _LOST))
