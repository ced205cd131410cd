"""One level down: what a county workbook of this program says its own figures were added up from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.form import Figure

SHEET = "来源"
HEADINGS = ("指标代码", "单位代码", "单位", "文件", "工作表", "单元格", "数值")
_SEARCH = 10
"""Rows among which the headings must stand: a title and a banner are above them."""

Rows = Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One addend as the workbook lists it. ``unit`` is empty for an adjustment."""

    unit: str
    name: str
    file: str
    sheet: str
    cell: str
    value: Figure


def sources_in(sheets: Mapping[str, Rows], item: str) -> Iterator[Source]:
    """The addends of ``item`` on the sheet 来源; nothing where there is no such sheet or its headings are others."""
    rows = sheets.get(SHEET, ())
    for at, row in enumerate(rows[:_SEARCH]):
        columns = {str(cell).strip(): col for col, cell in enumerate(row)}
        if columns.keys() >= {*HEADINGS}:
            code, *wanted = (columns[heading] for heading in HEADINGS)
            listed = ([row[col] for col in (code, *wanted)] for row in rows[at + 1 :])
            yield from (
                _source(cells) for first, *cells in listed if first == item and isinstance(cells[-1], int | float)
            )
            return


def _source(cells: Sequence[object]) -> Source:
    unit, name, file, sheet, cell, value = cells
    return Source(
        unit=str(unit), name=str(name), file=str(file), sheet=str(sheet), cell=str(cell), value=_figure(value)
    )


def _figure(value: object) -> Figure:
    """Exact: the shortest decimal that is the number the workbook holds."""
    exact = Decimal(str(value))
    return int(exact) if exact == int(exact) else exact
