"""One arrival through reading: open, establish whose it is, prove the labels, take the values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from pipeline import opinions
from pipeline.control import Control
from pipeline.findings import Finding, notice
from pipeline.form import Form
from pipeline.layout import Layout, Place, defined_names
from pipeline.read.identity import Registrar
from pipeline.read.labels import Chart, Rows, charts
from pipeline.read.locate import Locator, SheetPlan, as_issued, grid, sheet_plans
from pipeline.read.normalise import read_text
from pipeline.read.reasons import ReasonPlan
from pipeline.read.values import Evaluator, hidden
from pipeline.read.workbook import UnreadableError, read_workbook
from pipeline.returns import Arrival, Opened, Sheet, Submission, Unclaimed


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the returns of one year; everything it needs is fixed, and worked out once, before the first file."""

    form: Form
    layout: Layout
    control: Control
    secret: bytes

    def read(self, opened: Opened) -> Submission | Unclaimed:
        """The submission in an arrival behind the guard, or why nobody can be held to it."""
        arrival = opened.arrival
        if not opened.format:
            return Unclaimed(arrival=arrival, findings=arrival.findings)
        try:
            workbook = read_workbook(opened)
        except UnreadableError as error:
            return _unclaimed(arrival, notice("I1", name=arrival.name, reason=error))
        remarks = (*arrival.findings, *workbook.findings)
        names = opened.parts.get("xl/workbook.xml", b"")
        return self.read_cells(arrival, workbook.sheets, names=names, remarks=remarks)

    def read_cells(
        self,
        arrival: Arrival,
        sheets: Mapping[str, Sheet],
        *,
        names: bytes = b"",
        remarks: Sequence[Finding] = (),
    ) -> Submission | Unclaimed:
        """The same for a workbook whose cells have been read already.

        ``names`` is its workbook.xml, where the defined names stand; ``remarks`` is what was found on the way.
        """
        book = {name: grid(sheet) for name, sheet in sheets.items()}
        identified = self._registrar.identify(arrival, book)
        if isinstance(identified, Finding):
            return _unclaimed(arrival, identified)
        unit, findings = identified.unit, [*remarks, *identified.findings]
        places: Mapping[str, Place]
        if self._whole and as_issued(self._plans, self.layout, book):
            places = self.layout.places
            values, told = self._evaluator.as_issued(self._plans, book, sheets, unit)
        else:
            located = self._locator(names, book).locate()
            findings += located.findings
            places = {self.form.items[index].code: place for index, place in sorted(located.places.items())}
            values, told = self._evaluator.located(located.places, book, sheets, unit)
        findings += told
        findings += hidden(places, sheets)
        return Submission(
            arrival=arrival,
            unit=unit,
            values=self.form.vector(values),
            places=places,
            reasons=_written(_opinions(book) | self._reasons.read(book)),
            findings=tuple(finding.at(unit=unit, file=arrival.name) for finding in findings),
        )

    def _locator(self, workbook_xml: bytes, book: Mapping[str, Rows]) -> Locator:
        @cache
        def names() -> Mapping[str, Place]:
            return defined_names(workbook_xml) if workbook_xml else {}  # only OOXML has them; labels prove the rest

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


def _unclaimed(arrival: Arrival, finding: Finding) -> Unclaimed:
    return Unclaimed(arrival=arrival, findings=(finding.at(file=arrival.name), *arrival.findings))


def _written(reasons: Mapping[str, str]) -> dict[str, str]:
    """Reasons as texts are read: without control characters."""
    texts = ((key, read_text(text).value) for key, text in reasons.items())
    return {key: text for key, text in texts if isinstance(text, str)}


def _opinions(book: Mapping[str, Rows]) -> dict[str, str]:
    """The reasons on the first sheet of a correction that came back, by rule and item: ``P4@t3.other.other.total``."""
    given = opinions.given_reasons(book.get(opinions.SHEET, ()))
    return {f"{code}@{item}": text for (code, item), text in given.items()}
