"""The task of a night travels to another process and comes to the same; a fault of the machine is not kept."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.model.basis import Basis
from pipeline.model.outcome import Outcome
from pipeline.model.rows import unpacked_findings
from pipeline.model.submission import Arrival, Reason, Submission, Unclaimed
from pipeline.night.basis import load_basis
from pipeline.night.engine import Examined, LocalEngine, Task
from pipeline.night.run import Effort, run_night
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


def begun(engine: LocalEngine) -> list[Any]:
    """The workers that were hired for what was offered."""
    return list(engine._begun[1]._workers) if engine._begun else []


def test_what_was_offered_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, arrivals = arrived(tmp_path)
    expected = list(LocalEngine(0).examine(task, arrivals))
    engine = LocalEngine(2)
    for arrival in reversed(arrivals[1:]):
        engine.offer(task, arrival)
    hired = begun(engine)
    assert 1 <= len(hired) <= 2
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.night.engine.local.read_many", None)
        assert list(engine.examine(Task.of(replace_basis(task)), arrivals)) == expected
    assert [worker.process.is_alive() for worker in hired] == [False] * len(hired)


def replace_basis(task: Task) -> Basis:
    """A basis of the very same parts as those of a task."""
    reader = task.reader
    return cast(
        "Basis",
        SimpleNamespace(
            form=reader.form,
            layout=reader.layout,
            control=reader.control,
            secret=reader.secret,
            history=task.checker.history,
        ),
    )


def test_what_is_not_the_same_when_it_is_asked_for_is_read_again(tmp_path: Path) -> None:
    """One more name came to light after it was offered: the name is in what is told."""
    task, arrivals = arrived(tmp_path)
    later = [replace(a, names=(f"{n}号.xlsx", *a.names)) for n, a in enumerate(arrivals)]
    engine = LocalEngine(2)
    for arrival in arrivals:
        engine.offer(task, arrival)
    results = list(engine.examine(task, [later[0], *arrivals[1:3], later[3]]))
    assert results == list(LocalEngine(0).examine(task, [later[0], *arrivals[1:3], later[3]]))
    assert results != list(LocalEngine(0).examine(task, arrivals))


def test_under_another_task_it_is_read_again(tmp_path: Path) -> None:
    task, arrivals = arrived(tmp_path)
    engine = LocalEngine(1)
    for arrival in arrivals:
        engine.offer(task, arrival)
    (worker,) = begun(engine)
    control = replace(task.reader.control, units=task.reader.control.units[:1])
    other = replace(task, reader=replace(task.reader, control=control))
    assert not task.is_like(other)
    results = list(engine.examine(other, arrivals))
    assert results == list(LocalEngine(0).examine(other, arrivals))
    assert sorted(each.row.unit for each in results if isinstance(each, Examined)) == ["", "", "", "u01"]
    assert not worker.process.is_alive()


def test_what_nobody_asks_for_ends(tmp_path: Path) -> None:
    task, arrivals = arrived(tmp_path)
    engine = LocalEngine(2)
    for arrival in arrivals:
        engine.offer(task, arrival)
    hired = begun(engine)
    engine.withdraw()
    assert [worker.process.is_alive() for worker in hired] == [False] * len(hired)
    assert begun(engine) == []
    here = LocalEngine(0)
    here.offer(task, arrivals[0])
    assert begun(here) == []


def test_a_night_reads_ahead_only_what_is_new(tmp_path: Path) -> None:
    office = Office(tmp_path, units=2)
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1})
    offered: list[str] = []

    class Noting(LocalEngine):
        def offer(self, task: Task, arrival: Arrival) -> None:
            offered.append(arrival.name)
            super().offer(task, arrival)

    def night() -> Outcome | None:
        offered.clear()
        return run_night(office.workspace, YEAR, now=NOW, effort=Effort(engine=Noting(1)))

    assert night() is not None
    assert offered == ["u01.xlsx"]
    assert night() is None
    assert offered == []
    office.returns("u02")
    assert night() is not None
    assert offered == ["u02.xlsx"]
    # claims are bound when all arrivals are known: nothing is read before
    office.returns("u02", name="又一份.xlsx", hour=20)
    office.write_control({"来件认领": [("又一份.xlsx", "u02", "", "核对过", "王五")]})
    outcome = night()
    assert outcome is not None
    assert offered == []


def test_a_control_workbook_that_is_saved_meanwhile(tmp_path: Path) -> None:
    """The clerk saves the 台账 while the folder is looked through: the night is that of the saved one."""
    office = Office(tmp_path / "office", units=2)
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1})
    other = office.copied(tmp_path / "other")
    other.write_control({"免报": [("u02", "机构撤并", "王五")]})

    class Saving(LocalEngine):
        def offer(self, task: Task, arrival: Arrival) -> None:
            super().offer(task, arrival)
            shutil.copy(other.workspace.control(YEAR), office.workspace.control(YEAR))

    outcome = run_night(office.workspace, YEAR, now=NOW, effort=Effort(engine=Saving(1)))
    assert outcome is not None
    assert [standing.state.value for standing in outcome.standings] == ["通过", "免报"]
    other.run()
    for file in ("run.json", "county.xlsx"):
        assert (office.outputs / file).read_bytes() == (other.outputs / file).read_bytes()
    assert run_night(office.workspace, YEAR, now=NOW) is None


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
