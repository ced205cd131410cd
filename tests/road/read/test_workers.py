"""Readers that hang, abort, panic or eat memory: each costs its own file and nothing else."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pipeline.model.submission import Arrival, Opened, Reason, Unclaimed
from pipeline.road.intake.guard import open_arrival
from pipeline.road.read.parser import UnreadableError
from pipeline.road.read.steps import Steps
from pipeline.road.read.workbook import read_workbook
from pipeline.road.read.worker import GIB
from pipeline.road.read.workers import Readers, read_many
from tests.road.intake.containers import converted, sheet_xml, with_sheet, workbook

FUZZ = int(os.environ.get("FUZZ_EXAMPLES", "150"))
NOW = dt.datetime(2026, 1, 15, tzinfo=dt.UTC)


def arrival(name: str, path: Path | None = None) -> Arrival:
    return Arrival(sha256=name, names=(name,), size=1, modified=NOW, first_seen=NOW, path=path or Path(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Does what the file is called."""

    greeting: str = "读到"

    def read(self, opened: Opened) -> str:
        arrival = opened.arrival
        deed = arrival.name.partition("-")[0]
        if deed == "hang":
            time.sleep(60)
        elif deed == "spin":
            while True:
                pass
        elif deed == "disk":
            raise OSError(5, "Input/output error")
        elif deed == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        elif deed == "abort":
            os.abort()
        elif deed == "leave":
            os._exit(7)
        elif deed == "eat":
            return str(len(bytearray(3 * GIB)))
        elif deed == "raise":
            raise RuntimeError("broken")
        elif deed == "panic":
            raise type("PanicException", (BaseException,), {})("panicked")
        elif deed == "doomed":
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 0.004))  # nobody handles it: the process dies
            return "长" * random.choice((1, 1 << 18))
        elif deed == "pid":
            return str(os.getpid())
        elif deed == "large":
            return self.greeting + arrival.name * (1 << 16)
        return self.greeting + arrival.name


def unopened(arrival: Arrival) -> Opened:
    return Opened(arrival=arrival)


def outcome(names: list[str], *, workers: int = 2, timeout: float = 1.0) -> dict[str, str]:
    arrivals = [arrival(name) for name in names]
    results = list(read_many(unopened, Reader().read, arrivals, workers=workers, timeout=timeout, patience=1))
    assert len(results) == len(names)
    found = {}
    for name, result in zip(names, results, strict=True):
        if isinstance(result, Unclaimed):
            assert result.arrival.name == name
            assert [finding.code for finding in result.findings] == ["I1"]
            found[name] = result.findings[0].message
        else:
            found[name] = result
    return found


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_in_order(workers: int) -> None:
    names = [f"{n}.xlsx" for n in range(100)]
    assert list(outcome(names, workers=workers).values()) == [f"读到{name}" for name in names]


def test_nothing_to_read() -> None:
    assert outcome([]) == {}


DEEDS = {
    "hang": "过了 1 秒还没有读完",
    "leave": "读取程序中止（7）",
    "raise": "读取程序出错（RuntimeError）",
    "panic": "读取程序出错（PanicException）",
}
if sys.platform != "win32":
    DEEDS["abort"] = "读取程序被中止（SIGABRT）"
if sys.platform == "linux":
    DEEDS["eat"] = "内存不够"


@pytest.mark.parametrize("deed", DEEDS)
def test_a_bad_file_costs_only_itself(deed: str) -> None:
    names = [f"good-{n}" for n in range(40)]
    names[7:7] = [f"{deed}-1"]
    found = outcome(names)
    assert found.pop(f"{deed}-1") == f"文件“{deed}-1”无法读取：{DEEDS[deed]}。"
    assert found == {name: f"读到{name}" for name in names if name.startswith("good")}


def test_all_of_them_on_one_night() -> None:
    names = [f"{deed}-{n}" for n, deed in enumerate(["good", *DEEDS, "good"] * 2) if deed != "hang"]
    found = outcome(names)
    assert [name for name in names if found[name].startswith("读到")] == [n for n in names if n.startswith("good")]


def test_large_files_names_and_results() -> None:
    """More than a pipe holds, in both directions."""
    names = [
        f"{deed}-{n}-{'名' * width}"
        for n in range(20)
        for deed, width in (("good", 1 << 16), ("large", 1), ("good", 1))
    ]
    expected = [f"读到{name * (1 << 16 if name.startswith('large') else 1)}" for name in names]
    assert list(outcome(names, timeout=20).values()) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="no timer that ends a process")
def test_workers_that_die_at_any_moment() -> None:
    """While fetching, reading or telling a result: every file is accounted for, and the reading ends."""
    names = [f"{'doomed' if n % 3 == 0 else 'good'}-{n}" for n in range(300)]
    found = outcome(names, timeout=20)
    lost = [name for name in names if found[name].startswith("文件")]
    assert 0 < len(lost) < 200
    assert {found[name] for name in lost} == {f"文件“{name}”无法读取：读取程序被中止（SIGALRM）。" for name in lost}
    read = [name for name in names if name.startswith("good") and name not in lost]
    assert [found[name] for name in read] == [f"读到{name}" for name in read]


