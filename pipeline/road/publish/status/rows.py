"""The rows of the morning page and its table: one a unit, one a thing to decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.standing import Standing, State

CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit as the morning sees it. ``last`` is the day its latest return came in, ``late`` the days its first one came
    after ``due``, 0 when it was in time; days that are still running are counted by the reader.
    """

    standing: Standing
    due: dt.date | None
    first: dt.date | None
    last: dt.date | None
    findings: tuple[Finding, ...]

    @property
    def late(self) -> int:
        """Days the first return came after the deadline."""
        return max(0, (self.first - self.due).days) if self.first and self.due else 0

    @property
    def open(self) -> int:
        """Findings somebody still has to act on."""
        return sum(finding.open for finding in self.findings)

    @property
    def correction(self) -> str:
        """The path of its correction beside the page; empty when it has none."""
        return f"{CORRECTIONS}/{self.standing.unit.file_stem}_退改.xlsx" if self.standing.to_correct else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One thing the office has to decide: what it is, whose, the file, what was found and what settles it."""

    kind: str
    who: str
    file: str
    found: str
    remedy: str


def unit_rows(outcome: Outcome) -> list[UnitRow]:
    """Return a row for every unit of the roster, in its order."""
    rows = []
    for standing in outcome.standings:
        days = [judged.submission.arrival.first_seen.date() for judged in standing.returns]
        found = [finding for judged in standing.looked_at for finding in judged.findings]
        rows.append(
            UnitRow(
                standing=standing,
                due=standing.unit.due or outcome.control.profile.due,
                first=min(days, default=None),
                last=max(days, default=None),
                findings=(*standing.findings, *found),
            )
        )
    return rows


def list_decisions(outcome: Outcome) -> Iterator[Decision]:
    """Yield what needs a person of the office today: claims, versions, refused files, open findings of the county."""
    names = outcome.control.by_code
    for waiting in outcome.unclaimed:
        for finding in waiting.findings:
            if finding.open:
                kind = "来件没有认定或没有读出"
                yield Decision(
                    kind=kind, who="", file=waiting.arrival.name, found=finding.message, remedy=finding.remedy
                )
                break
    for standing in outcome.standings:
        if standing.rivals or standing.pending:
            kind = "以哪一份为准" if standing.rivals else "后报的没有通过"
            shown = (standing.pending or standing.rivals[-1]).submission.arrival.name
            yield Decision(
                kind=kind, who=standing.unit.name, file=shown, found=standing.because, remedy=standing.next_step
            )
    for finding in outcome.findings:
        if finding.open and (not finding.unit or finding.unit not in names):
            if any(finding in waiting.findings for waiting in outcome.unclaimed):
                continue
            place = " ".join(part for part in (finding.file, finding.sheet, finding.cell) if part)
            yield Decision(
                kind="汇总的问题", who="", file=place, found=f"{finding.code} {finding.message}", remedy=finding.remedy
            )


def curve(rows: list[UnitRow]) -> list[tuple[dt.date, int]]:
    """Return how many units had reported by the end of each day on which one did."""
    days = sorted(row.first for row in rows if row.first)
    return [(day, n) for n, day in enumerate(days, 1) if n == len(days) or days[n] != day]


def count_states(rows: list[UnitRow]) -> list[tuple[str, int]]:
    """Return the number of units in every state that occurs, in the order of the road."""
    states = [row.standing.state for row in rows]
    return [(state.value, states.count(state)) for state in State if state in states]
