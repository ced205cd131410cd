"""Many machines come to what one comes to, whatever happens to them: real processes of Dask on loopback."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import distributed
import pytest

from pipeline.cli.entry import _called
from pipeline.errors import EngineError
from pipeline.model.rows import unpacked_findings
from pipeline.model.submission import Arrival, Reason, Unclaimed
from pipeline.night.basis import load_basis
from pipeline.night.engine import DaskEngine, Examined, LocalEngine, Task, choose_engine
from pipeline.night.engine import dask as engine_room
from pipeline.night.run import Effort, run_night
from pipeline.road.intake import take_in
from tests import ROOT
from tests.hostile import hostile
from tests.ledger.ledgers import contents
from tests.machines import DeadlyTask, Machines, PoisonedTask, SlowTask, machines
from tests.night.test_incremental import Days
from tests.workspaces import NOW, YEAR, Office, tree

DAYS = int(os.environ.get("DASK_DAYS", "4"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers that are started again when they die."""
    with machines(tmp_path_factory.mktemp("dask"), (), ()) as started:
        yield started


def arrived(tmp_path: Path, units: int = 4, kind: type[Task] = Task) -> tuple[Task, list[Arrival]]:
    office = Office(tmp_path, units=units)
    for n, unit in enumerate(office.units):
        office.returns(unit.code, {"t3.received.natural": n, "t3.granted.natural": 2})
    with office.workspace.open_ledger() as ledger:
        arrivals = take_in(office.inputs, ledger, year=YEAR, now=NOW).arrivals()
        task = Task.of(load_basis(office.workspace, ledger, YEAR))
    return kind(**{each.name: getattr(task, each.name) for each in fields(Task)}), arrivals


def units(results: list[Examined | Unclaimed]) -> list[str]:
    return [each.row.unit if isinstance(each, Examined) else each.obstacle.words for each in results]


def test_the_same_bytes_on_one_machine_and_on_many(tmp_path: Path, many: Machines) -> None:
    office = Office(tmp_path / "office", units=4)
    for n, unit in enumerate(office.units[:3]):
        office.returns(unit.code, {"t3.received.natural": f"{n}件"})
    for name, content in hostile(office.filled("u01"), times=1):
        if "炸弹" not in name:
            office.drop(name, content)
    efforts = {f"{n} workers": Effort(workers=n) for n in range(3)} | {"dask": Effort(workers=0, engine=many.engine)}
    offices = {name: office.copied(tmp_path / name) for name in efforts}
    cold = {}
    for name, effort in efforts.items():
        assert run_night(offices[name].workspace, YEAR, now=NOW, effort=effort) is not None
        cold[name] = tree(offices[name].outputs), contents(offices[name].workspace.ledger)
    assert {name for name in cold if cold[name] != cold["0 workers"]} == set()
    for name, effort in efforts.items():
        offices[name].returns("u04", {"t3.received.natural": 7})
        assert run_night(offices[name].workspace, YEAR, now=NOW, effort=effort) is not None
        cold[name] = tree(offices[name].outputs), contents(offices[name].workspace.ledger)
    assert {name for name in cold if cold[name] != cold["0 workers"]} == set()
    # nothing new: no scheduler is needed, and none is asked
    nobody = Effort(engine=DaskEngine("tcp://127.0.0.1:1"))
    assert run_night(offices["dask"].workspace, YEAR, now=NOW, effort=nobody) is None


def test_the_command(tmp_path: Path, many: Machines, capsys: pytest.CaptureFixture[str]) -> None:
    office = Office(tmp_path, units=1)
    office.returns("u01", {})
    run = ["run", "--year", str(YEAR), "--workspace", str(tmp_path), "--engine", "dask"]
    assert _called(run, "1") == 2
    assert "写明调度程序的地址" in capsys.readouterr().err
    assert _called([*run, "--scheduler", "http://127.0.0.1:1"], "2") == 2
    assert "连不上调度程序 http://127.0.0.1:1" in capsys.readouterr().err
    assert not (office.outputs / "county.xlsx").exists()
    (tmp_path / "xxgk.toml").write_text(f'[run]\nscheduler = "{many.address}"\n', encoding="utf-8")
    assert _called(run, "3") in (0, 3)
    assert (office.outputs / "county.xlsx").exists()


