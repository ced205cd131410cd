"""The whole road, one night: what arrived is read, checked, judged, added up and published."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Protocol, TypeVar

from pipeline.control import read_control
from pipeline.errors import PublishError, WorkspaceError
from pipeline.files.atomic import publish_files
from pipeline.form import LOCAL, Form
from pipeline.layout import read_layout
from pipeline.ledger import Ledger
from pipeline.model.changes import changes
from pipeline.model.control import CONTROL_FILE, SUPERIOR_FILE, Control
from pipeline.model.county import County
from pipeline.model.finding import Finding, notice, ordered
from pipeline.model.outcome import Outcome
from pipeline.model.received import received
from pipeline.model.seal import Seal, make_secret, read_secret
from pipeline.model.standing import Checked
from pipeline.model.submission import Arrival, Unclaimed
from pipeline.night.close import (
    ISSUED,
    is_current,
    keep_closed,
    publish,
    remember_issue,
    reopen,
    require_open,
    require_seen,
    sign_off,
)
from pipeline.night.examine import Examination
from pipeline.night.keys import night_key
from pipeline.night.record import counted_digest, night_of
from pipeline.night.replay import night_before
from pipeline.prior_year.known import history
from pipeline.road.check import Checker, root_findings
from pipeline.road.consolidate import consolidate
from pipeline.road.intake import collect, open_arrival
from pipeline.road.issue import Stamp, file_name, stamp
from pipeline.road.judge import judge
from pipeline.road.publish import (
    ReportContent,
    corrections,
    county_workbook,
    figures_csv,
    render_report,
    report_findings,
    run_json,
)
from pipeline.road.read import Reader, read_superior
from pipeline.workspace import Workspace, template_file

T = TypeVar("T")
WORKERS = min(4, os.cpu_count() or 1)


class Progress(Protocol):
    """Something that shows how far a sequence has come while it is walked."""

    def __call__(self, sequence: Sequence[T], label: str) -> Iterable[T]:
        """Walk ``sequence``."""


def quiet(sequence: Sequence[T], label: str) -> Iterable[T]:  # noqa: ARG001
    """No progress shown."""
    return sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The workbooks that were issued by file name, and what is wrong with the 台账 they were made from."""

    files: tuple[str, ...]
    findings: tuple[Finding, ...]


def issue(workspace: Workspace, year: int, *, now: dt.datetime | None = None, progress: Progress = quiet) -> Issued:
    """Write one stamped workbook a unit to ``outputs/<year>/issued/``."""
    workspace.require_inputs(year)
    try:
        secret = make_secret(workspace.secret)
    except OSError as error:
        raise PublishError(f"无法写入签发密钥 {workspace.secret}（{error.strerror}）。请检查文件夹权限。") from error
    with workspace.alone() as ledger:
        require_open(ledger, year)
        basis = _basis(workspace, ledger, year, secret)
        units = basis.control.units
        files = {file_name(unit): stamp(basis, unit) for unit in progress(units, "生成报表")}
        by_unit = dict(zip((unit.code for unit in units), files.items(), strict=True))
        remember_issue(ledger, year, by_unit, now or dt.datetime.now().astimezone())
        publish_files(workspace.year_outputs(year), {f"{ISSUED}/{n}": f for n, f in files.items()}, replaces=(ISSUED,))
    return Issued(files=tuple(files), findings=basis.control.findings)


def run(
    workspace: Workspace,
    year: int,
    *,
    now: dt.datetime,
    progress: Progress = quiet,
    workers: int | None = None,
    anew: bool = False,
) -> Outcome | None:
    """One night. ``None`` when nothing has changed since the last one, or the year is closed (封存).

    Raises `XxgkError` when it cannot begin or cannot publish; bad returns never raise. Returns are read in ``workers``
    processes, so that a file that kills its reader costs only itself; 0 reads them in this one. ``anew`` reads and
    checks everything again, whatever the ledger remembers.
    """
    workspace.require_inputs(year)
    with workspace.alone() as ledger:
        arrivals = collect(workspace.year_inputs(year), ledger, year=year, now=now)
        if closing := ledger.closings.standing(year):
            keep_closed(workspace, ledger, closing, now)
            return None
        key = _key(workspace, ledger, year, arrivals)
        if not anew and is_current(workspace, ledger, year, key, now):
            return None
        crew = WORKERS if workers is None else workers
        return _travel(workspace, year, ledger, arrivals, key=key, now=now, progress=progress, workers=crew, anew=anew)


