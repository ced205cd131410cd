"""What travels between the stations: an arrival (a file), its cells, and a submission (whose, of what, which values)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.findings import Finding
from pipeline.form import Value
from pipeline.layout import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One content that arrived. ``names`` are the paths below ``inputs/<year>/`` it was found at, sorted."""

    sha256: str
    names: tuple[str, ...]
    size: int
    modified: dt.datetime
    first_seen: dt.datetime
    path: Path
    findings: tuple[Finding, ...] = ()

    @property
    def name(self) -> str:
        """The path people know the file by."""
        return self.names[0]

    @property
    def order(self) -> tuple[dt.datetime, dt.datetime, str]:
        """Arrival order: first seen by us, then the file's own time, then its name."""
        return self.first_seen, self.modified, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The used rectangle of a sheet; its first cell stands at (``top``, ``left``), counted from 0.

    The other fields are what the cells themselves cannot say, all by (row, column) counted from 0 on the sheet:
    ``errors`` (``#REF!`` …, read as empty text), ``uncomputed`` formulas, ``pictures`` standing in a cell.
    """

    top: int
    left: int
    rows: Sequence[Sequence[object]]
    errors: Mapping[tuple[int, int], str] = field(default_factory=dict)
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    pictures: frozenset[tuple[int, int]] = frozenset()

    def at(self, row: int, col: int) -> object:
        """What stands in a cell; empty text outside the rectangle."""
        r, c = row - self.top, col - self.left
        if r < 0 or c < 0 or r >= len(self.rows) or c >= len(self.rows[r]):
            return ""
        return self.rows[r][c]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A return whose unit, form and year are established. ``values`` is ordered like ``Form.items``."""

    arrival: Arrival
    unit: str
    values: tuple[Value, ...]
    places: Mapping[str, Place]
    reasons: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A return nobody can be held to: not ours, or whose is not certain. It waits in 待认领 with its findings."""

    arrival: Arrival
    findings: tuple[Finding, ...]