def test_random_days(tmp_path: Path, many: Machines) -> None:
    office = Office(tmp_path / "office", units=4)
    days, story = Days(office, random.Random(7)), []
    for day in range(DAYS):
        story.append(days.happens())
        now = NOW + dt.timedelta(days=day)
        cold = office.copied(tmp_path / f"cold{day}")
        shutil.rmtree(cold.outputs)
        run_night(office.workspace, YEAR, now=now, effort=Effort(workers=0, engine=many.engine))
        assert run_night(cold.workspace, YEAR, now=now, effort=Effort(workers=0, anew=True)) is not None
        assert tree(office.outputs) == tree(cold.outputs), story


def test_a_file_that_ends_its_reader_costs_only_itself(tmp_path: Path, many: Machines) -> None:
    task, arrivals = arrived(tmp_path, kind=PoisonedTask)
    arrivals.insert(2, replace(arrivals[0], names=("毒.xlsx",)))
    results = list(many.engine.examine(task, arrivals))
    assert [each.row.unit for each in results if isinstance(each, Examined)] == ["u01", "u02", "", "u03", "u04"]
    assert results == list(LocalEngine(1).examine(task, arrivals))
    assert isinstance(results[2], Examined)
    (finding,) = unpacked_findings(results[2].row.findings)
    assert (finding.code, "读取程序被中止（SIGABRT）" in finding.message) == ("I1", True)


def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path, many: Machines) -> None:
    task, arrivals = arrived(tmp_path, kind=SlowTask)
    arrivals = [replace(each, names=(f"{n}/{each.name}",)) for n in range(8) for each in arrivals]
    with distributed.Client(many.address, set_as_default=False) as client:
        victim = min(client.run(os.getpid).values())
    results = many.engine.examine(task, arrivals)
    first = next(results)
    os.kill(victim, signal.SIGKILL)
    assert [first, *results] == list(LocalEngine(0).examine(task, arrivals))


def test_a_file_that_ends_every_worker_is_found_out(tmp_path: Path, many: Machines) -> None:
    task, arrivals = arrived(tmp_path, kind=DeadlyTask)
    # the batch of u02 holds others too, and all of them come out right
    arrivals = [arrivals[0], arrivals[2], *(replace(arrivals[3], names=(f"{n}.xlsx",)) for n in range(15)), arrivals[1]]
    results = list(many.engine.examine(task, arrivals))
    assert units(results[:-1]) == ["u01", "u03", *["u04"] * 15]
    last = results[-1]
    assert isinstance(last, Unclaimed)
    assert last.obstacle.reason is Reason.UNFINISHED  # nobody knows what ended them, so it is tried again
    assert last.arrival.path == arrivals[-1].path
    assert "u02.xlsx" in last.findings[-1].message
    assert "几台工作机先后在读它的时候中断" in last.findings[-1].message


