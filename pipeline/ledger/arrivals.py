"""What arrived for a year, and when it was first seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import ARRIVALS


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The book of arrivals."""

    engine: Engine

    def times(self, year: int) -> Mapping[str, tuple[dt.datetime, dt.datetime | None]]:
        """When each content of a year was first seen, and its file's own time then, by its hash.

        The second is not known of what arrived before it was kept.
        """
        columns = (ARRIVALS.c.sha256, ARRIVALS.c.first_seen, ARRIVALS.c.modified)
        with self.engine.connect() as connection:
            rows = connection.execute(select(*columns).where(ARRIVALS.c.year == year))
            return {
                sha256: (dt.datetime.fromisoformat(seen), dt.datetime.fromisoformat(own) if own else None)
                for sha256, seen, own in rows
            }

    def all(self, year: int) -> list[tuple[str, str, str]]:
        """Hash, name and time of everything that arrived for a year, in order of arrival."""
        table = ARRIVALS.c
        asked = select(table.sha256, table.name, table.first_seen, table.modified).where(table.year == year)
        with self.engine.connect() as connection:
            came = connection.execute(asked).all()
        came = sorted(came, key=lambda row: (dt.datetime.fromisoformat(row[2]), row[3], row[1], row[0]))
        return [(sha256, name, seen) for sha256, name, seen, _ in came]

    def record(self, year: int, arrivals: Sequence[tuple[str, str, int, dt.datetime]], now: dt.datetime) -> None:
        """Add arrivals (hash, name, size, the file's time) first seen ``now``; none of them may be known already."""
        if not arrivals:
            return
        seen = now.isoformat(timespec="seconds")
        with self.engine.begin() as connection:
            connection.execute(
                insert(ARRIVALS),
                [
                    {"year": year, "sha256": sha256, "name": name, "size": size, "first_seen": seen}
                    | {"modified": modified.isoformat(timespec="seconds")}
                    for sha256, name, size, modified in arrivals
                ],
            )
