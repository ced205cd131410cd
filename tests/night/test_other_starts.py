"""The whole road with workers that are started as Windows starts them: a fresh interpreter, nothing inherited."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from pipeline.road.read import workers
from tests.hostile import hostile
from tests.workspaces import NOW, Office, tree


def test_a_night_under_spawn_is_the_same_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path / "office", units=4)
    for n, unit in enumerate(("u01", "u02", "u03"), 1):
        office.returns(unit, {"t3.received.natural": n, "t3.granted.natural": n})
    office.returns("u04", {"t3.received.natural": 4})  # R3
    for name, content in hostile(office.filled("u01"), times=1):
        office.drop(name, content)
    twin = office.copied(tmp_path / "twin")
    expected = office.run(workers=2)
    monkeypatch.setattr(workers, "_context", multiprocessing.get_context("spawn"))
    found = twin.run(workers=2)
    assert found.county.figures["t3.received.natural"] == expected.county.figures["t3.received.natural"] == 6
    assert tree(twin.outputs) == tree(office.outputs)
    assert twin.states(found) == office.states(expected)
    twin.returns("u04", {"t3.received.natural": 4, "t3.granted.natural": 4}, name="改正.xlsx", hour=15)
    assert twin.run(workers=2, now=NOW).county.figures["t3.received.natural"] == 10
