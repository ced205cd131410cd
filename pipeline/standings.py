"""Where every unit stands after judgement: its state, and which of its returns decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipeline.control import Unit
from pipeline.findings import Finding
from pipeline.returns import Submission


class State(StrEnum):
    """Where a unit stands; the value is what people see."""

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
    State.RETURNED: "把问题清单发给单位，改正后重报",
    State.UNEXPLAINED: "请单位在“修改意见”或“校验”表写出错说明后重报",
    State.PASSED: "无",
    State.LOCKED: "无",
    State.WAIVED: "无",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A submission with everything found in it, and the ids of the rules that could not be evaluated everywhere."""

    submission: Submission
    findings: tuple[Finding, ...]
    unevaluated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A checked submission with its state; its findings carry the reasons and acceptances that answer them."""

    submission: Submission
    findings: tuple[Finding, ...]
    unevaluated: tuple[str, ...]
    state: State
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One unit: its state, the return that decides it, and all its returns in order of arrival."""

    unit: Unit
    state: State
    decisive: Judged | None
    returns: tuple[Judged, ...]

    @property
    def provisional(self) -> bool:
        """Counted only because the office accepted it by name."""
        return self.state is State.PASSED and self.decisive is not None and self.decisive.provisional

    @property
    def replaced(self) -> tuple[Judged, ...]:
        """The returns another version has taken the place of."""
        return tuple(judged for judged in self.returns if judged is not self.decisive)

    @property
    def next_step(self) -> str:
        """What has to happen now, for the office clerk."""
        return NEXT_STEP[self.state]

    def counts(self) -> bool:
        """Whether the unit's figures are part of the county's."""
        return self.state is State.PASSED and self.unit.counted
