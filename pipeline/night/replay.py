"""A published night from the ledger: the counted returns, their files, and the 台账 it was made under. The reverse of
`record`. Nothing is read from ``inputs/`` and nothing is computed: figures, values and decisions are those of that
night.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipeline.control import read_control
from pipeline.errors import AskedError, PublishError, WorkspaceError
from pipeline.form import LOCAL, Figure, Form, Value
from pipeline.form.local import PREFIX
from pipeline.layout import Place
from pipeline.ledger import Accepted, Decided, Ledger, NightRow, StateRow
from pipeline.model.basis import Basis
from pipeline.model.changes import Counted, Snapshot
from pipeline.model.control import Control
from pipeline.model.rows import Row, Shape, unpacked_repairs
from pipeline.model.standing import State
from pipeline.model.submission import Repair
from pipeline.night.record import ADJUSTMENTS, AUTOMATIC
from pipeline.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One of the returns of a unit: ``number`` counts from 1 in order of arrival, ``reading`` is the ledger's key."""

    number: int
    file: str
    sha256: str
    seen: str
    reading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A unit that should be counted and is not."""

    code: str
    name: str
    state: str


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """One published night of a year. ``form`` is the form of the year as it is today, with what the 台账
    of that night added to it."""

    ledger: Ledger
    form: Form
    control: Control
    row: NightRow
    _shapes: dict[str, Shape] = field(default_factory=dict)

    @cached_property
    def figures(self) -> Mapping[str, Figure | None]:
        """The county's figures as they were published; local indicators that were withdrawn are left out."""
        kept = self.ledger.nights.figures(self.row.year, until=self.row.id)
        local = {item.code for item in self.form.of_table(LOCAL) if item.numeric}
        return {
            code: None if text is None else parse_figure(text)
            for code, text in kept.items()
            if code in local or not code.startswith(PREFIX)
        }

    @cached_property
    def accepted(self) -> Mapping[str, Accepted]:
        """The return every unit had passed with, in the order of the roster."""
        rows = self.ledger.nights.accepted_returns(self.row.year, until=self.row.id)
        order = {unit.code: at for at, unit in enumerate(self.control.units)}
        return dict(sorted(rows.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))

    @cached_property
    def counted(self) -> tuple[Accepted, ...]:
        """Those that were added up."""
        return tuple(row for row in self.accepted.values() if row.counted)

    @cached_property
    def states(self) -> Mapping[str, StateRow]:
        """The state of every unit."""
        return self.ledger.nights.states(self.row.year, until=self.row.id)

    @cached_property
    def decisions(self) -> Sequence[Decided]:
        """The signed rows of the 台账 that were in force."""
        return self.ledger.nights.decisions(self.row.year, until=self.row.id)

    @cached_property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """What stood in the list of findings."""
        return self.ledger.nights.findings(self.row.id)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """The units that should have been counted and were not, in the order of the roster."""
        counted = {row.unit for row in self.counted}
        states = {unit.code: self._state(unit.code) for unit in self.control.units if unit.counted}
        return tuple(
            Missing(code=code, name=self.name(code), state=state)
            for code, state in states.items()
            if code not in counted and state != State.WAIVED
        )

    def name(self, unit: str) -> str:
        """A unit's name; its code when the 台账 of that night does not know it."""
        known = self.control.by_code.get(unit)
        row = self.accepted.get(unit)
        return known.name if known else row.name if row else unit

    def require_unit(self, unit: str) -> None:
        """Raise `AskedError` when the 台账 of that night has no such unit."""
        if unit not in self.control.by_code:
            raise AskedError(f"{self.row.year} 年度的单位名录里没有单位代码 {unit}。请核对单位代码，大小写要一致。")

    def values(self, unit: str) -> Mapping[str, Value]:
        """Return the counted values of a unit, by item code."""
        return self._values[unit]

    def places(self, unit: str) -> Mapping[str, Place]:
        """Return their places."""
        return self._places[unit]

    def repairs(self, unit: str) -> Mapping[str, Sequence[Repair]]:
        """Return the repairs of a unit's reading, by item code."""
        return self._repairs[unit]

    def versions(self, unit: str) -> tuple[Version, ...]:
        """The unit's returns that had arrived by then, in order of arrival."""
        return self._versions.get(unit, ())

    def snapshot(self, form: Form) -> Snapshot:
        """Return its snapshot, ordered by the items of another night's ``form``, for comparison."""
        adjustments: dict[str, Figure] = {}
        for row in self.decisions:
            if row.kind in (ADJUSTMENTS, AUTOMATIC):
                adjustments[row.subject] = adjustments.get(row.subject, 0) + parse_figure(row.detail)
        sources = {item.code: self.control.profile.sources.get(item.source, "") for item in self.form.items}
        return Snapshot(
            units={
                row.unit: Counted(
                    name=row.name,
                    file=row.file,
                    sha256=row.sha256,
                    values=tuple(self.values(row.unit).get(item.code) for item in form.items),
                )
                for row in self.counted
            },
            adjustments={code: amount for code, amount in adjustments.items() if code in form.position},
            figures={code: value for code, value in self.figures.items() if code in form.position},
            sources={code: unit for code, unit in sources.items() if any(unit == row.unit for row in self.counted)},
        )

    # ---------------------------------------------------------------- what is loaded once
    @cached_property
    def _readings(self) -> Mapping[str, tuple[Shape, Row]]:
        keys = {unit: row.reading for unit, row in self.accepted.items() if row.reading}
        rows = self.ledger.readings.load(list(keys.values()))
        return {unit: (self.shape(rows[key].shape), rows[key]) for unit, key in keys.items()}

    @cached_property
    def _values(self) -> Mapping[str, Mapping[str, Value]]:
        return {unit: shape.by_code(row) for unit, (shape, row) in self._readings.items()}

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, Place]]:
        return {unit: shape.places(row) for unit, (shape, row) in self._readings.items()}

    @cached_property
    def _repairs(self) -> Mapping[str, Mapping[str, Sequence[Repair]]]:
        return {unit: unpacked_repairs(row) for unit, (_, row) in self._readings.items()}

    @cached_property
    def _versions(self) -> Mapping[str, tuple[Version, ...]]:
        mine = {row.sha256: row for row in self.accepted.values()}
        found: dict[str, dict[str, str]] = {}
        for unit, sha256, key, shape in self.ledger.readings.of_units(self.row.year):
            adopted = mine.get(sha256)
            if adopted is None:
                kept = found.setdefault(unit, {})
                if sha256 not in kept or shape in self._current:
                    kept[sha256] = key
            elif adopted.unit == unit and adopted.reading:
                found.setdefault(unit, {})[sha256] = adopted.reading
        until = dt.datetime.fromisoformat(self.row.at)
        arrived = [
            arrival
            for arrival in self.ledger.arrivals.all(self.row.year)
            if dt.datetime.fromisoformat(arrival[2]) <= until
        ]
        return {unit: tuple(_number_versions(arrived, keys, mine)) for unit, keys in found.items()}

    @cached_property
    def _current(self) -> frozenset[str]:
        """The shapes that the accepted returns were read under."""
        return frozenset(row.shape for _, row in self._readings.values())

    def shape(self, key: str) -> Shape:
        """The shape kept under ``key``."""
        if key not in self._shapes:
            self._shapes[key] = self.ledger.readings.shape(key)
        return self._shapes[key]

    def _state(self, unit: str) -> str:
        row = self.states.get(unit)
        return row.state if row else State.MISSING


