"""Letters go out by Apprise (an extra, ``xxgk[notify]``): only to addresses of the 台账, never twice the same on one day.

What went to whom, and what failed, is in the ledger.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from pipeline.chase.reminders import Reminder
from pipeline.errors import WorkspaceError
from pipeline.ledger import Ledger, Message
from pipeline.settings import read_settings
from pipeline.workspace import Workspace

KIND = "催报"
_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\"]+")
Result = Literal["sent", "failed", "today", "no_address"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one letter: it was sent, failed, had gone out today already, or has no address."""

    reminder: Reminder
    result: Result


def send_reminders(
    workspace: Workspace, year: int, reminders: Sequence[Reminder], *, now: dt.datetime
) -> list[Delivery]:
    """Send every letter that has an address. Raises `WorkspaceError` when sending is not set up."""
    url = read_settings(workspace.root).mail
    if not url:
        raise WorkspaceError(
            "没有设置发送的办法。请在 xxgk.toml 的 [mail] 里写 url（或把它放在单独的文件里，写 url_file），"
            "如 mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn。不发送也可以：信和电话清单已经备好。"
        )
    if importlib.util.find_spec("apprise") is None:
        raise WorkspaceError('没有安装发送用的程序包。请运行 pip install "xxgk[notify]"。')
    with workspace.alone() as ledger:
        return list(_send_all(ledger, year, url, reminders, now))


def _send_all(
    ledger: Ledger, year: int, url: str, reminders: Sequence[Reminder], now: dt.datetime
) -> Iterator[Delivery]:
    today = now.date().isoformat()
    done = {(m.unit, m.address, m.digest) for m in ledger.messages.all(year) if m.sent and m.at[:10] == today}
    for reminder in reminders:
        address = reminder.unit.email.strip()
        if not _ADDRESS.fullmatch(address):
            yield Delivery(reminder, "no_address")
            continue
        digest = hashlib.sha256(f"{reminder.title}\n{reminder.text}".encode()).hexdigest()[:32]
        if (reminder.unit.code, address, digest) in done:
            yield Delivery(reminder, "today")
            continue
        sent = _send(url, address, reminder)
        # recorded at once, so that a run that is killed sends none of these again
        ledger.messages.record(
            Message(
                at=now.isoformat(timespec="seconds"),
                year=year,
                unit=reminder.unit.code,
                kind=KIND,
                address=address,
                digest=digest,
                sent=sent,
            )
        )
        yield Delivery(reminder, "sent" if sent else "failed")


def _send(url: str, address: str, reminder: Reminder) -> bool:
    """Send one letter; whether that worked. The recipient is the unit alone."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log the address with its password
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports for services we do not use
        import apprise

        way = apprise.Apprise()
        if not way.add(f"{url}{'&' if '?' in url else '?'}to={quote(address)}&format=text"):
            raise WorkspaceError(
                "[mail] 里的 url 写法不对，没有发送。写法如 mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn。"
            )
        attached = apprise.AppriseAttachment()
        if reminder.attachment:
            attached.add(f"{reminder.attachment.absolute().as_uri()}?name={_attachment_name(reminder)}")
        return bool(way.notify(title=reminder.title, body=reminder.text, attach=attached or None))


def _attachment_name(reminder: Reminder) -> str:
    """The name of the marked workbook in the mail, in ASCII: Apprise breaks the header of any other."""
    code = reminder.unit.code
    return f"{code}_correction.xlsx" if re.fullmatch(r"[A-Za-z0-9_-]+", code) else "correction.xlsx"
