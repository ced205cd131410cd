"""The cells of the proven places to values, with findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pipeline.form import Figure, Form, Item, Rule, Value, print_figure
from pipeline.form.expressions import total
from pipeline.layout import Place
from pipeline.layout.summary import NOTHING_TABLES
from pipeline.model.control import Control
from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Repair, Sheet
from pipeline.road.read.locate import SheetPlan
from pipeline.road.read.nothing import Answer, contradictions, read_switch, tell_unclear
from pipeline.road.read.remarks import Remark, tell
from pipeline.workbook.cells.grid import Rows, value_at
from pipeline.workbook.cells.looks import read_look
from pipeline.workbook.cells.normalise import LIMIT, CellReading, as_shown, read_number, read_text

_ZERO: Mapping[str, Value] = {"count": 0, "money": Decimal(0)}


_NOTICES: Mapping[Repair, str] = {
    Repair.RETYPED: "V1",
    Repair.LEFT_OUT: "V7",
    Repair.ZEROED: "V2",
    Repair.CONVERTED: "V3",
    Repair.NOTE: "V4",
    Repair.COMPUTED: "V5",
}


@dataclass(kw_only=True)
class Taken:
    """The values taken from the cells of one return: values by the position of their item, repairs by its code.

    ``texts`` are the positions of figures that were typed as text, which a workbook's own sums leave out. ``nothing``
    tells that the unit set the switch for no requests and no cases, ``unclear`` an answer that cannot be taken.
    """

    values: list[Value]
    repairs: dict[str, tuple[Repair, ...]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    texts: set[int] = field(default_factory=set)
    nothing: bool = False
    unclear: Answer | None = None
    blanks: dict[int, Place] = field(default_factory=dict)
    open_totals: dict[int, Place] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Evaluator:
    """Reads the cells of one year's returns; ``blank`` and ``number`` are the rules S2 and S3.

    ``silent`` are the items that may be left blank, ``totals`` those with a formula, ``tables`` the statutory ones.
    """

    form: Form
    control: Control
    blank: Rule
    number: Rule
    silent: frozenset[int]
    totals: frozenset[int]
    tables: frozenset[str]

    @classmethod
    def of(cls, form: Form, control: Control) -> Evaluator:
        """The evaluator of a form under the settings of a 台账."""
        silent = frozenset(index for index, item in enumerate(form.items) if not (item.required or item.source))
        totals = frozenset(index for index, item in enumerate(form.items) if item.code in form.formulas)
        return cls(
            form=form,
            control=control,
            blank=form.rule("S2"),
            number=form.rule("S3"),
            silent=silent,
            totals=totals,
            tables=frozenset(table.code for table in form.tables),
        )

    def take_issued(
        self, plans: Sequence[SheetPlan], book: Mapping[str, Rows], sheets: Mapping[str, Sheet], unit: str
    ) -> Taken:
        """Values at the issued places; a plain whole number in the cell of a count is taken directly."""
        nothing, unclear = read_switch(book, sheets, [plan.sheet for plan in plans])
        taken = Taken(values=[None] * len(self.form.items), nothing=nothing, unclear=unclear)
        values = taken.values
        for plan in plans:
            rows, sheet, places = plan.pad(book[plan.sheet]), sheets[plan.sheet], plan.places
            plain = _is_plain(sheet, plan)
            for index, row, col in plan.counts:
                raw = rows[row][col]
                if type(raw) is float and plain and 0 <= raw < LIMIT and raw == (whole := int(raw)):
                    values[index] = whole
                elif raw != "" or not plain or index not in self.silent or index in self.totals:
                    self._take(taken, index, raw, places[index], sheet)
            for index, row, col in plan.others:
                raw = rows[row][col]
                if raw != "" or not plain or index not in self.silent:
                    self._take(taken, index, raw, places[index], sheet)
        cells: dict[int, Place] = {}
        for plan in plans:
            cells |= plan.places
        return self._finish(taken, sheets, unit, cells)

    def take_located(
        self, places: Mapping[int, Place], book: Mapping[str, Rows], sheets: Mapping[str, Sheet], unit: str
    ) -> Taken:
        """Values at the places that were proven; an item without one stays ``None``, its S1 was reported."""
        nothing, unclear = read_switch(book, sheets, sorted({place.sheet for place in places.values()}))
        taken = Taken(values=[None] * len(self.form.items), nothing=nothing, unclear=unclear)
        for index, place in places.items():
            raw = value_at(book[place.sheet], place.row, place.col)
            self._take(taken, index, raw, place, sheets[place.sheet])
        return self._finish(taken, sheets, unit, places)

    def _take(self, taken: Taken, index: int, raw: object, place: Place, sheet: Sheet) -> None:
        """Put the value of one cell and its remarks into ``taken``; blanks are settled at the end."""
        item = self.form.items[index]
        if index in self.totals and (raw == "" or (place.row, place.col) in sheet.uncomputed):
            taken.open_totals[index] = place
            return
        reading = _trouble(sheet, place, raw, item) or (read_number(raw, item) if item.numeric else read_text(raw))
        taken.values[index] = reading.value
        if isinstance(raw, str) and Repair.RETYPED in reading.repairs:
            taken.texts.add(index)
        if item.numeric and item.mode == "entered" and reading.value is None and not reading.reason:
            taken.blanks[index] = place
            return
        self._tell_cell(taken, item, reading, place)

    def _tell_cell(self, taken: Taken, item: Item, reading: CellReading, place: Place) -> None:
        """Add the remarks about a cell, if any."""
        if reading.reason:
            words = {"found": reading.shown, "reason": reading.reason, "expected": _describe_expected(item)}
            taken.remarks.append(Remark(says=self.number, item=item, place=place, words=words))
        if not item.numeric or not reading.repairs:
            return
        taken.repairs[item.code] = reading.repairs
        for repair in reading.repairs:
            assert isinstance(reading.value, int | Decimal)
            words = {"found": reading.shown.strip(), "value": print_figure(reading.value), "unit": item.unit}
            apart = repair is Repair.CONVERTED
            taken.remarks.append(Remark(says=_NOTICES[repair], item=item, place=place, words=words, apart=apart))

    # ---------------------------------------------------------------- what shows only when all cells are read
    def _finish(self, taken: Taken, sheets: Mapping[str, Sheet], unit: str, places: Mapping[int, Place]) -> Taken:
        """Settle blanks and totals, and turn all remarks into findings."""
        self._settle_blanks(taken, sheets, unit, places)
        self._complete_totals(taken)
        if taken.texts:
            self._correct_totals(taken)
        self._drop_echoes(taken)
        items = self.form.items
        entries = (place for index, place in places.items() if items[index].mode == "entered" and items[index].numeric)
        taken.findings[:0] = tell(taken.remarks, entries)
        return taken

    def _settle_blanks(self, taken: Taken, sheets: Mapping[str, Sheet], unit: str, places: Mapping[int, Place]) -> None:
        """Settle the blanks of figures that this unit must give: missing, or 0 where the office has set it so. A blank
        counts as 0 only when nothing invisible can be in it, and never in a return without any entry; a table that is
        blank as a whole gets a warning.
        """
        if not taken.blanks and not taken.nothing:
            return
        items = self.form.items
        missing = {index: place for index, place in taken.blanks.items() if self._is_due(items[index], unit)}
        entered = {
            item.table
            for item, value in zip(items, taken.values, strict=True)
            if item.mode == "entered" and not item.carry and isinstance(value, int | Decimal)
        }
        # a return without any entry is a blank form, whatever the office lets blanks count as
        zero = self.control.profile.blanks == "zero" and bool(entered)
        for index, place in missing.items():
            item = items[index]
            if taken.nothing and item.table in NOTHING_TABLES:
                taken.values[index] = _ZERO[item.kind]
                taken.repairs[item.code] = (Repair.ZEROED,)
                continue
            # an unscanned sheet may hide an uncomputed formula or a picture behind a blank
            if not (zero and sheets[place.sheet].scanned):
                words = {"found": "空白", "expected": _describe_expected(item)}
                taken.remarks.append(Remark(says=self.blank, item=item, place=place, words=words))
                continue
            taken.values[index] = _ZERO[item.kind]
            taken.repairs[item.code] = (Repair.ZEROED,)
            if item.table in entered or item.table not in self.tables:
                says = _NOTICES[Repair.ZEROED]
                taken.remarks.append(Remark(says=says, item=item, place=place, words={"found": "空白"}))
        if taken.nothing:
            taken.remarks.extend(contradictions(self.form, taken.values, places))
        if taken.unclear and any(items[index].table in NOTHING_TABLES for index in missing):
            taken.findings.append(tell_unclear(taken.unclear))
        # V6: a whole statutory table was left blank, which may be an oversight
        for table in self.tables if zero else ():
            blank = [place for index, place in missing.items() if items[index].table == table]
            if blank and table not in entered and not (taken.nothing and table in NOTHING_TABLES):
                where = {"sheet": blank[0].sheet, "cell": blank[0].cell, "key": f"V6.{table}", "operands": "blank"}
                taken.findings.append(notice("V6", where=where, sheet=blank[0].sheet, count=len(blank)))

    def _is_due(self, item: Item, unit: str) -> bool:
        """Whether this unit must give the figure."""
        return bool(item.required or (item.source and self.control.profile.sources.get(item.source) == unit))

    def _drop_echoes(self, taken: Taken) -> None:
        """Drop remarks that only repeat another one: a total that is no figure because an addend is none, and a figure
        typed as text that has another remark.
        """
        more = (_NOTICES[Repair.CONVERTED], _NOTICES[Repair.NOTE])
        richer = {remark.item.code for remark in taken.remarks if remark.says in more}
        plainly = _NOTICES[Repair.RETYPED]
        taken.remarks = [r for r in taken.remarks if r.says != plainly or r.item.code not in richer]
        told = {remark.item.code for remark in taken.remarks if remark.says is self.number}
        taken.remarks = [
            remark
            for remark in taken.remarks
            if remark.says is not self.number
            or remark.item.code not in self.form.formulas
            or told.isdisjoint(self.form.entries(remark.item.code))
        ]

    def _complete_totals(self, taken: Taken) -> None:
        """Compute uncalculated or cleared totals by their issued formula. The first is reported with the number of all;
        when an addend is missing or uncertain, only the addend is reported.
        """
        done: list[Place] = []
        open_ones = dict(taken.open_totals)
        while open_ones:
            ready = [index for index in open_ones if self._total(index, taken.values) is not None]
            if not ready:
                return self._tell_totals(taken, done)
            for index in ready:
                done.append(open_ones.pop(index))
                taken.values[index] = self._total(index, taken.values)
                taken.repairs[self.form.items[index].code] = (Repair.COMPUTED,)
        return self._tell_totals(taken, done)

    def _total(self, index: int, values: Sequence[Value]) -> Value:
        item = self.form.items[index]

        def value(code: str) -> Figure | None:
            found = values[self.form.position[code]]
            return None if isinstance(found, str) else found

        return total(self.form.formulas[item.code].right, value)

    def _correct_totals(self, taken: Taken) -> None:
        """Correct totals that leave out figures typed as text, as Excel's SUM does. Such a total is computed, so that
        no balance fails because of it; the cells that were left out are reported.
        """
        values, position = taken.values, self.form.position
        stated = list(values)
        left_out: set[int] = set()

        def sum_parts(code: str, texts: bool) -> Figure | None:
            at = position[code]
            value = (values if texts else stated)[at]
            if not texts and at in taken.texts:
                return 0
            return 0 if value is None or isinstance(value, str) else value

        for code in self.form.upwards:
            # only a total that is exactly what SUM gives without the text figures is corrected
            terms, value = self.form.formulas[code].right, stated[position[code]]
            if value is None or value != total(terms, lambda name: sum_parts(name, texts=False)):
                continue
            correct = total(terms, lambda name: sum_parts(name, texts=True))
            if correct != value:
                values[position[code]] = correct
                taken.repairs[code] = (Repair.COMPUTED,)
                left_out |= {position[term.name] for term in terms} & taken.texts
        for index in left_out:
            code = self.form.items[index].code
            repairs = taken.repairs[code]
            taken.repairs[code] = tuple(Repair.LEFT_OUT if repair is Repair.RETYPED else repair for repair in repairs)
        taken.remarks = [
            replace(remark, says=_NOTICES[Repair.LEFT_OUT])
            if remark.says == _NOTICES[Repair.RETYPED] and position[remark.item.code] in left_out
            else remark
            for remark in taken.remarks
        ]

    def _tell_totals(self, taken: Taken, done: Sequence[Place]) -> None:
        if done:
            first = min(done, key=lambda place: (place.sheet, place.row, place.col))
            where = {"sheet": first.sheet, "cell": first.cell}
            taken.findings.append(notice(_NOTICES[Repair.COMPUTED], where=where, count=len(done)))


def hidden_findings(places: Mapping[str, Place], sheets: Mapping[str, Sheet]) -> Iterator[Finding]:
    """Yield an info for each sheet with items in hidden rows or columns; they were read like all others."""
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
    """Whether every cell of a sheet shows the stored figure."""
    if sheet.errors or sheet.uncomputed or sheet.pictures or sheet.looks:
        return False
    # a total of 0 may well be right, whoever computed it; an entry cell with an old formula may not
    return sheet.covered.isdisjoint(plan.corners) and sheet.stale.isdisjoint(plan.entries)


def _trouble(sheet: Sheet, place: Place, raw: object, item: Item) -> CellReading | None:
    """Return the trouble of a cell that its content does not show: an error, an uncomputed formula, a picture, another
    look.
    """
    at = (place.row, place.col)
    if literal := sheet.errors.get(at):
        return CellReading(reason="公式已失效", shown=literal)
    if at in sheet.uncomputed:
        return CellReading(reason="看不出结果是多少", shown="未计算的公式")
    if at in sheet.pictures:
        return CellReading(reason="单元格里是图片，不是数字", shown="图片")
    if not item.numeric or raw == "":
        return None
    if at in sheet.covered:
        return CellReading(reason="被合并的单元格盖住，表上看不见", shown=as_shown(raw))
    if at in sheet.stale and item.mode == "entered":
        return CellReading(reason="看不出结果是多少", shown="未计算的公式")
    look = sheet.looks.get(at)
    return read_look(raw, look, item) if look else None


def _describe_expected(item: Item) -> str:
    if item.kind == "money":
        return f"不小于 0 的数字，最多 {item.scale} 位小数"
    return "整数，减少的用负号" if item.signed else "不小于 0 的整数"
