"""The open ledger: its books and the archived bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from pipeline.errors import PublishError, explain_fault
from pipeline.files.system import flush_to_disk
from pipeline.ledger.arrivals import Arrivals
from pipeline.ledger.closings import Closings
from pipeline.ledger.complaints import complaint
from pipeline.ledger.database import DATABASE, alone, close_database, may_write, open_database
from pipeline.ledger.journal import set_foreign_aside
from pipeline.ledger.mails import Mails
from pipeline.ledger.messages import Messages
from pipeline.ledger.nights import Nights
from pipeline.ledger.pasts import Pasts
from pipeline.ledger.readings import Readings
from pipeline.model.submission import NewArrival

_DRAFT = ".part"


class Ledger:
    """The open ledger of a workspace; use as a context manager. Raises `PublishError` when it cannot be written.

    ``arrivals``, ``readings`` (with their checks), ``nights``, ``closings``, ``pasts``, ``messages`` and ``mails`` are its
    books. ``set_aside`` is
    where a journal went that belonged to another database file. A user without write permission can read.
    """

    def __init__(self, folder: Path, address: str = "") -> None:
        self._originals = folder / "originals"
        self.set_aside: Path | None = None
        if may_write(folder) or not folder.exists():
            with self._writing():
                self._originals.mkdir(parents=True, exist_ok=True)
                if (folder / DATABASE).is_file() and not address:
                    self.set_aside = set_foreign_aside(folder / DATABASE)
        self._engine = open_database(folder, address)
        self._kept = {entry.name: entry.stat().st_size for entry in os.scandir(self._originals)}
        self._unsettled: list[str] = []
        self.arrivals = Arrivals(self._engine)
        self.readings = Readings(self._engine)
        self.nights = Nights(self._engine)
        self.closings = Closings(self._engine)
        self.pasts = Pasts(self._engine)
        self.messages = Messages(self._engine)
        self.mails = Mails(self._engine)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            close_database(self._engine)
            return
        url = self._engine.url
        self._engine.dispose()
        ours = isinstance(error, IntegrityError | DataError)
        if isinstance(error, SQLAlchemyError) and not ours:
            raise complaint(error, url) from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock of the ledger, so that no other run writes; raises `PublishError` when another holds it."""
        with alone(self._engine):
            with self._writing():
                for name in [name for name in self._kept if name.endswith(_DRAFT)]:  # of a run that was killed
                    (self._originals / name).unlink(missing_ok=True)
                    del self._kept[name]
            yield

    def clock(self) -> float:
        """Return the time in seconds by the clock of the file system, which on a network share is another machine's."""
        with self._writing(), tempfile.TemporaryFile(dir=self._originals) as probe:
            return os.fstat(probe.fileno()).st_mtime

    def original(self, sha256: str) -> Path:
        """Return the path of the archived bytes of that hash."""
        return self._originals / sha256

    def recall(self, sha256: str) -> bytes:
        """Return the bytes of that hash, verified. Raises `PublishError` when they are lost or damaged."""
        path = self.original(sha256)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise PublishError(
                f"台账历史库里的原件 {path} 读不出来（{explain_fault(error)}）。请从备份恢复它。"
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise PublishError(f"台账历史库里的原件 {path} 已损坏。请从备份恢复它。")
        return content

    def archive(self, sha256: str, content: bytes, *, anew: bool = False) -> None:
        """Keep ``content`` once; ``anew`` writes it again, in case the present copy never reached the disk."""
        if anew or sha256 not in self._kept:
            kept = os.path.join(self._originals, sha256)  # noqa: PTH118 - paths as objects cost a third of the writing
            draft = f"{kept}.{os.getpid()}{_DRAFT}"
            with self._writing():
                with open(draft, "wb") as file:  # noqa: PTH123
                    file.write(content)
                os.replace(draft, kept)  # noqa: PTH105
            self._unsettled.append(sha256)
            self._kept[sha256] = len(content)

    def is_whole(self, sha256: str, size: int) -> bool:
        """Whether the copy found at opening has the expected size."""
        return self._kept.get(sha256) == size

    def holds(self, sha256: str) -> bool:
        """Whether bytes of that hash are archived."""
        return sha256 in self._kept

    def keep(self, content: bytes) -> str:
        """Archive ``content``; its hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.archive(sha256, content)
        return sha256

    def record(
        self, year: int, arrivals: Sequence[NewArrival], copies: Mapping[str, int], *, sight: int, now: dt.datetime
    ) -> None:
        """Record arrivals first seen ``now`` after their bytes are safely on the disk, and further copies of known
        ones.
        """
        if arrivals:
            self.settle()
        if arrivals or copies:
            self.arrivals.record(year, arrivals, copies, sight=sight, now=now)

    def settle(self) -> None:
        """Flush everything archived so far to the disk, so that rows may refer to it."""
        with self._writing():
            flush_to_disk(map(self.original, self._unsettled))
        self._unsettled.clear()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn a full disk or a missing permission into a Chinese sentence."""
        try:
            yield
        except OSError as error:
            raise PublishError(
                f"台账历史库 {self._originals} 无法写入（{explain_fault(error)}）。请检查磁盘空间和文件夹权限。"
            ) from error
