"""The task of a night travels to another process and comes to the same; a fault of the machine is not kept."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.rows import unpacked_findings
from pipeline.model.submission import Arrival, Reason, Submission, Unclaimed
from pipeline.night.basis import load_basis
from pipeline.night.engine import Examined, LocalEngine, Task
from pipeline.road.check import Checker
from pipeline.road.intake import take_in
from pipeline.road.read import dismiss
from tests.workspaces import NOW, YEAR, Office


def arrived(tmp_path: Path) -> tuple[Task, list[Arrival]]:
    office = Office(tmp_path, units=2)
    office.returns("u01", {"t3.received.natural": "３件", "t3.granted.natural": 2})
    office.returns("u02", {"t3.received.natural": 2})
    office.drop("空.xlsx", b"")
    office.drop("扫描.xlsx", b"%PDF-1.7")
    with office.workspace.open_ledger() as ledger:
        arrivals = take_in(office.workspace.year_inputs(YEAR), ledger, year=YEAR, now=NOW).arrivals()
        return Task.of(load_basis(office.workspace, ledger, YEAR)), arrivals


def codes(each: object) -> list[str]:
    """What was found in a submission."""
    return [finding.code for finding in unpacked_findings(each.findings or "[]")] if isinstance(each, Examined) else []


def test_a_task_that_was_sent_gives_the_same_rows(tmp_path: Path) -> None:
    task, arrivals = arrived(tmp_path)
    here = list(LocalEngine(0).examine(task, arrivals))
    assert [type(each) for each in here] == [Examined] * 4
    assert sorted(each.row.unit for each in here if isinstance(each, Examined)) == ["", "", "u01", "u02"]
    assert [found for found in map(codes, here) if found] == [["V7", "R3"], ["R3"]]
    sent = pickle.loads(pickle.dumps(task))
    assert list(LocalEngine(0).examine(sent, arrivals)) == here
    assert list(LocalEngine(2).examine(task, arrivals)) == here
    # how arrivals are cut into batches shows nowhere
    assert [each for arrival in arrivals for each in LocalEngine(0).examine(task, [arrival])] == here


def test_workers_may_stay_from_batch_to_batch(tmp_path: Path) -> None:
    task, arrivals = arrived(tmp_path)
    kept: list[Any] = []
    engine = LocalEngine(1, kept)
    first = list(engine.examine(task, arrivals[:2]))
    (worker,) = kept
    assert [*first, *engine.examine(task, arrivals[2:])] == list(LocalEngine(0).examine(task, arrivals))
    assert kept == [worker]
    # one that is gone is replaced, and nothing is lost by it
    worker.process.kill()
    worker.process.join()
    assert list(engine.examine(task, arrivals)) == list(LocalEngine(0).examine(task, arrivals))
    (other,) = kept
    assert other.process.pid != worker.process.pid
    # a reading that is broken off leaves nobody behind
    next(reading := engine.examine(task, arrivals))
    reading.close()  # type: ignore[attr-defined]
    assert kept == []
    list(engine.examine(task, arrivals))
    (last,) = kept
    dismiss(kept)
    assert (kept, last.process.is_alive()) == ([], False)


def test_a_file_that_cannot_be_opened_today_has_no_row(tmp_path: Path) -> None:
    task, arrivals = arrived(tmp_path)
    gone = replace(arrivals[0], path=tmp_path / "gone.xlsx")
    (result,) = LocalEngine(1).examine(task, [gone])
    assert isinstance(result, Unclaimed)
    assert result.obstacle.reason is Reason.UNREACHABLE


def test_a_check_that_breaks_costs_only_its_own_return(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, arrivals = arrived(tmp_path)
    alone = Checker.alone

    def breaks(checker: Checker, submissions: list[Submission]) -> object:
        if any(submission.unit == "u01" for submission in submissions):
            raise ZeroDivisionError
        return alone(checker, submissions)

    monkeypatch.setattr(Checker, "alone", breaks)
    results = [each for each in LocalEngine(0).examine(task, arrivals) if isinstance(each, Examined)]
    assert sorted(each.row.unit for each in results) == ["", "", "", "u02"]
    told = [finding.message for each in results for finding in unpacked_findings(each.row.findings)]
    assert sum("读取程序出错（ZeroDivisionError）" in message for message in told) == 1
