"""Figures, or words about figures, beside or below a statutory table: shown to the office in a warning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.layout import Place
from pipeline.model.finding import Finding, digest, notice
from pipeline.road.read.locate import SheetPlan
from pipeline.workbook.cells import Rows, as_shown
from pipeline.workbook.cells.grid import value_at

_REACH = (40, 12)
"""Rows below and columns beside a table within which a word may be meant for it."""
_SPEAKS = re.compile(
    r"更正|改为|改成|应为|应是|应填|作废|有误|错误|误填|漏[报填]|少[报填]|多[报填]|补[报填]|加上|减去|另有|另加|合计应"
)
_FIGURE = re.compile(r"[-+＋－]?[0-9０-９][0-9０-９,，.．]*(?:件|条|个|次|万元|元)?")
_LONGEST, _MOST = 120, 5


def beside_findings(
    places: Mapping[str, Place], plans: Sequence[SheetPlan], book: Mapping[str, Rows], *, issued: bool
) -> Iterator[Finding]:
    """Yield a warning for the first few such cells of a sheet; ``places`` are those the items were read at, with
    ``issued`` those of the plans.
    """
    for plan in plans:
        if not plan.statutory or plan.sheet not in book:
            continue
        rows = book[plan.sheet]
        if issued:
            mine = plan.corners
        else:
            mine = frozenset((place.row, place.col) for place in places.values() if place.sheet == plan.sheet)
        if mine:
            yield from _around(plan.sheet, rows, _table(mine, _known_cells(plan, rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The cells of a table, with its labels, and the rectangle around them."""

    cells: frozenset[tuple[int, int]]
    top: int
    left: int
    bottom: int
    right: int


@lru_cache(maxsize=64)
def _table(items: frozenset[tuple[int, int]], labels: frozenset[tuple[int, int]]) -> _Table:
    """Return the table of these items and labels; the same for all returns that are as issued."""
    cells = items | labels
    return _Table(
        cells=cells,
        top=min(row for row, _ in cells),
        left=min(col for _, col in items),
        bottom=max(row for row, _ in cells),
        right=max(col for _, col in cells),
    )


def _known_cells(plan: SheetPlan, rows: Rows) -> frozenset[tuple[int, int]]:
    """Return the cells of issued labels that are unchanged."""
    if plan.exact(rows):
        return plan.label_cells
    return frozenset((row, col) for row, col, text in plan.anchors if value_at(rows, row, col) == text)


def _around(sheet: str, rows: Rows, table: _Table) -> Iterator[Finding]:
    bottom, right = table.bottom, table.right
    shown = 0
    for row, columns in _others(table, len(rows), max(map(len, rows), default=0)):
        line = rows[row]
        for col in columns:
            value = line[col] if col < len(line) else ""
            if value == "" or not _is_figure(value, inside=row <= bottom and col <= right):
                continue
            place, text = Place(sheet, row, col), as_shown(value).strip()[:_LONGEST]
            where = {"sheet": sheet, "cell": place.cell, "key": f"L9.{sheet}!{place.cell}"}
            where["operands"] = digest([("cell", text)])
            yield notice("L9", where=where, sheet=sheet, cell=place.cell, found=text)
            shown += 1
            if shown >= _MOST:
                return


@lru_cache(maxsize=64)
def _others(table: _Table, height: int, width: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return the columns of the cells that are not the table's and within reach of it, by row, in a sheet of this size."""
    rows = range(table.top, min(height, table.bottom + _REACH[0]))
    last = min(width, table.right + _REACH[1])
    columns = (
        (row, tuple(c for c in range(table.left if row <= table.bottom else 0, last) if (row, c) not in table.cells))
        for row in rows
    )
    return tuple((row, each) for row, each in columns if each)


def _is_figure(value: object, *, inside: bool) -> bool:
    """Whether a cell is a figure or has words about one; within the table words alone are a label."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    text = str(value).strip()
    if _FIGURE.fullmatch(text):
        return True
    return not inside and _SPEAKS.search(text) is not None
