"""Files that somebody has at hand, as the arrivals they would be: a zip or a mail is opened like the night opens it, its
members lie in a folder of their own while they are looked at, and the ledger gets nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.files.containers.bounds import Bounds, RefusedError
from pipeline.model.submission import Arrival, Sighted
from pipeline.road.intake.attachments import is_attachment, unpack
from pipeline.road.intake.guard import refuse_arrival


class NotOpenedError(Exception):
    """A file that could not be opened; the text says why, in Chinese."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Takes files as arrivals of this moment. Members of attachments are written to ``folder``.

    ``inputs`` is the folder of the year, below which a file has the name the night gives it; ``known`` is what the
    ledger has seen of the year, by hash, ``sight`` the number of the next look.
    """

    folder: Path
    now: dt.datetime
    inputs: Path | None = None
    known: Mapping[str, Sighted] = field(default_factory=dict)
    sight: int = 0
    bounds: Bounds = field(default_factory=Bounds)

    def take(self, file: Path) -> tuple[Arrival, ...]:
        """Return the arrivals in a file: itself, or the members of an attachment.

        Raises `NotOpenedError` when it cannot be read.
        """
        name = self._name(file)
        try:
            content, modified = self._read(file)
            if not is_attachment(content, self.bounds):
                return (self.arrival((name,), file, content=content, modified=modified),)
        except RefusedError as refusal:
            return (refuse_arrival(self.arrival((name,), file), refusal),)
        return tuple(self._members(name, content, modified))

    def arrival(
        self,
        names: tuple[str, ...],
        path: Path,
        *,
        content: bytes = b"",
        sha256: str = "",
        modified: dt.datetime | None = None,
    ) -> Arrival:
        """Return a file as an arrival; one that the ledger knows came when the ledger says."""
        sha256 = sha256 or (hashlib.sha256(content).hexdigest() if content else "")
        seen = self.known.get(sha256) or Sighted(first_seen=self.now, modified=modified, sight=self.sight)
        return Arrival(
            sha256=sha256,
            names=names,
            size=len(content),
            modified=seen.modified or modified or self.now,
            first_seen=seen.first_seen,
            path=path,
            written=seen.written,
            sight=seen.sight,
            resent=seen.resent,
        )

    def _members(self, name: str, packed: bytes, modified: dt.datetime) -> Iterator[Arrival]:
        inside = Path(tempfile.mkdtemp(dir=self.folder))
        for number, member in enumerate(unpack(name, packed, self.bounds)):
            path, names = inside / str(number), (member.path,)
            if isinstance(member.content, RefusedError):
                yield refuse_arrival(self.arrival(names, path), member.content)
            else:
                path.write_bytes(member.content)
                yield self.arrival(names, path, content=member.content, modified=modified)

    def _read(self, file: Path) -> tuple[bytes, dt.datetime]:
        if file.is_dir():
            raise NotOpenedError(f"{file} 是文件夹，没有核对。请写明里面的文件，可以一次写几份。")
        try:
            status = file.stat()
            if status.st_size > self.bounds.file:
                words = {"size": f"{status.st_size / 1e6:.0f}", "limit": f"{self.bounds.file / 1e6:.0f}"}
                raise RefusedError("I14", **words)
            return file.read_bytes(), self._moment(status.st_mtime)
        except FileNotFoundError as error:
            raise NotOpenedError(f"没有 {file} 这个文件，没有核对。请核对文件名和文件夹。") from error
        except PermissionError as error:
            raise NotOpenedError(f"{file} 打不开，没有核对。请关闭正在打开它的程序，检查文件权限。") from error
        except (OSError, ValueError) as error:
            raise NotOpenedError(f"{file} 打不开，没有核对。请核对文件名，把它复制到本机再试。") from error

    def _moment(self, timestamp: float) -> dt.datetime:
        """A file's time; now for one that no calendar has."""
        try:
            return dt.datetime.fromtimestamp(timestamp, self.now.tzinfo)
        except (OSError, ValueError, OverflowError):
            return self.now

    def _name(self, file: Path) -> str:
        """The name by which the night knows a file of its folder, else its own."""
        here, inputs = file.resolve(), self.inputs.resolve() if self.inputs else None
        return here.relative_to(inputs).as_posix() if inputs and here.is_relative_to(inputs) else file.name
