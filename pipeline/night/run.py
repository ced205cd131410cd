"""The whole road, one night: what arrived is read, checked, judged, added up and published."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, TypeVar

from pipeline.form import print_figure
from pipeline.ledger import Ledger
from pipeline.model.basis import Basis
from pipeline.model.changes import changes
from pipeline.model.control import SUPERIOR_FILE
from pipeline.model.county import County
from pipeline.model.finding import Finding, notice, sort_findings
from pipeline.model.outcome import Outcome, Sealing
from pipeline.model.received import list_received
from pipeline.model.seal import Seal
from pipeline.model.standing import Checked, Standing
from pipeline.model.submission import Arrival, Unclaimed
from pipeline.night.ahead import meanwhile
from pipeline.night.basis import load_basis
from pipeline.night.carry import carry_findings
from pipeline.night.claims import settle_claims
from pipeline.night.edits import keep_edit
from pipeline.night.engine import Engine, LocalEngine, Task
from pipeline.night.examine import Examination
from pipeline.night.expected import compile_ahead, expected_tonight
from pipeline.night.gate import gate_findings
from pipeline.night.keys import night_key
from pipeline.night.outputs import REPORT, hashes_of, is_current, keep_closed, publish
from pipeline.night.read_ahead import ReadAhead
from pipeline.night.record import counted_digest, night_of
from pipeline.night.refused import name_refused, settle_unread
from pipeline.night.rendering import render_or_explain
from pipeline.night.replay import night_before
from pipeline.night.stages import Stages
from pipeline.night.template_trial import template_faults
from pipeline.road.check import own_text_findings, root_findings
from pipeline.road.consolidate import consolidate
from pipeline.road.intake import Intake, open_arrival, take_in
from pipeline.road.issue import Stamper
from pipeline.road.judge import Office, judge
from pipeline.road.publish import (
    corrections,
    county_workbook,
    figures_csv,
    run_json,
    status_page,
    status_workbook,
)
from pipeline.road.read import read_many, read_superior
from pipeline.workspace import Workspace

T = TypeVar("T")
WORKERS = min(4, os.cpu_count() or 1)


class Progress(Protocol):
    """A progress display for a sequence."""

    def __call__(self, sequence: Sequence[T], label: str) -> Iterable[T]:
        """Walk ``sequence``."""


def quiet(sequence: Sequence[T], label: str) -> Iterable[T]:  # noqa: ARG001
    """No progress shown."""
    return sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How a night works; nothing of it changes the result.

    Returns are read in ``workers`` processes, so that a file that kills its reader costs only itself; 0 reads them in
    this one. Another ``engine`` may read on other machines. ``anew`` reads and checks everything again.
    """

    progress: Progress = quiet
    workers: int = field(default_factory=lambda: WORKERS)
    anew: bool = False
    engine: Engine | None = None

    @property
    def reading(self) -> Engine:
        """What reads: the engine that was asked for, or the workers of this machine."""
        return self.engine or LocalEngine(self.workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Travelled:
    """The end of the road: the outcome and its files by name.

    ``readings`` are the ledger's keys of what was read, by hash. A night that is not ``finished`` must be repeated,
    even if nothing changes, because a worker gave up on a file.
    """

    outcome: Outcome
    files: Mapping[str, bytes]
    readings: Mapping[str, str]
    finished: bool


def run_night(workspace: Workspace, year: int, *, now: dt.datetime, effort: Effort | None = None) -> Outcome | None:
    """One night. ``None`` when nothing has changed since the last one, or the year is closed (封存).

    Raises `XxgkError` when it cannot begin or cannot publish; bad returns never raise.
    """
    effort = effort or Effort()
    workspace.require_inputs(year)
    engine = effort.reading
    with workspace.alone() as ledger:
        try:
            return _night(workspace, ledger, year, now, replace(effort, engine=engine))
        finally:
            engine.withdraw()


def _night(workspace: Workspace, ledger: Ledger, year: int, now: dt.datetime, effort: Effort) -> Outcome | None:
    stages, closing = Stages(), ledger.closings.standing(year)
    where = workspace, ledger, year
    ahead = ReadAhead(engine=effort.reading, load=partial(load_basis, *where), look=partial(_office_digest, *where))
    tell = None if closing else ahead.hear
    intake = take_in(workspace.year_inputs(year), ledger, year=year, now=now, tell=tell)
    stages.passed("收件", year=year, arrivals=len(intake))
    if closing:
        keep_closed(workspace, ledger, closing, now)
        return None
    key = basis_key(workspace, ledger, year, intake)
    if not effort.anew and is_current(workspace, ledger, year, key, now):
        return None
    arrivals, clock = intake.arrivals(), intake.clock_finding(now)
    del intake  # the arrivals have what is needed of it
    basis = ahead.basis()
    seal, remarks = load_superior(workspace, basis, now, effort.workers)
    faults = template_faults(basis.statutory, workspace.form(year)[1], basis.control.indicators)
    found = [*remarks, *([clock] if clock else []), *_restored(ledger), *faults]
    travelled = travel(basis, seal, found, ledger, arrivals, effort)
    edit = keep_edit(workspace, ledger, year, ours=travelled.files.get(REPORT, b""))
    if edit.remarks:  # rare: once more, so that what is published tells of it
        travelled = travel(basis, seal, [*found, *edit.remarks], ledger, arrivals, effort)
        travelled = replace(travelled, files={**travelled.files, **edit.files})
    held = keep_night(workspace, ledger, travelled, key=key, now=now)
    return replace(travelled.outcome, held=held)


def _restored(ledger: Ledger) -> Iterator[Finding]:
    """Yield a finding when the ledger was restored beside a journal of another file."""
    if ledger.set_aside:
        yield notice("X4", name=ledger.set_aside.name)


def travel(
    basis: Basis,
    seal: Seal | None,
    remarks: Sequence[Finding],
    ledger: Ledger,
    arrivals: Sequence[Arrival],
    effort: Effort,
    *,
    sealing: Sealing | None = None,
) -> Travelled:
    """Walk the road. Only readings and checks are written, into the ledger. ``seal`` is the next level's, ``remarks``
    are the findings made before any return was opened. With ``sealing`` what has passed is final (封存).
    """
    form = basis.form
    control, asked = settle_claims(basis.control, basis.precedents, arrivals)
    basis = replace(basis, control=control)
    # stations 3 to 5: read every arrival, check it alone, then beside the others
    task = Task.of(basis)
    checker = task.checker
    examination = Examination(ledger=ledger, basis=basis, task=task, engine=effort.reading, anew=effort.anew)
    stages = Stages()
    with meanwhile(partial(compile_ahead, basis)):
        examined = list(examination.examine(arrivals, partial(effort.progress, label="读取报送件")))
    unread = tuple(result for result in examined if isinstance(result, Unclaimed))
    checked = checker.together([e for e in examined if isinstance(e, Checked)])
    stages.passed("读取、核对", arrivals=len(arrivals), returns=len(checked), unclaimed=len(unread))
    # stations 6 and 7: the state of every unit, then the sums over those that passed
    judged = judge(form, control, checked, basis.precedents, closing=sealing is not None)
    unclaimed = settle_unread(control, judged, unread)
    standings = tuple(name_refused(standing, unclaimed) for standing in judged)
    del examined, checked, judged  # the standings have what is needed of them
    county = consolidate(form, control, standings)
    stages.passed("认定、汇总", counted=len(county.counted), missing=len(county.missing))
    # station 8 begins here, because the gate reads the finished report back
    report, unfilled = render_or_explain(basis, county)
    stages.passed("报告")
    office = Office(control.acceptances, basis.precedents)
    of_root = [
        office.answer(control.profile.root, finding)
        for finding in (
            *county.findings,
            *root_findings(form, control, county, checker.balances, basis.history),
            *own_text_findings(form, control, county),
            *(gate_findings(REPORT, report, expected_tonight(basis, county)) if report else unfilled),
            *_closed_after(ledger, basis, county),
        )
    ]
    # everything that a person must look at, in the order of the road; sorted below
    findings = [
        *control.findings,
        *remarks,
        *asked,
        *(finding for finding, _ in of_root),
        *(finding for waiting in unclaimed for finding in waiting.findings),
        *(finding for standing in standings for finding in standing.findings),
        *(finding for standing in standings for judged in standing.looked_at for finding in judged.findings),
    ]
    outcome = Outcome(
        year=basis.year,
        form=form,
        control=control,
        arrivals=list_received(standings, unclaimed),
        standings=standings,
        unclaimed=unclaimed,
        county=county,
        findings=tuple(sort_findings(findings, basis.layout.sheets, control.by_code)),
        superseded=tuple(sort_findings(_list_superseded(standings), basis.layout.sheets, control.by_code)),
        changes=changes(form, night_before(ledger, basis, counted=counted_digest(county)), county),
        accepted=(
            *((acceptance, finding) for finding, acceptance in of_root if acceptance),
            *(pair for standing in standings for judged in standing.looked_at for pair in judged.accepted),
        ),
        seal=seal,
        sealing=sealing,
        unfilled=unfilled,
    )
    files = _make_files(basis, outcome, report)
    stages.passed("结果文件", files=len(files), findings=len(outcome.findings))
    return Travelled(outcome=outcome, files=files, readings=examination.keys, finished=not examination.unfinished)


def _make_files(basis: Basis, outcome: Outcome, report: bytes) -> dict[str, bytes]:
    """Make everything that is published, by name; without a ``report`` where it could not be filled."""
    return {
        "county.xlsx": county_workbook(outcome),
        **({REPORT: report} if report else {}),
        "run.json": run_json(outcome),
        "data/figures.csv": figures_csv(outcome),
        "status.html": status_page(outcome),
        "status.xlsx": status_workbook(outcome),
        **corrections(outcome, Stamper(basis).stamp),
    }


def keep_night(
    workspace: Workspace, ledger: Ledger, travelled: Travelled, *, key: str, now: dt.datetime
) -> tuple[str, ...]:
    """Publish a travelled night, then record it under ``key``, the digest of everything it depended on. Return the names
    of files that were held open.
    """
    year, stages = travelled.outcome.year, Stages()
    if report := travelled.files.get(REPORT):
        ledger.keep(report)  # a night that is killed before it is recorded still knows its own report
    held = publish(workspace, ledger, year, travelled.files)
    control = workspace.control(year).read_bytes()
    ledger.nights.record(
        night_of(
            travelled.outcome,
            now=now,
            key=key if travelled.finished else "",
            control=ledger.keep(control),
            readings=travelled.readings,
            manifest=hashes_of(travelled.files),
            document=travelled.files["run.json"],
            sight=ledger.arrivals.last_sight(year),
        )
    )
    stages.passed("发布、记录", held=len(held))
    return held


def basis_key(workspace: Workspace, ledger: Ledger, year: int, intake: Intake) -> str:
    """The digest of everything a night depends on."""
    return night_key((), intake.marks(), _office_digest(workspace, ledger, year))


def _office_digest(workspace: Workspace, ledger: Ledger, year: int) -> str:
    """The digest of what a night depends on beside what came: the files of the office and the year before."""
    office = [path for path in (workspace.control(year), workspace.superior(year), workspace.secret) if path.is_file()]
    templates = [path for path in workspace.templates().rglob("*") if path.is_file()]
    former = ledger.nights.accepted_returns(year - 1), ledger.pasts.of(year - 1)
    return night_key([*office, *templates], (), *former)


def load_superior(
    workspace: Workspace, basis: Basis, now: dt.datetime, workers: int
) -> tuple[Seal | None, Sequence[Finding]]:
    """Load the seal of the workbook that the next level up issued, if there is one, or the finding why it cannot be
    used. It is read like any return: behind the guard, in a worker.
    """
    path = workspace.superior(basis.year)
    if not path.is_file():
        return None, ()
    issued = Arrival(sha256="", names=(SUPERIOR_FILE,), size=0, modified=now, first_seen=now, path=path)
    reading = partial(read_superior, form=basis.form, control=basis.control)
    (read,) = read_many(open_arrival, reading, [issued], workers=min(workers, 1))
    if isinstance(read, Unclaimed):
        return None, read.findings
    return (None, (read,)) if isinstance(read, Finding) else (read, ())


def _closed_after(ledger: Ledger, basis: Basis, county: County) -> Iterator[Finding]:
    """Yield a finding when the next year is closed and took over other figures than this one has now."""
    if ledger.closings.standing(basis.year + 1):
        took = ledger.nights.figures(basis.year + 1)
        now = {code: None if value is None else print_figure(value) for code, value in county.figures.items()}
        yield from carry_findings(basis.form, basis.year + 1, took, now)


def _list_superseded(standings: Sequence[Standing]) -> Iterator[Finding]:
    """Yield the findings of replaced returns."""
    return (finding for standing in standings for judged in standing.replaced for finding in judged.findings)
