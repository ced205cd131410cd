"""Figures of former years from imported reports and workbooks. A mistaken import is withdrawn by a further row, which
cancels the last import of that file.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import RowMapping, bindparam, insert, select
from sqlalchemy.engine import Engine

from pipeline.form import Value
from pipeline.ledger.tables import PASTS
from pipeline.model.past import Past

_WITHDRAWN = "撤回"
_OF_YEAR = select(PASTS).where(PASTS.c.year == bindparam("of")).order_by(PASTS.c.id)


@dataclass(frozen=True, slots=True)
class Pasts:
    """The former years of the ledger."""

    engine: Engine

    def keep(self, past: Past, *, now: dt.datetime) -> None:
        """Add an import; a later one takes precedence."""
        self._add(past, now)

    def withdraw(self, past: Past, *, now: dt.datetime) -> None:
        """Withdraw the last import of that file for that unit and year."""
        self._add(replace(past, source=_WITHDRAWN, values={}), now)

    def of(self, year: int) -> tuple[Past, ...]:
        """Everything known of a year and not withdrawn, the oldest import first."""
        with self.engine.connect() as connection:
            rows = connection.execute(_OF_YEAR, {"of": year}).mappings().all()
        kept: list[Past] = []
        for row in rows:
            past = _past(row)
            if past.source != _WITHDRAWN:
                kept.append(past)
            else:
                mistake = max(n for n, each in enumerate(kept) if (each.unit, each.sha256) == (past.unit, past.sha256))
                del kept[mistake]
        return tuple(kept)

    def _add(self, past: Past, now: dt.datetime) -> None:
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


def _past(row: RowMapping) -> Past:
    return Past(
        unit=row["unit"],
        year=row["year"],
        form=row["form"],
        source=row["source"],
        file=row["file"],
        sha256=row["sha256"],
        values={code: _value(kept) for code, kept in json.loads(row["values"]).items()},
    )


def _kept(value: Value) -> object:
    """Counts as numbers, money as ``{"decimal": "12.5"}``, text as text."""
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def _value(kept: object) -> Value:
    if isinstance(kept, dict):
        return Decimal(kept["decimal"])
    assert kept is None or isinstance(kept, int | str)
    return kept
