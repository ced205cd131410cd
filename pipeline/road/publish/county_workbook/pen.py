"""The tools to draw every sheet of county.xlsx: the workbook, its formats, the line on completeness, links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.form import Figure
from pipeline.model.outcome import Outcome
from pipeline.model.standing import CountedReturn, Standing
from pipeline.road.publish.county_workbook.lean import LeanWorkbook
from pipeline.road.publish.county_workbook.longlist import LongList
from pipeline.workbook.annex import MISSING, PROVISIONAL, part_name, part_title
from pipeline.workbook.sheets import Inks, head, page

T = TypeVar("T")
ROWS = 1_000_000
"""Rows of a list on one sheet, where Excel takes 1,048,576; a longer one goes on on the next sheet."""
TOP = 2
"""Every sheet begins alike: title, the line with what is counted, then its headings."""

_LONGEST = 32_767
_NAMED = 60
"""Units named in the line at the top; more are counted and stand in 报送情况."""


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """What stands on one of the sheets of a list: the sheet's name, its title, and its part of the list."""

    name: str
    title: str
    entries: Sequence[T]


def parts(name: str, entries: Sequence[T], most: int) -> Iterator[Part[T]]:
    """Spread a list over as many sheets as it needs, of ``most`` entries each; an empty one has a sheet too."""
    count = max(1, -(-len(entries) // most))
    for number in range(1, count + 1):
        piece = entries[(number - 1) * most : number * most]
        yield Part(part_name(name, number), part_title(name, number, count), piece)


class Pen:
    """One drawing of the workbook of ``outcome``."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome, self.form, self.county = outcome, outcome.form, outcome.county
        self.items = [item for item in self.form.items if item.code in self.county.figures]
        self.book = LeanWorkbook({"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False})
        self.book.set_properties(
            {
                "title": f"{outcome.control.profile.root}{outcome.year}年汇总表",
                "author": "",
                "created": dt.datetime(outcome.year + 1, 1, 1),
            }
        )
        self.inks = Inks(self.book)

    def bytes(self) -> bytes:
        """The finished workbook."""
        self.book.close()
        return self.book.content

    def ink(self, name: str) -> Format:
        """One format by name."""
        return self.inks[name]

    # ---------------------------------------------------------------- what is counted
    @cached_property
    def banner(self) -> str:
        """The line above every total: county, year, and units that are missing or provisionally counted."""
        return f"汇总单位：{self._counted}"

    @cached_property
    def declared(self) -> str:
        """The line on the sheets of the return, which declare the county as the reporting unit."""
        return f"填报单位：{self._counted}"

    @cached_property
    def _counted(self) -> str:
        county = self.county
        total = len(county.counted) + len(county.missing)
        parts = [
            self.outcome.control.profile.root,
            f"报告年度：{self.outcome.year}年",
            f"已计入 {len(county.counted)} / {total} 个单位",
        ]
        if county.lacking:
            parts.append(MISSING + "、".join(county.lacking))
        if county.provisional:
            parts.append(PROVISIONAL + _names(county.provisional))
        return "　".join(parts)

    # ---------------------------------------------------------------- sheets
    def sheet(self, name: str) -> Worksheet:
        """A new sheet, the next in the workbook."""
        return self.book.add_worksheet(name)

    def listing(self, part: Part[T], headings: Sequence[str], widths: Sequence[float]) -> Worksheet:
        """Add a sheet with title, line on completeness and headings; its rows begin below `TOP`."""
        sheet = self.sheet(part.name)
        self.draw_head(sheet, part.title, self.banner, headings, widths)
        return sheet

    def short_listing(self, name: str, headings: Sequence[str], widths: Sequence[float]) -> Worksheet:
        """Add a sheet for a list that cannot become long."""
        return self.listing(next(parts(name, (), 1)), headings, widths)

    def rows(
        self,
        name: str,
        headings: Sequence[str],
        widths: Sequence[float],
        entries: Sequence[T],
        write: Callable[[Worksheet, int, T], None],
        most: int = ROWS,
    ) -> None:
        """Write a list of any length: ``write`` puts an entry into its row."""
        for part in parts(name, entries, most):
            sheet = self.listing(part, headings, widths)
            for row, entry in enumerate(part.entries, TOP + 1):
                write(sheet, row, entry)
            self.draw_end(sheet, len(headings), len(part.entries))

    def long_sheet(self, name: str) -> LongList:
        """Add a sheet for very many cells."""
        sheet: LongList = self.book.add_worksheet(name, worksheet_class=LongList)
        return sheet

    def draw_head(
        self, sheet: Worksheet, title: str, banner: str, headings: Sequence[str], widths: Sequence[float]
    ) -> None:
        """Title, banner, headings, widths and page of a list."""
        head(sheet, self.inks, title, banner, len(headings), chars=sum(widths))
        for col, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            sheet.set_column(col, col, width)
            sheet.write_string(TOP, col, heading, self.ink("heading"))
        sheet.freeze_panes(TOP + 1, 0)
        page(sheet, landscape=True, repeat=(0, TOP), tall=0)

    def draw_end(self, sheet: Worksheet, width: int, rows: int) -> None:
        """End a list: a filter, or a note that it is empty."""
        if rows:
            sheet.autofilter(TOP, 0, TOP + rows, width - 1)
        else:
            sheet.merge_range(TOP + 1, 0, TOP + 1, width - 1, "（无）", self.ink("value"))

    # ---------------------------------------------------------------- cells
    def text(self, sheet: Worksheet, row: int, col: int, text: str, ink: str = "value_left") -> None:
        """Write a text; one that is too long for a cell is cut with a visible mark."""
        sheet.write_string(row, col, cut(text), self.ink(ink))

    def texts(self, sheet: Worksheet, row: int, texts: Sequence[str], ink: str = "value_left") -> None:
        """A row of texts from the first column on."""
        for col, text in enumerate(texts):
            self.text(sheet, row, col, text, ink)

    def number(self, sheet: Worksheet, row: int, col: int, value: Figure | None, ink: str = "value") -> None:
        """Write a figure; a blank cell when there is none."""
        if value is None:
            sheet.write_blank(row, col, None, self.ink(ink))
        else:
            sheet.write_number(row, col, value, self.ink(ink))

    def file(self, sheet: Worksheet, row: int, col: int, name: str) -> None:
        """Write a file name that links to the file."""
        sheet.write_url(row, col, f"external:{self.path(name)}", self.ink("link"), name)

    def cell(self, sheet: Worksheet, row: int, col: int, file: str, where: tuple[str, str]) -> None:
        """Write a cell address that links to the cell in its file."""
        sheet.write_url(row, col, self.target(file, *where), self.ink("link"), where[1])

    def target(self, file: str, at: str, cell: str) -> str:
        """Return the target of a link to a cell of a returned workbook."""
        return f"external:{self.path(file)}#'{at}'!{cell}"

    def path(self, name: str) -> str:
        """Return the path of an input file relative to county.xlsx."""
        return f"../../inputs/{self.outcome.year}/{name}".replace("#", "%23")


def cut(text: str) -> str:
    """Return a text as a cell takes it: one that is too long is cut with a visible mark."""
    if len(text) <= _LONGEST:
        return text
    rest = len(text) - _LONGEST + 20
    return f"{text[:-rest]}……（余下 {rest} 字略）"


def _names(standings: Sequence[Standing] | Sequence[CountedReturn]) -> str:
    names = "、".join(standing.unit.name for standing in standings[:_NAMED])
    return names if len(standings) <= _NAMED else f"{names}等 {len(standings)} 个（全部见“报送情况”）"
