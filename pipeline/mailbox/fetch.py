"""Fetch what came by mail: every mail with an attachment is kept as one file of its own bytes, none twice.

A mail is not taken apart here. The night opens it like a zip, so that what is inside is bounded, named and counted in one
place, and once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import MailboxError, PublishError, WorkspaceError, explain_fault
from pipeline.files.containers.bounds import Bounds, RefusedError
from pipeline.files.containers.mail import MailHead, is_mail, mail_parts, read_head
from pipeline.ledger import Ledger, Mail
from pipeline.mailbox.letters import Fate, Incoming, Letter, mail_key, own_date, plain_text, safe_path
from pipeline.mailbox.server import Mailbox, open_mailbox
from pipeline.night.stages import note
from pipeline.settings import read_settings
from pipeline.workspace import Workspace

MOST = 2_000
"""Mails that one run looks at; the next goes on with the rest."""
_RECENT = dt.timedelta(days=30)
"""Mails of the last days are looked at in any case: an office may ask before the year ends."""
Progress = Callable[[Sequence[int], str], Iterable[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a run found: the mails it looked at, how many it knew before, how many are left for the next run, and why it
    ended early, where it did.
    """

    source: str
    since: dt.date | None
    letters: tuple[Letter, ...]
    known: int
    left: int
    broken: str

    def count(self, fate: Fate) -> int:
        """How many mails had this fate."""
        return sum(letter.fate is fate for letter in self.letters)

    @property
    def troubles(self) -> int:
        """How many mails a person must look at."""
        return self.count(Fate.TOO_LARGE) + self.count(Fate.UNREADABLE)


def first_day(year: int) -> dt.date:
    """The day from which mails may hold a return of ``year``: whole years are reported, so none is sent before it ends."""
    return dt.date(year, 12, 1)


def collect_mail(
    workspace: Workspace,
    year: int,
    *,
    now: dt.datetime,
    since: dt.date | None = None,
    folder: Path | None = None,
    dry: bool = False,
    progress: Progress = lambda uids, _: uids,
) -> Collected:
    """Keep what came to the mailbox of the settings, or lies in ``folder`` as .eml; a ``dry`` look keeps nothing.

    Raises `WorkspaceError` when it cannot begin, `MailboxError` when the mailbox cannot be opened. A connection that is
    lost later ends the run, and what was fetched is kept.
    """
    workspace.require_inputs(year)
    since = since or min(first_day(year), now.date() - _RECENT)
    with ExitStack() as stack:
        ledger = stack.enter_context(workspace.open_ledger() if dry else workspace.alone())
        take = _Take(workspace=workspace, year=year, ledger=ledger, now=now, dry=dry)
        if folder is not None:
            for incoming in _from_folder(folder):
                take.look(incoming)
            result = take.collected(str(folder), None)
        else:
            box = stack.enter_context(open_mailbox(read_settings(workspace.root).inbox))
            result = take.empty(box, since, progress)
    note("收信", year=year, kept=result.count(Fate.KEPT), looked=len(result.letters), known=result.known)
    return result


