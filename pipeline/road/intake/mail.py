"""A mail that was saved as .eml: its attachments with their names and the mail's own date. Nothing of it is shown or run.

Source: RFC 5322 (header fields), RFC 2183 (attachments).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parsedate_to_datetime

_FIELD = re.compile(
    rb"^(from|to|cc|date|subject|received|message-id|return-path|delivered-to)[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_HEAD = 16_384
_LEAST = 3
"""Kinds of header fields that make a mail of a file: a saved web page (.mht) has fewer of them."""
_CHINA = dt.timezone(dt.timedelta(hours=8))


def is_mail(content: bytes) -> bool:
    """Whether the bytes begin with the header of a mail.

    >>> is_mail(b"From: a@b.cn\\r\\nTo: c@d.cn\\r\\nDate: x\\r\\n\\r\\ntext"), is_mail(b"Date: x\\n\\nFrom: a"), is_mail(b"PK")
    (True, False, False)
    """
    head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not re.match(rb"[A-Za-z][A-Za-z-]*[ \t]*:", head):
        return False
    head = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
    return len({field.lower() for field in _FIELD.findall(head)}) >= _LEAST


def mail_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield every attached file with its name, also those of forwarded mails. A file that cannot be decoded is empty."""
    number = 0
    for part in _parse(content).walk():
        if part.is_multipart() or part.get_content_type() == "message/rfc822":
            continue
        name = _name(part)
        if name or part.get_content_disposition() == "attachment":
            number += 1
            payload = part.get_payload(decode=True)
            yield name or f"附件{number}", payload if isinstance(payload, bytes) else b""


def mail_date(content: bytes) -> dt.datetime | None:
    """When the mail was written, in China's time without a zone as packages tell it; ``None`` when it does not say."""
    try:
        return parsedate_to_datetime(str(_parse(content)["Date"])).astimezone(_CHINA).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _parse(content: bytes) -> Message:
    return message_from_bytes(content, policy=policy.default)


def _name(part: Message) -> str:
    """The name of an attached file; mails write it in several ways, and some of them badly."""
    try:
        name = part.get_filename() if isinstance(part, EmailMessage) else ""
    except (LookupError, ValueError, TypeError, AttributeError, IndexError):
        return ""
    return (name or "").strip()
