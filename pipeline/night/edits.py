"""Hand edits of the report in outputs/ are never lost: the next night keeps them before it writes its own."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import XxgkError
from pipeline.ledger import Ledger
from pipeline.model.finding import Finding, notice
from pipeline.night.expected import expected_of
from pipeline.night.final import FINAL
from pipeline.night.gate import gate_findings
from pipeline.night.outputs import REPORT
from pipeline.night.replay import replay_night
from pipeline.workspace import Workspace

EDITED = "手改稿"
"""The folder with a view of them; their bytes lie with the originals, since the outputs may be deleted."""
_CHINA = dt.timezone(dt.timedelta(hours=8))
_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The files that were kept, to be published beside a night's own, and the findings about them. ``is_of_ours`` tells
    that our own report was edited.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    remarks: tuple[Finding, ...] = ()
    is_of_ours: bool = False


def keep_edit(workspace: Workspace, ledger: Ledger, year: int, *, ours: bytes) -> Edit:
    """Keep the report in the outputs when its bytes are none that a night made or that were kept before, nor ``ours`` of
    tonight; and a 定稿 of a closing that was undone.
    """
    last = ledger.nights.last(year)
    if last is None:
        return Edit()
    published = {row.manifest.get(REPORT, "") for row in ledger.nights.runs(year)} - {""}
    files: dict[str, bytes] = {}
    remarks: list[Finding] = []
    is_of_ours = False
    for path in _reports(workspace.year_outputs(year)):
        try:
            content = path.read_bytes()
            changed = dt.datetime.fromtimestamp(path.stat().st_mtime, _CHINA)
        except (OSError, ValueError, OverflowError):
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        if path.name == REPORT and (
            not last.manifest.get(REPORT) or sha256 in published or ledger.holds(sha256) or content == ours
        ):
            continue
        # the bytes go into the archive, because outputs/ may be deleted at any time
        ledger.keep(content)
        name = f"{EDITED}/{path.stem}_{changed:%Y-%m-%d_%H%M}_{sha256[:8]}{path.suffix}"
        files[name] = content
        if path.name == REPORT:
            is_of_ours = True
            detail = _judge(workspace, ledger, year, content)
            remarks.append(notice("X3", where={"file": REPORT}, name=name, detail=detail))
        else:
            remarks.append(notice("X5", where={"file": path.name}, found=path.name, name=name))
    return Edit(files=files, remarks=tuple(remarks), is_of_ours=is_of_ours)


def _reports(folder: Path) -> Iterator[Path]:
    return (folder / name for name in (REPORT, *FINAL) if (folder / name).is_file())


def _judge(workspace: Workspace, ledger: Ledger, year: int, content: bytes) -> str:
    """Return what the gate says of an edit, held against the night it was made after."""
    with suppress(XxgkError):
        printed = expected_of(replay_night(workspace, ledger, year))
        wrong = [f.message for f in gate_findings(REPORT, content, printed, final=not printed.missing)]
        more = f"等 {len(wrong)} 处" if len(wrong) > _TOLD else ""
        return "；".join(message.rstrip("。") for message in wrong[:_TOLD]) + more or "与当时的汇总数一致"
    return "没有核对"