@dataclass(kw_only=True)
class _Take:
    """One run over a source; ``mails`` are those of the ledger with those that came since."""

    workspace: Workspace
    year: int
    ledger: Ledger
    now: dt.datetime
    dry: bool
    mailbox: str = ""
    known: int = 0
    left: int = 0
    broken: str = ""
    letters: list[Letter] = field(default_factory=list)
    kept: set[str] = field(init=False)
    seen: set[tuple[str, int, int]] = field(init=False)

    def __post_init__(self) -> None:
        mails = self.ledger.mails.all(self.year)
        self.kept = {mail.key for mail in mails if mail.file}
        self.seen = {(mail.mailbox, mail.validity, mail.uid) for mail in mails if mail.mailbox}

    def empty(self, box: Mailbox, since: dt.date, progress: Progress) -> Collected:
        """Look at every mail of the mailbox that is not known by its place."""
        self.mailbox = box.address.name
        try:
            uids = box.list_since(since)
            fresh = [uid for uid in uids if (self.mailbox, box.validity, uid) not in self.seen]
            self.known, self.left = len(uids) - len(fresh), max(0, len(fresh) - MOST)
            fetched = box.fetch(fresh[:MOST], Bounds().file)
            for _ in progress(fresh[:MOST], "收信"):
                if (incoming := next(fetched, None)) is None:
                    break
                self.look(incoming)
        except MailboxError as error:
            self.broken = str(error)
        return self.collected(self.mailbox, since)

    def collected(self, source: str, since: dt.date | None) -> Collected:
        """The result."""
        return Collected(
            source=source,
            since=since,
            letters=tuple(self.letters),
            known=self.known,
            left=self.left,
            broken=self.broken,
        )

    def look(self, incoming: Incoming) -> None:
        """Keep one mail, or tell why not. One that could not be fetched is looked at again the next time."""
        head = read_head(incoming.content)
        date = own_date(head, incoming.received, self.year)
        fate, path = incoming.fate, ""
        files: tuple[str, ...] = ()
        if fate is None:
            files = _attached(incoming.content)
            key = mail_key(head, incoming.content)
            fate = Fate.TWICE if key in self.kept else Fate.KEPT if files else Fate.BARE
            if fate is Fate.TWICE and not self.mailbox:
                self.known += 1
                return
            if fate is Fate.KEPT:
                path = self._keep(incoming.content, head, date, key)
                self.kept.add(key)
            if fate is Fate.KEPT or self.mailbox:
                self._record(incoming, head, date, key, path)
        self.letters.append(
            Letter(
                sender=head.sender, subject=head.subject, date=date, fate=fate, size=incoming.size, files=files,
                path=path, name=incoming.name,
            )
        )  # fmt: skip

    def _record(self, incoming: Incoming, head: MailHead, date: dt.datetime, key: str, path: str) -> None:
        """Record a mail at once, so that a run that is killed fetches none of these again."""
        if self.dry:
            return
        self.ledger.mails.record(
            Mail(
                at=self.now.isoformat(timespec="seconds"),
                year=self.year,
                mailbox=self.mailbox,
                validity=incoming.validity,
                uid=incoming.uid,
                key=key,
                message_id=plain_text(head.message_id),
                sender=plain_text(head.sender),
                subject=plain_text(head.subject),
                date=date.isoformat(timespec="seconds"),
                sha256=hashlib.sha256(incoming.content).hexdigest(),
                file=path,
            )
        )

    def _keep(self, content: bytes, head: MailHead, date: dt.datetime, key: str) -> str:
        """Write a mail whole or not at all, with its own date; return its path. A file that is there stays as it is."""
        inputs = self.workspace.year_inputs(self.year)
        stem = safe_path(head, date)
        for path in (f"{stem}.eml", f"{stem}_{key[:8]}.eml"):
            file = inputs / path
            try:
                if file.exists():
                    # of a run that was killed before it recorded it
                    if file.is_file() and file.read_bytes() == content:
                        return path
                    continue
                if not self.dry:
                    _write(file, content, date, key)
            except OSError as error:
                raise PublishError(
                    f"无法写入 {file}（{explain_fault(error)}）。请检查磁盘空间和文件夹权限。"
                ) from error
            return path
        raise PublishError(f"{inputs / stem}.eml 已经有了，内容却不一样。请把它挪开，再运行一次。")


def _write(file: Path, content: bytes, date: dt.datetime, key: str) -> None:
    """Write beside it first, under a name that the night passes over."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".~{key}")
    try:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.utime(draft, (date.timestamp(), date.timestamp()))
        draft.replace(file)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _attached(content: bytes) -> tuple[str, ...]:
    """The names of the attachments. A mail the parser cannot take may hold a return: the night tells what is wrong with
    it.
    """
    try:
        return tuple(plain_text(name) for name, _ in mail_parts(content))
    except RefusedError:
        return ("（读不出来）",)


def _from_folder(folder: Path) -> Iterator[Incoming]:
    """Every .eml below a folder, in the order of the names. Raises `WorkspaceError` when there is no such folder."""
    if not folder.is_dir():
        raise WorkspaceError(f"没有文件夹 {folder}。请用 --from 写明存放 .eml 的文件夹。")
    largest = Bounds().file
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".eml" and path.is_file()):
        name = path.relative_to(folder).as_posix()
        received, size = dt.datetime.now(dt.UTC), 0
        try:
            status = path.stat()
            received, size = dt.datetime.fromtimestamp(status.st_mtime, dt.UTC), status.st_size
            content = path.read_bytes() if size <= largest else b""
        except (OSError, ValueError, OverflowError) as error:
            why = explain_fault(error) if isinstance(error, OSError) else "文件时间不对"
            yield Incoming(content=b"", received=received, size=size, name=f"{name}：{why}", fate=Fate.UNREADABLE)
            continue
        if size > largest:
            yield Incoming(content=b"", received=received, size=size, name=name, fate=Fate.TOO_LARGE)
        elif is_mail(content):
            yield Incoming(content=content, received=received, size=size, name=name)
        else:
            yield Incoming(content=b"", received=received, size=size, name=f"{name}：不是邮件", fate=Fate.UNREADABLE)
