"""kill -9 at random moments of a run: outputs are the old ones or the new ones, and the next run comes to the same."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.night.issue import issue_workbooks
from pipeline.night.run import Effort, run_night
from pipeline.workspace import Workspace
from tests import ROOT
from tests.ledger.ledgers import contents
from tests.scripted_year import at, requests
from tests.workspaces import YEAR, Office, tree

EVENING = at("2025-01-20T22")
MOMENTS = 30
CREWS = 3
"""The moments are split over as many tests, which may run beside each other."""


def evening(root: Path, *, workers: int, killed_after: float = 60) -> tuple[int, float]:
    """A run in a process of its own with the clock stopped: its exit code, and how long it took.

    It is measured from the moment everything is imported.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.evening", str(root), EVENING.isoformat(), str(workers)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begins\n"
        start = time.perf_counter()
        try:
            process.wait(killed_after)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait(), time.perf_counter() - start


def waiting(root: Path) -> tuple[Office, Office]:
    """An office with an evening ahead of it, and one that has nothing but its inputs."""
    office = Office(root / "second", units=3)
    office.returns("u01", requests(2))
    office.returns("u02", requests(5, 4))
    office.run(now=at("2025-01-19T22"))
    office.returns("u02", requests(5), name="二.xlsx")
    office.returns("u03", requests(1, 0), name="三.xlsx")
    first = office.copied(root / "first")
    for path in sorted(first.workspace.outputs.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    return office, first


def whole(root: Path) -> dict[str, bytes]:
    """The outputs of the year, as a clerk sees them."""
    assert {p.name for p in (root / "outputs").iterdir() if not p.name.startswith(".")} <= {"ledger", str(YEAR)}
    return tree(Workspace(root).year_outputs(YEAR))


def memory(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the ledger knows, whichever run it learnt it by."""
    rows = contents(Workspace(root).ledger)
    runs = {row[0]: row[2] for row in rows.pop("runs")}
    numbered = {name: name in ("states", "accepted", "figures", "decisions", "explanations") for name in rows}
    return {
        name: [(runs[row[1]], *row[2:]) if numbered[name] else row for row in table] for name, table in rows.items()
    } | {"issues": sorted({row[1:] for row in rows["issues"]})}


@pytest.mark.parametrize("crew", range(CREWS))
def test_killed_at_any_moment(tmp_path: Path, crew: int) -> None:
    chance = random.Random(crew)
    offices = waiting(tmp_path)
    undisturbed = {}
    for office in offices:
        done = office.copied(tmp_path / f"done_{office.workspace.root.name}")
        code, duration = evening(done.workspace.root, workers=0)
        assert code == 0
        undisturbed[office] = duration, whole(done.workspace.root), memory(done.workspace.root)
    finished = 0
    for n in range(MOMENTS // CREWS):
        office = offices[n % 3 == 2]
        duration, new, known = undisturbed[office]
        killed = office.copied(tmp_path / f"killed{n}")
        root, old = killed.workspace.root, whole(office.workspace.root)
        moment = chance.uniform(0, duration)
        where = f"{root.name} of {office.workspace.root.name}, {moment:.3f} s of {duration:.3f} s"
        code, _ = evening(root, workers=n % 2, killed_after=moment)
        assert code in (0, -9), where
        finished += code == 0
        issued = {name: content for name, content in new.items() if name.startswith("issued/")}
        assert whole(root) in (old, new, issued), where
        database = root / "outputs" / "ledger" / "ledger.sqlite"
        if database.exists():
            connection = sqlite3.connect(database)
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], where
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == [], where
            connection.close()
        if not whole(root):
            issue_workbooks(killed.workspace, YEAR, now=EVENING)
        run_night(killed.workspace, YEAR, now=EVENING, effort=Effort(workers=0))
        assert whole(root) == new, where
        assert memory(root) == known, where
        left = {path.name for path in (root / "outputs").iterdir()}
        assert left <= {"ledger", str(YEAR), ".lock"}, where
        assert not list((root / "outputs" / "ledger" / "originals").glob("*.part")), where
        assert run_night(killed.workspace, YEAR, now=EVENING, effort=Effort(workers=0)) is None, where
    assert finished < MOMENTS // CREWS
