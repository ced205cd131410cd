"""Closings (封存) and reopenings of a year, and the workbooks that were issued for it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import ISSUES, LOCKS

_OF_YEAR = select(LOCKS).where(LOCKS.c.year == bindparam("of")).order_by(LOCKS.c.id)
_ISSUED = (
    select(ISSUES.c.at, ISSUES.c.file, ISSUES.c.sha256).where(ISSUES.c.year == bindparam("of")).order_by(ISSUES.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A year closed or reopened: by whom, why, and the hash of every file that was closed, by name.

    ``arrivals`` are the hashes of everything that had ever arrived by then; what comes later changes nothing.
    """

    run: int
    year: int
    at: str
    closed: bool
    by: str
    reason: str
    manifest: Mapping[str, str]
    arrivals: Sequence[str]


@dataclass(frozen=True, slots=True)
class Closings:
    """The book of closings and of issues."""

    engine: Engine

    def all(self, year: int) -> tuple[Closing, ...]:
        """Every closing and reopening of a year, the oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(_OF_YEAR, {"of": year}).mappings()
            return tuple(
                Closing(
                    **{name: row[name] for name in ("run", "year", "at", "closed", "by", "reason")},
                    manifest=json.loads(row["manifest"]),
                    arrivals=tuple(json.loads(row["arrivals"])),
                )
                for row in rows
            )

    def standing(self, year: int) -> Closing | None:
        """Return the closing in force; ``None`` while the year is open."""
        last = next(reversed(self.all(year)), None)
        return last if last and last.closed else None

    def record(self, closing: Closing) -> None:
        """Add a closing or reopening."""
        row = {name: getattr(closing, name) for name in ("run", "year", "at", "closed", "by", "reason")}
        row |= {"manifest": json.dumps(dict(closing.manifest)), "arrivals": json.dumps(list(closing.arrivals))}
        with self.engine.begin() as connection:
            connection.execute(insert(LOCKS), [row])

    def issued_files(self, year: int) -> Mapping[str, str]:
        """The workbooks issued last for a year: file name to hash."""
        with self.engine.connect() as connection:
            rows = connection.execute(_ISSUED, {"of": year}).all()
        return {file: sha256 for at, file, sha256 in rows if at == rows[-1][0]}

    def ever_issued(self) -> bool:
        """Whether workbooks were issued in any year."""
        with self.engine.connect() as connection:
            return connection.execute(select(ISSUES.c.id).limit(1)).first() is not None

    def issue(self, year: int, files: Sequence[tuple[str, str, str]], now: dt.datetime) -> None:
        """Record workbooks that were issued together: unit, file name and hash."""
        at = now.isoformat(timespec="microseconds")
        with self.engine.begin() as connection:
            connection.execute(
                insert(ISSUES),
                [
                    {"at": at, "year": year, "unit": unit, "file": file, "sha256": sha256}
                    for unit, file, sha256 in files
                ],
            )
