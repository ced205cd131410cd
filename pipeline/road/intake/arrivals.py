"""Walk ``inputs/<year>/``: ignore leftovers of office programs, hash and archive the rest once."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files.containers.bounds import Bounds, RefusedError
from pipeline.files.containers.sniff import ZIP_MAGIC
from pipeline.files.containers.unzip import is_complete
from pipeline.model.control import RESERVED_FILES
from pipeline.model.finding import Finding, notice
from pipeline.model.submission import Arrival, NewArrival, Reason, Sighted
from pipeline.road.intake.attachments import is_attachment, is_ignored, unpack
from pipeline.road.intake.guard import refuse_arrival, unreachable

if TYPE_CHECKING:  # workers import this package, and the ledger's database takes as long to import as all the rest
    from pipeline.ledger import Ledger


def collect(
    folder: Path, ledger: Ledger, *, year: int, now: dt.datetime, bounds: Bounds | None = None
) -> list[Arrival]:
    """Every file that arrived, each content once, in order of arrival; new ones are archived and recorded.

    An attachment is replaced by its members, unless it cannot be opened. Nothing is left out: an unreadable file is
    listed as an unusable arrival. New arrivals carry the time the ledger will record.
    """
    now = dt.datetime.fromisoformat(now.isoformat(timespec="seconds"))
    take = _Take(ledger=ledger, year=year, now=now, bounds=bounds or Bounds(), clock=ledger.clock())
    for path, name in _files(folder, ""):
        take.file(path, name)
    ledger.record(year, take.fresh, take.further_copies(), sight=take.sight, now=now)
    return sorted((*take.arrivals(), *take.unread), key=lambda arrival: arrival.order)


def clock_finding(ledger: Ledger, year: int, now: dt.datetime) -> Finding | None:
    """Return a finding when the clock is behind that of the last night; the order of arrival does not depend on it."""
    last = ledger.arrivals.last_seen(year)
    if last is None or now >= last - _SLACK:
        return None
    shown = [moment.astimezone(_CHINA).strftime("%Y-%m-%d %H:%M") for moment in (now, last)]
    return notice("I22", found=shown[0], expected=shown[1])


_CHINA = dt.timezone(dt.timedelta(hours=8))
_SLACK = dt.timedelta(minutes=5)
"""By how much clocks of two machines on one share may differ without a word."""


class _StillArrivingError(RefusedError):
    """Somebody is writing the file at this moment."""


@dataclass(kw_only=True)
class _Take:
    """One walk: ``whole`` holds what was read, by hash, ``unread`` what could not be read, ``fresh`` what is new to the
    ledger.
    """

    ledger: Ledger
    year: int
    now: dt.datetime
    bounds: Bounds
    clock: float
    whole: dict[str, Arrival] = field(default_factory=dict)
    unread: list[Arrival] = field(default_factory=list)
    fresh: list[NewArrival] = field(default_factory=list)
    known: dict[str, Sighted] = field(init=False)
    sight: int = field(init=False)

    def __post_init__(self) -> None:
        self.known = dict(self.ledger.arrivals.load_known(self.year))
        self.sight = 1 + max((max(seen.sight, seen.resent) for seen in self.known.values()), default=0)

    def further_copies(self) -> dict[str, int]:
        """The contents of which there are more copies than ever before, by hash, and how many there are."""
        counts = {sha256: len(arrival.names) for sha256, arrival in self.whole.items()}
        return {sha256: count for sha256, count in counts.items() if count > self.known[sha256].copies}

    def arrivals(self) -> Iterator[Arrival]:
        """Return the arrivals, each with the look at which it was sent last."""
        further = self.further_copies()
        for sha256, arrival in self.whole.items():
            yield replace(arrival, resent=self.sight) if sha256 in further else arrival

    def file(self, path: str, name: str) -> None:
        """Take one file of the folder in."""
        try:
            content, status = self._read(path)
        except _StillArrivingError as refusal:
            self._refuse(name, Path(path), refusal, reason=Reason.ARRIVING)
            return
        except RefusedError as refusal:
            self._refuse(name, Path(path), refusal)
            return
        except OSError as error:
            self._refuse(name, Path(path), unreachable(error), reason=Reason.UNREACHABLE)
            return
        modified = _moment(status.st_mtime) or self.now
        sha256 = self._archive(name, content, modified)
        try:
            attachment = is_attachment(content, self.bounds)
        except RefusedError as refusal:
            self._refuse(name, self.ledger.original(sha256), refusal, sha256=sha256)
            return
        if not attachment:
            # inputs/ is the truth: the file itself is read, and the copy only where it was packed
            self._add(self._arrival(name, Path(path), sha256=sha256, size=len(content), modified=modified))
            return
        # members are arrivals of their own, dated by their package as far as that is plausible
        for inner, found, stamp, sender in unpack(name, content, self.bounds):
            if isinstance(found, RefusedError):
                self._refuse(inner, self.ledger.original(sha256), found, sha256=sha256 if inner == name else "")
            else:
                written = self._plausible(stamp, modified)
                inside = self._archive(inner, found, modified, written)
                copy = self.ledger.original(inside)
                arrival = self._arrival(inner, copy, sha256=inside, size=len(found), modified=modified)
                self._add(replace(arrival, senders=(sender,) if sender else ()))

    def _plausible(self, stamp: dt.datetime | None, packed: dt.datetime) -> dt.datetime | None:
        """Return when a member was written, in China's time zone; ``None`` when its package has no plausible time.

        A return is not written before its year has begun, and a package is not older than what is in it.
        """
        own = stamp.replace(tzinfo=_CHINA) if stamp else None
        return own if own and own.year >= self.year and own <= packed + dt.timedelta(days=1) else None

    def _read(self, path: str) -> tuple[bytes, os.stat_result]:
        """The whole content. Raises `RefusedError` when the file is too large or somebody is still writing it."""
        with open(path, "rb") as file:  # noqa: PTH123 - a Path for each of 100,000 files costs more than its hash
            before = os.fstat(file.fileno())
            if before.st_size > self.bounds.file:
                raise RefusedError("I14", size=f"{before.st_size / 1e6:.0f}", limit=f"{self.bounds.file / 1e6:.0f}")
            content = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
        changing = (before.st_size, before.st_mtime_ns) != (len(content), after.st_mtime_ns)
        young = abs(self.clock - after.st_mtime) < self.bounds.settle
        if changing or (young and not (content.startswith(ZIP_MAGIC) and is_complete(content))):
            raise _StillArrivingError("I12")
        return content, after

    def _archive(self, name: str, content: bytes, modified: dt.datetime, written: dt.datetime | None = None) -> str:
        """Archive the bytes; return their hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        new = sha256 not in self.known
        if new or not self.ledger.is_whole(sha256, len(content)):
            self.ledger.archive(sha256, content, anew=True)
        if new:
            self.known[sha256] = Sighted(first_seen=self.now, modified=modified, sight=self.sight, written=written)
            self.fresh.append(
                NewArrival(sha256=sha256, name=name, size=len(content), modified=modified, written=written)
            )
        return sha256

    def _arrival(
        self, name: str, path: Path, *, sha256: str = "", size: int = 0, modified: dt.datetime | None = None
    ) -> Arrival:
        known = self.known.get(sha256) or Sighted(first_seen=self.now, modified=None, sight=self.sight)
        return Arrival(
            sha256=sha256,
            names=(name,),
            size=size,
            # as it was then: a file that was touched or copied arrived no later
            modified=known.modified or modified or self.now,
            first_seen=known.first_seen,
            path=path,
            written=known.written,
            sight=known.sight,
            resent=known.resent,
        )

    def _refuse(
        self,
        name: str,
        path: Path,
        refusal: RefusedError,
        *,
        sha256: str = "",
        reason: Reason = Reason.UNREADABLE,
    ) -> None:
        """List what cannot be read; without a hash it is not archived, and is looked at again the next night."""
        self._add(refuse_arrival(self._arrival(name, path, sha256=sha256), refusal, reason))

    def _add(self, arrival: Arrival) -> None:
        """Add an arrival; a content that is there already only gets one more name, and perhaps a sender."""
        if not arrival.sha256:
            self.unread.append(arrival)
        elif seen := self.whole.get(arrival.sha256):
            senders = tuple(sorted({*seen.senders, *arrival.senders}))
            self.whole[arrival.sha256] = replace(seen, names=(*seen.names, *arrival.names), senders=senders)
        else:
            self.whole[arrival.sha256] = arrival


def _moment(timestamp: float) -> dt.datetime | None:
    """A file's time; ``None`` for one that no calendar has, as some shares and archives leave behind."""
    try:
        moment = dt.datetime.fromtimestamp(int(timestamp), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


_FIRST_YEAR, _LAST_YEAR = 1970, 9990
_DEEPEST = 100
"""Folders in folders: what lies deeper is told as one thing that was not looked into."""


def _files(folder: Path | str, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Path and relative name of the regular files below ``folder`` in a stable order.

    Left out: lock files, system files, symbolic links, and the office's own files at the top. A folder that cannot be
    opened is listed like a file.
    """
    if depth > _DEEPEST:
        yield str(folder), prefix.rstrip("/")
        return
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        if not prefix:
            raise
        yield str(folder), prefix.rstrip("/")
        return
    for entry in entries:
        name = _readable(entry.name)
        if is_ignored(name) or entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, f"{prefix}{name}/", depth + 1)
        elif entry.is_file(follow_symlinks=False) and (prefix or name not in RESERVED_FILES):
            yield entry.path, prefix + name


def _readable(name: str) -> str:
    """A file name as its author saw it: a share may hold names that Windows wrote as GBK, and Python escapes them."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("gb18030", "replace")
    return name
