"""Bounds-checked access to a grid of cells with rows of any length.

>>> rows = [["甲", 3.0], ["乙"]]
>>> value_at(rows, 0, 1), value_at(rows, 1, 1), value_at(rows, 9, 0), text_at(rows, 0, 1), text_at(rows, 1, 0)
(3.0, '', '', '', '乙')
"""

from __future__ import annotations

from collections.abc import Sequence

Rows = Sequence[Sequence[object]]
"""The cells of a sheet from A1; a row may be shorter than another, blanks are empty texts."""


def value_at(rows: Rows, row: int, col: int) -> object:
    """What stands in a cell; an empty text beyond the last row or the end of a row."""
    return rows[row][col] if row < len(rows) and col < len(rows[row]) else ""


def text_at(rows: Rows, row: int, col: int) -> str:
    """Return the text of a cell; empty when there is none, or a value of another type."""
    value = value_at(rows, row, col)
    return value if isinstance(value, str) else ""