def lock(workspace: Workspace, year: int, *, by: str, reason: str, now: dt.datetime) -> Outcome:
    """Close a year (封存): what the last night published, and the office has seen, stands for good.

    Raises `WorkspaceError` when the year is closed already, is not complete, or something has changed since.
    """
    workspace.require_inputs(year)
    with workspace.alone() as ledger:
        require_open(ledger, year)
        arrivals = collect(workspace.year_inputs(year), ledger, year=year, now=now)
        require_seen(ledger, year, _key(workspace, ledger, year, arrivals))
        outcome = _travel(workspace, year, ledger, arrivals, key="", now=now, workers=WORKERS, closing=True)
        sign_off(workspace, ledger, year, by=by, reason=reason, now=now)
    return outcome


def unlock(workspace: Workspace, year: int, *, by: str, reason: str, now: dt.datetime) -> None:
    """Open a closed year again; raises `WorkspaceError` when it is not closed."""
    workspace.require_inputs(year)
    with workspace.alone() as ledger:
        reopen(ledger, year, by=by, reason=reason, now=now)


def _travel(
    workspace: Workspace,
    year: int,
    ledger: Ledger,
    arrivals: Sequence[Arrival],
    *,
    key: str,
    now: dt.datetime,
    progress: Progress = quiet,
    workers: int = 0,
    anew: bool = False,
    closing: bool = False,
) -> Outcome:
    """The whole road: what arrived is read, checked, judged, added up, published, and recorded under ``key``."""
    basis = _basis(workspace, ledger, year, _secret(workspace))
    checker = Checker(basis.form, basis.control, basis.history)
    examination = Examination(
        ledger=ledger,
        year=year,
        reader=Reader(form=basis.form, layout=basis.layout, control=basis.control, secret=basis.secret),
        checker=checker,
        template=basis.template,
        workers=workers,
        anew=anew,
    )
    examined = list(examination.examine(arrivals, partial(progress, label="读取报送件")))
    outcome, report = _concluded(workspace, ledger, basis, checker, arrivals, examined, now=now, closing=closing)
    files = {
        "county.xlsx": county_workbook(outcome),
        "report.docx": report,
        "run.json": run_json(outcome),
        "data/figures.csv": figures_csv(outcome),
        **corrections(outcome, partial(stamp, basis)),
    }
    published = publish(workspace, ledger, year, files)
    key = "" if examination.unfinished else key
    control_bytes = workspace.control(year).read_bytes()
    ledger.archive(sha256(control_bytes).hexdigest(), control_bytes)
    ledger.nights.record(
        night_of(outcome, now=now, key=key, control=control_bytes, readings=examination.keys, manifest=published)
    )
    return outcome


def _basis(workspace: Workspace, ledger: Ledger, year: int, secret: bytes) -> Stamp:
    """What the office has laid down for a year, as its files are now, and what is known of the year before."""
    form, folder = workspace.form(year)
    control = read_control(workspace.control(year), form, year=year)
    template = template_file(folder, "return.xlsx")
    in_force = control.in_force(form)
    return Stamp(
        form=in_force,
        layout=read_layout(form, template),
        template=template.read_bytes(),
        secret=secret,
        control=control,
        history=history(ledger, control, in_force, year),
    )


