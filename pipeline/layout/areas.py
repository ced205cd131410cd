"""Cells as the rectangles a clerk would select: ``D6:I30``."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipeline.layout.address import Place

Cell = tuple[int, int]
Area = tuple[Cell, Cell]
"""Its first and its last cell."""


def areas_of(cells: Iterable[Cell], others: Collection[Cell] = ()) -> list[Area]:
    """Return rectangles that cover all of ``cells`` and none of ``others``, from the top left; they may cover further
    cells.

    >>> areas_of([(0, 0), (0, 1), (2, 0), (2, 1)])
    [((0, 0), (2, 1))]
    >>> areas_of([(0, 0), (0, 1), (2, 0)], others=[(2, 1)])
    [((0, 0), (0, 1)), ((2, 0), (2, 0))]
    """
    left = set(cells)
    known = left | set(others)
    rows: dict[int, list[int]] = {}
    for row, col in sorted(known):
        rows.setdefault(row, []).append(col)
    found: list[Area] = []
    while left:
        top, first = min(left)
        last = first
        # widen to the right while the next known cell of the row is wanted
        for col in rows[top][rows[top].index(first) :]:
            if (top, col) not in left:
                break
            last = col
        bottom = top
        # then downwards while all known cells of that width are wanted
        for row in (row for row in rows if row > top):
            here = [col for col in rows[row] if first <= col <= last]
            if not here:
                continue
            if any((row, col) not in left for col in here):
                break
            bottom = row
        found.append(((top, first), (bottom, last)))
        left -= {(row, col) for row, col in left if top <= row <= bottom and first <= col <= last}
    return found


def print_area(area: Area) -> str:
    """The address of an area.

    >>> print_area(((5, 3), (29, 8))), print_area(((5, 3), (5, 3)))
    ('D6:I30', 'D6')
    """
    first, last = (Place("", *cell).cell for cell in area)
    return first if first == last else f"{first}:{last}"
