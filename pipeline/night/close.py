"""Closing a year (封存): the outputs of the last night, which the office has seen, become final."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pipeline.errors import PublishError, WorkspaceError
from pipeline.files.atomic import publish_files
from pipeline.ledger import Closing, Ledger, NightRow
from pipeline.model.finding import SEVERITY_LABELS, Finding
from pipeline.model.outcome import Outcome, Sealing
from pipeline.model.rows import unpacked_findings
from pipeline.night.basis import load_basis
from pipeline.night.carry import carry_findings
from pipeline.night.edits import keep_edit
from pipeline.night.expected import expected_tonight
from pipeline.night.final import FINAL, final_name, load_report, require_publishable
from pipeline.night.keys import digest
from pipeline.night.outputs import MANIFEST, REPORT, issued_files
from pipeline.night.run import Effort, basis_key, keep_night, load_superior, travel
from pipeline.road.intake import take_in
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closing in force, with the files that arrived since (name, first seen). ``findings`` tell where the year before
    changed since.
    """

    closing: Closing
    late: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = ()

    @property
    def open_points(self) -> tuple[str, ...]:
        """What a person must look at, one clause each."""
        late = (f"封存以后又来了 {len(self.late)} 份文件，没有计入",) if self.late else ()
        moved = (f"上一年度在封存以后有 {len(self.findings)} 处变化",) if self.findings else ()
        return late + moved


def lock_year(
    workspace: Workspace, year: int, *, by: str, reason: str, now: dt.datetime, report: Path | None = None
) -> Outcome:
    """Close a year with our report, or with the one the office finished.

    Raises `WorkspaceError` when it is closed already, is not complete, something has changed since the last night, or
    the report is not fit to be published."""
    workspace.require_inputs(year)
    final = load_report(report) if report else None
    with workspace.alone() as ledger:
        require_open(ledger, year)
        intake = take_in(workspace.year_inputs(year), ledger, year=year, now=now)
        key = basis_key(workspace, ledger, year, intake)
        _require_seen(ledger, year, key)
        basis = load_basis(workspace, ledger, year)
        seal, remarks = load_superior(workspace, basis, now, Effort().workers)
        arrivals = intake.arrivals()
        del intake  # the arrivals have what is needed of it
        travelled = travel(basis, seal, remarks, ledger, arrivals, Effort(), sealing=Sealing(by=by, reason=reason))
        printed = expected_tonight(basis, travelled.outcome.county)
        ours = travelled.files.get(REPORT, b"")
        require_publishable(report.name if report else REPORT, final or ours, printed)
        travelled = replace(
            travelled, files={**travelled.files, **_sealed_report(workspace, ledger, year, final, ours)}
        )
        if held := keep_night(workspace, ledger, travelled, key=_closing_key(key), now=now):
            raise PublishError(f"{'、'.join(held)} 正被别的程序打开，还不能封存。请关闭它，再运行一次 xxgk lock。")
        files = {**travelled.files, **issued_files(ledger, year)}
        _sign_off(workspace, ledger, year, files, by=by, reason=reason, now=now)
    return travelled.outcome


def _sealed_report(
    workspace: Workspace, ledger: Ledger, year: int, final: bytes | None, ours: bytes
) -> dict[str, bytes]:
    """Return the office's own report under the name it is sealed under, and edits of ours, which are kept.

    Raises `WorkspaceError` when ours was edited and it is not said which of them is to be sealed.
    """
    edit = keep_edit(workspace, ledger, year, ours=ours)
    if final is None and edit.is_of_ours:
        raise WorkspaceError(
            f"{workspace.year_outputs(year) / REPORT} 在汇总以后改过，没有封存。要封存改过的这一份，请加 --report 写明它；"
            f"不要改过的，先运行 xxgk run --year {year} --anew，它会留在“手改稿”里。"
        )
    kept = {name: content for name, content in edit.files.items() if content != final}
    return kept if final is None else {**kept, final_name(final): final}


def _closing_key(key: str) -> str:
    """The key of a night that closes its year: when it was killed before the closing was recorded, it is repeated."""
    return digest("closing", key)


def unlock_year(workspace: Workspace, year: int, *, by: str, reason: str, now: dt.datetime) -> None:
    """Open a closed year again. Raises `WorkspaceError` when it is not closed."""
    workspace.require_inputs(year)
    with workspace.alone() as ledger:
        closing = ledger.closings.standing(year)
        if closing is None:
            raise WorkspaceError(f"{year} 年度没有封存，不用解除。")
        at = now.isoformat(timespec="seconds")
        ledger.closings.record(replace(closing, at=at, closed=False, by=by, reason=reason, manifest={}, arrivals=()))