def test_files_that_kill_their_reader_before_all_are_known() -> None:
    """Offered ones and those that come to light later; one that kills its reader costs only itself, whenever it is asked for."""
    names = [f"{'killed' if n % 9 == 4 else 'good'}-{n}" for n in range(40)]
    arrivals = [arrival(name) for name in names]
    steps = Steps(opening=unopened, reading=Reader().read)
    readers = Readers(steps, workers=2)
    for offered in arrivals[:25]:
        readers.offer(offered)
    asked = [*reversed(arrivals[5:]), *arrivals[:5]]
    found = dict(zip([a.name for a in asked], readers.read(asked), strict=True))
    lost = [name for name in names if isinstance(found[name], Unclaimed)]
    assert lost == [name for name in names if name.startswith("killed")]
    assert all(found[name] == f"读到{name}" for name in names if name.startswith("good"))


def test_no_more_is_begun_than_may_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.road.read.workers._OFFERED", 10)
    arrivals = [arrival(f"good-{n}") for n in range(30)]
    readers = Readers(Steps(opening=unopened, reading=Reader().read), workers=1)
    for offered in arrivals:
        readers.offer(offered)
    assert len(readers._arrivals) == 10
    assert list(readers.read(arrivals)) == [f"读到good-{n}" for n in range(30)]


def test_a_worker_lost_while_it_has_nothing_to_do() -> None:
    results = read_many(unopened, Reader().read, [arrival(f"pid-{n}") for n in range(64)], workers=1)
    first = str(next(results))
    time.sleep(0.5)  # it does what it has at hand, and waits
    os.kill(int(first), signal.SIGTERM)
    pids = [first, *map(str, results)]
    assert len(pids) == 64
    assert all(pid.isdigit() for pid in pids)
    assert pids[0] == pids[15] != pids[16] == pids[-1]


def test_workers_that_cannot_begin_are_our_fault() -> None:
    with pytest.raises(RuntimeError, match="the workers do not start"):
        list(read_many(unopened, Unpicklable().read, [arrival("a")], workers=1))


class Unpicklable:
    """A reader whose copy cannot be made in a worker."""

    def __setstate__(self, state: object) -> None:
        raise RuntimeError("no")

    def __getstate__(self) -> dict[str, int]:
        return {"a": 1}

    def read(self, opened: Opened) -> str:
        return opened.arrival.name


def sheet_names(opened: Opened) -> str:
    """The names of the sheets, or the code of what is wrong; with no bound on the used rectangle."""
    if not opened.arrival.usable:
        return opened.arrival.findings[-1].code
    try:
        return "、".join(read_workbook(opened, cells=1 << 62).sheets)
    except UnreadableError:
        return "I1"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the limit")
def test_calamine_asking_for_everything(tmp_path: Path) -> None:
    """With the bound on the used rectangle taken away, the limit of the worker still holds."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    (tmp_path / "bomb").write_bytes(with_sheet(sheet_xml(cells)))
    (tmp_path / "good").write_bytes(workbook())
    arrivals = [replace(arrival(name, tmp_path / name), sha256="") for name in ("good", "bomb", "good")]
    first, second, third = read_many(open_arrival, sheet_names, arrivals)
    assert (first, third) == ("表二、表三", "表二、表三")
    assert isinstance(second, Unclaimed)
    assert "SIGABRT" in second.findings[0].message


@pytest.mark.external
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_fuzz_old_formats(kind: str, tmp_path: Path) -> None:
    """Damaged files of formats whose parsers are known to panic and abort, so never read in this process."""
    content = converted(workbook(), kind, tmp_path)
    chance = random.Random(20260115)
    arrivals = []
    for n in range(FUZZ):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
        path = tmp_path / f"{n}.{kind}"
        path.write_bytes(damaged[: chance.choice((len(damaged), len(damaged), chance.randrange(len(damaged))))])
        arrivals.append(arrival(path.name, path))
    results = list(read_many(open_arrival, sheet_names, arrivals))
    assert len(results) == FUZZ
    for result in results:
        assert isinstance(result, Unclaimed | str)


def test_the_limit_is_processor_time_and_not_the_clock() -> None:
    """A file that computes is stopped after its seconds of computing; one that waits may wait longer."""
    names = ["good-1", "spin-2", "good-3"]
    results = list(read_many(unopened, Reader().read, [arrival(name) for name in names], timeout=1.0, patience=30))
    assert [isinstance(result, Unclaimed) for result in results] == [False, True, False]
    spinning = results[1]
    assert isinstance(spinning, Unclaimed)
    assert "用了 1 秒处理器时间还没有读完" in spinning.findings[0].message
    assert spinning.obstacle.reason is Reason.UNREADABLE


def test_what_the_clock_stopped_is_no_property_of_the_file() -> None:
    (result,) = read_many(unopened, Reader().read, [arrival("hang-1")], timeout=1.0, patience=1)
    assert isinstance(result, Unclaimed)
    assert result.obstacle.reason is Reason.UNFINISHED


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("disk", Reason.UNFINISHED),
        ("killed", Reason.UNFINISHED),
        ("abort", Reason.UNREADABLE),
        ("raise", Reason.UNREADABLE),
    ],
)
def test_whose_fault_it_was(deed: str, reason: Reason) -> None:
    """What the machine did is tried again the next night; what the file does is remembered."""
    (result,) = read_many(unopened, Reader().read, [arrival(f"{deed}-1")])
    assert isinstance(result, Unclaimed)
    assert result.obstacle.reason is reason
