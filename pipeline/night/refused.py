"""A missing unit and the files that bear its name but could not be read: whoever chases it should know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from pipeline.layout import plain
from pipeline.model.standing import Standing, State
from pipeline.model.submission import Unclaimed

_TELLING = 3
"""Characters of a name that is not found in other names by chance."""


def name_refused(standing: Standing, unclaimed: Sequence[Unclaimed]) -> Standing:
    """Add to a missing unit the unreadable files that bear its code or name."""
    if standing.state is not State.MISSING or not unclaimed:
        return standing
    unit = standing.unit
    words = [plain(word) for word in (unit.name, *unit.aliases) if len(word) >= _TELLING]

    def is_its(name: str) -> bool:
        stem = PurePosixPath(name).stem
        return stem == unit.code or stem.startswith(f"{unit.code}_") or any(word in plain(name) for word in words)

    arrivals = [waiting.arrival for waiting in unclaimed]
    refused = tuple(arrival.name for arrival in arrivals if any(is_its(name) for name in arrival.names))
    return replace(standing, refused=refused) if refused else standing
