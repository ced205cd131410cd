"""The rows of the morning page and its table: one a unit, one a thing to decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model.finding import Finding
from pipeline.model.outcome import Outcome
from pipeline.model.standing import Standing, State, set_aside

CORRECTIONS = "corrections"
_NAMED = 5
"""Units that a decision about many of them lists."""


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
    """One thing the office has to decide: what it is, whose, the files (name, hash) and the place in them, what was
    found and what settles it. ``correction`` is the path of the workbook that goes back to the unit.
    """

    kind: str
    who: str = ""
    files: tuple[tuple[str, str], ...] = ()
    place: str = ""
    found: str
    remedy: str
    correction: str = ""


def unit_rows(outcome: Outcome) -> list[UnitRow]:
    """Return a row for every unit of the roster, in its order."""
    rows = []
    for standing in outcome.standings:
        days = [judged.submission.arrival.came[0] for judged in standing.returns]
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


def list_decisions(outcome: Outcome, rows: Sequence[UnitRow]) -> Iterator[Decision]:
    """Yield what needs a person of the office today: claims, versions, refused files, what nobody answered at units that
    have passed, open findings of the county.
    """
    for waiting in outcome.unclaimed:
        if finding := next((finding for finding in waiting.findings if finding.open), None):
            arrival = waiting.arrival
            aside = f"不要这一份的，{set_aside(arrival)}（单位代码可以空着）。" if arrival.sha256 else ""
            yield Decision(
                kind="来件没有认定或没有读出",
                files=((arrival.name, arrival.sha256),),
                found=finding.message,
                remedy=finding.remedy + aside,
            )
    for row in rows:
        if row.standing.rivals or row.standing.pending:
            yield _between_versions(row)
    yield from _unanswered(rows)
    waiting_for = {id(finding) for waiting in outcome.unclaimed for finding in waiting.findings}
    names = outcome.control.by_code
    for finding in outcome.findings:
        if finding.open and finding.unit not in names and id(finding) not in waiting_for:
            yield Decision(
                kind="汇总的问题",
                files=((finding.file, ""),) if finding.file else (),
                place=" ".join(part for part in (finding.sheet, finding.cell) if part),
                found=f"{finding.code} {finding.message}",
                remedy=finding.remedy,
            )


def _between_versions(row: UnitRow) -> Decision:
    """Sound versions that differ, with their figures; or one that came later and has not passed."""
    standing, name = row.standing, row.standing.unit.name
    if standing.pending is None:
        question = standing.findings[0]
        files = tuple((judged.submission.arrival.name, judged.submission.arrival.sha256) for judged in standing.rivals)
        return Decision(kind="以哪一份为准", who=name, files=files, found=question.message, remedy=question.remedy)
    arrival = standing.pending.submission.arrival
    return Decision(
        kind="后报的没有通过",
        who=name,
        files=((arrival.name, arrival.sha256),),
        found=standing.because,
        remedy=standing.next_step,
        correction=row.correction,
    )


def _unanswered(rows: Sequence[UnitRow]) -> Iterator[Decision]:
    """Yield one decision for all units that have passed and share an open finding, such as having been late."""
    sharing: dict[str, list[tuple[str, Finding]]] = {}
    for row in rows:
        judged = row.standing.decisive
        if judged and row.standing.state is State.PASSED:
            for finding in judged.findings:
                if finding.open:
                    sharing.setdefault(finding.subject, []).append((row.standing.unit.name, finding))
    for pairs in sharing.values():
        names = list(dict.fromkeys(name for name, _ in pairs))
        first_name, first = pairs[0]
        listed = "、".join(names[:_NAMED]) + (" 等" if len(names) > _NAMED else "")
        example = f"如{first_name}：" if len(names) > 1 else ""
        yield Decision(
            kind="已通过单位没有答复的问题",
            found=f"{first.code} {len(names)} 个单位：{listed}。{example}{first.message}",
            remedy=first.remedy,
        )


def curve(rows: list[UnitRow]) -> list[tuple[dt.date, int]]:
    """Return how many units had reported by the end of each day on which one did."""
    days = sorted(row.first for row in rows if row.first)
    return [(day, n) for n, day in enumerate(days, 1) if n == len(days) or days[n] != day]


def count_states(rows: list[UnitRow]) -> list[tuple[str, int]]:
    """Return the number of units in every state that occurs, in the order of the road."""
    states = [row.standing.state for row in rows]
    return [(state.value, states.count(state)) for state in State if state in states]
