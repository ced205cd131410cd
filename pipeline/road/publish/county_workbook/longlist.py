"""A sheet with very many rows of one kind, written several times as fast as cell by cell.

XlsxWriter makes an object for every cell; 来源 has a row for every addend of every figure. Here a row is stored as it is
and becomes XML in one step. The result is the same except for the optional spans of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline.form import Figure, print_figure

LINKS = 65_000
"""How many links Excel takes on a sheet, and some for the others."""


class LongList(Worksheet):  # type: ignore[misc]
    """A worksheet whose rows below the headings are written by `line`; all else on it is written as usual."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[int, tuple[list[str], int]] = {}
        self._texts: dict[str, str] = {}
        self._plain: Format | None = None
        self._linked: Format | None = None

    def line(
        self, row: int, cells: Sequence[str | Figure], ink: Format, *, link: tuple[int, str, Format] | None = None
    ) -> None:
        """Write a whole row; ``link`` is a column, where it leads and its format."""
        if link and len(self.hyperlinks) < LINKS:
            col, target, self._linked = link
            self.write_url(row, col, target, self._linked, str(cells[col]))
        else:
            col = -1
        self._plain = ink
        self._lines[row] = [self._store(cell) for cell in cells], col
        self._check_dimensions(row, len(cells) - 1)

    def _store(self, cell: str | Figure) -> str:
        """The inner part of a cell: a number, or the index of a shared text."""
        if not isinstance(cell, str):
            return f"><v>{print_figure(cell)}</v></c>" if cell else "><v>0</v></c>"
        known = self._texts.get(cell)
        if known is None:
            known = self._texts[cell] = f' t="s"><v>{self.str_table._get_shared_string_index(cell)}</v></c>'
        else:
            self.str_table.count += 1
        return known

    def _write_rows(self) -> None:
        for row in self._lines:
            self.table.pop(row, None)
        super()._write_rows()
        if self._plain is None:
            return
        style, linked = (ink._get_xf_index() if ink else 0 for ink in (self._plain, self._linked))
        starts = [f'<c r="{xl_col_to_name(col)}%d" s="{style}"' for col in range(self.dim_colmax + 1)]
        for row, (cells, link) in self._lines.items():
            number = row + 1
            styled = [f"{starts[col] % number}{cell}" for col, cell in enumerate(cells)]
            if link >= 0:
                styled[link] = styled[link].replace(f' s="{style}"', f' s="{linked}"', 1)
            self.fh.write(f'<row r="{number}">{"".join(styled)}</row>')
