"""Row and column labels on any sheet, which prove the cell of each item. A cell belongs to an item when the labels that
govern its row spell the item's whole row path, and those that govern its column its whole column path. The governing
labels follow from their positions (`Walk`), so it does not matter how the label cells are merged. `charts` defines how
labels are compared.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.layout import Place
from pipeline.workbook.cells.charts import Chart, Path, label_key
from pipeline.workbook.cells.grid import Rows, value_at

LONGEST_LABEL = 120
DEEPEST_HEADING = 12
"""Bounds on what can be a label and a heading: a sheet made to be slow must not be."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An item proven by the labels around ``place``; ``block`` tells the copies of a table apart."""

    index: int
    place: Place
    block: tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Sightings:
    """The items that the labels of one or more sheets prove, and further observations."""

    found: list[Sighting] = field(default_factory=list)
    stray: list[Place] = field(default_factory=list)
    reworded: dict[str, str] = field(default_factory=dict)

    def add(self, other: Sightings) -> None:
        """Add the sightings of another sheet."""
        self.found += other.found
        self.stray += other.stray
        self.reworded |= other.reworded


class Walk:
    """The path of labels that governs each line, read line by line; positions count from the outer label inwards.

    A label governs until another one comes at its position or further out. A text that does not continue the path makes
    the path unknown (``None``) for everything further in, so that nothing below it is believed.

    >>> walk = Walk(frozenset({("三",), ("三", "公开"), ("三", "不公开"), ("四",)}), frozenset({"三", "公开", "不公开", "四"}))
    >>> labels = [("三", 0), ("公开", 1), ("不公开", 1), ("备注", 1), ("公开", 2), ("四", 0), ("公开", 1)]
    >>> for key, position in labels:
    ...     print(position, key, walk.meet(key, position))
    0 三 ('三',)
    1 公开 ('三', '公开')
    1 不公开 ('三', '不公开')
    1 备注 None
    2 公开 None
    0 四 ('四',)
    1 公开 None
    """

    def __init__(self, steps: frozenset[Path], words: frozenset[str]) -> None:
        self._steps, self._words = steps, words
        self._stack: list[tuple[int, Path | None]] = []

    def meet(self, key: str, position: int) -> Path | None:
        """Return the path after the label ``key`` at ``position``."""
        stack = self._stack
        while stack and stack[-1][0] > position:
            stack.pop()
        if key in self._words:
            while stack and stack[-1][0] == position and not self._goes_on(stack[-1][1], key):
                stack.pop()
        elif stack and stack[-1] == (position, None):
            stack.pop()
        above = stack[-1][1] if stack else ()
        path = (*above, key) if above is not None and (*above, key) in self._steps else None
        stack.append((position, path))
        return path

    def _goes_on(self, path: Path | None, key: str) -> bool:
        return path is not None and (*path, key) in self._steps


Label = tuple[int, str, str]
"""A text that could be a label: its column, its key, and as it stands."""


def labels_of(rows: Rows) -> dict[int, list[Label]]:
    """Every text of a sheet that could be a label, by row."""
    found: dict[int, list[Label]] = {}
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str) and cell and len(cell) <= LONGEST_LABEL and (key := label_key(cell)):
                found.setdefault(r, []).append((c, key, cell))
    return found


def sight(sheet: str, rows: Rows, every: Mapping[int, Sequence[Label]], chart: Chart, seen: Sightings) -> None:
    """Add to ``seen`` every item of ``chart`` whose labels are found on the sheet; ``every`` is its `labels_of`."""
    if not any(chart.column_key(key) in chart.column_words for row in every.values() for _, key, _ in row):
        return
    labels = {r: [label for label in row if label[1] not in chart.neutral] for r, row in every.items()}
    walk = Walk(chart.row_steps, chart.row_words)
    heading = Heading(at=-1, last=-1, columns={})
    proven: list[int] = []
    stray: list[Place] = []
    row = 0
    while row < len(rows):
        new = heading_at(rows, labels, row, chart)
        # a heading begins here: it governs the rows below it until the next one
        if new is not None:
            heading, row = new, new.last + 1
            if not chart.stacked:
                _below(sheet, rows, heading, chart, seen)
            continue
        if chart.stacked:
            own = [label for label in labels.get(row, ()) if not heading.columns or label[0] < min(heading.columns)]
            # labels left of the first value column prove the row
            hits = list(_items_of(chart, heading, _row_path(rows, own, row, heading, chart, walk)))
            if hits:
                proven.append(row)
            elif not own:
                stray += [Place(sheet, row, c) for c in heading.columns if _figure(rows, row, c)][:1]
            seen.found.extend(Sighting(index, Place(sheet, row, col), (sheet, heading.at)) for index, col in hits)
        row += 1
    # a figure between proven rows whose own row has no label belongs to somebody
    seen.stray.extend(place for place in stray if proven and proven[0] < place.row < proven[-1])
    if any(sighting.place.sheet == sheet for sighting in seen.found):
        _reword(labels, chart, seen)


