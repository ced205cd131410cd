"""The list of arrivals: each one once, with its state and the next step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.control import Unit
from pipeline.model.standing import Judged, Standing, State, set_aside
from pipeline.model.submission import Arrival, Reason, Unclaimed

ADOPTED, REPLACED, ASIDE, UNDECIDED = "采用", "已被后报替代", "不采用", "待定"
WAITING, UNREAD, LATER = "待认领", "未读取", "留待下次"
TO_MEND = (State.RETURNED.value, State.UNEXPLAINED.value)
"""States of returns that go back to their unit."""
_STATES: Mapping[Reason, str] = {
    Reason.ARRIVING: LATER,
    Reason.UNREACHABLE: UNREAD,
    Reason.UNFINISHED: UNREAD,
    Reason.UNREADABLE: UNREAD,
    Reason.UNCERTAIN: WAITING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One arrival. ``unit`` is whose it is, ``None`` while that is not certain; ``state`` is what people see."""

    arrival: Arrival
    unit: Unit | None
    state: str
    next_step: str


def list_received(standings: Sequence[Standing], unclaimed: Sequence[Unclaimed]) -> tuple[Received, ...]:
    """Every arrival of the night, in order of arrival."""
    every = [*_of_units(standings), *map(_of_nobody, unclaimed)]
    return tuple(sorted(every, key=lambda received: received.arrival.order))


def _of_units(standings: Sequence[Standing]) -> Iterator[Received]:
    for standing in standings:
        for judged in standing.returns:
            state, step = _outcome(standing, judged)
            yield Received(arrival=judged.submission.arrival, unit=standing.unit, state=state, next_step=step)


def _outcome(standing: Standing, judged: Judged) -> tuple[str, str]:
    """Return the state of one return of a unit, and the next step."""
    if any(judged is each for each in standing.aside):
        return ASIDE, "无"
    if any(judged is each for each in standing.rivals):
        return UNDECIDED, standing.next_step
    if standing.decisive is None:
        return judged.state.value, "台账登记了免报，没有计入"
    if judged is standing.pending:
        name = standing.decisive.submission.arrival.name
        step = f"没有采用，仍按此前通过的“{name}”计入；要以这份为准，请单位改正或说明后重报"
        return judged.state.value, f"{step}；不用的，{set_aside(judged.submission.arrival)}"
    if judged is not standing.decisive:
        return REPLACED, "无"
    return (ADOPTED, "无") if judged.state is State.PASSED else (judged.state.value, standing.next_step)


def _of_nobody(waiting: Unclaimed) -> Received:
    first = waiting.findings[0]
    return Received(
        arrival=waiting.arrival,
        unit=None,
        state=waiting.settled or _STATES[waiting.obstacle.reason],
        next_step=f"无（{first.answer}）" if waiting.settled else first.remedy,
    )
