"""The cells of the proven places to values, and what must be said about each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.form import Form, Item, Rule, Value, printed
from pipeline.layout import Place
from pipeline.model.control import Control
from pipeline.model.finding import Finding, notice, violation
from pipeline.model.submission import Repair, Sheet
from pipeline.road.read.locate import SheetPlan
from pipeline.workbook.cells.grid import Rows, value_at
from pipeline.workbook.cells.looks import read_look
from pipeline.workbook.cells.normalise import LIMIT, Reading, as_shown, read_number, read_text

_ZERO: Mapping[str, Value] = {"count": 0, "money": Decimal(0)}


_NOTICES: Mapping[Repair, str] = {
    Repair.RETYPED: "V1",
    Repair.ZEROED: "V2",
    Repair.CONVERTED: "V3",
    Repair.NOTE: "V4",
}


@dataclass(kw_only=True)
class Taken:
    """What was taken from the cells of one return: values by the position of their item, repairs by its code."""

    values: list[Value]
    repairs: dict[str, tuple[Repair, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """Reads the cells of one year's returns; ``blank`` and ``number`` are the rules S2 and S3.

    ``silent`` are the items a blank cell of which is nothing to speak of.
    """

    form: Form
    control: Control
    blank: Rule
    number: Rule
    silent: frozenset[int]

    @classmethod
    def of(cls, form: Form, control: Control) -> Evaluator:
        """The evaluator of a form under the settings of a 台账."""
        silent = frozenset(index for index, item in enumerate(form.items) if not (item.required or item.source))
        return cls(form=form, control=control, blank=form.rule("S2"), number=form.rule("S3"), silent=silent)

    def as_issued(
        self, plans: Sequence[SheetPlan], book: Mapping[str, Rows], sheets: Mapping[str, Sheet], unit: str
    ) -> Taken:
        """Values at the issued places; a plain whole number in a count's cell is taken without further ado."""
        taken = Taken(values=[None] * len(self.form.items))
        values = taken.values
        for plan in plans:
            rows, sheet = plan.padded(book[plan.sheet]), sheets[plan.sheet]
            plain = _is_plain(sheet, plan)
            for index, row, col in plan.counts:
                raw = rows[row][col]
                if type(raw) is float and plain and 0 <= raw < LIMIT and raw == (whole := int(raw)):
                    values[index] = whole
                elif raw != "" or not plain or index not in self.silent:
                    self._take(taken, index, raw, Place(plan.sheet, row, col), sheet, unit)
            for index, row, col in plan.others:
                raw = rows[row][col]
                if raw != "" or not plain or index not in self.silent:
                    self._take(taken, index, raw, Place(plan.sheet, row, col), sheet, unit)
        return taken

    def located(
        self, places: Mapping[int, Place], book: Mapping[str, Rows], sheets: Mapping[str, Sheet], unit: str
    ) -> Taken:
        """Values at the places that were proven; an item without one stays ``None``, its S1 has been told."""
        taken = Taken(values=[None] * len(self.form.items))
        for index, place in places.items():
            raw = value_at(book[place.sheet], place.row, place.col)
            self._take(taken, index, raw, place, sheets[place.sheet], unit)
        return taken

    def _take(self, taken: Taken, index: int, raw: object, place: Place, sheet: Sheet, unit: str) -> None:
        """Put the value of one cell and what must be said about it into ``taken``."""
        item = self.form.items[index]
        reading = _trouble(sheet, place, raw, item) or (read_number(raw, item) if item.numeric else read_text(raw))
        if self._is_missing(item, reading, unit) and self.control.profile.blanks == "zero" and sheet.scanned:
            # a blank counts as 0 only where nothing unseen can stand in it
            reading = Reading(value=_ZERO[item.kind], shown="空白", repairs=(Repair.ZEROED,))
        taken.values[index] = reading.value
        if item.numeric and reading.repairs:
            taken.repairs[item.code] = reading.repairs
        where = {"sheet": place.sheet, "cell": place.cell, "item": item.code}
        taken.findings.extend(finding.at(**where) for finding in self._findings(item, reading, unit))

    def _is_missing(self, item: Item, reading: Reading, unit: str) -> bool:
        """Whether a figure that this unit must give was left blank."""
        if reading.reason or reading.value is not None or item.mode != "entered" or not item.numeric:
            return False
        return bool(item.required or (item.source and self.control.profile.sources.get(item.source) == unit))

    def _findings(self, item: Item, reading: Reading, unit: str) -> Iterator[Finding]:
        """What must be said about a cell, if anything."""
        if reading.reason:
            yield violation(
                self.number, label=item.label, found=reading.shown, reason=reading.reason, expected=_expected(item)
            )
        elif self._is_missing(item, reading, unit):
            yield violation(self.blank, label=item.label, found="空白", expected=_expected(item))
        for repair in reading.repairs if item.numeric else ():
            assert isinstance(reading.value, int | Decimal)
            found, value = reading.shown.strip(), printed(reading.value)
            yield notice(_NOTICES[repair], label=item.label, found=found, value=value, unit=item.unit)


def hidden(places: Mapping[str, Place], sheets: Mapping[str, Sheet]) -> Iterator[Finding]:
    """One info for each sheet whose hidden rows or columns hold items: they were read like all others."""
    for name, sheet in sheets.items():
        if not sheet.hidden_rows and not sheet.hidden_columns:
            continue
        mine = [place for place in places.values() if place.sheet == name]
        rows = sorted({place.row + 1 for place in mine} & {row + 1 for row in sheet.hidden_rows})
        columns = sorted({place.col for place in mine} & sheet.hidden_columns)
        if rows or columns:
            told = [f"第 {'、'.join(map(str, rows))} 行"] if rows else []
            told += [f"{'、'.join(Place(name, 0, col).cell[:-1] for col in columns)} 列"] if columns else []
            yield notice("L8", where={"sheet": name}, sheet=name, found="，".join(told))


def _is_plain(sheet: Sheet, plan: SheetPlan) -> bool:
    """Whether every cell of a sheet simply shows what it holds, as far as its figures go."""
    if sheet.errors or sheet.uncomputed or sheet.pictures or sheet.looks or sheet.stale:
        return False
    return sheet.covered.isdisjoint(plan.corners)


def _trouble(sheet: Sheet, place: Place, raw: object, item: Item) -> Reading | None:
    """What the cell's own content does not show: an error value, a formula never computed, a picture, another look."""
    at = (place.row, place.col)
    if literal := sheet.errors.get(at):
        return Reading(reason="公式已失效", shown=literal)
    if at in sheet.uncomputed:
        return Reading(reason="公式未计算，请打开后保存", shown="未计算的公式")
    if at in sheet.pictures:
        return Reading(reason="单元格里是图片，不是数字", shown="图片")
    if not item.numeric or raw == "":
        return None
    if at in sheet.covered:
        return Reading(reason="被合并的单元格盖住，表上看不见", shown=as_shown(raw))
    if at in sheet.stale and item.mode == "entered":
        return Reading(reason="公式未计算，请打开后保存", shown="未计算的公式")
    look = sheet.looks.get(at)
    return read_look(raw, look, item) if look else None


def _expected(item: Item) -> str:
    if item.kind == "money":
        return f"不小于 0 的数字，最多 {item.scale} 位小数"
    return "整数，减少的用负号" if item.signed else "不小于 0 的整数"
