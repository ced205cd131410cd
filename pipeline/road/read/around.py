"""The labels around a cell that a defined name points to: the item's own must be there, and none may contradict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pipeline.layout import Place
from pipeline.workbook.cells.charts import Chart, Path, label_key
from pipeline.workbook.cells.grid import Rows, text_at


def is_proven_around(rows: Rows, place: Place, row_path: Path, column_path: Path, chart: Chart) -> bool:
    """Whether the one row label left of the cell and the nearest column label above it are the item's own.

    A heading of its group may be missing; another text in the place of that heading is refused.
    """
    if place.row >= len(rows):
        return False
    leaves = {path[-1] for path in chart.rows}
    keys = {c: chart.row_key(label_key(text_at(rows, place.row, c))) for c in range(place.col)}
    beside = [c for c, key in keys.items() if key in leaves]
    if [keys[c] for c in beside] != [row_path[-1]]:
        return False
    if len(row_path) > 1:
        siblings = {step[-1] for step in chart.row_steps if step[:-1] == row_path[:-1]}
        for c in range(beside[0] + 1):
            upwards = [chart.row_key(label_key(text_at(rows, r, c))) for r in range(place.row, -1, -1)]
            if not _consistent(
                upwards, set(row_path), leaves | chart.neutral | (siblings if c == beside[0] else set())
            ):
                return False
    return _column_proven(rows, place, column_path, chart)


def _column_proven(rows: Rows, place: Place, path: Path, chart: Chart) -> bool:
    leaves = {column[-1] for block in chart.blocks for column in block.columns}
    nearest = next(
        (
            r
            for r in range(place.row - 1, -1, -1)
            if chart.column_key(label_key(text_at(rows, r, place.col))) in chart.column_words
        ),
        -1,
    )
    if nearest < 0 or chart.column_key(label_key(text_at(rows, nearest, place.col))) != path[-1]:
        return False
    for r in range(nearest - 1, -1, -1):
        if not any(chart.column_key(key) in chart.column_words for key in _keys(rows[r])):
            break
        leftwards = [chart.column_key(label_key(text_at(rows, r, c))) for c in range(place.col, -1, -1)]
        if not _consistent(leftwards, set(path), leaves | chart.neutral):
            return False
    return True


def _consistent(keys: Iterable[str], lineage: set[str], passed: set[str] | frozenset[str]) -> bool:
    """Whether the first text further out that is no line's own label is one of the item's headings, or there is none."""
    first = next((key for key in keys if key and key not in passed), None)
    return first is None or first in lineage


def _keys(row: Iterable[object]) -> Iterator[str]:
    return (label_key(cell) for cell in row if isinstance(cell, str) and cell)
