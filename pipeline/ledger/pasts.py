"""What is known of former years from reports and workbooks that were imported."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from pipeline.form import Value
from pipeline.history import Past
from pipeline.ledger.tables import PASTS


@dataclass(frozen=True, slots=True)
class Pasts:
    """The book of former years."""

    engine: Engine

    def keep(self, past: Past, *, now: dt.datetime) -> None:
        """Add what was imported; where it is known already, the later one is believed."""
        row = {
            "at": now.isoformat(timespec="seconds"),
            "year": past.year,
            "unit": past.unit,
            "form": past.form,
            "source": past.source,
            "file": past.file,
            "sha256": past.sha256,
            "values": json.dumps({code: _kept(value) for code, value in past.values.items()}, ensure_ascii=False),
        }
        with self.engine.begin() as connection:
            connection.execute(insert(PASTS), [row])

    def of(self, year: int) -> tuple[Past, ...]:
        """Everything known of a year, the oldest import first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(PASTS).where(PASTS.c.year == year).order_by(PASTS.c.id)).mappings()
            return tuple(
                Past(
                    unit=row["unit"],
                    year=row["year"],
                    form=row["form"],
                    source=row["source"],
                    file=row["file"],
                    sha256=row["sha256"],
                    values={code: _value(kept) for code, kept in json.loads(row["values"]).items()},
                )
                for row in rows
            )


def _kept(value: Value) -> object:
    """Counts as numbers, money as ``{"decimal": "12.5"}``, text as text."""
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def _value(kept: object) -> Value:
    if isinstance(kept, dict):
        return Decimal(kept["decimal"])
    assert kept is None or isinstance(kept, int | str)
    return kept
