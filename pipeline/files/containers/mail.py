"""A mail, saved as .eml or fetched: its attachments with their names, who wrote it and when. Nothing of it is shown or run.

Names are decoded as mail programs in China write them: UTF-8 or GB18030, encoded (RFC 2047, RFC 2231) or as they are.
Source: RFC 5322 (header fields), RFC 2183 (attachments), RFC 2392 (pictures inside the letter).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from pipeline.files.containers.bounds import damaged_error

_FIELD = re.compile(
    rb"^(?:(from|to|cc|date|subject|received|message-id|return-path|delivered-to)[ \t]*:|content-type[ \t]*:\s*multipart/(mixed))",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST = re.compile(rb"(?:From [^\r\n]*\r?\n)?[A-Za-z][A-Za-z-]*[ \t]*:")
"""A first field, behind the line with which a mailbox file separates its mails."""
_END = re.compile(rb"\r?\n\r?\n")
_HEAD = 1 << 20
_LEAST = 3
"""Kinds of header fields that make a mail of a file: a saved web page (.mht) has fewer of them. Parts that stand beside
each other count twice, since no page has them.
"""
_LONGEST = 8_192
"""Characters of a header field that is looked at; the parser takes minutes over a field of a megabyte."""
CHINA = dt.timezone(dt.timedelta(hours=8))
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """What the header tells: the address of the sender in small letters, the date in China's time; ``None`` and blank
    where it tells nothing. Anybody can write anything there.
    """

    sender: str
    subject: str
    message_id: str
    date: dt.datetime | None


def is_mail(content: bytes) -> bool:
    """Whether the bytes begin with the header of a mail.

    >>> is_mail(b"From: a@b.cn\\r\\nTo: c@d.cn\\r\\nDate: x\\r\\n\\r\\ntext"), is_mail(b"Date: x\\n\\nFrom: a"), is_mail(b"PK")
    (True, False, False)
    >>> is_mail(b"Subject: a\\r\\nContent-Type: multipart/mixed; boundary=b\\r\\n\\r\\n"), is_mail(b"From a@b 1\\nFrom: a\\nTo: b\\nDate: c\\n")
    (True, True)
    """
    if not _FIRST.match(content.removeprefix(b"\xef\xbb\xbf")[:_LONGEST].lstrip()):
        return False
    fields = {(field or kind).lower() for field, kind in _FIELD.findall(_header(content))}
    return len(fields) + (b"mixed" in fields) >= _LEAST


def read_head(content: bytes) -> MailHead:
    """What the header of a mail tells; what cannot be read is blank."""
    fields = _fields(message_from_bytes(_header(content) + b"\r\n\r\n"))
    sender = parseaddr(fields.get("from", ""))[1].strip().lower()
    return MailHead(
        sender=sender if "@" in sender else "",
        subject=" ".join(_decode(fields.get("subject", "")).split()),
        message_id=fields.get("message-id", "").strip(),
        date=_date(fields.get("date", "")),
    )


def mail_parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield every attached file with its name, also those of forwarded mails. A file that cannot be decoded is empty.

    A picture that the letter itself shows and a signature are no files. Raises `RefusedError` for a mail that the parser
    cannot take, such as one of thousands of parts inside each other.
    """
    number = 0
    try:
        for part in message_from_bytes(content).walk():
            kind = part.get_content_type()
            if part.is_multipart() or kind == "message/rfc822" or kind in _SIGNATURES:
                continue
            fields = _fields(part)
            attached = fields.get("content-disposition", "").strip().lower().startswith("attachment")
            if kind.startswith("image/") and "content-id" in fields and not attached:
                continue
            name = _name(fields)
            if name or attached:
                number += 1
                payload = part.get_payload(decode=True)
                yield name or f"附件{number}", payload if isinstance(payload, bytes) else b""
    except Exception as error:  # whatever the parser stumbles over: a stranger wrote it
        raise damaged_error("邮件的结构不完整，或者套得太深") from error


def _header(content: bytes) -> bytes:
    return _END.split(content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip(), maxsplit=1)[0]


def _fields(part: Message) -> dict[str, str]:
    """The fields of a header, the first of each name, with bytes beyond ASCII decoded; a monstrous one is cut."""
    fields: dict[str, str] = {}
    for name, value in part.raw_items():
        raw = str(value)[:_LONGEST].encode("ascii", "surrogateescape")
        fields.setdefault(name.lower(), _text(raw, ""))
    return fields


def _text(raw: bytes, charset: str) -> str:
    """Bytes as their author saw them: by the charset they name, if it is true, else UTF-8, else GB18030.

    >>> _text("堃".encode("gb18030"), "gb2312"), _text("镇".encode(), "x-none"), _text("镇".encode("gbk"), "")
    ('堃', '镇', '镇')
    """
    # the older Chinese charsets are parts of GB18030, and mail programs use more of it than they name
    named = "gb18030" if charset.lower() in ("gb2312", "gbk", "x-gbk", "cp936") else charset
    for encoding in (named or "utf-8", "utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
            text.encode()  # UTF-7 and a few others decode to halves of characters, which no database takes
        except (LookupError, ValueError):
            continue
        return text
    return raw.decode("utf-8", "replace")


def _decode(value: str) -> str:
    """A field without the encoded words of RFC 2047."""
    if "=?" not in value:
        return value
    try:
        found = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    texts = []
    for chunk, charset in found:
        if isinstance(chunk, str):
            texts.append(chunk)
        else:
            texts.append(_text(chunk, charset) if charset else chunk.decode("raw-unicode-escape", "replace"))
    return "".join(texts).encode("utf-8", "replace").decode()


def _date(value: str) -> dt.datetime | None:
    """The date in China's time. One without a zone was written here; ``-0000`` is the time of Greenwich."""
    try:
        date = parsedate_to_datetime(value)
        if date.tzinfo is None:
            date = date.replace(tzinfo=dt.UTC if "-0000" in value else CHINA)
        return date.astimezone(CHINA)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _name(fields: Mapping[str, str]) -> str:
    """The name of an attached file; mails write it in several ways, and some of them badly."""
    part = Message()
    for key in ("content-disposition", "content-type"):
        part[key] = " ".join(fields.get(key, "").splitlines())
    try:
        name = part.get_param("filename", "", "content-disposition") or part.get_param("name", "", "content-type")
        if isinstance(name, tuple):  # RFC 2231: charset, language, text whose characters are bytes
            charset, _, text = name
            return _text(text.encode("latin-1"), charset or "").strip()
    except (LookupError, ValueError, TypeError, AttributeError, IndexError):
        return ""
    return _decode(str(name or "")).strip()
