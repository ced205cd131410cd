"""The standing of every unit after judgement: its state, and the return that decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.model.control import Unit
from pipeline.model.decisions import Acceptance
from pipeline.model.finding import Finding
from pipeline.model.submission import NAMING, Arrival, Submission


class State(StrEnum):
    """The state of a unit; the value is what people see."""

    MISSING = "未报"
    RECEIVED = "已收"
    RETURNED = "退回"
    UNEXPLAINED = "待说明"
    PASSED = "通过"
    LOCKED = "封存"
    WAIVED = "免报"


NEXT_STEP: Mapping[State, str] = {
    State.MISSING: "催报",
    State.RECEIVED: "等待核对",
    State.RETURNED: "把退改件发给单位，改正后重报",
    State.UNEXPLAINED: "请单位在“修改意见”或“校验”表写出错说明后重报",
    State.PASSED: "无",
    State.LOCKED: "无",
    State.WAIVED: "无",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A submission with its findings, and the ids of the rules that could not be evaluated everywhere."""

    submission: Submission
    findings: tuple[Finding, ...]
    unevaluated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A checked submission with its state; its findings carry the reasons and acceptances that answer them.

    ``accepted`` are the rows of 认可 with the findings they answer, ``lapsed`` those that were given for other figures.
    """

    submission: Submission
    findings: tuple[Finding, ...]
    unevaluated: tuple[str, ...]
    state: State
    provisional: bool
    accepted: tuple[tuple[Acceptance, Finding], ...] = ()
    lapsed: tuple[tuple[Acceptance, Finding, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedReturn:
    """A unit whose figures are part of the county's, with the submission they are taken from."""

    unit: Unit
    submission: Submission
    provisional: bool


_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One unit: its state, the return that decides it, and all its returns in order of arrival.

    ``rivals`` are versions among which the office must decide, while none of them counts. ``pending`` is a return that
    came after the one that counts and has not passed. ``aside`` are those that the office set aside. ``refused`` are
    files that could not be read and, by their names, may be this unit's.
    """

    unit: Unit
    state: State
    decisive: Judged | None
    returns: tuple[Judged, ...]
    rivals: tuple[Judged, ...] = ()
    pending: Judged | None = None
    aside: tuple[Judged, ...] = ()
    findings: tuple[Finding, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether a return of the unit has passed, today or finally."""
        return self.state in (State.PASSED, State.LOCKED)

    @property
    def provisional(self) -> bool:
        """Whether it is counted only under a signed acceptance."""
        return self.passed and self.decisive is not None and self.decisive.provisional

    @property
    def replaced(self) -> tuple[Judged, ...]:
        """The returns that another version replaced."""
        waiting = (self.decisive, self.pending, *self.rivals)
        return tuple(judged for judged in self.returns if not any(judged is each for each in waiting))

    @property
    def looked_at(self) -> tuple[Judged, ...]:
        """The returns whose findings matter today."""
        return tuple(judged for judged in (self.decisive, self.pending) if judged)

    @property
    def to_correct(self) -> Judged | None:
        """The return that goes back to the unit: the one that decides its state, or a later one that has not passed."""
        if self.pending:
            return self.pending
        return self.decisive if self.state in (State.RETURNED, State.UNEXPLAINED) else None

    @property
    def next_step(self) -> str:
        """The next step, for the office clerk."""
        if self.rivals:
            names = "、".join(judged.submission.arrival.named for judged in self.rivals)
            return f"{names}以哪份为准：问清后在台账“来件认领”写上那一份的哈希，“处理”一栏写“采用”"
        if self.pending:
            step = f"后报的{self.pending.submission.arrival.named}没有通过：{NEXT_STEP[self.pending.state]}"
            return f"{step}；不用这一份的，{set_aside(self.pending.submission.arrival)}"
        if self.refused and self.state is State.MISSING:
            names = "、".join(f"“{name}”" for name in self.refused[:_NAMED])
            return f"{NEXT_STEP[self.state]}：来过的{names}没有读出或没有认定，原因见“来件清单”，请一并告诉单位"
        if self.state is State.PASSED and (codes := self.unanswered):
            return f"{'、'.join(codes)} 还没有答复（已经计入）：认可的，在台账“认可”登记"
        return NEXT_STEP[self.state]

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The codes of the findings of the return that counts which nobody has answered yet."""
        if self.decisive is None:
            return ()
        return tuple(dict.fromkeys(finding.code for finding in self.decisive.findings if finding.open))

    @property
    def counted(self) -> CountedReturn | None:
        """The return whose figures are counted; ``None`` when there is none."""
        if self.decisive is None or not self.passed or not self.unit.counted:
            return None
        return CountedReturn(unit=self.unit, submission=self.decisive.submission, provisional=self.provisional)

    def lock(self) -> Standing:
        """Return the standing in a closed year: a passed return is final."""
        return replace(self, state=State.LOCKED) if self.state is State.PASSED else self

    @property
    def because(self) -> str:
        """The reason of the state, in one sentence."""
        if self.state is State.WAIVED:
            return "台账登记了免报。"
        if self.decisive is None:
            return "还没有收到可以认定的报表。"
        name = self.decisive.submission.arrival.name
        if self.rivals:
            return f"有 {len(self.rivals)} 份报表都能通过，数字不同，看不出哪份在后。"
        codes = {
            severity: "、".join(dict.fromkeys(f.code for f in self.decisive.findings if _stands(f, severity)))
            for severity in ("error", "warning")
        }
        if self.state is State.RETURNED:
            return f"“{name}”有强制性问题：{codes['error']}。"
        if self.state is State.UNEXPLAINED:
            return f"“{name}”有核实性问题待说明：{codes['warning']}。"
        tail = "，有问题经认可" if self.provisional else ""
        pending = f"；后报的“{self.pending.submission.arrival.name}”没有通过" if self.pending else ""
        return f"“{name}”{'封存' if self.state is State.LOCKED else '通过'}{tail}{pending}。"


def set_aside(arrival: Arrival) -> str:
    """What the office writes when it does not want an arrival; by hash, since base names are shared."""
    return f"在台账“来件认领”写哈希 {arrival.sha256[:NAMING]}，“处理”写“不采用”"


def _stands(finding: Finding, severity: str) -> bool:
    """Whether a finding is a reason for the unit's state."""
    if finding.severity != severity or finding.answer:
        return False
    return severity == "error" or finding.needs_reason
