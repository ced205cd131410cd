"""Tables of a former year to values: the format they follow, the proven values, and the reasons for the others. A
published report, a web page and a workbook are read alike. Labels decide, positions never: a cell is believed only when
the labels around it spell an item's whole path (`pipeline.workbook.cells`). A blank is unknown, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from pipeline.form import Figure, Form, Item, Value, print_figure
from pipeline.layout import Place, plain
from pipeline.model.finding import Finding, notice, violation
from pipeline.model.past import Past
from pipeline.workbook.cells import (
    Chart,
    Rows,
    Sighting,
    Sightings,
    as_shown,
    charts,
    fold_width,
    label_key,
    labels_of,
    read_number,
    read_text,
    sight,
    value_at,
)
from pipeline.workbook.cells.lines import group_items

Source = Literal["年报", "报表"]
_GAPS = ("H3", "H5", "H8")
"""Under which code items are told that are blank, that are not to be found, that are said in two ways."""
_EXAMPLES, _LINES = 3, 8
"""How many examples a sentence gives, and of how many lines of a table each gets its own."""
_CORNER = re.compile("[勾钩]稽关系")
_PLAIN = re.compile(r"\s*-?[0-9]+(?:\.[0-9]+)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a document states: its organ, empty when it names none, and every year it names."""

    unit: str = ""
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The reading of one file of a former year.

    ``form`` is the format its tables follow, ``None`` when nothing was read; ``values`` by code of that form hold what
    was read with certainty and nothing else.
    """

    name: str
    sha256: str
    source: Source
    form: Form | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    stated: Stated = field(default_factory=Stated)
    findings: tuple[Finding, ...] = ()

    def past(self, unit: str, year: int) -> Past:
        """Return it as a unit's year, in the codes of its own form; the import must have a form."""
        assert self.form is not None
        return Past(
            unit=unit,
            year=year,
            form=self.form.id,
            source=self.source,
            file=self.name,
            sha256=self.sha256,
            values=self.values,
        )


def read_tables(
    name: str,
    sha256: str,
    grids: Mapping[str, Rows],
    forms: Sequence[Form],
    *,
    source: Source,
    stated: Stated | None = None,
) -> Imported:
    """Read the named grids by the form that most of their labels prove. Of two equal ones, that which covers a stated
    year is taken, else the newest.
    """
    said = stated or Stated()
    book = {sheet: _without_corners(rows) for sheet, rows in grids.items()}
    read = [_Reading(form=form, book=book, cells=source == "报表") for form in forms]
    # the form with the most proven cells; a stated year decides between equals
    best = max(
        (reading for reading in read if reading.seen),
        key=lambda reading: (
            reading.proven,
            any(reading.form.covers(year) for year in said.years),
            reading.form.from_year,
        ),
        default=None,
    )
    if best is None:
        finding = notice("H1", where={"file": name}, name=name, reason="没有找到年报的表格，或者表格的行列标题都对不上")
        return Imported(name=name, sha256=sha256, source=source, stated=said, findings=(finding,))
    values, findings = best.values()
    counts = [(table, sum(code.startswith(f"{table.code}.") for code in values)) for table in best.form.tables]
    counted = "、".join(f"{table.sheet} {count} 格" for table, count in counts)
    findings.insert(0, notice("H2", name=name, form=best.form.id, found=counted))
    if not values:
        findings.append(notice("H1", name=name, reason="表里没有一个能确定的数"))
    return Imported(
        name=name,
        sha256=sha256,
        source=source,
        form=best.form,
        values=values,
        stated=said,
        findings=tuple(finding.at(file=name) for finding in findings),
    )


def _without_corners(rows: Rows) -> Rows:
    """Drop the corner of 表三, a sentence that offices shorten and misspell, so that it proves nothing."""
    return [["" if isinstance(cell, str) and _CORNER.search(cell) else cell for cell in row] for row in rows]


