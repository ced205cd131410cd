"""Our road up to the checked figures: intake + read + check + ledger of a night, in one process or several.

``python -m benchmarks.ours ROOT WORKERS`` does one such night in a process of its own, for the memory figure.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from pathlib import Path

from benchmarks.county import YEAR
from pipeline.check import Checker
from pipeline.control import read_control
from pipeline.intake import collect, open_arrival
from pipeline.layout import read_layout
from pipeline.ledger import Ledger
from pipeline.read import Reader, read_many
from pipeline.returns import Submission
from pipeline.seal import read_secret
from pipeline.workspace import Workspace, template_file

NOW = dt.datetime(2025, 1, 20, 22, tzinfo=dt.UTC)


class Night:
    """Everything that is the same for every file, made ready beforehand."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        form, folder = workspace.form(YEAR)
        control = read_control(workspace.control(YEAR), form, year=YEAR)
        layout = read_layout(form, template_file(folder, "return.xlsx"))
        self.reader = Reader(form=form, layout=layout, control=control, secret=read_secret(workspace.secret))
        self.checker = Checker(form, control)

    def run(self, workers: int) -> int:
        """One cold night, the ledger empty; the number of good returns."""
        shutil.rmtree(self.workspace.ledger, ignore_errors=True)
        with Ledger(self.workspace.ledger) as ledger:
            arrivals = collect(self.workspace.year_inputs(YEAR), ledger, year=YEAR, now=NOW)
        results = read_many(open_arrival, self.reader.read, arrivals, workers=workers)
        submissions = [result for result in results if isinstance(result, Submission)]
        return sum(not checked.findings for checked in self.checker.check(submissions))

    def unchanged(self) -> int:
        """The intake of a night in which nothing changed."""
        with Ledger(self.workspace.ledger) as ledger:
            return len(collect(self.workspace.year_inputs(YEAR), ledger, year=YEAR, now=NOW))


if __name__ == "__main__":
    print(Night(Workspace(Path(sys.argv[1]))).run(int(sys.argv[2])))
