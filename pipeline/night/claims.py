"""Which arrivals each row of 来件认领 is about. A row that may mean several files acts on none of them and is asked about:
every return keeps the name it was issued with, so a base name is seldom that of one file alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.model.control import CONTROL_FILE, Control
from pipeline.model.decisions import Claim
from pipeline.model.finding import Finding, notice
from pipeline.model.precedents import Precedents
from pipeline.model.submission import Arrival

_BY_HASH = 3
_LISTED, _DIGITS = 5, 12
"""Files a finding lists, and the digits of a hash that tell them apart."""


def settle_claims(
    control: Control, precedents: Precedents, arrivals: Sequence[Arrival]
) -> tuple[Control, tuple[Finding, ...]]:
    """Return the 台账 with its claims bound to arrivals, and the findings about rows that act on none.

    An exact path wins over base names. A treatment needs a single content, and by name it holds for what had come when
    the row was first seen.
    """
    if not control.claims:
        return control, ()
    settled = [_settle(claim, precedents, arrivals) for claim in control.claims]
    bound = tuple(claim for claim, _ in settled)
    return replace(control, claims=bound), tuple(finding for _, finding in settled if finding)


def _settle(claim: Claim, precedents: Precedents, arrivals: Sequence[Arrival]) -> tuple[Claim, Finding | None]:
    certainties = [claim.certainty(arrival.sha256, arrival.names) for arrival in arrivals]
    best = max(certainties, default=0)
    named = [arrival for arrival, certainty in zip(arrivals, certainties, strict=True) if best and certainty == best]
    where = {"file": CONTROL_FILE, "sheet": claim.sheet, "cell": claim.cell}
    if not named:
        return claim, notice("T10", where=where, found=claim.subject)
    if claim.treatment:
        known = precedents.looks.get(claim.identity)
        in_time = [each for each in named if known is None or best == _BY_HASH or _had_come(each, known)]
        if not in_time:
            files, treatment = _list_files(named), claim.treatment.value
            return _bind(claim, ()), notice("T28", where=where, found=claim.subject, files=files, treatment=treatment)
        if len(in_time) > 1:
            files, count = _list_files(in_time), len(in_time)
            return _bind(claim, ()), notice("T27", where=where, found=claim.subject, files=files, count=count)
        named = in_time
    return _bind(claim, named), None


def _had_come(arrival: Arrival, look: int) -> bool:
    """Whether it was known at a look; one that was never read whole cannot tell."""
    return not arrival.sha256 or arrival.sight <= look


def _bind(claim: Claim, arrivals: Sequence[Arrival]) -> Claim:
    return replace(claim, acts_on=frozenset(arrival.sha256 or arrival.name for arrival in arrivals))


def _list_files(arrivals: Sequence[Arrival]) -> str:
    listed = [f"“{each.name}”（哈希 {each.sha256[:_DIGITS] or '未知'}）" for each in arrivals[:_LISTED]]
    return "、".join(listed) + (f"等 {len(arrivals)} 份" if len(arrivals) > _LISTED else "")
