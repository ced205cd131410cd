"""A sheet with very many rows of one kind, written many times as fast as cell by cell.

XlsxWriter makes an object for every cell. 来源 has a row for every addend of every figure, 分单位数据 a cell for every
figure of every unit. Here a row is the numbers of prepared parts that many rows share, and becomes XML in one step; all
else on the sheet is written as usual. The result is the same, except that links into one file share its relation.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.url import Url
from xlsxwriter.utility import xl_col_to_name

from pipeline.form import Figure
from pipeline.road.publish.county_workbook.lean import LeanSheet

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


_Inks = tuple[Format, Format, int, Format | None]
"""Those of a line's texts and of its figures; a column and its own, if any."""


class LongList(LeanSheet):
    """A worksheet whose rows below the headings are written by `line`; nothing else may be written below them."""

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._parts: list[str] = []
        self._texts: dict[str, int] = {}
        self._figures: dict[int | str | None, int] = {}
        self._inks: list[_Inks] = []
        # of all lines one after the other: the numbers of their parts; of each line its width, the number of its inks,
        # its height
        self._cells, self._widths, self._styles, self._heights = array("I"), array("H"), array("H"), array("d")
        self._links: list[tuple[int, Link]] = []

    def line(
        self,
        row: int,
        cells: Sequence[str | Figure | None],
        ink: Format,
        *,
        figure: Format | None = None,
        apart: tuple[int, Format] | None = None,
        link: Link | None = None,
        height: float = 0,
    ) -> None:
        """Write a whole row, the next one of the list; its numbers and blanks in the ink ``figure`` where that is given,
        the cell of one column ``apart`` in another. One link more than a sheet can hold is left out. A ``height`` of 0 is
        left to the office program.
        """
        self._first = self._first or row
        assert row == self._first + len(self._widths), "rows of a list follow each other"
        if link and len(self._links) < LINKS:
            self._links.append((row, link))
        self._cells.extend([self._text(cell) if isinstance(cell, str) else self._figure(cell) for cell in cells])
        self._widths.append(len(cells))
        inks = (ink, figure or ink, *(apart or (0, None)))
        if inks not in self._inks:
            self._inks.append(inks)
        self._styles.append(self._inks.index(inks))
        self._heights.append(height)
        self._check_dimensions(row, len(cells) - 1)

    def _text(self, text: str) -> int:
        """The number of a text's part: the index it is shared by."""
        known = self._texts.get(text)
        if known is None:
            index = self.str_table._get_shared_string_index(text)
            known = self._texts[text] = self._keep(f' t="s"><v>{index}</v></c>')
        else:
            self.str_table.count += 1
        return known

    def _figure(self, figure: Figure | None) -> int:
        """The number of a figure's part: the figure, exactly; nothing for a blank."""
        key = f"{figure:f}" if isinstance(figure, Decimal) else figure  # 5 and 5.00 are two parts
        known = self._figures.get(key)
        if known is None:
            known = self._figures[key] = self._keep(_BLANK if key is None else f"><v>{key}</v></c>")
        return known

    def _keep(self, part: str) -> int:
        self._parts.append(part)
        return len(self._parts) - 1

    # ---------------------------------------------------------------- what XlsxWriter calls
    def _write_rows(self) -> None:
        whole: int = self.dim_rowmax  # type: ignore[has-type]
        self.dim_rowmax = max(self.table, default=0)  # what it knows of, without the lines
        super()._write_rows()
        self.dim_rowmax = whole
        self.fh.writelines(self._rows())
        self._parts, self._texts, self._figures, self._cells = [], {}, {}, array("I")

    def _rows(self) -> Iterator[str]:
        """Yield the XML of every line."""
        before = [f'<c r="{xl_col_to_name(col)}' for col in range(self.dim_colmax + 1)]
        linked = dict(self._links)
        at = 0
        lines = zip(self._widths, self._styles, self._heights, strict=True)
        for row, (width, style, height) in enumerate(lines, self._first):
            parts = [self._parts[number] for number in self._cells[at : at + width]]
            at += width
            yield _xml_of(row + 1, parts, before, self._inks[style], linked.get(row), height)

    def _write_hyperlinks(self) -> None:
        relations: dict[str, int | None] = {}
        elements = list(self._elements(relations))
        if elements:
            self._xml_start_tag("hyperlinks")
            self.fh.writelines(elements)
            self._xml_end_tag("hyperlinks")

    def _elements(self, relations: dict[str, int | None]) -> Iterator[str]:
        """Yield the element of every link; one into a file whose path is longer than Excel takes is left out."""
        for row, link in self._links:
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


def _xml_of(
    number: int, parts: Sequence[str], before: Sequence[str], inks: _Inks, link: Link | None, height: float
) -> str:
    """Return a row: its parts behind their addresses and styles."""
    ink, figure, col, apart = inks
    texts, figures = f'{number}" s="{ink._get_xf_index()}"', f'{number}" s="{figure._get_xf_index()}"'
    styled = [start + (texts if part[0] == " " else figures) + part for start, part in zip(before, parts, strict=False)]
    if apart:
        styled[col] = f'{before[col]}{number}" s="{apart._get_xf_index()}"{parts[col]}'
    if link:
        styled[link.col] = f'{before[link.col]}{number}" s="{link.ink._get_xf_index()}"{parts[link.col]}'
    high = f' ht="{_whole_pixels(height):.16g}" customHeight="1"' if height else ""
    return f'<row r="{number}" spans="1:{len(styled)}"{high}>{"".join(styled)}</row>'


def _whole_pixels(points: float) -> float:
    """Return a height as XlsxWriter writes it: in whole pixels, four of which are three points."""
    return int(points * 4 / 3 + 0.5) * 0.75
