"""The merged grid of a statutory table, the same in the workbook and in the Word report.

A grid is a list of cells with row and column spans, counted from 0 at the table's own corner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.form import Band, Table

Role = Literal["band", "corner", "header", "column", "row", "value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """One cell of the merged grid: a label with its text, or a value with its item code."""

    row: int
    col: int
    rows: int = 1
    cols: int = 1
    role: Role
    text: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A whole table. ``headings`` counts the rows to repeat on every printed page."""

    height: int
    width: int
    headings: int
    label_columns: int
    cells: tuple[GridCell, ...]


def table_grid(table: Table) -> Grid:
    """Lay out a table as the official format prints it."""
    width = max(_label_columns(band) + len(_columns(band)) for band in table.bands)
    cells: list[GridCell] = []
    row = headings = 0
    for band in table.bands:
        block = list(_band_cells(band, table.code, width))
        cells.extend(_move_down(cell, row) for cell in block)
        headings = headings or max((c.row + c.rows for c in block if c.role in ("column", "corner")), default=0)
        row += max(cell.row + cell.rows for cell in block)
    return Grid(
        height=row,
        width=width,
        headings=headings if len(table.bands) == 1 else 0,
        label_columns=max(_label_columns(band) for band in table.bands),
        cells=tuple(cells),
    )


def _label_columns(band: Band) -> int:
    return 0 if band.arrangement == "side_by_side" else max(len(row.path) for row in band.rows)


def _columns(band: Band) -> list[tuple[tuple[str, ...], str]]:
    """Every value column: its path of headings, and its code (``row.column`` where rows stand side by side)."""
    if band.arrangement == "side_by_side":
        return [(row.path + column.path, f"{row.code}.{column.code}") for row in band.rows for column in band.columns]
    return [(column.path, column.code) for column in band.columns]


def _band_cells(band: Band, table: str, width: int) -> Iterator[GridCell]:
    labels, columns = _label_columns(band), _columns(band)
    top = 0
    if band.label:
        yield GridCell(row=0, col=0, cols=width, role="band", text=band.label)
        top = 1
    first = top
    if band.header:
        yield GridCell(row=top, col=labels, cols=width - labels, role="header", text=band.header)
        top += 1
    depth = max(len(path) for path, _ in columns)
    # A band with fewer columns than the table is wide lets its last column take the rest.
    starts = [labels + n for n in range(len(columns))] + [width]
    for level, start, length, text, levels in _runs([path for path, _ in columns], depth):
        at, end = starts[start], starts[start + length]
        yield GridCell(row=top + level, col=at, rows=levels, cols=end - at, role="column", text=text)
    top += depth
    if labels:
        yield GridCell(row=first, col=0, rows=top - first, cols=labels, role="corner", text=band.corner)
    if band.arrangement == "side_by_side":
        for n, (_, code) in enumerate(columns):
            yield GridCell(row=top, col=starts[n], cols=starts[n + 1] - starts[n], role="value", code=f"{table}.{code}")
        return
    for level, start, length, text, levels in _runs([row.path for row in band.rows], labels):
        yield GridCell(row=top + start, col=level, rows=length, cols=levels, role="row", text=text)
    for r, row in enumerate(band.rows):
        for n, (_, code) in enumerate(columns):
            yield GridCell(
                row=top + r,
                col=starts[n],
                cols=starts[n + 1] - starts[n],
                role="value",
                code=f"{table}.{row.code}.{code}",
            )


def _runs(paths: Sequence[tuple[str, ...]], depth: int) -> Iterator[tuple[int, int, int, str, int]]:
    """Merge equal neighbours of a label tree into (level, start, length, text, levels spanned)."""
    for level in range(depth):
        start = 0
        while start < len(paths):
            prefix = paths[start][: level + 1]
            length = 1
            while start + length < len(paths) and paths[start + length][: level + 1] == prefix:
                length += 1
            if len(prefix) == level + 1:
                leaf = len(paths[start]) == level + 1
                yield level, start, length, prefix[-1], depth - level if leaf else 1
            start += length


def _move_down(cell: GridCell, rows: int) -> GridCell:
    return GridCell(
        row=cell.row + rows,
        col=cell.col,
        rows=cell.rows,
        cols=cell.cols,
        role=cell.role,
        text=cell.text,
        code=cell.code,
    )
