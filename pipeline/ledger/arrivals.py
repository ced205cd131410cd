"""What arrived for a year, and when it was first seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import ARRIVALS, COPIES
from pipeline.model.submission import NewArrival, Noted, Sighted

_OF_YEAR = select(*(ARRIVALS.c[name] for name in ("sha256", "first_seen", "modified", "sight", "written"))).where(
    ARRIVALS.c.year == bindparam("of")
)
_AGAIN = (
    select(COPIES.c.sha256, func.max(COPIES.c["count"]), func.max(COPIES.c.sight))
    .where(COPIES.c.year == bindparam("of"))
    .group_by(COPIES.c.sha256)
)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The arrivals of the ledger."""

    engine: Engine

    def load_noted(self, year: int) -> dict[str, Noted]:
        """Return every content of a year by its hash, as it is written."""
        with self.engine.connect() as connection:
            noted = {row[0]: Noted(*row) for row in connection.execute(_OF_YEAR, {"of": year})}
            more = connection.execute(_AGAIN, {"of": year}).all()
        for sha256, count, sight in more:
            if known := noted.get(sha256):
                noted[sha256] = known._replace(copies=count, resent=sight)
        return noted

    def load_known(self, year: int) -> Mapping[str, Sighted]:
        """Return every content of a year by its hash."""
        return {sha256: noted.read() for sha256, noted in self.load_noted(year).items()}

    def last_sight(self, year: int) -> int:
        """Return the number of the last look into the folder that found something new; 0 before the first."""
        with self.engine.connect() as connection:
            tables = (ARRIVALS, COPIES)
            looks = [connection.execute(select(func.max(t.c.sight)).where(t.c.year == year)).scalar() for t in tables]
        return max((look or 0) for look in looks)

    def all(self, year: int) -> list[tuple[str, str, str]]:
        """Hash, name and time of everything that arrived for a year, in order of arrival."""
        table = ARRIVALS.c
        own = func.coalesce(func.nullif(table.written, ""), table.modified)
        columns = (table.sight, own, table.name, table.sha256, table.first_seen)
        with self.engine.connect() as connection:
            came = connection.execute(select(*columns).where(table.year == year)).all()
        return [(sha256, name, seen) for _, _, name, sha256, seen in sorted(map(tuple, came))]

    def record(
        self, year: int, arrivals: Sequence[NewArrival], copies: Mapping[str, int], *, sight: int, now: dt.datetime
    ) -> None:
        """Add contents first seen ``now`` (none may be known already), and the new number of ``copies`` of contents
        that came again.
        """
        rows = []
        for new in arrivals:
            noted = new.note(now, sight)
            times = {"first_seen": noted.first_seen, "modified": noted.modified, "written": noted.written}
            row = {"year": year, "sha256": new.sha256, "name": new.name, "size": new.size, "sight": sight}
            rows.append(row | times)
        more = [{"year": year, "sha256": s, "sight": sight, "count": n} for s, n in copies.items()]
        with self.engine.begin() as connection:
            for table, added in ((ARRIVALS, rows), (COPIES, more)):
                if added:
                    connection.execute(insert(table), added)
