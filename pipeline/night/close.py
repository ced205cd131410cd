"""What was published stands: whether a night may be left out, a year is closed (封存), or outputs must be restored.

The bytes of everything that was closed or issued are kept with the originals, so that outputs that were deleted or
changed by hand come back byte for byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import WorkspaceError
from pipeline.files.atomic import publish_files
from pipeline.ledger import Closing, Ledger
from pipeline.ledger.nights import CLOSED, UNCHANGED
from pipeline.workspace import Workspace

ISSUED, FILLED = "issued", ("data", "corrections")
"""The sub-folders of a year's outputs: what was sent out, and those that every night fills anew."""
MANIFEST = "封存清单.json"


def publish(workspace: Workspace, ledger: Ledger, year: int, files: Mapping[str, bytes]) -> dict[str, str]:
    """Publish a night's ``files`` in one step, with the issued workbooks if they are gone; the hash of each file."""
    folder = workspace.year_outputs(year)
    issued = {} if (folder / ISSUED).is_dir() else _issued(ledger, year)
    publish_files(folder, {**files, **issued}, replaces=(*FILLED, MANIFEST))
    return {name: _sha256(content) for name, content in sorted(files.items())}


def remember_issue(ledger: Ledger, year: int, files: Mapping[str, tuple[str, bytes]], now: dt.datetime) -> None:
    """Keep workbooks that are about to be issued, by unit: name and content."""
    rows = []
    for unit, (name, content) in files.items():
        ledger.archive(_sha256(content), content)
        rows.append((unit, name, _sha256(content)))
    ledger.settle()
    ledger.closings.issue(year, rows, now)


def is_current(workspace: Workspace, ledger: Ledger, year: int, key: str, now: dt.datetime) -> bool:
    """Whether the last night depended on the very same things and its files still lie as it left them."""
    last = ledger.nights.last(year)
    folder = workspace.year_outputs(year)
    if last is None or last.key != key or not _intact(folder, last.manifest, FILLED) or (folder / MANIFEST).exists():
        return False
    if not (folder / ISSUED).is_dir() and ledger.closings.issued(year):
        return False
    ledger.nights.note(replace(last, at=now.isoformat(timespec="seconds"), kind=UNCHANGED, manifest={}))
    return True


# ---------------------------------------------------------------- closing a year
def require_open(ledger: Ledger, year: int) -> None:
    """Raise `WorkspaceError` when the year is closed."""
    if closing := ledger.closings.standing(year):
        raise WorkspaceError(
            f"{year} 年度已由{closing.by}于 {closing.at[:10]} 封存。要改动请先运行 xxgk unlock --year {year} 并写明理由。"
        )


def require_seen(ledger: Ledger, year: int, key: str) -> None:
    """Raise `WorkspaceError` unless the last night is complete and nothing has changed since."""
    last = ledger.nights.last(year)
    if last is None or last.key != key:
        raise WorkspaceError(
            f"{year} 年度上次汇总以后有变化，还不能封存。请先运行 xxgk run --year {year}，核对结果后再封存；"
            f"有文件每次都读不完（I1）的，先把它移出 inputs/{year}。"
        )
    if not last.complete:
        raise WorkspaceError(f"{year} 年度还有单位没有报齐，不能封存。请催报，或在台账“免报”表登记后重新汇总。")
    standing = [finding for finding in ledger.nights.findings(last.id) if _forbids(finding)]
    if standing:
        first = standing[0]["message"]
        raise WorkspaceError(f"{year} 年度还有 {len(standing)} 个强制性问题没有处理，不能封存。第一个：{first}")


