"""Files that could not be read: which unit's they seem to be, and when nothing has to be done about them any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipeline.layout import plain
from pipeline.model.control import CLAIMS, Control, Unit
from pipeline.model.decisions import Treatment, find_treatment
from pipeline.model.received import ASIDE, REPLACED
from pipeline.model.standing import Standing, State
from pipeline.model.submission import Arrival, Reason, Unclaimed

_TELLING = 3
"""Characters of a name that is not found in other names by chance."""


@dataclass(frozen=True, slots=True)
class _Names:
    """The code of a unit, and its names as they are looked for."""

    code: str
    words: tuple[str, ...]

    @classmethod
    def of(cls, unit: Unit) -> _Names:
        return cls(unit.code, tuple(plain(word) for word in (unit.name, *unit.aliases) if len(word) >= _TELLING))

    def are_in(self, paths: Sequence[tuple[str, str]]) -> bool:
        """Whether one of an arrival's paths has the code or a name in it."""
        return any(
            stem == self.code or stem.startswith(f"{self.code}_") or any(word in path for word in self.words)
            for path, stem in paths
        )


def settle_unread(
    control: Control, standings: Sequence[Standing], unclaimed: Sequence[Unclaimed]
) -> tuple[Unclaimed, ...]:
    """Return the unclaimed arrivals, with those settled that the office set aside (不采用), or whose unit, by their
    name, has passed with a file that came at a later look. They stay in the list of arrivals.
    """
    names = [(standing, _Names.of(standing.unit)) for standing in standings] if unclaimed else []
    return tuple(_settle(control, names, waiting) for waiting in unclaimed)


def name_refused(standing: Standing, unclaimed: Sequence[Unclaimed]) -> Standing:
    """Add to a missing unit the unreadable files that bear its code or name."""
    if standing.state is not State.MISSING or not unclaimed:
        return standing
    names = _Names.of(standing.unit)
    open_ones = [waiting.arrival for waiting in unclaimed if not waiting.settled]
    refused = tuple(arrival.name for arrival in open_ones if names.are_in(_plain(arrival)))
    return replace(standing, refused=refused) if refused else standing


def _settle(control: Control, names: Sequence[tuple[Standing, _Names]], waiting: Unclaimed) -> Unclaimed:
    arrival = waiting.arrival
    claim = find_treatment(control.claims, arrival.sha256, arrival.names)
    if claim and claim.treatment is Treatment.REJECT:
        return _answer(waiting, ASIDE, f"不采用：{claim.reason}（批准人 {claim.approver}，台账“{CLAIMS}”{claim.cell}）")
    if waiting.obstacle.reason is not Reason.UNREADABLE or not arrival.sha256:
        return waiting
    paths = _plain(arrival)
    owners = [standing for standing, its in names if its.are_in(paths)]
    if not owners or not all(_passed_later(owner, arrival) for owner in owners):
        return waiting
    files = "、".join(
        f"“{owner.unit.name}”后来报的“{owner.decisive.submission.arrival.name}”" for owner in owners if owner.decisive
    )
    return _answer(waiting, REPLACED, f"{files}已经通过，这一份不用再处理")


def _answer(waiting: Unclaimed, state: str, answer: str) -> Unclaimed:
    findings = tuple(finding.at(answer=answer) if finding.open else finding for finding in waiting.findings)
    first = findings[0].at(answer=answer)
    return replace(waiting, settled=state, findings=(first, *findings[1:]))


def _passed_later(standing: Standing, arrival: Arrival) -> bool:
    return (
        standing.passed
        and standing.decisive is not None
        and standing.decisive.submission.arrival.sight > arrival.last_sent
    )


def _plain(arrival: Arrival) -> list[tuple[str, str]]:
    """Its paths as names are looked for in them, each with the base name less its ending."""
    return [(plain(name), PurePosixPath(name).stem) for name in arrival.names]
