"""An evening in a process of its own, at a time that is given: issue what was not issued, then run.

``python -m tests.evening <workspace> <time> <workers>``; says "begins" once everything is imported.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import alembic.command  # noqa: F401 - imported on first use otherwise, which is no moment worth being killed at

from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from pipeline.workspace import Workspace
from tests.workspaces import YEAR

if __name__ == "__main__":
    workspace, now = Workspace(Path(sys.argv[1])), dt.datetime.fromisoformat(sys.argv[2])
    print("begins", flush=True)
    if not workspace.year_outputs(YEAR).is_dir():
        issue_workbooks(workspace, YEAR, now=now)
    run_night(workspace, YEAR, now=now, effort=Effort(workers=int(sys.argv[3])))
