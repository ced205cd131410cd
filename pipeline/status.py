"""Who stands where, as the last night left it."""

from __future__ import annotations

import json
from typing import Any

from pipeline.errors import WorkspaceError
from pipeline.workspace import Workspace

RUN_FILE = "run.json"


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
