"""Findings + decisions to the state of every unit, and which of its returns counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.form import Form, print_figure
from pipeline.model.control import CONTROL_FILE, Control, Unit
from pipeline.model.explanations import explain
from pipeline.model.finding import Finding, notice
from pipeline.model.precedents import NONE, Precedents
from pipeline.model.standing import Checked, Judged, Standing, State
from pipeline.model.submission import NAMING
from pipeline.road.judge.acceptances import Office
from pipeline.road.judge.versions import choose, differences, hint

_SHOWN = 3
"""Figures that a question about two versions shows; all of them stand in 版本对照."""


def judge(
    form: Form,
    control: Control,
    checked: Sequence[Checked],
    precedents: Precedents = NONE,
    *,
    closing: bool = False,
) -> tuple[Standing, ...]:
    """The standing of every unit of the roster, in roster order.

    The latest return that passes counts; while none passes, the latest return decides the state of a unit that the
    office has not let off (免报). ``precedents`` tell what was known when decisions of the 台账 were signed; ``closing``
    the year (封存) makes passed returns final.
    """
    office = Office(control.acceptances, precedents)
    waived = {waiver.subject for waiver in control.waivers}
    # reasons carry over from one return to the next, so order matters
    by_unit: dict[str, list[Checked]] = {}
    for each in sorted(checked, key=lambda each: each.submission.arrival.order):
        by_unit.setdefault(each.submission.unit, []).append(each)
    judged = {unit: tuple(_judge_return(each, office) for each in explain(many)) for unit, many in by_unit.items()}
    standings = (
        _standing(form, control, precedents, unit, judged.get(unit.code, ()), unit.code in waived)
        for unit in control.units
    )
    return tuple(standing.lock() if closing else standing for standing in standings)


def _judge_return(checked: Checked, office: Office) -> Judged:
    answered = [office.answer(finding.unit, finding) for finding in checked.findings]
    findings = tuple(finding for finding, _ in answered)
    errors = [finding for finding in findings if finding.severity == "error"]
    unanswered = [finding for finding in errors if not finding.answer]
    if unanswered:
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
        provisional=len(unanswered) < len(errors),
        accepted=tuple((acceptance, finding) for finding, acceptance in answered if acceptance),
        lapsed=tuple(each for finding in findings if (each := office.find_lapsed(finding.unit, finding))),
    )


def _standing(
    form: Form, control: Control, precedents: Precedents, unit: Unit, returns: tuple[Judged, ...], waived: bool
) -> Standing:
    claims = [claim for claim in control.claims if claim.unit in (unit.code, "")]
    choice = choose(returns, claims, precedents)
    decisive = choice.decisive
    if decisive is not None and waived and decisive.state is not State.PASSED:
        decisive = None
    if choice.rivals:
        state = State.RECEIVED
    elif decisive is not None:
        state = decisive.state
    else:
        state = State.WAIVED if waived else State.MISSING
    return Standing(
        unit=unit,
        state=state,
        decisive=decisive,
        returns=returns,
        rivals=choice.rivals,
        pending=choice.pending,
        aside=choice.aside,
        findings=(*_undecided_findings(form, unit, choice.rivals), *_lapsed_findings(unit, choice.pending or decisive)),
    )


def _lapsed_findings(unit: Unit, judged: Judged | None) -> Iterator[Finding]:
    """Yield the rows of 认可 that were signed for other figures than those of the present return."""
    for acceptance, finding, figures in judged.lapsed if judged else ():
        where = {"unit": unit.code, "file": CONTROL_FILE, "sheet": acceptance.sheet, "cell": acceptance.cell}
        words = {"rule": acceptance.rule, "figures": figures, "found": finding.figures}
        yield notice("J2", where=where, expected=figures, **words)


def _undecided_findings(form: Form, unit: Unit, rivals: Sequence[Judged]) -> Iterator[Finding]:
    """Yield a finding for sound versions that differ: the files, the figures, and the row of the 台账 that would decide."""
    if not rivals:
        return
    arrivals = [judged.submission.arrival for judged in rivals]
    items = [form.items[at] for at in differences(rivals)]
    shown = []
    for item in items[:_SHOWN]:
        values = (judged.submission.values[form.position[item.code]] for judged in rivals)
        figures = "、".join("空白" if value is None else print_figure(value) for value in values)  # type: ignore[arg-type]
        shown.append(f"{item.label} {figures}")
    words = {
        "unit": unit.name,
        "count": len(rivals),
        "files": "、".join(arrival.named for arrival in arrivals),
        "figures": "；".join(shown) + (f"；等 {len(items)} 项" if len(items) > _SHOWN else ""),
        "hint": hint(rivals),
        "code": unit.code,
        "row": arrivals[-1].sha256[:NAMING],
    }
    yield notice("J1", where={"unit": unit.code, "file": arrivals[-1].name, "item": items[0].code}, **words)
