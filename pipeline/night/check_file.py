"""One answer now: workbooks are read and checked as the night would, and nothing is stored.

With a workspace everything counts that holds for the unit: the roster, last year, decisions of the 台账. Without one the
issued workbook says for which unit, form and year it is; what needs more than that is not asked, and named.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import PublishError, WorkspaceError
from pipeline.files.containers import Bounds
from pipeline.layout import read_layout
from pipeline.model.basis import Basis
from pipeline.model.control import Claim, Control, Profile, Unit
from pipeline.model.finding import Finding
from pipeline.model.standing import Judged, State
from pipeline.model.submission import Arrival, Sheet, Unclaimed
from pipeline.night.basis import load_basis
from pipeline.prior_year.importing import sheets_of
from pipeline.road.check import Checker
from pipeline.road.intake import open_arrival
from pipeline.road.issue import Stamper
from pipeline.road.judge import judge
from pipeline.road.publish import correct
from pipeline.road.read import Reader, read_many
from pipeline.road.read.identity import find_identity
from pipeline.road.read.locate import grid
from pipeline.workspace import Workspace, template_file

_BETWEEN = frozenset({"similar", "shared_numbers"})
"""Kinds of rules that look at other units' returns, which are not at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer for one file. ``unit`` and ``judged`` are ``None`` for what is no return of anybody, ``refused`` says why.

    ``unasked`` are the rules that were not asked; ``alone`` that there was no workspace.
    """

    name: str
    year: int
    unit: Unit | None = None
    judged: Judged | None = None
    refused: str = ""
    findings: tuple[Finding, ...] = ()
    unasked: tuple[str, ...] = ()
    alone: bool = False
    correction: bytes = b""

    @property
    def to_correct(self) -> int:
        """How many findings the unit must correct."""
        return sum(finding.severity == "error" and not finding.answer for finding in self.findings)

    @property
    def to_explain(self) -> int:
        """How many findings want a reason."""
        asked = (finding for finding in self.findings if finding.severity == "warning" and not finding.answer)
        return sum(finding.needs_reason for finding in asked)

    @property
    def fit(self) -> bool:
        """Whether it can be sent in as it is."""
        return self.judged is not None and self.judged.state is State.PASSED


def check_files(
    workspace: Workspace, year: int, files: Sequence[Path], *, now: dt.datetime, corrected: bool = False
) -> list[Answer]:
    """Check workbooks by the 台账 of a year. ``corrected`` asks for the marked workbook as well.

    Raises `WorkspaceError` when a file cannot be opened, or no form, 台账 or secret is there.
    """
    arrivals = [_arrive(file, now) for file in files]
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        basis = load_basis(workspace, ledger, year)
    return list(_check(basis, arrivals, corrected=corrected))


def check_alone(files: Sequence[Path], *, now: dt.datetime, corrected: bool = False) -> list[Answer]:
    """Check issued workbooks without a workspace, each by what its hidden sheet says.

    Raises `WorkspaceError` when a file cannot be opened.
    """
    answers: list[Answer] = []
    for arrival in (_arrive(file, now) for file in files):
        (sheets,) = read_many(open_arrival, sheets_of, [arrival], workers=1)
        if isinstance(sheets, Unclaimed):
            answers.append(
                Answer(name=arrival.name, year=0, refused=sheets.obstacle.words, findings=sheets.findings, alone=True)
            )
            continue
        basis = _basis_alone(arrival, sheets)
        if basis is None:
            reason = (
                "没有签发信息（不是下发的那一份，或者被另存成了别的格式），没有工作区就认不出是谁的、按哪一年的格式核对"
            )
            answers.append(Answer(name=arrival.name, year=0, refused=reason, alone=True))
            continue
        answers += [_as_alone(answer) for answer in _check(basis, [arrival], corrected=corrected)]
    return answers


def write_correction(file: Path, answer: Answer) -> None:
    """Write the marked workbook of an answer. Raises `PublishError` when that is not possible."""
    try:
        file.write_bytes(answer.correction)
    except OSError as error:
        raise PublishError(f"写不了 {file}（{error.strerror}）。请关闭打开着的文件，检查文件夹权限。") from error


def _check(basis: Basis, arrivals: Sequence[Arrival], *, corrected: bool) -> Iterator[Answer]:
    reader = Reader(form=basis.form, layout=basis.layout, control=basis.control, secret=basis.secret)
    checker = Checker(basis.form, basis.control, basis.history)
    for arrival, result in zip(arrivals, read_many(open_arrival, reader.read, arrivals, workers=1), strict=True):
        if isinstance(result, Unclaimed):
            yield Answer(name=arrival.name, year=basis.year, refused=result.obstacle.words, findings=result.findings)
            continue
        checked = checker.together(checker.alone([result]))
        standings = judge(basis.form, basis.control, checked, basis.precedents)
        standing = next(standing for standing in standings if standing.returns)
        (judged,) = standing.returns
        sheets = ("", *basis.layout.sheets)
        findings = tuple(
            sorted(
                (*judged.findings, *standing.findings),
                key=lambda f: sheets.index(f.sheet) if f.sheet in sheets else len(sheets),
            )
        )
        unasked = {key.partition(".")[0] for key in judged.unevaluated}
        correction = b""
        if corrected and judged.state is not State.PASSED:
            profile, fresh = basis.control.profile, Stamper(basis).stamp
            correction, _ = correct(basis.form, profile, standing.unit, judged, findings, fresh)
        yield Answer(
            name=arrival.name,
            year=basis.year,
            unit=standing.unit,
            judged=judged,
            findings=findings,
            unasked=tuple(rule.id for rule in basis.form.rules if rule.id in unasked or rule.kind in _BETWEEN),
            correction=correction,
        )


def _arrive(file: Path, now: dt.datetime) -> Arrival:
    try:
        if file.stat().st_size > Bounds().file:
            raise WorkspaceError(f"{file} 太大（{file.stat().st_size / 1e6:.0f} MB），没有核对。")
        content = file.read_bytes()
        modified = dt.datetime.fromtimestamp(file.stat().st_mtime, now.tzinfo)
    except (OSError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "时间不对"
        raise WorkspaceError(f"{file} 打不开（{reason}）。请核对文件名，关闭正在打开它的程序。") from error
    sha256 = hashlib.sha256(content).hexdigest()
    return Arrival(sha256=sha256, names=(file.name,), size=len(content), modified=modified, first_seen=now, path=file)


def _as_alone(answer: Answer) -> Answer:
    """Leave out the remarks on whose file it is: nobody claimed it, and nobody could prove it."""
    findings = tuple(finding for finding in answer.findings if finding.severity != "info" or finding.sheet)
    return replace(answer, alone=True, findings=findings)


def _basis_alone(arrival: Arrival, sheets: Mapping[str, Sheet]) -> Basis | None:
    """What the issued workbook says of itself as the basis of its check; ``None`` when it says nothing."""
    seal, name = find_identity({title: grid(sheet) for title, sheet in sheets.items()})
    if seal is None or not seal.year.isdecimal():
        return None
    year = int(seal.year)
    bundled = Workspace(Path("/"))
    try:
        form, folder = next((form, folder) for form, folder in bundled.forms() if form.id == seal.form)
    except StopIteration:
        return None
    unit = Unit(code=seal.unit, name=name or seal.unit)
    # its seal cannot be proven without the secret of the office, so the file is taken as claimed for its unit
    claim = Claim(subject=arrival.sha256, reason="核对", approver="本人", sheet="", cell="", unit=unit.code)
    profile = Profile(root="汇总单位", level="县级", compiler="", year=year, sources={})
    control = Control(
        profile=profile,
        units=(unit,),
        waivers=(),
        adjustments=(),
        acceptances=(),
        claims=(claim,),
        texts={},
        findings=(),
    )
    template = template_file(folder, "return.xlsx")
    return Basis(
        statutory=form,
        form=form,
        layout=read_layout(form, template),
        template=template.read_bytes(),
        word=template_file(folder, "report.docx"),
        secret=b"\0" * 32,
        control=control,
    )
