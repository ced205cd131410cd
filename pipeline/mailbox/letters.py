"""One mail as it is kept: its names made safe for any file system, its date, and the key it is known by."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from pipeline.files.containers.mail import CHINA, MailHead

FOLDER = "邮件"
_UNSAFE = frozenset('\\/:*?"<>|')
_LONGEST = 40
"""Characters of a sender or a subject in a path: Windows takes 260 of the whole path."""
_LONGEST_KEPT = 500
_END = re.compile(rb"\r?\n\r?\n")
_DAY = dt.timedelta(days=1)


class Fate(StrEnum):
    """What became of a mail; the value is what people see."""

    KEPT = "收下"
    BARE = "没有附件"
    TWICE = "以前收过"
    TOO_LARGE = "太大，没有取"
    UNREADABLE = "取不下来"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One mail from its source: the bytes, or as much of them as there are, and when it was received.

    ``fate`` is why it was not fetched, where that is so; ``name`` says what it is then.
    """

    content: bytes
    received: dt.datetime
    size: int
    validity: int = 0
    uid: int = 0
    name: str = ""
    fate: Fate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail as it is told: ``files`` are its attachments, ``path`` is where it is kept below ``inputs/<year>/``."""

    sender: str
    subject: str
    date: dt.datetime
    fate: Fate
    size: int
    files: tuple[str, ...] = ()
    path: str = ""
    name: str = ""


def own_date(head: MailHead, received: dt.datetime, year: int) -> dt.datetime:
    """The date a mail is kept under, in China's time: its own, or when it was received where its own cannot be true.

    A return is not written before its year has begun, and no mail after it was received.
    """
    own = head.date
    received = received.astimezone(CHINA)
    return own if own and own.year >= year and own <= received + _DAY else received


def mail_key(head: MailHead, content: bytes) -> str:
    """The digest a mail is known by wherever it lies.

    Servers add to the header, and programs change the ends of lines; but anybody can use a message id twice, so it counts
    with the body only. Without an id the whole content counts.
    """
    text = content.replace(b"\r\n", b"\n").rstrip(b"\n")
    if head.message_id:
        text = head.message_id.encode() + b"\0" + _END.split(text, maxsplit=1)[-1]
    return hashlib.sha256(text).hexdigest()[:32]


def safe_path(head: MailHead, date: dt.datetime) -> str:
    """``邮件/2025-01-18_zhen@fz.gov.cn/17.30_报表``, without an ending.

    A stranger wrote sender and subject: nothing of them leads out of the folder or is a name that Windows keeps for itself.
    The time has a dot, so that it is no unit code.
    """
    sender, subject = _safe_name(head.sender) or "未知发件人", _safe_name(head.subject) or "无主题"
    return f"{FOLDER}/{date:%Y-%m-%d}_{sender}/{date:%H.%M}_{subject}"


def plain_text(text: str) -> str:
    """A field for the ledger: without control characters and of bounded length."""
    return "".join(character for character in text if unicodedata.category(character)[0] != "C")[:_LONGEST_KEPT]


def _safe_name(text: str) -> str:
    """
    >>> _safe_name("../../a:b\\x00.xlsx"), _safe_name("关于 报表\\u202e"), _safe_name(" . ")
    ('_.._a_b_.xlsx', '关于 报表_', '')
    """
    kept = (
        "_" if character in _UNSAFE or unicodedata.category(character)[0] == "C" else character
        for character in unicodedata.normalize("NFC", text)
    )
    return " ".join("".join(kept).split())[:_LONGEST].strip(". ")
