"""A document as grids of texts in their order, merged cells at their top left, and the text around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.files.containers import RefusedError, swollen_error

MAX_CELLS = 100_000
"""Cells of all tables of a document, as they are laid out: a page of figures has some hundreds."""
_WIDEST, _LONGEST = 256, 5_000


class NoTablesError(RefusedError):
    """A file of a kind that holds no tables we could read; ``kind`` names it."""

    def __init__(self, kind: str) -> None:
        super().__init__("I3", kind=kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its first row and column, counted from 0, and how many it covers."""

    row: int
    col: int
    rows: int = 1
    cols: int = 1
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a document shows: its text beside the tables, a paragraph a line, and its tables.

    ``cells`` are those of each table as they are drawn, before neighbours are joined.
    """

    text: str
    tables: tuple[Sequence[Sequence[str]], ...]
    cells: tuple[Sequence[Cell], ...] = ()


def grid(cells: Iterable[Cell]) -> list[list[str]]:
    """Arrange cells in rows of equal width; empty for what cannot be a table of a report."""
    placed = list(cells)
    height = max((cell.row + cell.rows for cell in placed), default=0)
    width = max((cell.col + cell.cols for cell in placed), default=0)
    if width > _WIDEST or height > _LONGEST:
        return []
    rows = [[""] * width for _ in range(height)]
    for cell in placed:
        rows[cell.row][cell.col] = cell.text
    return rows


def page(text: str, tables: Iterable[Sequence[Cell]]) -> Page:
    """Make a page of tables. Neighbours of the same width are joined, because they are one table that was broken in
    two.

    Raises `RefusedError` beyond `MAX_CELLS`.
    """
    laid: list[list[list[str]]] = []
    drawn: list[Sequence[Cell]] = []
    count = 0
    for cells in tables:
        rows = grid(cells)
        count += len(rows) * len(rows[0]) if rows else 0
        if count > MAX_CELLS:
            raise too_many()
        if not any(cell for row in rows for cell in row):
            continue
        drawn.append(cells)
        if laid and len(laid[-1][0]) == len(rows[0]):
            laid[-1].extend(rows)
        else:
            laid.append(rows)
    return Page(text=text, tables=tuple(laid), cells=tuple(drawn))


def too_many() -> Exception:
    """Refuse a document with more cells than any report."""
    return swollen_error(f"表格超过 {MAX_CELLS} 格")


def lines(paragraphs: Iterable[str]) -> Iterator[str]:
    """Paragraphs as lines, blanks folded, empty ones left out."""
    for paragraph in paragraphs:
        for line in paragraph.split("\n"):
            if folded := " ".join(line.split()):
                yield folded
