"""An evening in a process of its own, at a time that is given: issue what was not issued, then run.

``python -m tests.evening <workspace> <time> <workers>``; says "begins" once everything is imported.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import alembic.command  # noqa: F401 - imported on first use otherwise, which is no moment worth being killed at

from pipeline.night import run as nightly
from pipeline.workspace import Workspace
from tests.workspaces import YEAR

if __name__ == "__main__":
    workspace, now = Workspace(Path(sys.argv[1])), dt.datetime.fromisoformat(sys.argv[2])
    print("begins", flush=True)
    if not workspace.year_outputs(YEAR).is_dir():
        nightly.issue(workspace, YEAR, now=now)
    nightly.run(workspace, YEAR, now=now, workers=int(sys.argv[3]))
