"""Between two ledgers of a database its engine waits with what it has compiled, and with nothing else."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from pipeline.ledger import Ledger, database
from pipeline.ledger.database import close_database, open_database
from pipeline.model.submission import NewArrival

NOW = dt.datetime(2026, 1, 15, 18, 0, tzinfo=dt.UTC)


def record(folder: Path, sha256: str) -> None:
    with Ledger(folder) as ledger:
        arrival = NewArrival(sha256=sha256, name=f"{sha256}.xlsx", size=1, modified=NOW)
        ledger.arrivals.record(2025, [arrival], {}, sight=1, now=NOW)


def recorded(folder: Path) -> list[str]:
    with Ledger(folder) as ledger:
        return sorted(ledger.arrivals.load_known(2025))


def ledger_folder(place: Path) -> Path:
    (place / "originals").mkdir(parents=True)
    return place


def test_the_next_ledger_takes_the_engine_and_no_connection(tmp_path: Path) -> None:
    first = open_database(ledger_folder(tmp_path), "")
    close_database(first)
    assert first.pool.status().endswith("Current Checked out connections: 0")
    assert "Connections in pool: 0" in first.pool.status()
    assert open_database(tmp_path, "") is first


def test_two_open_ledgers_never_share_an_engine(tmp_path: Path) -> None:
    first, second = open_database(ledger_folder(tmp_path), ""), open_database(tmp_path, "")
    assert first is not second
    close_database(first)
    close_database(second)
    engines: list[Engine] = [open_database(tmp_path, "") for _ in range(2)]
    assert engines[0] is not engines[1]


def test_a_relative_folder_means_what_it_means_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("甲", "乙"):
        ledger_folder(tmp_path / name / "ledger")
        monkeypatch.chdir(tmp_path / name)
        record(Path("ledger"), name)
    for name in ("甲", "乙"):
        monkeypatch.chdir(tmp_path / name)
        assert recorded(Path("ledger")) == [name]


def test_a_database_that_was_exchanged_in_between_is_the_one_that_is_read(tmp_path: Path) -> None:
    record(tmp_path / "甲", "a")
    record(tmp_path / "乙", "b")
    assert recorded(tmp_path / "甲") == ["a"]
    shutil.copyfile(tmp_path / "乙" / "ledger.sqlite", tmp_path / "甲" / "ledger.sqlite")
    assert recorded(tmp_path / "甲") == ["b"]


def test_an_engine_that_failed_does_not_wait(tmp_path: Path) -> None:
    failed = []

    def fail() -> None:
        with Ledger(tmp_path) as ledger:
            failed.append(ledger.arrivals.engine)
            raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        fail()
    with Ledger(tmp_path) as ledger:
        assert ledger.arrivals.engine is not failed[0]


def test_few_engines_wait(tmp_path: Path) -> None:
    first = open_database(ledger_folder(tmp_path / "0"), "")
    close_database(first)
    for number in range(1, 5):
        close_database(open_database(ledger_folder(tmp_path / str(number)), ""))
    assert open_database(tmp_path / "0", "") is not first


def test_a_reader_gets_no_engine_that_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, "a")
    with monkeypatch.context() as reader:
        reader.setattr(database, "may_write", lambda folder: False)
        with Ledger(tmp_path) as ledger:
            assert ledger.arrivals.engine.url.query["mode"] == "ro"
    record(tmp_path, "b")
    assert recorded(tmp_path) == ["a", "b"]


def test_the_draft_of_a_killed_run_is_removed(tmp_path: Path) -> None:
    record(tmp_path, "a")
    (tmp_path / "originals" / "abc.77.part").write_bytes(b"half")
    (tmp_path / "originals" / "whole").write_bytes(b"whole")
    with Ledger(tmp_path) as ledger, ledger.alone():
        assert [path.name for path in (tmp_path / "originals").iterdir()] == ["whole"]
        assert (ledger.holds("whole"), ledger.holds("abc.77.part")) == (True, False)
