"""Ledgers for tests: what is in one, and one as version 0.1.0 left it."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine

from pipeline.ledger.database import open_database
from pipeline.ledger.tables import METADATA

ARRIVALS_0_1_0 = """CREATE TABLE arrivals (
	year INTEGER NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	name VARCHAR NOT NULL,
	size INTEGER NOT NULL,
	first_seen VARCHAR NOT NULL,
	PRIMARY KEY (year, sha256)
)"""
CAME = [
    (2023, hashlib.sha256(b"a").hexdigest(), "会发镇.xlsx", 1, "2024-01-09T22:00:00+08:00"),
    (2024, hashlib.sha256(b"a").hexdigest(), "会发镇.xlsx", 1, "2025-01-09T22:00:00+08:00"),
    (2024, hashlib.sha256(b"bc").hexdigest(), "附件.zip/街道.xlsx", 2, "2025-01-10T22:00:00+08:00"),
]


def old_ledger(folder: Path) -> Path:
    """A ledger of version 0.1.0: one table, three rows, and nobody had heard of migrations."""
    (folder / "originals").mkdir(parents=True)
    for content in (b"a", b"bc"):
        (folder / "originals" / hashlib.sha256(content).hexdigest()).write_bytes(content)
    connection = sqlite3.connect(folder / "ledger.sqlite")
    connection.execute(ARRIVALS_0_1_0)
    connection.executemany("INSERT INTO arrivals VALUES (?, ?, ?, ?, ?)", CAME)
    connection.commit()
    connection.close()
    return folder


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in the order of the primary keys."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in METADATA.sorted_tables
        }


def contents(folder: Path, address: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """The same of the ledger in a folder, or at the address of a PostgreSQL."""
    engine = open_database(folder, address)
    try:
        return dump(engine)
    finally:
        engine.dispose()
