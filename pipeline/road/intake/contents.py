"""What a look into the folder came upon: contents, the arrivals they are, and what a night depends on of them.

A night in which nothing changed needs no arrivals, so they are made when somebody asks for them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Arrival, Noted

CHINA = dt.timezone(dt.timedelta(hours=8))
_SLACK = dt.timedelta(minutes=5)
"""By how much clocks of two machines on one share may differ without a word."""
_FIRST_YEAR, _LAST_YEAR = 1970, 9990


@dataclass(slots=True)
class Content:
    """One content: where it lies, its names and the time of its file in seconds. ``refused`` is the arrival of one that
    cannot be opened. Not frozen: made by the thousand.
    """

    path: str
    names: tuple[str, ...]
    size: int
    modified: float
    senders: tuple[str, ...] = ()
    refused: Arrival | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One look into the folder, the ``sight``-th: ``contents`` by hash, what the ledger has ``noted`` of them, how many
    copies there are of those that came again (``further``), and what could not be read whole (``unread``).
    """

    now: dt.datetime
    sight: int
    noted: Mapping[str, Noted]
    contents: Mapping[str, Content]
    further: Mapping[str, int]
    unread: Sequence[Arrival]

    def __len__(self) -> int:
        return len(self.contents) + len(self.unread)

    def arrivals(self) -> list[Arrival]:
        """Every content as an arrival, and every file that was not read, in order of arrival."""
        made = (self._arrival(sha256, content) for sha256, content in self.contents.items())
        return sorted((*made, *self.unread), key=lambda arrival: arrival.order)

    def marks(self) -> Iterator[tuple[object, ...]]:
        """What a night depends on of each arrival. A file that could not be read whole is new every night, so its times are
        left out.
        """
        for sha256, content in self.contents.items():
            noted = self.noted[sha256]
            modified = noted.modified or self._moment(content).isoformat()
            resent = self.sight if sha256 in self.further else noted.resent
            times = noted.first_seen, modified, noted.written, noted.sight, resent
            yield sha256, content.names, content.senders, times, _remarks(content.refused)
        for arrival in self.unread:
            yield "", arrival.names, arrival.senders, (), _remarks(arrival)

    def clock_finding(self, now: dt.datetime) -> Finding | None:
        """Return a finding when the clock is behind that of the last night; the order of arrival does not depend on it."""
        seen = {noted.first_seen for noted in self.noted.values()}
        last = max(map(dt.datetime.fromisoformat, seen), default=None)
        if last is None or now >= last - _SLACK:
            return None
        shown = [moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") for moment in (now, last)]
        return notice("I22", found=shown[0], expected=shown[1])

    def _arrival(self, sha256: str, content: Content) -> Arrival:
        noted = self.noted[sha256]
        if sha256 in self.further:
            noted = noted._replace(resent=self.sight)
        return make_arrival(noted, content, self._moment(content))

    def _moment(self, content: Content) -> dt.datetime:
        return self.now if content.refused else read_moment(content.modified) or self.now


def make_arrival(noted: Noted, content: Content, moment: dt.datetime) -> Arrival:
    """Return a content as an arrival; ``moment`` is the time of its file, if none was noted."""
    seen = noted.read()
    if content.refused:
        return replace(content.refused, names=content.names, senders=content.senders, resent=seen.resent)
    return Arrival(
        sha256=noted.sha256,
        names=content.names,
        size=content.size,
        # as it was then: a file that was touched or copied arrived no later
        modified=seen.modified or moment,
        first_seen=seen.first_seen,
        path=Path(content.path),
        written=seen.written,
        sight=seen.sight,
        resent=seen.resent,
        senders=content.senders,
    )


def read_moment(timestamp: float) -> dt.datetime | None:
    """A file's time; ``None`` for one that no calendar has, as some shares and archives leave behind."""
    try:
        moment = dt.datetime.fromtimestamp(int(timestamp), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


def _remarks(arrival: Arrival | None) -> Sequence[tuple[str, str]]:
    return [(finding.code, finding.message) for finding in arrival.findings] if arrival else ()
