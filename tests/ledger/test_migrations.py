"""A ledger from before a change of its tables is brought up to date, and keeps what it holds."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from pipeline.ledger import Ledger, database
from pipeline.model.submission import NewArrival

SEEN = dt.datetime(2025, 1, 20, 22, tzinfo=dt.UTC)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A ledger at revision 0002 with one arrival."""
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(
            "INSERT INTO arrivals (year, sha256, name, size, first_seen) VALUES (2024, 'aa', '旧.xlsx', 1, ?)",
            (SEEN.isoformat(),),
        )
    engine.dispose()
    return tmp_path


def test_arrivals_gain_their_own_time(older: Path) -> None:
    with Ledger(older) as ledger:
        new = [
            NewArrival(sha256="cc", name="甲.xlsx", size=1, modified=SEEN),
            NewArrival(sha256="bb", name="乙.xlsx", size=1, modified=SEEN - dt.timedelta(hours=1)),
        ]
        assert (ledger.arrivals.load_known(2024)["aa"].sight, ledger.arrivals.last_sight(2024)) == (1, 1)
        ledger.record(2024, new, {}, sight=2, now=SEEN)
        assert [name for _, name, _ in ledger.arrivals.all(2024)] == ["旧.xlsx", "乙.xlsx", "甲.xlsx"]
    with sqlite3.connect(older / "ledger.sqlite") as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [(database.REVISION,)]
        assert kept.execute("SELECT modified FROM arrivals WHERE sha256 = 'aa'").fetchall() == [("",)]
