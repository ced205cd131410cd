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
from typing import Literal, NamedTuple
from urllib.parse import quote

from pipeline.chase.letters import Letter, daily_key
from pipeline.chase.reminders import Reminder, Stage
from pipeline.errors import WorkspaceError
from pipeline.ledger import Ledger, Message
from pipeline.model.standing import State
from pipeline.night.since import has_changed
from pipeline.settings import read_settings
from pipeline.workspace import Workspace

GROUP_KIND = "群通知"
_NAMED = 30
"""Units a notice to the group names in each state."""
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REASONS = (
    (r"recipient.*refused|\b55[0-4]\b|user unknown|mailbox unavailable", "对方邮箱不存在或拒收"),
    (r"authentication|\b53[0-5]\b|username and password", "发信的用户名或密码不对"),
    (r"certificate|\bssl\b|\btls\b|handshake", "与发信服务器的加密连接没有建立"),
    (r"name or service not known|getaddrinfo|name resolution|nodename", "找不到发信服务器，请核对地址"),
    (r"connection|timed? ?out|refused|unreachable|errno", "连不上发信服务器"),
)
"""What the log of Apprise says, and what it means; the first that fits."""
Result = Literal["sent", "failed", "already", "no_address", "bad_address", "lost", "early"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one letter at one address: sent, failed (and ``why``), gone out already, no address or one that is
    none, its workbook lost, or too early to send.
    """

    letter: Letter
    result: Result
    address: str = ""
    why: str = ""


class Notice(NamedTuple):
    """What became of the notice to the group, and why it failed."""

    result: Result
    why: str = ""


def send_letters(
    workspace: Workspace, year: int, letters: Sequence[Letter], *, now: dt.datetime, tonight: bool = False
) -> list[Delivery]:
    """Send every letter that has an address.

    Raises `WorkspaceError` when sending is not set up, or, unless they are of a night that ended just now (``tonight``),
    when something happened since that the letters do not know of.
    """
    url = read_settings(workspace.root).mail
    if not url:
        raise WorkspaceError(
            "没有设置发送的办法。请在 xxgk.toml 的 [mail] 里写 url（或把它放在单独的文件里，写 url_file），"
            "如 mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn。不发送也可以：信已经备好。"
        )
    _require_apprise()
    with workspace.alone() as ledger:
        if not tonight and has_changed(workspace, ledger, year, now):
            raise WorkspaceError(
                f"{year} 年度上次汇总以后有变化（来了新文件，或者台账、模板改过），信里的情况可能已经不对，没有发送。"
                f"请先运行 xxgk run --year {year} 再发；有文件每次都读不完（I1）的，先把它移出 inputs/{year}。"
            )
        return list(_send_all(ledger, year, url, letters, now))


def send_reminders(
    workspace: Workspace, year: int, reminders: Sequence[Reminder], *, now: dt.datetime, early: bool = False
) -> list[Delivery]:
    """Send the letters of reminders like `send_letters`; who has only not reported yet is left alone until the deadline
    is near, unless ``early``.
    """
    due: list[Letter] = []
    waiting: list[Letter] = []
    for reminder in reminders:
        waits = reminder.stage is Stage.EARLY and reminder.state == State.MISSING and not early
        (waiting if waits else due).append(reminder.letter)
    sent = send_letters(workspace, year, due, now=now)
    return [*sent, *(Delivery(letter=letter, result="early") for letter in waiting)]


def notify_group(workspace: Workspace, year: int, reminders: Sequence[Reminder], *, now: dt.datetime) -> Notice | None:
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
            return Notice("already")
        failure = _notify(url, title, body, None)
        ledger.messages.record(
            Message(at=_at(now), year=year, unit="", kind=GROUP_KIND, address="", digest=key, sent=not failure)
        )
    return Notice("failed", failure) if failure else Notice("sent")


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
        unit = letter.unit
        if not unit.addresses:
            yield Delivery(letter=letter, result="bad_address" if unit.email.strip() else "no_address")
        for address in unit.addresses:
            if all((unit.code, address, letter.kind, key) in done for key in letter.keys):
                yield Delivery(letter=letter, result="already", address=address)
            elif letter.lost:
                yield Delivery(letter=letter, result="lost", address=address)
            else:
                yield _send(ledger, year, url, letter, address, now)


def _send(ledger: Ledger, year: int, url: str, letter: Letter, address: str, now: dt.datetime) -> Delivery:
    """Send a letter to one address and book it at once, so that a run that is killed sends none of these again."""
    text = letter.text.replace(letter.workbook, _attachment_name(letter))
    failure = _notify(f"{url}{'&' if '?' in url else '?'}to={quote(address)}&format=text", letter.title, text, letter)
    for key in letter.keys:
        ledger.messages.record(
            Message(
                at=_at(now), year=year, unit=letter.unit.code, kind=letter.kind, address=address, digest=key,
                sent=not failure,
            )
        )  # fmt: skip
    return Delivery(letter=letter, result="failed" if failure else "sent", address=address, why=failure)


def _at(now: dt.datetime) -> str:
    return now.isoformat(timespec="seconds")


def _notify(url: str, title: str, body: str, letter: Letter | None) -> str:
    """Send one message to the one recipient that ``url`` names; return why that failed, nothing when it worked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports for services we do not use
        import apprise
        from apprise.attachment.memory import AttachMemory

        logging.getLogger("apprise").propagate = False  # its log holds the address with its password
        capture = apprise.LogCapture(level=logging.DEBUG, fmt="%(message)s")  # type: ignore[no-untyped-call]
        with capture as log:
            way = apprise.Apprise()
            if not way.add(url):
                raise WorkspaceError(
                    "[mail] 里的 url 或 group 写法不对，没有发送。"
                    "写法如 mailtos://用户:密码@smtp.example.cn?from=xxgk@example.cn。"
                )
            attached = apprise.AppriseAttachment()
            if letter and letter.attachment:
                workbook = AttachMemory(  # type: ignore[no-untyped-call]
                    content=letter.attachment, name=_attachment_name(letter), mimetype=_XLSX
                )
                attached.add(workbook)
            return "" if way.notify(title=title, body=body, attach=attached or None) else _explain(log.getvalue())


def _explain(log: str) -> str:
    """Return the reason of a failure as one clause, by what the log of the sender says."""
    words = log.lower()
    return next((reason for pattern, reason in _REASONS if re.search(pattern, words)), "发信服务器没有接受")


def _attachment_name(letter: Letter) -> str:
    """The name of the marked workbook in the mail, in ASCII: Apprise breaks the header of any other."""
    code = letter.unit.code
    return f"{code}_correction.xlsx" if re.fullmatch(r"[A-Za-z0-9_-]+", code) else "correction.xlsx"
