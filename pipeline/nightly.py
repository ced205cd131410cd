"""The whole road, one night: what arrived is read, checked, judged, added up and published."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from filelock import FileLock, Timeout

from pipeline.atomic import publish_files
from pipeline.changes import changes
from pipeline.check import Checker, root_findings
from pipeline.consolidate import consolidate
from pipeline.control import CONTROL_FILE, SUPERIOR_FILE, Control, read_control
from pipeline.county import County
from pipeline.errors import PublishError, WorkspaceError
from pipeline.findings import Finding, notice, ordered
from pipeline.form import Form
from pipeline.intake import collect, open_arrival
from pipeline.issue import Stamp, file_name, stamp
from pipeline.judge import judge
from pipeline.layout import Layout, read_layout
from pipeline.ledger import Ledger
from pipeline.outcome import Outcome
from pipeline.publish import (
    ReportContent,
    corrections,
    county_workbook,
    figures_csv,
    render_report,
    report_findings,
    run_json,
)
from pipeline.read import Reader, read_many, read_superior
from pipeline.received import received
from pipeline.returns import Arrival, Submission, Unclaimed
from pipeline.seal import Seal, make_secret, read_secret
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


def issue(workspace: Workspace, year: int, *, progress: Progress = quiet) -> list[str]:
    """Write one stamped workbook a unit to ``outputs/<year>/issued/``; returns the file names."""
    workspace.require_inputs(year)
    form, folder = workspace.form(year)
    template = template_file(folder, "return.xlsx")
    control = read_control(workspace.control(year), form, year=year)
    try:
        secret = make_secret(workspace.secret)
    except OSError as error:
        raise PublishError(f"无法写入签发密钥 {workspace.secret}（{error.strerror}）。请检查文件夹权限。") from error
    stamped = _stamp(form, read_layout(form, template), template, secret, control)
    files = {f"issued/{file_name(unit)}": stamp(stamped, unit) for unit in progress(control.units, "生成报表")}
    with _alone(workspace):
        publish_files(workspace.year_outputs(year), files, replaces=("issued",))
    return [name.removeprefix("issued/") for name in files]


def run(
    workspace: Workspace, year: int, *, now: dt.datetime, progress: Progress = quiet, workers: int | None = None
) -> Outcome:
    """One consolidation. Raises `XxgkError` when it cannot begin or cannot publish; bad returns never raise.

    Returns are read in ``workers`` processes, so that a file that kills its reader costs only itself; 0 reads them in
    this one.
    """
    workspace.require_inputs(year)
    form, folder = workspace.form(year)
    control = read_control(workspace.control(year), form, year=year)
    template, secret = template_file(folder, "return.xlsx"), _secret(workspace)
    layout = read_layout(form, template)
    reader = Reader(form=form, layout=layout, control=control, secret=secret)
    word = template_file(folder, "report.docx")
    with _alone(workspace):
        with Ledger(workspace.ledger) as ledger:
            arrivals = collect(workspace.year_inputs(year), ledger, year=year, now=now)
        reading = read_many(open_arrival, reader.read, arrivals, workers=WORKERS if workers is None else workers)
        results = [result for _, result in zip(progress(arrivals, "读取报送件"), reading, strict=True)]
        checker = Checker(form, control)
        submissions = [result for result in results if isinstance(result, Submission)]
        standings = judge(control, checker.check(submissions))
        county = consolidate(form, control, standings)
        unclaimed = tuple(result for result in results if isinstance(result, Unclaimed))
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
            findings=tuple(ordered(findings, layout.sheets)),
            superseded=tuple(ordered(superseded, layout.sheets)),
            changes=changes(form, None, county),
            seal=superior if isinstance(superior, Seal) else None,
        )
        files = {
            "county.xlsx": county_workbook(outcome),
            "report.docx": report,
            "run.json": run_json(outcome),
            "data/figures.csv": figures_csv(outcome),
            **corrections(outcome, partial(stamp, _stamp(form, layout, template, secret, control))),
        }
        publish_files(workspace.year_outputs(year), files, replaces=("data", "corrections"))
    return outcome


def _stamp(form: Form, layout: Layout, template: Path, secret: bytes, control: Control) -> Stamp:
    return Stamp(form=form, layout=layout, template=template.read_bytes(), secret=secret, control=control)


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
    return ReportContent(
        form=form,
        year=profile.year,
        figures=county.figures,
        texts=control.texts,
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


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Two runs must not write the same outputs at once."""
    try:
        workspace.outputs.mkdir(parents=True, exist_ok=True)
        with FileLock(workspace.outputs / ".lock", timeout=0):
            yield
    except Timeout as error:
        raise PublishError("另一个运行正在进行，请等它结束后再试。") from error
    except PermissionError as error:
        raise PublishError(f"无法写入 {workspace.outputs}（{error.strerror}）。请检查文件夹权限。") from error
