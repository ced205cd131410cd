"""The labels of a form, normalised for comparison: those that prove the cell of an item.

A label is compared by its letters and digits alone (`label_key`), so that spaces, line breaks, full-width digits,
``1、`` for ``1.`` and brackets of any width do not matter. Its number may be missing but not different; other wordings
of a label are in the form (``also``).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pipeline.form import Band, Form, Item, Line, Table
from pipeline.layout.design import (
    BASICS_HEADINGS,
    BASICS_SHEET,
    TEXT_COLUMN,
    TEXTS_HEADINGS,
    TEXTS_SHEET,
    VALUE_COLUMN,
)
from pipeline.layout.local import LOCAL_HEADINGS, LOCAL_SHEET

Path = tuple[str, ...]

_ORDINAL = re.compile(r"(?:[0-9]{1,2}(?![0-9])|[一二三四五六七八九十]{1,2})(?=..)")


@lru_cache(maxsize=4096)
def label_key(text: str) -> str:
    """The letters and digits of a label.

    >>> label_key("1、属于 国家秘密") == label_key("１.属于国家\\n秘密") == label_key("①属于国家秘密")
    True
    """
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isalnum()).casefold()


def _drop_number(key: str) -> str:
    return key[match.end() :] if (match := _ORDINAL.match(key)) else key


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A band of a table as labels see it. ``items`` by (row path, column path) to their index in ``Form.items``.

    A band whose rows stand side by side has no row labels: its row path is ``()`` and its columns carry it all.
    """

    columns: frozenset[Path]
    items: Mapping[tuple[Path, Path], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The labels of one table of the form. ``name`` is the sheet it is issued on."""

    name: str
    blocks: tuple[Block, ...]
    rows: frozenset[Path]
    neutral: frozenset[str]
    row_steps: frozenset[Path]
    column_steps: frozenset[Path]
    row_words: frozenset[str]
    column_words: frozenset[str]
    wording: Mapping[str, str]
    row_same: Mapping[str, str]
    column_same: Mapping[str, str]
    indexes: frozenset[int]

    @property
    def stacked(self) -> bool:
        """Whether its rows have labels of their own."""
        return bool(self.rows)

    def row_key(self, key: str) -> str:
        """The key of the row label that ``key`` is, or is another wording of."""
        return self.row_same.get(key, key)

    def column_key(self, key: str) -> str:
        """The key of the column label that ``key`` is, or is another wording of."""
        return self.column_same.get(key, key)


def charts(form: Form, local: Sequence[Item] = ()) -> tuple[Chart, ...]:
    """Return the labels of every table of the form, including the sheets of indicators and texts. ``local`` are the
    local indicators of the unit; others get no chart.
    """
    wording = {label_key(step): step for item in form.items for step in (*item.row_path, *item.column_path)}
    made = [
        _chart(table.sheet, [_block_of_band(form, table, band) for band in table.bands], table, wording)
        for table in form.tables
    ]
    for name, heading, items in (
        (BASICS_SHEET, BASICS_HEADINGS[VALUE_COLUMN], tuple(_basics(form))),
        (TEXTS_SHEET, TEXTS_HEADINGS[TEXT_COLUMN], form.of_table("text")),
        (LOCAL_SHEET, LOCAL_HEADINGS[VALUE_COLUMN], tuple(local)),
    ):
        column = _path((heading,))
        placed = {(_path(item.row_path), column): form.position[item.code] for item in items}
        if placed:
            made.append(_chart(name, [Block(columns=frozenset({column}), items=placed)], None, wording))
    return tuple(made)


def _basics(form: Form) -> Iterator[Item]:
    yield from form.of_table("meta")
    yield from form.of_table("info")


def _path(steps: Iterable[str]) -> Path:
    return tuple(label_key(step) for step in steps)


def _block_of_band(form: Form, table: Table, band: Band) -> Block:
    items: dict[tuple[Path, Path], int] = {}
    for row in band.rows:
        for column in band.columns:
            index = form.position[f"{table.code}.{row.code}.{column.code}"]
            if band.arrangement == "side_by_side":
                items[(), _path(row.path + column.path)] = index
            else:
                items[_path(form.items[index].row_path), _path(column.path)] = index
    return Block(columns=frozenset(column for _, column in items), items=items)


def _chart(name: str, blocks: Sequence[Block], table: Table | None, wording: Mapping[str, str]) -> Chart:
    rows = frozenset(row for block in blocks for row, _ in block.items if row)
    columns = frozenset(column for block in blocks for column in block.columns)
    bands = table.bands if table else ()
    neutral = {text for band in bands for text in (band.corner, band.header) if text}
    also = {label_key(text): label_key(line.path[-1]) for band in bands for line in _lines(band) for text in line.also}
    row_words = frozenset(step for row in rows for step in row)
    column_words = frozenset(step for column in columns for step in column)
    return Chart(
        name=name,
        blocks=tuple(blocks),
        rows=rows,
        neutral=frozenset(label_key(text) for text in neutral),
        row_steps=frozenset(row[:n] for row in rows for n in range(1, len(row) + 1)),
        column_steps=frozenset(column[:n] for column in columns for n in range(1, len(column) + 1)),
        row_words=row_words,
        column_words=column_words,
        wording=wording,
        row_same=_same(row_words, also),
        column_same=_same(column_words, also),
        indexes=frozenset(index for block in blocks for index in block.items.values()),
    )


def _lines(band: Band) -> Iterator[Line]:
    yield from (*band.rows, *band.columns)


def _same(words: frozenset[str], also: Mapping[str, str]) -> dict[str, str]:
    """Return other wordings of ``words``: those of the form, and the label without its number when that is unambiguous."""
    bare = Counter(_drop_number(word) for word in words)
    found = {_drop_number(word): word for word in words if bare[_drop_number(word)] == 1}
    found |= {_drop_number(other): word for other, word in also.items() if word in words}
    found |= {other: word for other, word in also.items() if word in words}
    return {other: word for other, word in found.items() if other not in words}