def replay_night(workspace: Workspace, ledger: Ledger, year: int, run: int | None = None) -> Remembered:
    """The last published night of a year, or the one numbered ``run``.

    Raises `WorkspaceError` when the year has none, `AskedError` when it has none of that number, `PublishError` when the
    台账 that was kept of it is gone or damaged.
    """
    nights = published_nights(ledger, year)
    row = nights[-1] if run is None else next((night for night in nights if night.id == run), None)
    if row is None:
        numbers = "、".join(str(night.id) for night in nights)
        raise AskedError(f"{year} 年度没有编号为 {run} 的汇总，现有：{numbers}。用 xxgk runs --year {year} 查看。")
    return _replay_row(ledger, row, workspace.form(year)[0])


def night_before(ledger: Ledger, basis: Basis, *, counted: str) -> Snapshot | None:
    """Return the snapshot of the last night with another count; ``counted`` is the digest of tonight's.

    A night that is repeated, after a kill or after its outputs were deleted, so compares with the same one. When the
    archived 台账 of that night is lost, there is nothing to compare with.
    """
    nights = [night for night in ledger.nights.runs(basis.year, published=True) if night.snapshot != counted]
    try:
        return _replay_row(ledger, nights[-1], basis.statutory).snapshot(basis.form) if nights else None
    except PublishError:
        return None


def published_nights(ledger: Ledger, year: int) -> Sequence[NightRow]:
    """The nights of a year that published, the oldest first. Raises `WorkspaceError` when there has been none."""
    nights = ledger.nights.runs(year, published=True)
    if not nights:
        raise WorkspaceError(f"{year} 年度还没有汇总过。请先运行 xxgk run --year {year}。")
    return nights


def parse_figure(text: str) -> Figure:
    """Parse a printed figure exactly.

    >>> [parse_figure(text) for text in ("12", "0.5")]
    [12, Decimal('0.5')]
    """
    return Decimal(text) if "." in text else int(text)


def _replay_row(ledger: Ledger, row: NightRow, statutory: Form) -> Remembered:
    """The night of ``row``, under its own 台账. Raises `PublishError` when that is gone or damaged."""
    ledger.recall(row.control)
    control = read_control(ledger.original(row.control), statutory, year=row.year)
    return Remembered(ledger=ledger, form=control.in_force(statutory), control=control, row=row)


def _number_versions(
    arrived: Iterable[tuple[str, str, str]], keys: Mapping[str, str], mine: Mapping[str, Accepted]
) -> Iterator[Version]:
    ordered = [(sha256, name, seen) for sha256, name, seen in arrived if sha256 in keys]
    for number, (sha256, name, seen) in enumerate(ordered, 1):
        file = mine[sha256].file if sha256 in mine else name
        yield Version(number=number, file=file, sha256=sha256, seen=seen, reading=keys[sha256])
