"""The tables: migrated without losing a row, the same on both databases, and only ever added to."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, insert, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

import pipeline.ledger
from pipeline.errors import PublishError
from pipeline.ledger import Ledger
from pipeline.ledger.database import REVISION, open_database
from pipeline.ledger.tables import METADATA, READINGS, STATES
from tests.ledger.ledgers import CAME, contents, old_ledger
from tests.postgresql import Server
from tests.scripted_year import YEAR_OF_THE_COUNTY, county, told
from tests.workspaces import tree

ADDED = ("SELECT", "INSERT", "PRAGMA", "BEGIN", "COMMIT", "ROLLBACK")


def test_the_newest_migration_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(pipeline.ledger.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def brought_up_to_date() -> list[tuple[object, ...]]:
    """The arrivals of 0.1.0 with the columns that came later: no time of their own, and the look they came at."""
    looks = {y: sorted({seen for year, _, _, _, seen in CAME if year == y}) for y in {row[0] for row in CAME}}
    return sorted((*row, "", looks[row[0]].index(row[4]) + 1, "") for row in CAME)


def test_a_ledger_of_version_0_1_0_keeps_every_row(tmp_path: Path) -> None:
    old_ledger(tmp_path)
    with Ledger(tmp_path) as ledger:
        assert sorted(ledger.arrivals.all(2024)) == sorted(
            (sha256, name, seen) for y, sha256, name, _, seen in CAME if y == 2024
        )
        assert ledger.recall(CAME[2][1]) == b"bc"
    rows = contents(tmp_path)
    assert rows.pop("arrivals") == brought_up_to_date()
    assert not any(rows.values())


@pytest.mark.parametrize("place", ["new", "old"])
def test_migrated_tables_are_those_the_program_writes_to(tmp_path: Path, place: str) -> None:
    engine = open_database(old_ledger(tmp_path / "ledger") if place == "old" else tmp_path, "")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == REVISION
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"
    engine.dispose()


def test_a_new_ledger_has_the_tables_that_all_migrations_make(tmp_path: Path) -> None:
    """It is made without them: columns with types and defaults, indexes, keys and the revision are the same."""
    (tmp_path / "migrated").mkdir()
    (tmp_path / "new").mkdir()
    config = Config()
    config.set_main_option("script_location", str(Path(pipeline.ledger.__file__).with_name("migrations")))
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated' / 'ledger.sqlite'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    open_database(tmp_path / "new", "").dispose()
    made = []
    for place in ("migrated", "new"):
        with sqlite3.connect(tmp_path / place / "ledger.sqlite") as kept:
            tables = sorted(name for (name,) in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
            made.append(
                {
                    table: {
                        "columns": sorted(row[1:] for row in kept.execute(f"PRAGMA table_info({table})")),
                        "keys": sorted(row[2:] for row in kept.execute(f"PRAGMA foreign_key_list({table})")),
                        "indexes": sorted(row[1:] for row in kept.execute(f"PRAGMA index_list({table})")),
                    }
                    for table in tables
                }
            )
            assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [(REVISION,)]
    assert made[0] == made[1]
    assert len(made[0]) == len(METADATA.tables) + 1


@pytest.mark.external("postgres")
def test_migrated_tables_are_the_same_in_postgresql(tmp_path: Path, postgresql: Server) -> None:
    address = postgresql.database()
    engine = open_database(tmp_path, address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_a_ledger_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    open_database(tmp_path, "").dispose()
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = tree(tmp_path)
    with pytest.raises(PublishError, match=r"由更新的程序写的，这个版本不能打开。请升级程序。"):
        Ledger(tmp_path)
    assert tree(tmp_path)["ledger.sqlite"] == before["ledger.sqlite"]


def test_a_migration_that_is_interrupted_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    old_ledger(tmp_path)
    create, made = op.create_table, []

    def until_the_power_fails(name: str, *columns: object) -> object:
        made.append(name)
        if name == "figures":
            raise KeyboardInterrupt
        return create(name, *columns)

    with monkeypatch.context() as patched:
        patched.setattr(op, "create_table", until_the_power_fails)
        with pytest.raises(KeyboardInterrupt):
            Ledger(tmp_path)
    assert "runs" in made
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")] == [
        "arrivals"
    ]
    connection.close()
    assert contents(tmp_path)["arrivals"] == brought_up_to_date()


def test_rows_refer_to_rows_that_are_there(tmp_path: Path) -> None:
    engine = open_database(tmp_path, "")
    state = {"year": 2024, "unit": "u01", "state": "通过", "previous": "", "because": "", "file": "", "sha256": ""}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(STATES), [{"run": 77} | state])
    reading = dict.fromkeys(("key", "sha256", "shape", "unit", "texts", "places", "reasons", "findings"), "")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(READINGS), [reading | {"year": 2024, "figures": b""}])
    engine.dispose()


def test_nothing_is_ever_changed_or_deleted(tmp_path: Path) -> None:
    """Over a whole scripted year, closed and opened again, the database only hears INSERT beside questions."""
    said: Counter[str] = Counter()

    def listen(connection: object, cursor: object, statement: str, *rest: object) -> None:
        said[statement.split()[0].upper()] += 1

    office = county(tmp_path)
    event.listen(Engine, "before_cursor_execute", listen)
    rows: dict[str, list[tuple[object, ...]]] = {}
    originals: dict[str, bytes] = {}
    try:
        for night, _ in told(office):
            event.remove(Engine, "before_cursor_execute", listen)
            now, kept = contents(office.workspace.ledger), tree(office.workspace.ledger / "originals")
            event.listen(Engine, "before_cursor_execute", listen)
            for table, before in rows.items():
                assert set(before) <= set(now[table]), (night.title, table)
            assert originals.items() <= kept.items(), night.title
            rows, originals = now, kept
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    assert said["INSERT"] > len(YEAR_OF_THE_COUNTY)
    assert set(said) <= set(ADDED), said
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in originals.items())
    assert all(
        rows[table]
        for table in rows
        if table not in ("explanations", "pasts", "copies", "acceptances", "messages", "mails")
    )
