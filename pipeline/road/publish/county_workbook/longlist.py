"""A sheet with very many rows of one kind, written many times as fast as cell by cell.

XlsxWriter makes an object for every cell. 来源 has a row for every addend of every figure, 分单位数据 a cell for every
figure of every unit. Here a row is a tuple of prepared parts that many rows share, and becomes XML in one step; all
else on the sheet is written as usual. The result is the same, except that links into one file share its relation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlsxwriter.format import Format
from xlsxwriter.url import Url
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from pipeline.form import Figure

LINKS = 65_000
"""How many links Excel takes on a sheet, and some for the others."""
_BLANK = "/>"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a cell of a line leads: a cell in a file, whose path is relative to the workbook."""

    col: int
    file: str
    at: str
    ink: Format


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: the parts of its cells after address and style, the inks of its texts and figures, its link."""

    parts: tuple[str, ...]
    text: Format
    figure: Format
    link: Link | None


class LongList(Worksheet):  # type: ignore[misc]
    """A worksheet whose rows below the headings are written by `line`; nothing else may be written below them."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[int, _Line] = {}
        self._links = 0
        self._targets: list[tuple[int, Link]] = []
        self._known: dict[str | Figure | None, str] = {None: _BLANK}

    def line(
        self,
        row: int,
        cells: Sequence[str | Figure | None],
        ink: Format,
        *,
        figure: Format | None = None,
        link: Link | None = None,
    ) -> None:
        """Write a whole row, the next one of the list; its numbers and blanks in the ink ``figure`` where that is given.
        One link more than a sheet can hold is left out.
        """
        self._links += link is not None
        linked = link if self._links <= LINKS else None
        parts = tuple([self._text(cell) if isinstance(cell, str) else self._figure(cell) for cell in cells])
        self._lines[row] = _Line(parts, ink, figure or ink, linked)
        self._check_dimensions(row, len(cells) - 1)

    def _text(self, text: str) -> str:
        """The inner part of a cell: the index of a shared text."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = f' t="s"><v>{self.str_table._get_shared_string_index(text)}</v></c>'
        else:
            self.str_table.count += 1
        return known

    def _figure(self, figure: Figure | None) -> str:
        """The inner part of a cell: a number, exactly; nothing for a blank."""
        if isinstance(figure, int):
            known = self._known.get(figure)
            if known is None:
                known = self._known[figure] = f"><v>{figure}</v></c>"
            return known
        return _BLANK if figure is None else f"><v>{figure:f}</v></c>"

    # ---------------------------------------------------------------- what XlsxWriter calls
    def _write_rows(self) -> None:
        whole: int = self.dim_rowmax  # type: ignore[has-type]
        self.dim_rowmax = max(self.table, default=0)  # what it knows of, without the lines
        super()._write_rows()
        self.dim_rowmax = whole
        before = [f'<c r="{xl_col_to_name(col)}' for col in range(self.dim_colmax + 1)]
        self.fh.writelines(self._xml_of(row + 1, line, before) for row, line in self._lines.items())
        self._targets = [(row, line.link) for row, line in self._lines.items() if line.link]
        self._lines.clear()

    @staticmethod
    def _xml_of(number: int, line: _Line, before: Sequence[str]) -> str:
        texts = f'{number}" s="{line.text._get_xf_index()}"'
        figures = f'{number}" s="{line.figure._get_xf_index()}"'
        styled = [
            start + (texts if part[0] == " " else figures) + part
            for start, part in zip(before, line.parts, strict=False)
        ]
        if line.link:
            col = line.link.col
            styled[col] = f'{before[col]}{number}" s="{line.link.ink._get_xf_index()}"{line.parts[col]}'
        return f'<row r="{number}" spans="1:{len(styled)}">{"".join(styled)}</row>'

    def _write_hyperlinks(self) -> None:
        relations: dict[str, int | None] = {}
        elements = list(self._elements(self._targets, relations))
        if elements:
            self._xml_start_tag("hyperlinks")
            self.fh.writelines(elements)
            self._xml_end_tag("hyperlinks")

    def _elements(self, links: Sequence[tuple[int, Link]], relations: dict[str, int | None]) -> Iterator[str]:
        """Yield the element of every link; one into a file whose path is longer than Excel takes is left out."""
        for row, link in links:
            if link.file not in relations:
                relations[link.file] = self._relate(link.file)
            if number := relations[link.file]:
                ref, at = f"{xl_col_to_name(link.col)}{row + 1}", self._escape_attributes(link.at)
                yield f'<hyperlink ref="{ref}" r:id="rId{number}" location="{at}"/>'

    def _relate(self, file: str) -> int | None:
        try:
            target = Url(f"external:{file}")._target()
        except ValueError:
            return None
        self.rel_count += 1
        self.external_hyper_links.append(["/hyperlink", target, "External"])
        return int(self.rel_count)
