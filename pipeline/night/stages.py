"""How long each station of a night took, in the log."""

from __future__ import annotations

import logging
import time

LOGGER = logging.getLogger("xxgk")


def note(event: str, **details: object) -> None:
    """Log an event with its details."""
    LOGGER.info(event, extra={"details": details})


class Stages:
    """A stop watch over the stations, in their order."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def passed(self, station: str, **counts: int) -> None:
        """Log that a station is passed, the seconds since the one before, and what it counted."""
        now = time.perf_counter()
        note(station, **counts, seconds=round(now - self._since, 3))
        self._since = now