def test_files_that_are_nowhere_and_a_machine_that_sees_none(
    tmp_path: Path, many: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, (one, *_) = arrived(tmp_path / "office")
    monkeypatch.chdir(tmp_path)
    relative = replace(one, path=one.path.relative_to(tmp_path))
    assert units(list(many.engine.examine(task, [relative]))) == ["u01"]
    (gone,) = many.engine.examine(task, [replace(one, path=Path("gone.xlsx"))])
    assert isinstance(gone, Unclaimed)
    assert (gone.obstacle.reason, gone.arrival.path) == (Reason.UNREACHABLE, Path("gone.xlsx"))
    # a path at which this process has a file, and the workers have none
    with one.path.open("rb") as file:
        os.dup2(file.fileno(), 900)
    try:
        with pytest.raises(EngineError, match=r"工作机 \S+ 上没有 /proc/self/fd/900。各台机器要在同样的路径上"):
            list(many.engine.examine(task, [replace(one, path=Path("/proc/self/fd/900"))]))
    finally:
        os.close(900)


def test_the_scheduler_is_gone_in_the_middle(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=3)
    for unit in office.units:
        office.returns(unit.code, {})
    office.run()
    before = tree(office.outputs)
    office.returns("u01", {"t3.received.natural": 1, "t3.granted.natural": 1}, name="又一份.xlsx", hour=15)
    calm = office.copied(tmp_path / "calm")
    with machines(tmp_path, ("--no-nanny",)) as started:
        engine = started.engine

        class Doomed:
            """The scheduler ends between the first result and the others."""

            def prepare(self) -> None:
                pass

            def offer(self, task: Task, arrival: Arrival) -> None:
                pass

            def withdraw(self) -> None:
                pass

            def examine(self, task: Task, arrivals: list[Arrival]) -> Iterator[Examined | Unclaimed]:
                slow = SlowTask(**{each.name: getattr(task, each.name) for each in fields(Task)})
                more = [replace(each, names=(f"{n}.xlsx",)) for n in range(40) for each in arrivals]
                results = engine.examine(slow, more)
                yield next(results)
                started.processes[0].kill()
                yield from list(results)[:0]

        with pytest.raises(EngineError, match=r"连接断了.*什么都没有发布.*--engine local"):
            run_night(office.workspace, YEAR, now=NOW, effort=Effort(engine=Doomed()))  # type: ignore[arg-type]
    assert tree(office.outputs) == before
    assert office.run() is not None
    assert calm.run() is not None
    assert tree(office.outputs) == tree(calm.outputs)
    assert contents(office.workspace.ledger) == contents(calm.workspace.ledger)


def test_no_scheduler_no_worker_no_program_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task, arrivals = arrived(tmp_path / "office")
    assert choose_engine("local", "tcp://127.0.0.1:1") is None
    with pytest.raises(EngineError, match="写明调度程序的地址"):
        choose_engine("dask", "")
    for address in ("tcp://127.0.0.1:1", "tls://127.0.0.1:1", "http://127.0.0.1:1", "x"):
        with pytest.raises(EngineError, match=f"连不上调度程序 {address}.*什么都没有发布"):
            list(DaskEngine(address, connecting=0.3).examine(task, arrivals))
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as web:  # a wrong port is easily written
        Thread(target=web.serve_forever, daemon=True).start()
        with pytest.raises(EngineError, match="连不上调度程序"):
            list(DaskEngine(f"tcp://127.0.0.1:{web.server_port}", connecting=1).examine(task, arrivals))
        web.shutdown()
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").touch()
    with machines(tmp_path) as started:
        with pytest.raises(EngineError, match=f"那里没有工作机.*dask worker {started.address}"):
            list(replace(started.engine, connecting=6).examine(task, arrivals))
        # another program under the same name
        started.worker("--no-nanny", path=str(tmp_path))
        with pytest.raises(EngineError, match=r"工作机 tcp://\S+ 上没有这个程序.*同一版本"):
            list(started.engine.examine(task, arrivals))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError, match=r'pip install "xxgk\[dask\]"'):
        list(DaskEngine("tcp://127.0.0.1:1").examine(task, arrivals))


def test_dask_is_imported_only_when_asked_for() -> None:
    code = (
        "import sys, pipeline.cli, pipeline.night.run; print([m for m in ('dask', 'distributed') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_worker_that_ends_while_it_is_asked_runs_no_other_program() -> None:
    """Nor does one that does not answer: each compares for itself before it reads."""
    told: dict[str, object] = {"tcp://a": engine_room._introduce(), "tcp://b": distributed.comm.CommClosedError("gone")}
    engine = DaskEngine("tcp://127.0.0.1:1", connecting=0.1)
    crowd = engine_room._Crowd(
        distributed=distributed, client=SimpleNamespace(run=lambda *_, **__: told), engine=engine
    )
    crowd.require_same_program()
    told["tcp://c"] = ModuleNotFoundError("No module named 'pipeline'")
    with pytest.raises(EngineError, match=r"tcp://c 上没有这个程序") as refusal:
        crowd.require_same_program()
    assert "tcp://b" not in str(refusal.value)
    crowd.client = SimpleNamespace(run=lambda *_, **__: time.sleep(5) or pytest.fail("waited"))
    crowd.require_same_program()