def require_open(ledger: Ledger, year: int) -> None:
    """Raise `WorkspaceError` when the year is closed."""
    if closing := ledger.closings.standing(year):
        raise WorkspaceError(
            f"{year} 年度已由{closing.by}于 {closing.at[:10]} 封存。要改动请先运行 xxgk unlock --year {year} 并写明理由。"
        )


def closing_of(workspace: Workspace, year: int) -> Closed | None:
    """Return the closing in force; ``None`` while the year is open."""
    with workspace.open_ledger() as ledger:
        closing = ledger.closings.standing(year)
        if closing is None:
            return None
        came = ledger.arrivals.all(year)
        took, former = ledger.nights.figures(year), ledger.nights.figures(year - 1)
    form, _ = workspace.form(year)
    known = set(closing.arrivals)
    return Closed(
        closing=closing,
        late=tuple((name, seen) for sha256, name, seen in came if sha256 not in known),
        findings=tuple(carry_findings(form, year, took, former)),
    )


def reopening_of(workspace: Workspace, year: int) -> Closing | None:
    """Return the reopening of a year when no night has followed, so that the closed files are still published."""
    with workspace.open_ledger() as ledger:
        last, night = next(reversed(ledger.closings.all(year)), None), ledger.nights.last(year)
    return last if last and not last.closed and night and night.id == last.run else None


def _require_seen(ledger: Ledger, year: int, key: str) -> None:
    """Raise `WorkspaceError` unless the last night is complete and nothing has changed since."""
    last = ledger.nights.last(year)
    if last is None or last.key not in (key, _closing_key(key)):
        raise WorkspaceError(
            f"{year} 年度上次汇总以后有变化，还不能封存。请先运行 xxgk run --year {year}，核对结果后再封存；"
            f"有文件每次都读不完（I1）的，先把它移出 inputs/{year}。"
        )
    document = ledger.nights.document(last.id)
    if document["missing"] if document else not last.complete:
        raise WorkspaceError(f"{year} 年度还有单位没有报齐，不能封存。请催报，或在台账“免报”表登记后重新汇总。")
    open_ones = [finding for finding in _findings(ledger, last) if finding.unanswered]
    if open_ones:
        lines = "\n".join(f"  {_line(finding)}" for finding in open_ones)
        raise WorkspaceError(
            f"{year} 年度还有 {len(open_ones)} 个问题没有处理，不能封存：\n{lines}\n"
            "强制性的要改正，或在台账“认可”登记；核实性的要单位写出错说明，或在台账“认可”登记（汇总的问题，单位代码一栏写汇总单位的名称）。"
        )


def _findings(ledger: Ledger, night: NightRow) -> tuple[Finding, ...]:
    """Return the findings of a night."""
    return unpacked_findings(json.dumps(ledger.nights.findings(night.id)))


def _line(finding: Finding) -> str:
    """Return a finding in one line."""
    where = " ".join(part for part in (finding.unit, finding.file, finding.sheet, finding.cell) if part)
    return f"{SEVERITY_LABELS[finding.severity]} {finding.code} {where or '汇总'}：{finding.message}"


def _sign_off(
    workspace: Workspace,
    ledger: Ledger,
    year: int,
    files: Mapping[str, bytes],
    *,
    by: str,
    reason: str,
    now: dt.datetime,
) -> None:
    """Keep every published file with its hash, and record the closing over everything that has arrived by now."""
    last = ledger.nights.last(year)
    assert last is not None
    at = now.isoformat(timespec="seconds")
    hashes = {name: sha256(content).hexdigest() for name, content in sorted(files.items())}
    findings = [finding for finding in _findings(ledger, last) if finding.severity != "info"]
    document = {
        "年度": year,
        "封存时间": at,
        "封存人": by,
        "说明": reason,
        "定稿": next((name for name in FINAL if name in files), REPORT),
        "文件": hashes,
        "已答复的问题": [f"{_line(finding)} {finding.answer}" for finding in findings if finding.answer],
        "没有答复的提醒": [_line(finding) for finding in findings if not finding.answer],
    }
    manifest = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    # files first, the row last: a closing in the ledger refers to bytes that are safely kept
    publish_files(workspace.year_outputs(year), {MANIFEST: manifest})
    for content in (*files.values(), manifest):
        ledger.keep(content)
    ledger.settle()
    ledger.closings.record(
        Closing(
            run=last.id,
            year=year,
            at=at,
            closed=True,
            by=by,
            reason=reason,
            manifest=hashes | {MANIFEST: sha256(manifest).hexdigest()},
            arrivals=tuple(sha256 for sha256, *_ in ledger.arrivals.all(year)),
        )
    )