@dataclass(frozen=True, slots=True)
class Heading:
    """Rows ``at`` to ``last`` hold column labels; ``columns`` are the proven ones by sheet column."""

    at: int
    last: int
    columns: Mapping[int, Path]


def heading_at(rows: Rows, labels: Mapping[int, Sequence[Label]], row: int, chart: Chart) -> Heading | None:
    """Find the heading that begins in ``row``: it must prove two columns of a band, or its only one."""

    def named(r: int) -> bool:
        return any(chart.column_key(key) in chart.column_words for _, key, _ in labels.get(r, ()))

    if not named(row):
        return None
    # the heading goes on while the rows below hold column labels
    last = row
    for r in range(row + 1, min(row + DEEPEST_HEADING, len(rows))):
        if named(r):
            last = r
        elif labels.get(r) or any(_is_filled(cell) for cell in rows[r]):
            break
    by_column: dict[int, list[tuple[int, str]]] = {}
    for r in range(row, last + 1):
        for c, key, _ in labels.get(r, ()):
            by_column.setdefault(c, []).append((r, chart.column_key(key)))
    # column labels are walked from the left, and in each column from the top
    walk = Walk(chart.column_steps, chart.column_words)
    columns: dict[int, Path] = {}
    for c in sorted(by_column):
        path: Path | None = None
        for r, key in by_column[c]:
            path = walk.meet(key, r)
        if path is not None:
            columns[c] = path
    # a path that is found twice proves neither of its columns
    once = {c: path for c, path in columns.items() if list(columns.values()).count(path) == 1}
    known = set(once.values())
    if any(len(known & block.columns) >= min(2, len(block.columns)) for block in chart.blocks):
        every = frozenset(path for block in chart.blocks for path in block.columns)
        return Heading(row, last, {c: path for c, path in once.items() if path in every})
    return None


def _row_path(rows: Rows, labels: Sequence[Label], row: int, heading: Heading, chart: Chart, walk: Walk) -> Path | None:
    """Return the row path proven for this row; ``None`` when its labels prove none."""
    named = [(c, chart.row_key(key)) for c, key, _ in labels]
    known = any(key in chart.row_words for _, key in named)
    telling = bool(heading.columns) and (known or any(_is_filled(value_at(rows, row, c)) for c in heading.columns))
    path: Path | None = None
    for c, key in named:
        if key in chart.row_words or telling:
            path = walk.meet(key, c)
    return path


def _items_of(chart: Chart, heading: Heading, path: Path | None) -> Iterator[tuple[int, int]]:
    if path in chart.rows and path is not None:
        for block in chart.blocks:
            for col, column in heading.columns.items():
                if (path, column) in block.items:
                    yield block.items[path, column], col


def _below(sheet: str, rows: Rows, heading: Heading, chart: Chart, seen: Sightings) -> None:
    """Rows side by side: the figures stand in the one row below the heading; a second one makes it uncertain."""
    row = heading.last + 1
    for r in range(row, min(row + 3, len(rows))):
        filled = [c for c in heading.columns if _is_filled(value_at(rows, r, c))]
        if filled:
            row = r if any(_figure(rows, r, c) for c in filled) or r == row else row
            break
    second = [Place(sheet, row + 1, c) for c in heading.columns if _figure(rows, row + 1, c)]
    if second:
        seen.stray.append(second[0])
        return
    for col, column in heading.columns.items():
        for block in chart.blocks:
            if ((), column) in block.items:
                place = Place(sheet, row, col)
                seen.found.append(Sighting(block.items[(), column], place, (sheet, heading.at)))


def _reword(labels: Mapping[int, Sequence[Label]], chart: Chart, seen: Sightings) -> None:
    """Return labels that differ from the form's wording."""
    words = chart.row_words | chart.column_words
    for row in labels.values():
        for _, key, text in row:
            known = key if key in words else chart.row_same.get(key) or chart.column_same.get(key)
            if known and _compact(text) != _compact(chart.wording.get(known, text)):
                seen.reworded.setdefault(chart.wording[known], text.strip())


def _compact(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _is_filled(cell: object) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _figure(rows: Rows, row: int, col: int) -> bool:
    cell = value_at(rows, row, col)
    return isinstance(cell, int | float) or (isinstance(cell, str) and any(char.isdigit() for char in cell))
