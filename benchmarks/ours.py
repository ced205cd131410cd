"""Our road up to the checked figures: intake + read + check + ledger of a night, in one process or several.

``python -m benchmarks.ours ROOT WORKERS`` does one such night in a process of its own, for the memory figure.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from benchmarks.aside import set_aside
from benchmarks.county import YEAR
from pipeline.model.standing import Checked
from pipeline.night.basis import load_basis
from pipeline.night.engine import Engine, LocalEngine, Task
from pipeline.night.examine import Examination
from pipeline.night.read_ahead import ReadAhead
from pipeline.night.run import run_night
from pipeline.road.intake import take_in
from pipeline.workspace import Workspace

NOW = dt.datetime(2025, 1, 20, 22, tzinfo=dt.UTC)


class Night:
    """Everything that is the same for every file, made ready beforehand."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        with workspace.open_ledger() as ledger:
            self.basis = load_basis(workspace, ledger, YEAR)
        self.task = Task.of(self.basis)

    def forget(self) -> None:
        """An empty ledger."""
        set_aside(self.workspace.ledger)
        with self.workspace.open_ledger():
            pass

    def run(self, workers: int) -> int:
        """One cold night in as many processes; the number of good returns."""
        return self.by(LocalEngine(workers))

    def by(self, engine: Engine) -> int:
        """One cold night; the number of good returns. Nothing is held longer than its batch."""
        with self.workspace.open_ledger() as ledger:
            ahead = ReadAhead(engine=engine, load=lambda: self.basis, look=lambda: "the same")
            intake = take_in(self.workspace.year_inputs(YEAR), ledger, year=YEAR, now=NOW, tell=ahead.hear)
            arrivals = intake.arrivals()
            examination = Examination(ledger=ledger, basis=self.basis, task=self.task, engine=engine)
            examined = examination.examine(arrivals, lambda each: each)
            return sum(isinstance(each, Checked) and not each.findings for each in examined)

    def hashed(self) -> int:
        """What is always done by the machine that runs the night: hashing and archiving; the number of arrivals."""
        with self.workspace.open_ledger() as ledger:
            return len(take_in(self.workspace.year_inputs(YEAR), ledger, year=YEAR, now=NOW).arrivals())

    def whole(self) -> None:
        """A night to the last published file, so that the next has nothing to do."""
        run_night(self.workspace, YEAR, now=NOW)

    def unchanged(self) -> None:
        """A night in which nothing changed."""
        assert run_night(self.workspace, YEAR, now=NOW) is None


if __name__ == "__main__":
    night = Night(Workspace(Path(sys.argv[1])))
    night.forget()
    print(night.run(int(sys.argv[2])))
