"""Findings + decisions to the state of every unit, and which of its returns counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipeline.control import Control, Unit
from pipeline.findings import Finding
from pipeline.returns import Submission
from pipeline.standings import Judged, Standing, State


def judge(control: Control, submissions: Sequence[tuple[Submission, Sequence[Finding]]]) -> tuple[Standing, ...]:
    """The standing of every unit of the roster, in roster order.

    The latest return that passes counts; while none passes, the latest return decides the state.
    """
    accepted = {(acceptance.subject, acceptance.rule) for acceptance in control.acceptances}
    waived = {waiver.subject for waiver in control.waivers}
    by_unit: dict[str, list[Judged]] = {}
    for submission, findings in sorted(submissions, key=lambda pair: pair[0].arrival.order):
        by_unit.setdefault(submission.unit, []).append(_judged(submission, findings, accepted))
    return tuple(_standing(unit, tuple(by_unit.get(unit.code, ())), unit.code in waived) for unit in control.units)


def _judged(submission: Submission, findings: Sequence[Finding], accepted: set[tuple[str, str]]) -> Judged:
    errors = [finding for finding in findings if finding.severity == "error"]
    standing = [finding for finding in errors if (submission.unit, finding.code) not in accepted]
    unexplained = [
        finding for finding in findings if finding.needs_reason and (submission.unit, finding.code) not in accepted
    ]
    if standing:
        state = State.RETURNED
    elif unexplained:
        state = State.UNEXPLAINED
    else:
        state = State.PASSED
    return Judged(submission=submission, findings=tuple(findings), state=state, provisional=len(standing) < len(errors))


def _standing(unit: Unit, returns: tuple[Judged, ...], waived: bool) -> Standing:
    passed = [judged for judged in returns if judged.state is State.PASSED]
    decisive = passed[-1] if passed else (returns[-1] if returns else None)
    if decisive is not None:
        state = decisive.state
    else:
        state = State.WAIVED if waived else State.MISSING
    return Standing(unit=unit, state=state, decisive=decisive, returns=returns)


def overdue(standing: Standing, control: Control, today: dt.date) -> bool:
    """Whether the unit has returned nothing although its deadline is past."""
    due = standing.unit.due or control.profile.due
    return standing.state is State.MISSING and due is not None and today > due
