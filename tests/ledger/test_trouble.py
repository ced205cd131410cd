"""A ledger that is damaged, full or may not be written: said in Chinese, and nothing is written."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, OperationalError

from pipeline.cli import main
from pipeline.errors import PublishError
from pipeline.ledger import Ledger
from pipeline.ledger.database import open_database
from pipeline.night.run import Effort, run_night
from tests.workspaces import NOW, YEAR, Office, tree


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office") / "first", units=1)
    office.returns("u01")
    office.run()
    office.returns("u01", {"t3.received.natural": 1}, name="二.xlsx")
    return office


@pytest.fixture
def office(first_night: Office, tmp_path: Path) -> Office:
    """An office after its first night, with something new; its ledger fills many pages."""
    return first_night.copied(tmp_path / "office")


def overwrite(content: bytes) -> bytes:
    at = len(content) // 2
    return content[:at] + b"\x55" * 8192 + content[at + 8192 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "overwritten": overwrite,
    "header": lambda content: b"\0" * 100 + content[100:],
    "cut in half": lambda content: content[: len(content) // 2],
    "cut within a page": lambda content: content[:-1000],
    "half a header": lambda content: content[:60],
    "emptied": lambda content: b"",
    "another file": lambda content: b"PK\3\4" + content[4:],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_ledger_is_refused_and_nothing_is_written(office: Office, damage: Callable[[bytes], bytes]) -> None:
    path = office.workspace.ledger / "ledger.sqlite"
    assert not path.with_name("ledger.sqlite-wal").exists()
    assert path.stat().st_size > 60_000
    path.write_bytes(damage(path.read_bytes()))
    before = {n: c for n, c in tree(office.workspace.outputs).items() if not n.endswith(("-wal", "-shm", ".lock"))}
    for _ in range(2):
        with pytest.raises(
            PublishError, match=r"台账历史库已损坏（[^A-Za-z]+），没有写入任何内容。请从备份恢复 .*ledger\.sqlite。"
        ):
            office.run()
    after = {n: c for n, c in tree(office.workspace.outputs).items() if not n.endswith(("-wal", "-shm", ".lock"))}
    assert after == before


def test_a_ledger_without_a_table_is_no_ledger_of_ours(office: Office) -> None:
    with closing(sqlite3.connect(office.workspace.ledger / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DROP TABLE checks")
    office.returns("u01", {}, name="又一份.xlsx", hour=15)
    with pytest.raises(PublishError, match=r"台账历史库已损坏（缺了表，可能不是这个程序的历史库）.*请从备份恢复"):
        office.run()


def failing(code: int, message: str) -> Callable[..., None]:
    def fail(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("INSERT INTO runs"):
            error = sqlite3.OperationalError(message)
            error.sqlite_errorcode = code
            raise OperationalError(statement, {}, error)

    return fail


FAILURES = {
    "磁盘已满": (sqlite3.SQLITE_FULL, "database or disk is full"),
    "没有写入权限": (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    "另一个程序正在使用它": (sqlite3.SQLITE_BUSY_RECOVERY, "database is locked"),
    "磁盘读写出错": (sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error"),
}


def test_a_ledger_that_cannot_be_written(office: Office) -> None:
    for said, (code, message) in FAILURES.items():
        fail = failing(code, message)
        event.listen(Engine, "before_cursor_execute", fail)
        try:
            with pytest.raises(PublishError, match=rf"不能读写（{said}）。请检查磁盘空间和文件夹权限"):
                office.run()
        finally:
            event.remove(Engine, "before_cursor_execute", fail)
    outcome = office.run()
    assert [len(standing.returns) for standing in outcome.standings] == [2]


def test_a_really_full_database(office: Office) -> None:
    def small(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(Engine, "connect", small)
    try:
        with pytest.raises(PublishError, match="磁盘已满"):
            office.run()
    finally:
        event.remove(Engine, "connect", small)
    outcome = office.run()
    assert [len(standing.returns) for standing in outcome.standings] == [2]


def test_originals_on_a_full_disk(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: str, _: str) -> IO[bytes]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setattr("pipeline.ledger.ledger.open", full, raising=False)
    monkeypatch.setattr(sys, "argv", ["xxgk", "run", "--year", str(YEAR), "-w", str(office.workspace.root)])
    before = tree(office.outputs)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "无法写入（磁盘满了）。请检查磁盘空间和文件夹权限。" in capsys.readouterr().err
    assert tree(office.outputs) == before


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_outputs_on_a_disk_that_cannot_be_written(office: Office, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    from filelock import FileLock

    def acquire(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), "x")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with pytest.raises(PublishError, match=r"无法写入 .*请检查磁盘空间和文件夹权限"):
        run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0))


def test_a_ledger_in_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("x")
    with pytest.raises(PublishError, match="无法写入"):
        Ledger(tmp_path / "ledger")
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(PublishError, match="不能读写（文件打不开）"):
        open_database(tmp_path, "")


def test_our_own_mistakes_are_not_the_disks(tmp_path: Path) -> None:
    statement = text("INSERT INTO figures (run, year, item) VALUES (9, 2024, 'x')")
    with pytest.raises(IntegrityError), Ledger(tmp_path) as ledger, ledger.nights.engine.begin() as connection:
        connection.execute(statement)
