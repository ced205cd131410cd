"""Walk ``inputs/<year>/``: ignore leftovers of office programs, hash and archive the rest once."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.files.containers.bounds import Bounds, RefusedError
from pipeline.files.containers.sniff import ZIP_MAGIC
from pipeline.files.containers.unzip import is_complete
from pipeline.model.control import RESERVED_FILES
from pipeline.model.submission import Arrival, NewArrival, Noted, Reason
from pipeline.road.intake.attachments import is_attachment, is_ignored, unpack
from pipeline.road.intake.contents import CHINA, Content, Intake, make_arrival, read_moment
from pipeline.road.intake.guard import refuse_arrival, unreachable

if TYPE_CHECKING:  # workers import this package, and the ledger's database takes as long to import as all the rest
    from pipeline.ledger import Ledger


def take_in(
    folder: Path,
    ledger: Ledger,
    *,
    year: int,
    now: dt.datetime,
    bounds: Bounds | None = None,
    tell: Callable[[Arrival], None] | None = None,
) -> Intake:
    """Look into the folder: each content once; new ones are archived and recorded. ``tell`` hears of each as soon as it is
    archived, as the arrival it is unless more of it is found.

    An attachment is replaced by its members, unless it cannot be opened. Nothing is left out: an unreadable file is
    listed as an unusable arrival. New arrivals carry the time the ledger will record.
    """
    now = dt.datetime.fromisoformat(now.isoformat(timespec="seconds"))
    take = _Take(ledger=ledger, year=year, now=now, bounds=bounds or Bounds(), clock=ledger.clock(), tell=tell)
    for path, name in _files(folder, ""):
        take.file(path, name)
    intake = take.finish()
    ledger.record(year, take.fresh, intake.further, sight=intake.sight, now=now)
    return intake


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
    tell: Callable[[Arrival], None] | None
    whole: dict[str, Content] = field(default_factory=dict)
    unread: list[Arrival] = field(default_factory=list)
    fresh: list[NewArrival] = field(default_factory=list)
    noted: dict[str, Noted] = field(init=False)
    sight: int = field(init=False)

    def __post_init__(self) -> None:
        self.noted = self.ledger.arrivals.load_noted(self.year)
        self.sight = 1 + max((max(noted.sight, noted.resent) for noted in self.noted.values()), default=0)

    def finish(self) -> Intake:
        """Return what the walk came upon, with the contents of which there are more copies than ever before."""
        noted = self.noted
        further = {
            sha256: len(content.names)
            for sha256, content in self.whole.items()
            if len(content.names) > noted[sha256].copies
        }
        return Intake(
            now=self.now, sight=self.sight, noted=noted, contents=self.whole, further=further, unread=self.unread
        )

    def file(self, path: str, name: str) -> None:
        """Take one file of the folder in."""
        try:
            content, modified = self._read(path)
        except _StillArrivingError as refusal:
            self._refuse(name, Path(path), refusal, reason=Reason.ARRIVING)
            return
        except RefusedError as refusal:
            self._refuse(name, Path(path), refusal)
            return
        except OSError as error:
            self._refuse(name, Path(path), unreachable(error), reason=Reason.UNREACHABLE)
            return
        sha256 = self._archive(name, content, modified)
        try:
            attachment = is_attachment(content, self.bounds)
        except RefusedError as refusal:
            self._refuse(name, self.ledger.original(sha256), refusal, sha256=sha256)
            return
        if not attachment:
            # inputs/ is the truth: the file itself is read, and the copy only where it was packed
            self._add(sha256, Content(path, (name,), len(content), modified))
            return
        # members are arrivals of their own, dated by their package as far as that is plausible
        for inner, found, stamp, sender in unpack(name, content, self.bounds):
            if isinstance(found, RefusedError):
                self._refuse(inner, self.ledger.original(sha256), found, sha256=sha256 if inner == name else "")
            else:
                inside = self._archive(inner, found, modified, self._plausible(stamp, modified))
                copy, senders = str(self.ledger.original(inside)), (sender,) if sender else ()
                self._add(inside, Content(copy, (inner,), len(found), modified, senders))

    def _plausible(self, stamp: dt.datetime | None, packed: float) -> dt.datetime | None:
        """Return when a member was written, in China's time zone; ``None`` when its package has no plausible time.

        A return is not written before its year has begun, and a package is not older than what is in it.
        """
        own = stamp.replace(tzinfo=CHINA) if stamp else None
        latest = (read_moment(packed) or self.now) + dt.timedelta(days=1)
        return own if own and own.year >= self.year and own <= latest else None

    def _read(self, path: str) -> tuple[bytes, float]:
        """The whole content and the time of the file. Raises `RefusedError` when the file is too large or somebody is
        still writing it.
        """
        file = os.open(path, _READING)  # for each of 100,000 files a file object costs a good part of its hash
        try:
            before = os.fstat(file)
            if before.st_size > self.bounds.file:
                raise RefusedError("I14", size=f"{before.st_size / 1e6:.0f}", limit=f"{self.bounds.file / 1e6:.0f}")
            content = os.read(file, before.st_size + 1)
            while len(content) < before.st_size and (more := os.read(file, before.st_size + 1 - len(content))):
                content += more  # a share may hand over less at once
            after = os.fstat(file)
        finally:
            os.close(file)
        changing = not (before.st_size == len(content) == after.st_size and before.st_mtime_ns == after.st_mtime_ns)
        young = abs(self.clock - after.st_mtime) < self.bounds.settle
        if changing or (young and not (content.startswith(ZIP_MAGIC) and is_complete(content))):
            raise _StillArrivingError("I12")
        return content, after.st_mtime

    def _archive(self, name: str, content: bytes, modified: float, written: dt.datetime | None = None) -> str:
        """Archive the bytes; return their hash, as one text however often it is held."""
        sha256 = hashlib.sha256(content).hexdigest()
        noted = self.noted.get(sha256)
        if noted is None or not self.ledger.is_whole(sha256, len(content)):
            self.ledger.archive(sha256, content, anew=True)
        if noted is None:
            own = read_moment(modified) or self.now
            new = NewArrival(sha256=sha256, name=name, size=len(content), modified=own, written=written)
            self.fresh.append(new)
            self.noted[sha256] = noted = new.note(self.now, self.sight)
        return noted.sha256

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
        noted = self.noted[sha256].read() if sha256 else None
        arrival = Arrival(
            sha256=sha256,
            names=(name,),
            size=0,
            modified=(noted and noted.modified) or self.now,
            first_seen=noted.first_seen if noted else self.now,
            path=path,
            written=noted.written if noted else None,
            sight=noted.sight if noted else self.sight,
            resent=noted.resent if noted else 0,
        )
        refused = refuse_arrival(arrival, refusal, reason)
        if sha256:
            self._add(sha256, Content(str(path), (name,), 0, 0.0, refused=refused))
        else:
            self.unread.append(refused)

    def _add(self, sha256: str, content: Content) -> None:
        """Add a content; one that is there already only gets one more name, and perhaps a sender."""
        if seen := self.whole.get(sha256):
            seen.names = (*seen.names, *content.names)
            seen.senders = tuple(sorted({*seen.senders, *content.senders}))
            return
        self.whole[sha256] = content
        noted = self.noted[sha256]
        if self.tell and noted.sight == self.sight and not content.refused:
            self.tell(make_arrival(noted, content, self.now))


_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0)
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
