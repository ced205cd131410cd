"""One arrival through reading: open, establish whose it is, prove the labels, take the values."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from lxml import etree

from pipeline.control import Control
from pipeline.findings import Finding, notice
from pipeline.form import Form
from pipeline.layout import Layout, Place, defined_names
from pipeline.read.identity import Registrar
from pipeline.read.labels import Chart, Rows, charts
from pipeline.read.locate import Locator, SheetPlan, as_issued, grid, sheet_plans
from pipeline.read.reasons import ReasonPlan
from pipeline.read.values import Evaluator, hidden
from pipeline.read.workbook import Unreadable, read_sheets
from pipeline.returns import Arrival, Sheet, Submission, Unclaimed


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the returns of one year; everything it needs is fixed, and worked out once, before the first file."""

    form: Form
    layout: Layout
    control: Control
    secret: bytes

    def read(self, arrival: Arrival) -> Submission | Unclaimed:
        """The submission in an arrival, or why nobody can be held to it."""
        if arrival.findings:
            return Unclaimed(arrival=arrival, findings=arrival.findings)
        try:
            sheets = read_sheets(arrival.path)
        except Unreadable as error:
            return self._unclaimed(arrival, notice("I1", name=arrival.name, reason=error))
        return self.read_cells(arrival, sheets)

    def read_cells(self, arrival: Arrival, sheets: Mapping[str, Sheet]) -> Submission | Unclaimed:
        """The same for a workbook whose cells have been read already."""
        book = {name: grid(sheet) for name, sheet in sheets.items()}
        identified = self._registrar.identify(arrival, book)
        if isinstance(identified, Finding):
            return self._unclaimed(arrival, identified)
        unit, findings = identified.unit, list(identified.findings)
        places: Mapping[str, Place]
        if self._whole and as_issued(self._plans, self.layout, book):
            places = self.layout.places
            values, remarks = self._evaluator.as_issued(self._plans, book, sheets, unit)
        else:
            located = self._locator(arrival, book).locate()
            findings += located.findings
            places = {self.form.items[index].code: place for index, place in sorted(located.places.items())}
            values, remarks = self._evaluator.located(located.places, book, sheets, unit)
        findings += remarks
        findings += hidden(places, sheets)
        return Submission(
            arrival=arrival,
            unit=unit,
            values=values,
            places=places,
            reasons=self._reasons.read(book),
            findings=tuple(finding.at(unit=unit, file=arrival.name) for finding in findings),
        )

    def _unclaimed(self, arrival: Arrival, finding: Finding) -> Unclaimed:
        return Unclaimed(arrival=arrival, findings=(finding.at(file=arrival.name),))

    def _locator(self, arrival: Arrival, book: Mapping[str, Rows]) -> Locator:
        @cache
        def names() -> Mapping[str, Place]:
            try:
                return defined_names(arrival.path)
            except (OSError, KeyError, zipfile.BadZipFile, etree.XMLSyntaxError, NotImplementedError, RuntimeError):
                return {}  # only an .xlsx has names we can read; the labels prove the rest

        return Locator(
            form=self.form, layout=self.layout, plans=self._plans, charts=self._charts, book=book, names=names
        )

    @cached_property
    def _plans(self) -> tuple[SheetPlan, ...]:
        return sheet_plans(self.form, self.layout)

    @cached_property
    def _whole(self) -> bool:
        """Whether the template still places every item; where it does not, labels alone must find them."""
        return len(self.layout.places) == len(self.form.items)

    @cached_property
    def _charts(self) -> tuple[Chart, ...]:
        return charts(self.form)

    @cached_property
    def _registrar(self) -> Registrar:
        return Registrar(form=self.form, layout=self.layout, control=self.control, secret=self.secret)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator.of(self.form, self.control)

    @cached_property
    def _reasons(self) -> ReasonPlan:
        return ReasonPlan.of(self.form, self.layout)
