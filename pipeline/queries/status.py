"""The state of every unit after the last night, from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import WorkspaceError
from pipeline.model.standing import NEXT_STEP, State
from pipeline.night.replay import Remembered, replay_night
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of a unit's state: time, former state, reason, and the hash of the file that caused it."""

    at: str
    state: str
    previous: str
    because: str
    sha256: str


def last_document(workspace: Workspace, year: int) -> dict[str, Any]:
    """The run.json of the last night that published. Raises `WorkspaceError` when there has been none."""
    workspace.require_inputs(year)
    with workspace.open_ledger() as ledger:
        night = replay_night(workspace, ledger, year)
        return ledger.nights.document(night.row.id) or _rebuilt(night)


def open_points(document: Mapping[str, Any]) -> list[str]:
    """Return what a person must look at after the last night, one clause each."""
    if "open_points" in document:
        return list(document["open_points"])
    found = [] if document["complete"] else [f"尚缺 {len(document['missing'])} 个单位"]
    left = [finding for finding in document["findings"] if finding["severity"] != "info" and not finding.get("answer")]
    return found + ([f"有 {len(left)} 个问题没有解决"] if left else [])


def transitions(workspace: Workspace, year: int, unit: str) -> list[Transition]:
    """Return every change of a unit's state, the oldest first. Raises `WorkspaceError` for a unit never heard of."""
    with workspace.open_ledger() as ledger:
        at = {run.id: run.at for run in ledger.nights.runs(year)}
        found = [(at[run], row) for run, row in ledger.nights.transitions(year) if row.unit == unit]
    if not found:
        raise WorkspaceError(f"{year} 年度没有单位代码 {unit} 的记录。请核对单位代码。")
    return [
        Transition(at=when, state=row.state, previous=row.previous, because=row.because, sha256=row.sha256)
        for when, row in found
    ]


def _rebuilt(night: Remembered) -> dict[str, Any]:
    """Rebuild the document of a night that was recorded before documents were stored: its units and findings. Its
    unclaimed arrivals are unknown.
    """
    units = []
    for unit in night.control.units:
        row, accepted = night.states.get(unit.code), night.accepted.get(unit.code)
        state = State(row.state) if row else State.MISSING
        units.append(
            {
                "code": unit.code,
                "name": unit.name,
                "type": unit.type,
                "counted": unit.counted,
                "state": state.value,
                "provisional": accepted is not None and accepted.provisional,
                "next_step": NEXT_STEP[state],
                "refused": [],
                "file": (row.file if row else "") or None,
                "sha256": (row.sha256 if row else "") or None,
            }
        )
    return {
        "year": night.row.year,
        "root": night.control.profile.root,
        "complete": night.row.complete,
        "counted": [row.unit for row in night.counted],
        "missing": [missing.code for missing in night.missing],
        "units": units,
        "arrivals": [],
        "findings": list(night.findings),
    }
