"""What became of every arrival: each one once, with its state and what has to happen next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.model.control import Unit
from pipeline.model.standing import Standing, State
from pipeline.model.submission import Arrival, Reason, Unclaimed

ADOPTED, REPLACED, WAITING, UNREAD, LATER = "采用", "已被后报替代", "待认领", "未读取", "留待下次"
_STATES: Mapping[Reason, str] = {
    Reason.ARRIVING: LATER,
    Reason.UNREACHABLE: UNREAD,
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


def received(standings: Sequence[Standing], unclaimed: Sequence[Unclaimed]) -> tuple[Received, ...]:
    """Every arrival of the night, in order of arrival."""
    every = [*_of_units(standings), *map(_of_nobody, unclaimed)]
    return tuple(sorted(every, key=lambda each: each.arrival.order))


def _of_units(standings: Sequence[Standing]) -> Iterator[Received]:
    for standing in standings:
        later = False
        for judged in standing.returns:
            if later:
                name = standing.decisive.submission.arrival.name if standing.decisive else ""
                state, step = (
                    judged.state.value,
                    f"没有采用，仍按此前通过的“{name}”计入；要以这份为准，请单位改正或说明后重报",
                )
            elif standing.decisive is None:
                state, step = judged.state.value, "台账登记了免报，没有计入"
            elif judged is not standing.decisive:
                state, step = REPLACED, "无"
            elif judged.state is State.PASSED:
                state, step = ADOPTED, "无"
            else:
                state, step = judged.state.value, standing.next_step
            later = later or judged is standing.decisive
            yield Received(arrival=judged.submission.arrival, unit=standing.unit, state=state, next_step=step)


def _of_nobody(waiting: Unclaimed) -> Received:
    return Received(
        arrival=waiting.arrival,
        unit=None,
        state=_STATES[waiting.obstacle.reason],
        next_step=waiting.findings[0].remedy,
    )
