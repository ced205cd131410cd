"""Letters go out by Apprise (an extra, ``xxgk[notify]``): only to addresses of the 台账, never twice about the same.

What went to whom, and what failed, is in the ledger. A group of an office messenger gets one notice a day.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import logging
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from pipeline.chase.letters import Letter, daily_key
from pipeline.chase.reminders import Reminder
from pipeline.errors import WorkspaceError
from pipeline.ledger import Ledger, Message
from pipeline.settings import read_settings
from pipeline.workspace import Workspace

GROUP_KIND = "群通知"
_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\"]+")
_NAMED = 30
"""Units a notice to the group names in each state."""
Result = Literal["sent", "failed", "already", "no_address", "lost"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one letter: it was sent, failed, had gone out already, has no address, or its workbook is lost."""

    letter: Letter
    result: Result


def send_letters(workspace: Workspace, year: int, letters: Sequence[Letter], *, now: dt.datetime) -> list[Delivery]:
    """Send every letter that has an address. Raises `WorkspaceError` when sending is not set up."""
    url = read_settings(workspace.root).mail
    if not url:
        raise WorkspaceError(
            "没有设置发送的办法。请在 xxgk.toml 的 [mail] 里写 url（或把它放在单独的文件里，写 url_file），"
            "如 mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn。不发送也可以：信已经备好。"
        )
    _require_apprise()
    with workspace.alone() as ledger:
        return list(_send_all(ledger, year, url, letters, now))


def notify_group(workspace: Workspace, year: int, reminders: Sequence[Reminder], *, now: dt.datetime) -> Result | None:
    """Tell the group that ``[mail] group`` names who has still to act; ``None`` when there is no such group, or nobody.

    The same is told once a day.
    """
    url = read_settings(workspace.root).group
    if not url or not reminders:
        return None
    _require_apprise()
    title = f"{year}年度政府信息公开工作年度报告统计表报送情况"
    body = group_notice(reminders, now.date())
    key = daily_key(now.date(), title, body)
    with workspace.alone() as ledger:
        if any(m.kind == GROUP_KIND and m.digest == key and m.sent for m in ledger.messages.all(year)):
            return "already"
        sent = _notify(url, title, body, None)
        ledger.messages.record(
            Message(at=_at(now), year=year, unit="", kind=GROUP_KIND, address="", digest=key, sent=sent)
        )
    return "sent" if sent else "failed"


def group_notice(reminders: Sequence[Reminder], today: dt.date) -> str:
    """Who has still to act, by state; names only, nothing of what was reported."""
    lines = [f"截至{today.year}年{today.month}月{today.day}日，还有{len(reminders)}个单位："]
    for state in Counter(reminder.state for reminder in reminders):
        names = [reminder.unit.name for reminder in reminders if reminder.state == state]
        more = f"等{len(names)}个" if len(names) > _NAMED else ""
        lines.append(f"{state}（{len(names)}个）：{'、'.join(names[:_NAMED])}{more}")
    return "\n".join([*lines, reminders[0].letter.contact])


def _require_apprise() -> None:
    if importlib.util.find_spec("apprise") is None:
        raise WorkspaceError('没有安装发送用的程序包。请运行 pip install "xxgk[notify]"。')


def _send_all(ledger: Ledger, year: int, url: str, letters: Sequence[Letter], now: dt.datetime) -> Iterator[Delivery]:
    done = {(m.unit, m.address, m.kind, m.digest) for m in ledger.messages.all(year) if m.sent}
    for letter in letters:
        unit, address = letter.unit.code, letter.unit.email.strip()
        if not _ADDRESS.fullmatch(address):
            yield Delivery(letter, "no_address")
            continue
        if all((unit, address, letter.kind, key) in done for key in letter.keys):
            yield Delivery(letter, "already")
            continue
        if letter.lost:
            yield Delivery(letter, "lost")
            continue
        text = letter.text.replace(letter.workbook, _attachment_name(letter))
        sent = _notify(f"{url}{'&' if '?' in url else '?'}to={quote(address)}&format=text", letter.title, text, letter)
        # booked at once, so that a run that is killed sends none of these again
        for key in letter.keys:
            ledger.messages.record(
                Message(at=_at(now), year=year, unit=unit, kind=letter.kind, address=address, digest=key, sent=sent)
            )
        yield Delivery(letter, "sent" if sent else "failed")


def _at(now: dt.datetime) -> str:
    return now.isoformat(timespec="seconds")


def _notify(url: str, title: str, body: str, letter: Letter | None) -> bool:
    """Send one message to the one recipient that ``url`` names; whether that worked."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log the address with its password
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports for services we do not use
        import apprise
        from apprise.attachment.memory import AttachMemory

        way = apprise.Apprise()
        if not way.add(url):
            raise WorkspaceError(
                "[mail] 里的 url 或 group 写法不对，没有发送。写法如 mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn。"
            )
        attached = apprise.AppriseAttachment()
        if letter and letter.attachment:
            workbook = AttachMemory(  # type: ignore[no-untyped-call]
                content=letter.attachment, name=_attachment_name(letter), mimetype=_XLSX
            )
            attached.add(workbook)
        return bool(way.notify(title=title, body=body, attach=attached or None))


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _attachment_name(letter: Letter) -> str:
    """The name of the marked workbook in the mail, in ASCII: Apprise breaks the header of any other."""
    code = letter.unit.code
    return f"{code}_correction.xlsx" if re.fullmatch(r"[A-Za-z0-9_-]+", code) else "correction.xlsx"
