"""Findings + decisions to the state of every unit, and which of its returns counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.model.control import Acceptance, Control, Unit
from pipeline.model.explanations import explain
from pipeline.model.finding import Finding
from pipeline.model.standing import Checked, Judged, Standing, State


def judge(control: Control, checked: Sequence[Checked], *, closing: bool = False) -> tuple[Standing, ...]:
    """The standing of every unit of the roster, in roster order.

    The latest return that passes counts; while none passes, the latest return decides the state of a unit that the
    office has not let off (免报). ``closing`` the year
    (封存) makes what has passed stand for good.
    """
    accepted = {(acceptance.subject, acceptance.rule): acceptance for acceptance in control.acceptances}
    waived = {waiver.subject for waiver in control.waivers}
    by_unit: dict[str, list[Checked]] = {}
    for each in sorted(checked, key=lambda each: each.submission.arrival.order):
        by_unit.setdefault(each.submission.unit, []).append(each)
    judged = {unit: tuple(_judged(each, accepted) for each in explain(many)) for unit, many in by_unit.items()}
    standings = (_standing(unit, judged.get(unit.code, ()), unit.code in waived) for unit in control.units)
    return tuple(standing.locked() if closing else standing for standing in standings)


def _judged(checked: Checked, accepted: Mapping[tuple[str, str], Acceptance]) -> Judged:
    findings = tuple(_accept(finding, accepted.get((finding.unit, finding.code))) for finding in checked.findings)
    errors = [finding for finding in findings if finding.severity == "error"]
    standing = [finding for finding in errors if not finding.answer]
    if standing:
        state = State.RETURNED
    elif any(finding.needs_reason and not finding.answer for finding in findings):
        state = State.UNEXPLAINED
    else:
        state = State.PASSED
    return Judged(
        submission=checked.submission,
        findings=findings,
        unevaluated=checked.unevaluated,
        state=state,
        provisional=len(standing) < len(errors),
    )


def _accept(finding: Finding, acceptance: Acceptance | None) -> Finding:
    if acceptance is None or finding.severity == "info":
        return finding
    return finding.at(answer=f"认可：{acceptance.reason}（批准人 {acceptance.approver}）")


def _standing(unit: Unit, returns: tuple[Judged, ...], waived: bool) -> Standing:
    passed = [judged for judged in returns if judged.state is State.PASSED]
    decisive = passed[-1] if passed else (returns[-1] if returns and not waived else None)
    if decisive is not None:
        state = decisive.state
    else:
        state = State.WAIVED if waived else State.MISSING
    return Standing(unit=unit, state=state, decisive=decisive, returns=returns)