@dataclass(kw_only=True)
class _Reading:
    """The grids read under one form; with ``cells`` findings name cell addresses."""

    form: Form
    book: Mapping[str, Rows]
    cells: bool
    seen: dict[str, Sightings] = field(init=False)
    charts: Sequence[Chart] = field(init=False)
    _findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.charts = charts(self.form)
        found = {chart.name: Sightings() for chart in self.charts}
        for sheet, rows in self.book.items():
            labels = labels_of(rows)
            for chart in self.charts:
                sight(sheet, rows, labels, chart, found[chart.name])
        statutory = {table.sheet for table in self.form.tables}
        proven = any(seen.found for name, seen in found.items() if name in statutory)
        self.seen = found if proven else {}

    @property
    def proven(self) -> int:
        """The number of cells of the statutory tables with proven labels."""
        tables = {table.code for table in self.form.tables}
        found = {sighting.index for seen in self.seen.values() for sighting in seen.found}
        return sum(self.form.items[index].table in tables for index in found)

    def values(self) -> tuple[dict[str, Value], list[Finding]]:
        """Return the certain values, and findings about the rest."""
        values: dict[str, Value] = {}
        tables = {table.sheet for table in self.form.tables}
        for chart in self.charts:
            seen = self.seen[chart.name]
            every = [item for index, item in enumerate(self.form.items) if index in chart.indexes]
            statutory = chart.name in tables
            if statutory and not seen.found:
                self._say("H6", table=chart.name, heading=self._heading(chart.name))
                continue
            other = [f"“{x}”写成“{y}”" for x, y in seen.reworded.items() if label_key(x) != label_key(y)]
            if other and statutory:
                more = f"等 {len(other)} 处" if len(other) > _EXAMPLES else ""
                self._say("H11", table=chart.name, found="；".join(other[:_EXAMPLES]) + more)
            places, differing = self._places(seen.found)
            read = {item.code: self._value(item, places[item.code]) for item in every if item.code in places}
            values |= {
                code: value for code, value in read.items() if value is not None and not code.startswith("meta.")
            }
            if statutory:
                self._gaps(chart.name, every, places, differing, seen.stray)
        if self.cells:
            self._hollow(values)
        order = self.form.position
        values = {code: values[code] for code in sorted(values, key=order.__getitem__)}
        self._findings += _balances(self.form, values)
        return values, self._findings

    def _hollow(self, values: dict[str, Value]) -> None:
        """Remove totals of a workbook with an unknown addend, which the formula counted as 0."""

        def hollow(code: str) -> bool:
            formula = self.form.formulas.get(code)
            if formula is None:
                return code not in values
            return any(hollow(term.name) for term in formula.right if term.name)

        for table in self.form.tables:
            gone = [item.code for item in self.form.of_table(table.code) if item.code in values and hollow(item.code)]
            for code in gone:
                del values[code]
            if gone:
                self._say("H16", table=table.sheet, count=len(gone))

    def _heading(self, sheet: str) -> str:
        return next(table.heading for table in self.form.tables if table.sheet == sheet)

    def _say(self, code: str, **words: Any) -> None:
        self._findings.append(notice(code, **words))

    def _places(self, found: Sequence[Sighting]) -> tuple[dict[str, Place], list[Item]]:
        """Return one place an item. A blank copy of a table does not count; copies that differ make it uncertain."""
        by_code: dict[str, list[Place]] = {}
        for sighting in found:
            by_code.setdefault(self.form.items[sighting.index].code, []).append(sighting.place)
        certain: dict[str, Place] = {}
        differing: list[Item] = []
        for code, places in by_code.items():
            filled = [place for place in places if self._show_cell(place)] or places[:1]
            if len({self._show_cell(place) for place in filled}) == 1:
                certain[code] = filled[0]
            else:
                differing.append(self.form.item(code))
        return certain, differing

    def _raw(self, place: Place) -> object:
        rows = self.book[place.sheet]
        return value_at(rows, place.row, place.col)

    def _show_cell(self, place: Place) -> str:
        """Return what a cell shows; empty for one that looks blank."""
        return plain(fold_width(as_shown(self._raw(place))))

    def _value(self, item: Item, place: Place) -> Value:
        raw = self._raw(place)
        reading = read_number(raw, item) if item.numeric else read_text(raw)
        words: dict[str, Any] = {"label": item.label, "found": reading.shown.strip(), "reason": reading.reason}
        if reading.reason:
            self._findings.append(notice("H4", where=self._at(item, place), **words))
        elif reading.repairs and not (isinstance(raw, str) and _PLAIN.fullmatch(raw)):
            assert not isinstance(reading.value, str | None)
            words["value"] = print_figure(reading.value)
            self._findings.append(notice("H10", where=self._at(item, place), **words))
        return reading.value

    def _at(self, item: Item, place: Place) -> dict[str, object]:
        return {"sheet": place.sheet, "cell": place.cell if self.cells else "", "item": item.code}

    def _gaps(
        self,
        table: str,
        every: Sequence[Item],
        places: Mapping[str, Place],
        differing: Sequence[Item],
        stray: Sequence[Place],
    ) -> None:
        """Yield a finding for every line that is blank, not found, or ambiguous."""
        blank = [item for item in every if item.code in places and not self._show_cell(places[item.code])]
        absent = [item for item in every if item.code not in places and item not in differing]
        for code, items in zip(_GAPS, (blank, absent, differing), strict=True):
            groups = list(group_items(items, every))
            if len(groups) > _LINES:
                self._say(code, table=table, label="", count=len(items))
                continue
            for what, label, mine in groups:
                self._say(code, table=table, label=f"“{label}”这一{what}", count=len(mine))
        for place in stray[:1]:
            self._say("H9", table=table, found=self._show_cell(place), row=place.row + 1)


def _balances(form: Form, values: Mapping[str, Value]) -> Iterator[Finding]:
    """Yield the balances of the form that do not hold; one with an unknown operand is skipped."""

    def figure(code: str) -> Figure | None:
        value = values.get(code)
        return None if isinstance(value, str) else value

    for rule in form.rules:
        if rule.kind != "linear" or rule.severity != "error" or rule.levels or rule.exempt or rule.unit_types:
            continue
        for equation in rule.equations:
            sides = equation.sides(figure)
            if equation.historic or sides is None or equation.holds(*sides) or not equation.is_asked(figure):
                continue
            left, right = sides
            words: dict[str, Any] = {
                "label": form.item(equation.left[0].name).label,
                "over": equation.over_label,
                "operands": "",
            }
            words |= {
                "left": print_figure(left),
                "right": print_figure(right),
                "difference": print_figure(abs(Decimal(left) - Decimal(right))),
            }
            detail = violation(rule, found=words["left"], expected=words["right"], **words).message.rstrip("。")
            where = {"item": equation.left[0].name, "key": equation.key}
            yield notice("H7", where=where, rule=rule.id, detail=detail, found=words["left"], expected=words["right"])
