"""A ledger restored from a backup is not destroyed by the journal that a killed run left beside it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.ledger.journal import _saved_pages, set_foreign_aside
from pipeline.night.run import Effort, run_night
from tests.workspaces import NOW, YEAR, Office, tree

WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=" + sys.argv[2])
connection.execute("PRAGMA cache_size=5")
rows, n = int(sys.argv[3]), 0
while True:
    connection.execute("BEGIN")
    for _ in range(rows):
        n += 1
        connection.execute("INSERT INTO t VALUES (?, ?)", (n, "x" * 900))
        connection.execute("UPDATE t SET b = ? WHERE a = ?", ("y" * 900, n // 2))
    print("commits", flush=True)
    connection.execute("COMMIT")
"""


CHANGER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size=5")
n = 0
while True:
    n += 1
    connection.execute("BEGIN")
    connection.execute("UPDATE t SET b = substr(b, 2) || ?", (str(n % 10),))
    print("commits", flush=True)
    connection.execute("COMMIT")
"""
"""It changes many pages and needs no new one, so that page 1 is saved last, behind several full caches."""


def written(path: Path, mode: str, rows: int, seconds: float, program: str = WRITER) -> None:
    """Write to the file in a process that is killed after so many seconds of writing."""
    command = [sys.executable, "-c", program, str(path), mode, str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()


def table(path: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return connection.execute("SELECT a, b FROM t ORDER BY rowid").fetchall()


@pytest.fixture
def backup(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "backup.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a, b)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"{n}" * 50) for n in range(-300, 0)])
        connection.commit()
    return path


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("rows", [2, 400])
def test_a_restored_file_is_what_the_backup_was(tmp_path: Path, backup: Path, mode: str, rows: int) -> None:
    known, foreign = table(backup), 0
    for n in range(8):
        path = tmp_path / f"{n}" / "ledger.sqlite"
        path.parent.mkdir()
        shutil.copy(backup, path)
        written(path, mode, rows, 0.01 + 0.013 * n)
        left = [each for each in path.parent.iterdir() if each.name != path.name]
        shutil.copy(backup, path)
        foreign += set_foreign_aside(path) is not None
        assert table(path) == known
        assert set_foreign_aside(path) is None
        assert len([*path.parent.iterdir()]) <= 1 + len(left)
    assert foreign


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("rows", [2, 400])
def test_a_journal_of_the_file_itself_is_left_to_sqlite(tmp_path: Path, backup: Path, mode: str, rows: int) -> None:
    for n in range(8):
        path = tmp_path / f"{n}" / "ledger.sqlite"
        path.parent.mkdir()
        shutil.copy(backup, path)
        written(path, mode, rows, 0.01 + 0.013 * n)
        assert set_foreign_aside(path) is None
        assert {a for a, _ in table(path)} >= {*range(-300, 0)}


def test_a_night_goes_on_from_the_backup_and_says_so(tmp_path: Path) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    path = office.workspace.ledger / "ledger.sqlite"
    before, kept = tree(office.workspace.year_outputs(YEAR)), path.read_bytes()
    for n in range(9):  # the file goes on, and is then put back
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS t (a, b)")
            connection.execute("INSERT INTO t VALUES (?, ?)", (n, "x"))
            connection.commit()
    written(path, "DELETE", 400, 0.05)
    if not path.with_name("ledger.sqlite-journal").exists():
        pytest.fail("the writer was killed between two transactions")
    path.write_bytes(kept)
    outcome = run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0, anew=True))
    assert outcome is not None
    (finding,) = [finding for finding in outcome.findings if finding.code == "X4"]
    assert "ledger.sqlite-journal.不属于现在的历史库" in finding.message
    assert (office.workspace.ledger / "ledger.sqlite-journal.不属于现在的历史库").is_file()
    assert run_night(office.workspace, YEAR, now=NOW, effort=Effort(workers=0, anew=True)) is not None
    after = tree(office.workspace.year_outputs(YEAR))
    assert {name: after[name] for name in ("county.xlsx", "report.docx")} == {
        name: before[name] for name in ("county.xlsx", "report.docx")
    }


def test_a_ledger_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path / "office", units=1)
    office.returns("u01")
    office.run()
    monkeypatch.setattr("pipeline.ledger.ledger.may_write", lambda folder: False)
    monkeypatch.setattr("pipeline.ledger.database.may_write", lambda folder: False)
    before = tree(office.workspace.ledger)
    with office.workspace.open_ledger() as ledger:
        assert [row.kind for row in ledger.nights.runs(YEAR)] == ["汇总"]
    assert tree(office.workspace.ledger) == before


def test_page_1_in_a_later_part_of_the_journal(tmp_path: Path, backup: Path) -> None:
    late = 0
    for n in range(400):  # on a busy machine few kills come at the right moment
        if n >= 40 and late:
            break
        path = tmp_path / f"{n}" / "ledger.sqlite"
        path.parent.mkdir()
        shutil.copy(backup, path)
        written(path, "DELETE", 0, 0.001 * (n % 60), CHANGER)
        journal = path.with_name("ledger.sqlite-journal")
        content = journal.read_bytes() if journal.exists() else b""
        numbers = [number for number, _ in _saved_pages(content)]
        late += 1 in numbers[4:]
        kept = path.read_bytes()
        assert set_foreign_aside(path) is None
        assert len(table(path)) == 300
        if 1 in numbers:  # beside a file of an earlier transaction it is a foreign one
            journal.write_bytes(content)
            earlier = (int.from_bytes(kept[24:28], "big") - 2).to_bytes(4, "big")
            path.write_bytes(kept[:24] + earlier + kept[28:])
            assert set_foreign_aside(path) is not None
    assert late
