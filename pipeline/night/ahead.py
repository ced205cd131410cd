"""What a night will need, begun while it does something else: the process that readers are forked from, before the night
is imported; steps that do not depend on what is read, while others read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from pipeline.files.forking import start_server
from pipeline.workspace import Workspace

READERS = ("pipeline.road.read.workers", "pipeline.night.engine.task")
"""What every reader imports."""


def get_ahead(workspace: Workspace, year: int) -> None:
    """Start importing what readers need if the folders look as if something arrived since the last night.

    Nothing depends on the guess: without it, or where it is wrong, the readers are started when they are needed.
    """
    if _looks_changed(workspace, year):
        start_server(*READERS)


def _looks_changed(workspace: Workspace, year: int) -> bool:
    """Whether a folder of returns or the 台账 is newer than what was published; files changed in place are not seen."""
    try:
        published = (workspace.year_outputs(year) / "run.json").stat().st_mtime
        with os.scandir(workspace.year_inputs(year)) as entries:
            folders = [Path(entry.path) for entry in entries if entry.is_dir()]
        looked_at = (workspace.year_inputs(year), workspace.control(year), *folders)
        return any(path.stat().st_mtime > published for path in looked_at)
    except OSError:
        return workspace.year_inputs(year).is_dir()


@contextmanager
def meanwhile(step: Callable[[], object]) -> Iterator[None]:
    """Take a step that nothing depends on beside a block that mostly waits; it is over when the block is."""
    beside = Thread(target=step, daemon=True)
    beside.start()
    try:
        yield
    finally:
        beside.join()
