"""Readings and checks, cached under a digest of everything they depend on. When a file, the form, the 台账 or the program
changes, the key changes too; the old row stays as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table, insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import CHECKS, READINGS, SHAPES
from pipeline.model.rows import Row, Shape

T = TypeVar("T")
_MANY = 500
"""Rows asked for at once: below SQLite's limit of 999 parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The findings of the rules at a reading, packed as JSON."""

    key: str
    reading: str
    findings: str
    unevaluated: str


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings and checks of the ledger."""

    engine: Engine

    def find_known(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that a reading is kept under."""
        return {key for part in in_batches(keys) for (key,) in self._select([READINGS.c.key], READINGS, part)}

    def load(self, keys: Sequence[str]) -> Mapping[str, Row]:
        """The readings of ``keys``, by key."""
        columns = [READINGS.c[name] for name in ("key", *Row.__slots__)]
        return {
            key: Row(**dict(zip(Row.__slots__, rest, strict=True)))
            for part in in_batches(keys)
            for key, *rest in self._select(columns, READINGS, part)
        }

    def of_units(self, year: int) -> list[tuple[str, str, str, str]]:
        """Unit, hash, key and shape of every reading of a year that is some unit's."""
        columns = (READINGS.c[name] for name in ("unit", "sha256", "key", "shape"))
        query = select(*columns).where(READINGS.c.year == year, READINGS.c.unit != "").order_by(READINGS.c.key)
        with self.engine.connect() as connection:
            return [(unit, sha256, key, shape) for unit, sha256, key, shape in connection.execute(query)]

    def any_of_units(self) -> bool:
        """Whether a return of any year was found to be some unit's."""
        with self.engine.connect() as connection:
            return connection.execute(select(READINGS.c.key).where(READINGS.c.unit != "").limit(1)).first() is not None

    def shape(self, key: str) -> Shape:
        """The shape kept under ``key``."""
        with self.engine.connect() as connection:
            form, items = connection.execute(select(SHAPES.c.form, SHAPES.c["items"]).where(SHAPES.c.key == key)).one()
            return Shape.load(form, items)

    def keep_shape(self, shape: Shape) -> None:
        """Add a shape, unless it is kept already; readings refer to it."""
        with self.engine.begin() as connection:
            if not connection.execute(select(SHAPES.c.key).where(SHAPES.c.key == shape.key)).first():
                connection.execute(insert(SHAPES), [{"key": shape.key, "form": shape.form, "items": shape.packed}])

    def keep(self, year: int, rows: Sequence[tuple[str, Row]], checks: Sequence[Check]) -> None:
        """Add readings by key and checks, all or nothing; none of them may be known."""
        readings = [
            {"key": key, "year": year} | {name: getattr(row, name) for name in Row.__slots__} for key, row in rows
        ]
        answers = [{name: getattr(check, name) for name in Check.__slots__} for check in checks]
        if readings or answers:
            with self.engine.begin() as connection:
                for table, new in ((READINGS, readings), (CHECKS, answers)):
                    if new:
                        connection.execute(insert(table), new)

    def checks(self, keys: Sequence[str]) -> Mapping[str, Check]:
        """The checks of ``keys``, by key."""
        columns = [CHECKS.c[name] for name in Check.__slots__]
        return {
            values[0]: Check(**dict(zip(Check.__slots__, values, strict=True)))
            for part in in_batches(keys)
            for values in self._select(columns, CHECKS, part)
        }

    def _select(self, columns: Sequence[Any], table: Table, keys: Sequence[str]) -> Iterator[list[Any]]:
        with self.engine.connect() as connection:
            for row in connection.execute(table.select().with_only_columns(*columns).where(table.c.key.in_(keys))):
                yield list(row)


def in_batches(each: Iterable[T], size: int = _MANY) -> Iterator[list[T]]:
    """``each`` in lists of at most ``size``."""
    left = iter(each)
    while part := list(islice(left, size)):
        yield part
