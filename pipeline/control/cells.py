"""Rows of a 台账 sheet, read by column name. A cell that cannot be understood becomes a finding."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from xlsxwriter.utility import xl_rowcol_to_cell

from pipeline.layout import plain
from pipeline.model.control import CONTROL_FILE, LATER_COLUMNS
from pipeline.model.finding import Finding, notice

_DATE = re.compile(r"^(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?$")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HEADER_SEARCH = 6
_LIMIT = Decimal(10**9)
"""No figure of a return is as large either, and with it no sum leaves 64 bits."""


class ControlRow:
    """One data row of a sheet; every accessor notes what is wrong and returns a safe value."""

    def __init__(
        self, sheet: str, row: int, columns: Mapping[str, int], cells: Sequence[object], findings: list[Finding]
    ) -> None:
        self.sheet, self._row, self._columns, self._cells, self._findings = sheet, row, columns, cells, findings

    def cell(self, column: str) -> str:
        """The address of this row's cell in ``column``."""
        return str(xl_rowcol_to_cell(self._row, self._columns.get(column, 0)))

    @property
    def line(self) -> int:
        """The number of the row as a clerk counts it."""
        return self._row + 1

    def raw(self, column: str) -> object:
        """Return the value of the cell; an empty text for a blank."""
        at = self._columns.get(column)
        return self._cells[at] if at is not None and at < len(self._cells) else ""

    def text(self, column: str) -> str:
        """The cell as text; a number loses its ``.0`` and nothing else."""
        return as_text(self.raw(column))

    def date(self, column: str) -> dt.date | None:
        """A date cell, or a date written as text in one of the usual ways."""
        raw = self.raw(column)
        if isinstance(raw, dt.datetime):
            return raw.date()
        if isinstance(raw, dt.date):
            return raw
        text = plain(raw)
        if not text:
            return None
        if match := _DATE.match(text):
            year, month, day = (int(group) for group in match.groups())
            try:
                return dt.date(year, month, day)
            except ValueError:
                pass
        self.wrong(column, "像 2025-01-20 这样的日期")
        return None

    def number(self, column: str, *, scale: int) -> int | Decimal | None:
        """An exact signed number below 10 to the 9th with at most ``scale`` decimals; ``None`` with a finding otherwise."""
        try:
            value = Decimal(plain(as_text(self.raw(column))))
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_finite() and abs(value) >= _LIMIT:
            self.wrong(column, "绝对值不到 10 亿的数")
            return None
        if value.is_finite() and value == value.quantize(Decimal(1).scaleb(-scale)):
            return value if scale else int(value)
        self.wrong(column, f"最多 {scale} 位小数的数字" if scale else "整数")
        return None

    def wrong(self, column: str, expected: str) -> None:
        """Add a finding: the cell is not what it should be."""
        self.note("T3", column, found=self.text(column) or "（空白）", expected=expected)

    def note(self, code: str, column: str, **words: object) -> None:
        """Add any other finding at the cell."""
        where = {"file": CONTROL_FILE, "sheet": self.sheet, "cell": self.cell(column)}
        self._findings.append(notice(code, where=where, column=column, row=self._row + 1, **words))

    @property
    def blank(self) -> bool:
        """Whether all known columns are blank."""
        return not any(self.text(column) for column in self._columns)


def as_text(raw: object) -> str:
    """Return the text a clerk sees in the cell, without outer blanks and without control characters, which databases
    refuse.
    """
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() else repr(raw)
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    return _INVISIBLE.sub("", str(raw)).strip()


def rows(
    sheet: str,
    start: tuple[int, int],
    grid: Sequence[Sequence[object]],
    columns: Sequence[str],
    findings: list[Finding],
) -> Iterator[ControlRow]:
    """Yield the data rows below the row of headings, which may be any of the first rows.

    A sheet without its headings yields nothing and leaves a finding.
    """
    headings = [_headings(start[1], cells) for cells in grid[:_HEADER_SEARCH]]
    top = next((n for n, found in enumerate(headings) if plain(columns[0]) in found), None)
    if top is None:
        where = {"file": CONTROL_FILE, "sheet": sheet}
        findings.append(notice("T2", where=where, sheet=sheet, columns="、".join(columns)))
        return
    found, body = headings[top], top + 1
    missing = [column for column in columns if plain(column) not in found and column not in LATER_COLUMNS]
    if missing:
        findings.append(
            notice("T2", where={"file": CONTROL_FILE, "sheet": sheet}, sheet=sheet, columns="、".join(missing))
        )
    at = {column: found[plain(column)] for column in columns if plain(column) in found}
    for n, cells in enumerate(grid[body:], start[0] + body):
        row = ControlRow(sheet, n, at, [""] * start[1] + list(cells), findings)
        if not row.blank:
            yield row


def _headings(left: int, cells: Sequence[object]) -> dict[str, int]:
    """Return the texts of a row by column."""
    return {plain(text): left + n for n, text in enumerate(cells) if isinstance(text, str) and text.strip()}
