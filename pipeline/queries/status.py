"""Who stands where, as the last night left it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import WorkspaceError
from pipeline.workspace import Workspace

RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of a unit's state: when, from what, why, and the hash of the file that brought it."""

    at: str
    state: str
    previous: str
    because: str
    sha256: str


def last_run(workspace: Workspace, year: int) -> dict[str, Any]:
    """The last night's run.json; raises `WorkspaceError` when there has been none."""
    workspace.require_inputs(year)
    path = workspace.year_outputs(year) / RUN_FILE
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WorkspaceError(f"{year} 年度还没有汇总过。请先运行 xxgk run --year {year}。") from error
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path} 读不出来。请重新运行 xxgk run --year {year}。") from error
    return document


def attention(document: Mapping[str, Any]) -> bool:
    """Whether a person must look at something in what the last night published."""
    open_errors = any(finding["severity"] == "error" for finding in document["findings"])
    unanswered = any(f["severity"] == "warning" and not f.get("answer") for f in document["findings"])
    return not document["complete"] or open_errors or unanswered


def transitions(workspace: Workspace, year: int, unit: str) -> list[Transition]:
    """Every change of a unit's state, the oldest first. Raises `WorkspaceError` for a unit never heard of."""
    with workspace.open_ledger() as ledger:
        at = {run.id: run.at for run in ledger.nights.runs(year)}
        found = [(at[run], row) for run, row in ledger.nights.transitions(year) if row.unit == unit]
    if not found:
        raise WorkspaceError(f"{year} 年度没有单位代码 {unit} 的记录。请核对单位代码。")
    return [
        Transition(at=when, state=row.state, previous=row.previous, because=row.because, sha256=row.sha256)
        for when, row in found
    ]
