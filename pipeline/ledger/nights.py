"""The nights of the ledger: their inputs, what they published, and what changed.

Of states, accepted returns, figures, reasons and decisions only changes are added; the state at a night is the last row
up to it. A night is recorded in one transaction, after its files are published.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, Table, bindparam, insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import (
    ACCEPTANCES,
    ACCEPTED,
    DECISIONS,
    DOCUMENTS,
    EXPLANATIONS,
    FIGURES,
    FINDINGS,
    RUNS,
    STATES,
)

PUBLISHED, UNCHANGED, CLOSED = "汇总", "没有变化", "封存期间"
"""What a run did."""
_LAST = select(RUNS).where(RUNS.c.year == bindparam("of"), RUNS.c.kind == PUBLISHED).order_by(RUNS.c.id.desc()).limit(1)
_RUN = insert(RUNS)
R = TypeVar("R")
_AT_ONCE = 500
"""Rows asked for in one statement; databases bound the number of its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRow:
    """A unit's state since a run: the state before, the reason of the change, and the file."""

    unit: str
    state: str
    previous: str = ""
    because: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The return a unit has passed with. ``reading`` is ``None`` from the night on which the unit has no accepted
    return.
    """

    unit: str
    name: str
    file: str
    sha256: str
    reading: str | None
    counted: bool
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A signed row of the 台账: ``kind`` is its sheet, ``detail`` is the rule, amount or unit it sets."""

    kind: str
    subject: str
    detail: str
    reason: str
    approver: str
    cell: str
    in_force: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A reason a unit gave, bound to the rule and the values it was given for."""

    unit: str
    rule: str
    operands: str
    text: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFinding:
    """The figures a 认可 was first used for; it holds for no others."""

    unit: str
    rule: str
    reason: str
    approver: str
    key: str
    operands: str
    figures: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRow:
    """A run as it is listed. ``key`` is the digest of everything it depended on, empty where it must be run again.

    ``snapshot`` is the digest of what was counted, ``manifest`` the hash of every file it published, by name.
    """

    id: int = 0
    year: int
    at: str
    kind: str
    key: str
    code: str
    form: str
    control: str
    snapshot: str
    complete: bool
    sight: int = 0
    manifest: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The record of a run; ``figures`` are printed, ``None`` where no source is known.

    ``findings`` are packed, each by itself. ``document`` is its run.json.
    """

    row: NightRow
    findings: Sequence[str] = ()
    document: bytes = b"{}"
    states: Sequence[StateRow] = ()
    accepted: Sequence[Accepted] = ()
    figures: Mapping[str, str | None] = field(default_factory=dict)
    decisions: Sequence[Decided] = ()
    explanations: Sequence[Explained] = ()
    acceptances: Sequence[AcceptedFinding] = ()


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights of the ledger. ``until`` is the last run to look at; by default the newest."""

    engine: Engine

    def runs(self, year: int, *, published: bool = False) -> list[NightRow]:
        """The runs of a year, the oldest first; with ``published`` only those that wrote outputs."""
        query = select(RUNS).where(RUNS.c.year == year).order_by(RUNS.c.id)
        if published:
            query = query.where(RUNS.c.kind == PUBLISHED)
        with self.engine.connect() as connection:
            return [_night(row) for row in connection.execute(query).mappings()]

    def last(self, year: int) -> NightRow | None:
        """The last run that published; ``None`` when there has been none."""
        with self.engine.connect() as connection:
            row = connection.execute(_LAST, {"of": year}).mappings().first()
            return _night(row) if row else None

    def findings(self, run: int) -> list[dict[str, Any]]:
        """Return the findings of that night, as data, in their order."""
        with self.engine.connect() as connection:
            kept = json.loads(connection.execute(select(RUNS.c.findings).where(RUNS.c.id == run)).scalar() or "[]")
            if not all(isinstance(entry, int) for entry in kept):
                return list(kept)  # a night recorded before revision 0005
            contents = dict(_select_in(connection, FINDINGS.c.id, FINDINGS.c.content, kept))
        return [json.loads(contents[number]) for number in kept]

    def document(self, run: int) -> dict[str, Any] | None:
        """The run.json of a night; ``None`` for a night recorded before it was kept."""
        with self.engine.connect() as connection:
            kept = connection.execute(select(DOCUMENTS.c.content).where(DOCUMENTS.c.run == run)).scalar()
            return dict(json.loads(zlib.decompress(kept))) if kept is not None else None

    def states(self, year: int, *, until: int | None = None) -> dict[str, StateRow]:
        """The state of every unit."""
        return {row.unit: row for _, row in self.transitions(year, until=until)}

    def transitions(self, year: int, *, until: int | None = None) -> list[tuple[int, StateRow]]:
        """Every change of a unit's state, with the run it came by."""
        return self._all(STATES, StateRow, year, until)

    def accepted_returns(self, year: int, *, until: int | None = None) -> dict[str, Accepted]:
        """The return every unit has passed with; units that have none are not there."""
        last = {row.unit: row for _, row in self._all(ACCEPTED, Accepted, year, until)}
        return {unit: row for unit, row in last.items() if row.reading is not None}

    def figures(self, year: int, *, until: int | None = None) -> dict[str, str | None]:
        """The county's figures as they were printed, by item code."""
        return {row.item: row.value for _, row in self._all(FIGURES, _Figure, year, until)}

    def decisions(self, year: int, *, until: int | None = None) -> list[Decided]:
        """Return the signed rows of the 台账 in force."""
        last = {_identity(row): row for _, row in self._all(DECISIONS, Decided, year, until)}
        return [row for row in last.values() if row.in_force]

    def decision_log(self, year: int) -> list[tuple[int, Decided]]:
        """Return every signed row that came into force or left it, with the run."""
        return self._all(DECISIONS, Decided, year, None)

    def acceptances(self, year: int) -> list[AcceptedFinding]:
        """The figures every 认可 was first used for."""
        return [row for _, row in self._all(ACCEPTANCES, AcceptedFinding, year, None)]

    def explanations(self, year: int, *, until: int | None = None) -> list[Explained]:
        """Every reason given up to a run."""
        return [row for _, row in self._all(EXPLANATIONS, Explained, year, until)]

    # ---------------------------------------------------------------- recording
    def note(self, row: NightRow) -> int:
        """Record a run that changed nothing; its number."""
        with self.engine.begin() as connection:
            return _insert_run(connection, row, "[]")

    def record(self, night: Night) -> int:
        """Record a run that published, whole; its number."""
        year = night.row.year
        # what held before this night: only what differs from it is added
        states, accepted, figures = self.states(year), self.accepted_returns(year), self.figures(year)
        bound = {(row.unit, row.rule, row.reason, row.approver) for row in self.acceptances(year)}
        decided, explained = {_identity(d): d for d in self.decisions(year)}, set(self.explanations(year))
        with self.engine.begin() as connection:
            run = _insert_run(connection, night.row, _keep_findings(connection, night.findings))
            connection.execute(insert(DOCUMENTS), [{"run": run, "content": zlib.compress(night.document, 6)}])

            def add(table: Table, rows: Iterable[Any]) -> None:
                if each := [{"run": run, "year": year} | asdict(row) for row in rows]:
                    connection.execute(insert(table), each)

            add(STATES, _changed_states(states, night.states))
            add(ACCEPTED, _changed_returns(accepted, night.accepted))
            add(
                FIGURES,
                [_Figure(item=i, value=v) for i, v in night.figures.items() if i not in figures or figures[i] != v],
            )
            add(DECISIONS, _changed_decisions(decided, night.decisions))
            add(
                ACCEPTANCES,
                [
                    row
                    for row in dict.fromkeys(night.acceptances)
                    if (row.unit, row.rule, row.reason, row.approver) not in bound
                ],
            )
            add(EXPLANATIONS, [row for row in dict.fromkeys(night.explanations) if row not in explained])
        return run

    def _all(self, table: Table, kind: type[R], year: int, until: int | None) -> list[tuple[int, R]]:
        names = [column.name for column in fields(kind)]  # type: ignore[arg-type]
        query = _rows_of(table, *names)
        if until is not None:
            query = query.where(table.c.run <= until)
        with self.engine.connect() as connection:
            rows = connection.execute(query, {"of": year})
            return [(run, kind(**dict(zip(names, rest, strict=True)))) for run, *rest in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    item: str
    value: str | None


@cache
def _rows_of(table: Table, *names: str) -> Select[Any]:
    columns = (table.c[name] for name in ("run", *names))
    return select(*columns).where(table.c.year == bindparam("of")).order_by(table.c.id)


def _night(row: Mapping[Any, Any]) -> NightRow:
    return NightRow(**{f.name: row[f.name] for f in fields(NightRow) if f.name != "manifest"},
                    manifest=json.loads(row["manifest"]))  # fmt: skip


def _insert_run(connection: Connection, row: NightRow, findings: str) -> int:
    columns = {column.name: getattr(row, column.name) for column in fields(NightRow) if column.name != "id"}
    columns |= {"manifest": json.dumps(dict(row.manifest), ensure_ascii=False), "findings": findings}
    result = connection.execute(_RUN, columns)
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def _keep_findings(connection: Connection, findings: Sequence[str]) -> str:
    """Add the findings that no night had before; return the numbers of all, in their order, as JSON."""
    keys = [hashlib.sha256(content.encode()).hexdigest()[:32] for content in findings]
    contents = dict(zip(keys, findings, strict=True))
    known = dict(_select_in(connection, FINDINGS.c.key, FINDINGS.c.id, list(contents)))
    if new := [{"key": key, "content": content} for key, content in contents.items() if key not in known]:
        connection.execute(insert(FINDINGS), new)
        known |= dict(_select_in(connection, FINDINGS.c.key, FINDINGS.c.id, [row["key"] for row in new]))
    return json.dumps([known[key] for key in keys], separators=(",", ":"))


def _select_in(
    connection: Connection, key: Column[Any], value: Column[Any], wanted: Sequence[Any]
) -> Iterator[tuple[Any, Any]]:
    """Yield ``key`` and ``value`` of the rows whose ``key`` is wanted."""
    distinct = list(dict.fromkeys(wanted))
    for at in range(0, len(distinct), _AT_ONCE):
        rows = connection.execute(select(key, value).where(key.in_(distinct[at : at + _AT_ONCE])))
        yield from ((row[0], row[1]) for row in rows)


def _changed_states(before: Mapping[str, StateRow], now: Iterable[StateRow]) -> Iterable[StateRow]:
    """The units whose state, or the file that decides it, is another than before."""
    for row in now:
        was = before.get(row.unit)
        if was is None or (was.state, was.sha256) != (row.state, row.sha256):
            yield StateRow(
                unit=row.unit,
                state=row.state,
                previous=was.state if was else "",
                because=row.because,
                file=row.file,
                sha256=row.sha256,
            )


def _changed_returns(before: Mapping[str, Accepted], now: Sequence[Accepted]) -> Iterable[Accepted]:
    yield from (row for row in now if before.get(row.unit) != row)
    for unit in sorted(before.keys() - {row.unit for row in now}):
        was = before[unit]
        yield Accepted(unit=unit, name=was.name, file="", sha256="", reading=None, counted=False, provisional=False)


def _changed_decisions(before: Mapping[tuple[str, ...], Decided], now: Sequence[Decided]) -> Iterable[Decided]:
    standing = {_identity(row): row for row in now}
    yield from (row for key, row in standing.items() if key not in before)
    for key, was in before.items():
        if key not in standing:
            yield Decided(**{**asdict(was), "in_force": False})


def _identity(row: Decided) -> tuple[str, ...]:
    return row.kind, row.subject, row.detail, row.reason, row.approver, row.cell
