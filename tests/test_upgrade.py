"""Upgrading in mid-season: a workspace of 0.1.0, with workbooks out, nights recorded and a closed year, goes on working.

What the fixture holds is told in tests/fixtures/README.md; it is never remade.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.form import print_figure
from pipeline.model.outcome import Outcome
from pipeline.night.close import closing_of
from pipeline.night.run import Effort, run_night
from pipeline.queries.status import last_document, transitions
from pipeline.queries.trace import trace
from pipeline.workspace import Workspace
from tests import ROOT

FIXTURES = ROOT / "tests" / "fixtures"
CHINA = dt.timezone(dt.timedelta(hours=8))
NOW = dt.datetime(2025, 1, 18, 22, tzinfo=CHINA)
EXPECTED: dict[str, Any] = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    with tarfile.open(FIXTURES / "workspace_0_1_0.tar.xz") as archive:
        archive.extractall(tmp_path, filter="tar")
    return tmp_path


def night(workspace: Workspace, now: dt.datetime = NOW) -> Outcome:
    outcome = run_night(workspace, 2024, now=now, effort=Effort(workers=0))
    assert outcome is not None
    return outcome


def agree(outcome: Outcome, expected: dict[str, Any]) -> None:
    """States, accepted files and every figure are those that 0.1.0 came to."""
    assert {s.unit.code: s.state.value for s in outcome.standings} == expected["states"]
    accepted = {s.unit.code: s.decisive.submission.arrival.name for s in outcome.standings if s.passed and s.decisive}
    assert accepted == expected["accepted"]
    figures = {code: None if value is None else print_figure(value) for code, value in outcome.county.figures.items()}
    assert {code: figures[code] for code in expected["figures"]} == expected["figures"]
    assert outcome.county.complete == expected["complete"]


@pytest.mark.parametrize("name", ["方正县", "市"])
def test_the_next_night_comes_to_the_same(root: Path, name: str) -> None:
    agree(night(Workspace(root / name)), EXPECTED[name]["2024"])


def test_what_was_issued_comes_back_and_completes_the_year(root: Path) -> None:
    county, city = Workspace(root / "方正县"), Workspace(root / "市")
    shutil.copytree(county.root / "待交", county.year_inputs(2024) / "补报")
    agree(night(county), EXPECTED["finished"]["方正县"])
    handed_up = city.year_inputs(2024) / "方正县" / "county（第二次）.xlsx"
    shutil.copyfile(county.year_outputs(2024) / "county.xlsx", handed_up)
    agree(night(city, NOW + dt.timedelta(hours=1)), EXPECTED["finished"]["市"])


def test_the_old_ledger_answers(root: Path) -> None:
    """The states of the last old night, also after its outputs are gone; figures down to their cells; every change."""
    county = Workspace(root / "方正县")
    shutil.rmtree(county.year_outputs(2024))
    document = last_document(county, 2024)
    expected = EXPECTED["方正县"]["2024"]
    assert {unit["code"]: unit["state"] for unit in document["units"]} == expected["states"]
    assert document["missing"] == ["u02", "u03", "u04"]
    tree = trace(county, 2024, "info.trainings").tree
    assert (str(tree.published), tree.holds) == (expected["figures"]["info.trainings"], True)
    changes = [(each.previous, each.state) for each in transitions(county, 2024, "u01")]
    assert changes[0] == ("", "通过")


def test_a_closed_year_stays_closed(root: Path) -> None:
    county = Workspace(root / "方正县")
    before = {p.name: p.read_bytes() for p in county.year_outputs(2023).iterdir() if p.is_file()}
    assert run_night(county, 2023, now=NOW, effort=Effort(workers=0)) is None
    closed = closing_of(county, 2023)
    assert closed is not None
    assert closed.late == ()
    assert {p.name: p.read_bytes() for p in county.year_outputs(2023).iterdir() if p.is_file()} == before
