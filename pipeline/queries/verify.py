"""A finished report, ours or edited by people, against the figures of the last night."""

from __future__ import annotations

from pathlib import Path

from pipeline.model.finding import Finding
from pipeline.night.expected import expected_of
from pipeline.night.final import load_report
from pipeline.night.gate import gate_findings
from pipeline.night.replay import replay_night
from pipeline.workspace import Workspace


def verify_report(workspace: Workspace, year: int, file: Path) -> list[Finding]:
    """Return the findings of the gate at a report; empty when it can be published.

    Raises `WorkspaceError` when there has been no night, or the file cannot be read.
    """
    content = load_report(file)
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        printed = expected_of(replay_night(workspace, ledger, year))
    return list(gate_findings(file.name, content, printed, final=True))
