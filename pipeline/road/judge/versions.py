"""Which of a unit's returns counts. Where their order is not certain, the office is asked.

What orders two returns, the surest first:

1. a row of 来件认领: 采用 puts a return before all that were known when it was signed, 不采用 sets one aside;
2. the looks into the folder at which they were first seen, unless the older was sent once more since;
3. seen at the same look: when the workbook was last saved, and the file's own time, where they differ clearly and do
   not contradict each other. Attachments saved one after the other differ by seconds, which orders nothing.

A file name orders nothing; it is only shown as a hint.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model.decisions import Claim, Treatment, find_treatment
from pipeline.model.precedents import Precedents
from pipeline.model.standing import Judged, State

CLEAR = dt.timedelta(minutes=10)
"""Times that differ by less say nothing of which came first."""
_COPY = re.compile(
    r"修改|修订|改后|更正|订正|最终|终稿|定稿|最新|[-_—（( ]改[)）.]|\(\d+\)|（\d+）|第[一二三四五六七八九十\d]+[次稿版]|v\d+",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The choice among a unit's returns.

    ``decisive`` counts or, where none passed, decides the state. ``rivals`` passed, differ in a figure and cannot be
    ordered: then nothing counts. ``pending`` came after the decisive one and has not passed. ``aside`` the office set
    aside.
    """

    decisive: Judged | None
    rivals: tuple[Judged, ...] = ()
    pending: Judged | None = None
    aside: tuple[Judged, ...] = ()


def choose(returns: Sequence[Judged], claims: Sequence[Claim], precedents: Precedents) -> Choice:
    """Choose among the returns of one unit, given in order of arrival."""
    aside = _set_aside(returns, claims, precedents)
    candidates = [judged for judged in returns if judged not in aside]
    passed = [judged for judged in candidates if judged.state is State.PASSED]
    if not passed:
        return Choice(decisive=candidates[-1] if candidates else None, aside=aside)
    # of the returns that passed the one that is certainly the latest counts
    latest = next((judged for judged in reversed(passed) if _is_latest(judged, passed)), None)
    if latest is None:
        # no order is certain: those that are not replaced by another are put to the office
        rivals = [judged for judged in passed if not any(_is_later(other, judged) for other in passed)]
        return Choice(decisive=rivals[-1], rivals=tuple(rivals), aside=aside)
    # a later return that did not pass is shown beside it, and changes nothing
    later = [j for j in candidates if j.state is not State.PASSED and not _is_later(latest, j)]
    return Choice(decisive=latest, pending=later[-1] if later else None, aside=aside)


def differences(rivals: Sequence[Judged]) -> list[int]:
    """Return the positions of the items whose figures differ."""
    first, *others = (judged.submission.values.figures for judged in rivals)
    return [at for at, value in enumerate(first) if any(other[at] != value for other in others)]


def hint(rivals: Sequence[Judged]) -> str:
    """Return what the file names suggest; it is no proof."""
    marked = [judged.submission.arrival.name for judged in rivals if _COPY.search(_stem(judged))]
    return f"从文件名看，“{marked[0]}”像是改过的，仅供参考。" if len(marked) == 1 else ""


def _stem(judged: Judged) -> str:
    return judged.submission.arrival.name.rpartition("/")[2]


def _set_aside(returns: Sequence[Judged], claims: Sequence[Claim], precedents: Precedents) -> tuple[Judged, ...]:
    """Return the returns the office set aside, by name or because it adopted another one known at the time."""
    words = {id(judged): _word(judged, claims) for judged in returns}
    rejected = [j for j in returns if (claim := words[id(j)]) and claim.treatment is Treatment.REJECT]
    adopted = [(j, claim) for j in returns if (claim := words[id(j)]) and claim.treatment is Treatment.ADOPT]
    for judged, claim in adopted[-1:]:
        known = precedents.looks.get(claim.identity)
        rejected += [
            other
            for other in returns
            if other is not judged
            and other not in rejected
            and not any(other is each for each, _ in adopted)
            and (known is None or other.submission.arrival.last_sent <= known)
        ]
    return tuple(rejected)


def _word(judged: Judged, claims: Sequence[Claim]) -> Claim | None:
    """Return the most certain row of 来件认领 with a treatment for a return."""
    arrival = judged.submission.arrival
    return find_treatment(claims, arrival.sha256, arrival.names)


def _is_latest(judged: Judged, passed: Sequence[Judged]) -> bool:
    """Whether it is certainly later than every other with different figures; texts do not make two versions different."""
    mine = judged.submission.values.figures
    others = (other for other in passed if other is not judged)
    return all(other.submission.values.figures == mine or _is_later(judged, other) for other in others)


def _is_later(one: Judged, other: Judged) -> bool:
    """Whether ``one`` certainly came after ``other``."""
    mine, theirs = one.submission.arrival, other.submission.arrival
    if mine.sight != theirs.sight:
        return mine.sight > theirs.last_sent
    if theirs.last_sent > theirs.sight:
        return False
    evidence = [_clearly(mine.own_time, theirs.own_time), _clearly(one.submission.saved, other.submission.saved)]
    known = {word for word in evidence if word is not None}
    return known == {True}


def _clearly(mine: dt.datetime | None, theirs: dt.datetime | None) -> bool | None:
    """Whether one time is clearly after another; ``None`` when a time is missing or they are too close."""
    if mine is None or theirs is None or abs(mine - theirs) < CLEAR:
        return None
    return mine > theirs