def sign_off(
    workspace: Workspace,
    ledger: Ledger,
    year: int,
    *,
    by: str,
    reason: str,
    now: dt.datetime,
) -> None:
    """Keep every published file with its hash, and record the closing over everything that has arrived by now."""
    folder, last = workspace.year_outputs(year), ledger.nights.last(year)
    assert last is not None
    issued = [path.relative_to(folder).as_posix() for path in _below(folder, [ISSUED])]
    files = {name: (folder / name).read_bytes() for name in sorted([*last.manifest, *issued])}
    at = now.isoformat(timespec="seconds")
    hashes = {name: _sha256(content) for name, content in files.items()}
    said = {"年度": year, "封存时间": at, "封存人": by, "说明": reason, "文件": hashes}
    manifest = (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
    publish_files(folder, {MANIFEST: manifest})
    for content in (*files.values(), manifest):
        ledger.archive(_sha256(content), content)
    ledger.settle()
    ledger.closings.record(
        Closing(
            run=last.id,
            year=year,
            at=at,
            closed=True,
            by=by,
            reason=reason,
            manifest=hashes | {MANIFEST: _sha256(manifest)},
            arrivals=tuple(sha256 for sha256, *_ in ledger.arrivals.all(year)),
        )
    )


def keep_closed(workspace: Workspace, ledger: Ledger, closing: Closing, now: dt.datetime) -> None:
    """A night of a closed year: its files are restored if they were touched, and that there was a night is noted."""
    folder, filled = workspace.year_outputs(closing.year), (*FILLED, ISSUED)
    if not _intact(folder, closing.manifest, filled):
        files = {name: ledger.recall(sha256) for name, sha256 in closing.manifest.items()}
        publish_files(folder, files, replaces=filled)
    last = ledger.nights.last(closing.year)
    assert last is not None
    ledger.nights.note(replace(last, at=now.isoformat(timespec="seconds"), kind=CLOSED, key="", manifest={}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closing that stands, with what has arrived since: name and when it was first seen."""

    closing: Closing
    late: tuple[tuple[str, str], ...]


def closed(workspace: Workspace, year: int) -> Closed | None:
    """The closing a year stands under; ``None`` while it is open."""
    with workspace.open_ledger() as ledger:
        closing = ledger.closings.standing(year)
        if closing is None:
            return None
        came = ledger.arrivals.all(year)
    known = set(closing.arrivals)
    return Closed(closing=closing, late=tuple((name, seen) for sha256, name, seen in came if sha256 not in known))


def reopened(workspace: Workspace, year: int) -> Closing | None:
    """The reopening of a year whose closed files still lie there, because no night has followed it yet."""
    if not (workspace.year_outputs(year) / MANIFEST).exists():
        return None
    with workspace.open_ledger() as ledger:
        last = next(reversed(ledger.closings.all(year)), None)
    return last if last and not last.closed else None


def reopen(ledger: Ledger, year: int, *, by: str, reason: str, now: dt.datetime) -> None:
    """Open a closed year again. Raises `WorkspaceError` when it is not closed."""
    closing = ledger.closings.standing(year)
    if closing is None:
        raise WorkspaceError(f"{year} 年度没有封存，不用解除。")
    at = now.isoformat(timespec="seconds")
    ledger.closings.record(replace(closing, at=at, closed=False, by=by, reason=reason, manifest={}, arrivals=()))


def _forbids(finding: Mapping[str, object]) -> bool:
    return finding["severity"] == "error" and not finding.get("answer")


def _issued(ledger: Ledger, year: int) -> dict[str, bytes]:
    """The workbooks issued last, from the originals."""
    return {f"{ISSUED}/{name}": ledger.recall(sha256) for name, sha256 in ledger.closings.issued(year).items()}


def _intact(folder: Path, manifest: Mapping[str, str], filled: Sequence[str]) -> bool:
    """Whether the files of ``manifest`` lie in ``folder``, and in the sub-folders ``filled`` no others."""
    try:
        if any(_sha256((folder / name).read_bytes()) != sha256 for name, sha256 in manifest.items()):
            return False
    except OSError:
        return False
    return all(path.relative_to(folder).as_posix() in manifest for path in _below(folder, filled))


def _below(folder: Path, names: Sequence[str]) -> list[Path]:
    """Every file in some sub-folders."""
    return [path for name in names for path in (folder / name).rglob("*") if path.is_file()]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
