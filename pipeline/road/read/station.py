"""One arrival through reading: open, establish whose it is, prove the labels, take the values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import MappingProxyType

from pipeline.form import LOCAL, Form
from pipeline.layout import IDENTITY_SHEET, LOCAL_SHEET, Layout, LocalPage, Place, defined_names, local_page, with_local
from pipeline.layout.design import BANNER_ROW, banner_name
from pipeline.model.control import Control
from pipeline.model.finding import Finding, clause, notice
from pipeline.model.submission import Arrival, Obstacle, Opened, Reason, Sheet, Submission, Unclaimed
from pipeline.road.read.beside import beside_findings
from pipeline.road.read.identity import Registrar
from pipeline.road.read.locate import Locator, SheetPlan, as_issued, grid, sheet_plans
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.reasons import ReasonPlan
from pipeline.road.read.saved import saved_time
from pipeline.road.read.values import Evaluator, hidden_findings
from pipeline.road.read.workbook import read_workbook
from pipeline.workbook import opinions
from pipeline.workbook.annex import find_lacking, is_annex, missing_in
from pipeline.workbook.cells import Chart, Rows, charts
from pipeline.workbook.cells.normalise import read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLayout:
    """The workbook as it was issued to units with the same local indicators and rules. ``whole`` tells that the
    template places every item; otherwise labels alone must find them.
    """

    layout: Layout
    plans: tuple[SheetPlan, ...]
    charts: tuple[Chart, ...]
    reasons: ReasonPlan
    whole: bool

    @classmethod
    def of(cls, form: Form, template: Layout, page: LocalPage) -> IssuedLayout:
        """Compute what these units share."""
        layout, local = with_local(template, page), tuple(item for _, item in page.items)
        statutory = len(form.items) - len(form.of_table(LOCAL))
        return cls(
            layout=layout,
            plans=sheet_plans(form, layout),
            charts=charts(form, local),
            reasons=ReasonPlan.of(form, layout),
            whole=len(layout.places) == statutory + len(local),
        )


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the returns of one year; everything it needs is computed once, before the first file."""

    form: Form
    layout: Layout
    control: Control
    secret: bytes

    def read(self, opened: Opened) -> Submission | Unclaimed:
        """Read the submission in an arrival behind the guard, or the reason why it is no unit's."""
        arrival = opened.arrival
        if arrival.obstacle:
            return Unclaimed(arrival=arrival, obstacle=arrival.obstacle, findings=arrival.findings)
        try:
            workbook = read_workbook(opened)
        except UnreadableError as error:
            obstacle = Obstacle(reason=Reason.UNREADABLE, words=clause("I1", reason=error))
            return _unclaim(arrival, obstacle, notice("I1", name=arrival.name, reason=error))
        unread = {finding.sheet: finding for finding in workbook.findings if finding.sheet}
        mine = {sheet: finding.message.rstrip("。") for sheet, finding in unread.items() if sheet in self.layout.sheets}
        others = (finding for finding in workbook.findings if finding.sheet not in mine)
        remarks = (*arrival.findings, *others, *self.format_findings(opened))
        names = opened.parts.get("xl/workbook.xml", b"")
        saved = saved_time(opened.parts, self.control.profile.year)
        result = self.read_cells(arrival, workbook.sheets, names=names, saved=saved, remarks=remarks, unread=mine)
        if isinstance(result, Unclaimed) and IDENTITY_SHEET in unread:
            cause = next((unread[sheet] for sheet in unread if sheet != IDENTITY_SHEET), unread[IDENTITY_SHEET])
            words = cause.message.rstrip("。")
            return _unclaim(arrival, Obstacle(reason=Reason.UNREADABLE, words=words), cause)
        return result

    def format_findings(self, opened: Opened) -> tuple[Finding, ...]:
        """Return the finding for a format that does not tell how a figure looks: the return is requested as .xlsx."""
        return (notice("L10"),) if opened.format == "xlsb" else ()

    def read_cells(
        self,
        arrival: Arrival,
        sheets: Mapping[str, Sheet],
        *,
        names: bytes = b"",
        saved: dt.datetime | None = None,
        remarks: Sequence[Finding] = (),
        unread: Mapping[str, str] = MappingProxyType({}),
    ) -> Submission | Unclaimed:
        """Read a workbook whose cells have been read already.

        ``names`` is its workbook.xml, where the defined names stand; ``saved`` when it was last saved; ``remarks`` are
        earlier findings, ``unread`` gives by issued sheet why it could not be read.
        """
        grids = {name: grid(sheet) for name, sheet in sheets.items()}
        book = {name: rows for name, rows in grids.items() if not is_annex(name, rows)}
        # whose return it is decides which local sheet it should have
        identified = self._registrar.identify(arrival, book)
        if isinstance(identified, Finding):
            return _unclaim(arrival, Obstacle(reason=Reason.UNCERTAIN), identified)
        unit = identified.unit
        findings = [*remarks, *identified.findings, *self._registrar.namesakes(arrival, unit)]
        findings += self._registrar.senders(arrival, unit)
        issued = self._issued_layout(unit)
        if lacking := find_lacking(grids):
            findings.append(notice("C4", found=lacking))
        places: Mapping[str, Place]
        fast = issued.whole and as_issued(issued.plans, issued.layout, book)
        # the fast path reads issued places directly; otherwise labels have to prove every place
        if fast:
            places = issued.layout.places
            taken = self._evaluator.take_issued(issued.plans, book, sheets, unit)
        else:
            located = self._locator(issued, names, book, unread).locate()
            findings += located.findings
            places = {self.form.items[index].code: place for index, place in sorted(located.places.items())}
            taken = self._evaluator.take_located(located.places, book, sheets, unit)
        findings += taken.findings
        findings += beside_findings(places, issued.plans, book, issued=fast)
        findings += hidden_findings(places, sheets)
        return Submission(
            arrival=arrival,
            unit=unit,
            values=self.form.vector(taken.values),
            places=places,
            reasons=_clean_reasons(_opinions(book) | issued.reasons.read(book)),
            repairs=taken.repairs,
            saved=saved,
            lacking=missing_in(lacking),
            findings=tuple(finding.at(unit=unit, file=arrival.name) for finding in findings),
        )

    def _locator(
        self, issued: IssuedLayout, workbook_xml: bytes, book: Mapping[str, Rows], unread: Mapping[str, str]
    ) -> Locator:
        @cache
        def names() -> Mapping[str, Place]:
            return defined_names(workbook_xml) if workbook_xml else {}  # only OOXML has them; labels prove the rest

        return Locator(
            form=self.form,
            layout=issued.layout,
            plans=issued.plans,
            charts=issued.charts,
            book=book,
            names=names,
            unread=unread,
        )

    def _issued_layout(self, unit: str) -> IssuedLayout:
        """Return how the workbook of a unit was issued; units with the same local indicators share it."""
        if unit not in self._units:
            kind = self.control.by_code[unit].type
            page = local_page(self.form, self.layout.places, unit=unit, unit_type=kind)
            if page.asked not in self._pages:
                self._pages[page.asked] = IssuedLayout.of(self.form, self.layout, page)
            self._units[unit] = self._pages[page.asked]
        return self._units[unit]

    @cached_property
    def _units(self) -> dict[str, IssuedLayout]:
        return {}

    @cached_property
    def _pages(self) -> dict[tuple[str, ...], IssuedLayout]:
        return {}

    @cached_property
    def _registrar(self) -> Registrar:
        """The registrar, which knows the line with unit and year of every sheet a unit may have."""
        layout = self.layout
        if self.control.indicators or self.control.rules:
            named = {**layout.named, banner_name(LOCAL): Place(LOCAL_SHEET, BANNER_ROW, 0)}
            layout = replace(layout, named=named, sheets=(*layout.sheets, LOCAL_SHEET))
        return Registrar(form=self.form, layout=layout, control=self.control, secret=self.secret)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator.of(self.form, self.control)


def _unclaim(arrival: Arrival, obstacle: Obstacle, finding: Finding) -> Unclaimed:
    findings = (finding.at(file=arrival.name), *arrival.findings)
    return Unclaimed(arrival=arrival, obstacle=obstacle, findings=findings)


def _clean_reasons(reasons: Mapping[str, str]) -> dict[str, str]:
    """Reasons as texts are read: without control characters."""
    texts = ((key, read_text(text).value) for key, text in reasons.items())
    return {key: text for key, text in texts if isinstance(text, str)}


def _opinions(book: Mapping[str, Rows]) -> dict[str, str]:
    """The reasons on the first sheet of a correction that came back, by rule and item: ``P4@t3.other.other.total``."""
    given = opinions.given_reasons(book.get(opinions.SHEET, ()))
    return {f"{code}@{item}": text for (code, item), text in given.items()}