def _concluded(
    workspace: Workspace,
    ledger: Ledger,
    basis: Stamp,
    checker: Checker,
    arrivals: Sequence[Arrival],
    examined: Sequence[Checked | Unclaimed],
    *,
    now: dt.datetime,
    closing: bool,
) -> tuple[Outcome, bytes]:
    """What the night comes to, and the report: every return judged, the county added up, everything found in order."""
    form, control, year = basis.form, basis.control, basis.control.profile.year
    word = template_file(workspace.form(year)[1], "report.docx")
    standings = judge(control, checker.together([e for e in examined if isinstance(e, Checked)]), closing=closing)
    unclaimed = tuple(each for each in examined if isinstance(each, Unclaimed))
    county = consolidate(form, control, standings)
    report = render_report(word, _report(form, control, county))
    superior = _superior(workspace, year, form, control, now)
    findings = [
        *control.findings,
        *([superior] if isinstance(superior, Finding) else []),
        *_unmatched(control, arrivals),
        *county.findings,
        *root_findings(form, control, county, checker.balances),
        *report_findings(form, word, report, county.figures),
        *(finding for waiting in unclaimed for finding in waiting.findings),
        *(finding for standing in standings if standing.decisive for finding in standing.decisive.findings),
    ]
    superseded = [finding for standing in standings for judged in standing.replaced for finding in judged.findings]
    outcome = Outcome(
        year=year,
        form=form,
        control=control,
        arrivals=received(standings, unclaimed),
        standings=standings,
        unclaimed=unclaimed,
        county=county,
        findings=tuple(ordered(findings, basis.layout.sheets)),
        superseded=tuple(ordered(superseded, basis.layout.sheets)),
        changes=changes(form, night_before(workspace, ledger, year, form, counted=counted_digest(county)), county),
        seal=superior if isinstance(superior, Seal) else None,
    )
    return outcome, report


def _superior(workspace: Workspace, year: int, form: Form, control: Control, now: dt.datetime) -> Seal | Finding | None:
    """What the next level up issued to this office, if it lies there."""
    path = workspace.superior(year)
    if not path.is_file():
        return None
    issued = Arrival(sha256="", names=(SUPERIOR_FILE,), size=0, modified=now, first_seen=now, path=path)
    return read_superior(open_arrival(issued), form, control)


def _unmatched(control: Control, arrivals: Sequence[Arrival]) -> Iterator[Finding]:
    """Claims of the 台账 that no arrival answers to."""
    for claim in control.claims:
        if not any(claim.certainty(arrival.sha256, arrival.names) for arrival in arrivals):
            where = {"file": CONTROL_FILE, "sheet": claim.sheet, "cell": claim.cell}
            yield notice("T10", where=where, found=claim.subject)


def _report(form: Form, control: Control, county: County) -> ReportContent:
    profile = control.profile
    collected = {item.code: county.paragraphs(item) for item in form.of_table(LOCAL) if not item.numeric}
    return ReportContent(
        form=form,
        year=profile.year,
        figures=county.figures,
        texts={**collected, **control.texts},
        profile={
            "root": profile.root,
            "compiler": profile.compiler,
            "address": profile.address,
            "postcode": profile.postcode,
            "phone": profile.phone,
            "website": profile.website,
            "level": profile.level,
        },
        missing=tuple(standing.unit.name for standing in county.missing),
        provisional=tuple(standing.unit.name for standing in county.provisional),
    )


def _secret(workspace: Workspace) -> bytes:
    try:
        return read_secret(workspace.secret)
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"没有找到签发密钥 {workspace.secret}，无法核实报送件。请从备份恢复；如果还没有下发过报表，请先运行 xxgk issue。"
        ) from error
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"签发密钥 {workspace.secret} 已损坏，无法核实报送件。请从备份恢复。") from error


def _key(workspace: Workspace, ledger: Ledger, year: int, arrivals: Sequence[Arrival]) -> str:
    """The digest of everything a night depends on."""
    office = [path for path in (workspace.control(year), workspace.superior(year), workspace.secret) if path.is_file()]
    templates = [path for path in workspace.templates().rglob("*") if path.is_file()]
    return night_key([*office, *templates], arrivals, ledger.nights.accepted(year - 1), ledger.pasts.of(year - 1))
