"""The ledger: durable history beside the derived outputs. Today: what arrived, when, and the bytes themselves.

``outputs/ledger/ledger.sqlite`` and ``outputs/ledger/originals/<sha256>``; rows are added, never changed.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, create_engine, event, insert, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import PublishError
from pipeline.form import Value
from pipeline.history import Past

_metadata = MetaData()
_TYPES: Mapping[str, Callable[[str], Value]] = {"int": int, "Decimal": Decimal, "str": str}
_arrivals = Table(
    "arrivals",
    _metadata,
    Column("year", Integer, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("name", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("first_seen", String, nullable=False),
)

_pasts = Table(
    "pasts",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *(Column(name, String, nullable=False) for name in ("unit", "form", "source", "file", "sha256", "kept_at")),
    Column("year", Integer, nullable=False, index=True),
)
_past_values = Table(
    "past_values",
    _metadata,
    Column("past", Integer, ForeignKey("pasts.id"), primary_key=True),
    Column("code", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("value", String, nullable=False),
)


class Ledger:
    """The open ledger of a workspace; use as a context manager. Raises `PublishError` when it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            (folder / "originals").mkdir(parents=True, exist_ok=True)
            self._engine = _open(folder / "ledger.sqlite")
        except (OSError, SQLAlchemyError) as error:
            raise PublishError(f"台账历史库 {folder} 无法写入（{error}）。请检查磁盘空间和文件夹权限。") from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def first_seen(self, year: int) -> Mapping[str, dt.datetime]:
        """When each content of a year was first seen, by its hash."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(_arrivals.c.sha256, _arrivals.c.first_seen).where(_arrivals.c.year == year)
            )
            return {sha256: dt.datetime.fromisoformat(seen) for sha256, seen in rows}

    def record(self, year: int, arrivals: Sequence[tuple[str, str, int]], now: dt.datetime) -> None:
        """Add arrivals (hash, name, size) first seen ``now``; those already known must not be passed again."""
        if not arrivals:
            return
        seen = now.isoformat(timespec="seconds")
        with self._engine.begin() as connection:
            connection.execute(
                insert(_arrivals),
                [
                    {"year": year, "sha256": sha256, "name": name, "size": size, "first_seen": seen}
                    for sha256, name, size in arrivals
                ],
            )

    def keep_past(self, past: Past, *, now: dt.datetime) -> None:
        """Add what is known of a unit's former year; what was kept before stays, the later goes before it."""
        with self._engine.begin() as connection:
            facts = {name: getattr(past, name) for name in ("unit", "year", "form", "source", "file", "sha256")}
            kept = connection.execute(insert(_pasts).values(**facts, kept_at=now.isoformat(timespec="seconds")))
            (key,) = kept.inserted_primary_key or (0,)
            rows = [
                {"past": key, "code": code, "kind": type(value).__name__, "value": str(value)}
                for code, value in past.values.items()
                if value is not None
            ]
            if rows:
                connection.execute(insert(_past_values), rows)

    def pasts(self, year: int) -> tuple[Past, ...]:
        """Everything kept about a year, the oldest first."""
        with self._engine.connect() as connection:
            heads = connection.execute(select(_pasts).where(_pasts.c.year == year).order_by(_pasts.c.id)).mappings()
            values: dict[int, dict[str, Value]] = {}
            rows = select(_past_values).join(_pasts).where(_pasts.c.year == year)
            for row in connection.execute(rows).mappings():
                values.setdefault(row["past"], {})[row["code"]] = _TYPES[row["kind"]](row["value"])
            return tuple(
                Past(
                    unit=head["unit"],
                    year=head["year"],
                    form=head["form"],
                    source=head["source"],
                    file=head["file"],
                    sha256=head["sha256"],
                    values=values.get(head["id"], {}),
                )
                for head in heads
            )

    def original(self, sha256: str) -> Path:
        """Where the bytes of an arrival are kept."""
        return self._folder / "originals" / sha256

    def archive(self, sha256: str, content: bytes) -> Path:
        """Keep the bytes of an arrival, once; whole or not at all."""
        kept = self.original(sha256)
        if not kept.exists():
            draft = kept.with_suffix(f".{os.getpid()}.part")
            draft.write_bytes(content)
            draft.replace(kept)
        return kept


def _open(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    _metadata.create_all(engine)
    return engine
