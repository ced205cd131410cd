"""Mails for tests, good and bad."""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.utils import format_datetime

SENT = dt.datetime(2025, 1, 15, 17, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def mail(
    *attached: tuple[str, bytes],
    sender: str = "zhen@fz.gov.cn",
    subject: str = "报表",
    sent: dt.datetime | str = SENT,
    number: str = "",
) -> bytes:
    """A mail with attachments; ``number`` is its message id, none where blank."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"经办人 <{sender}>", "office@fz.gov.cn", subject
    date = sent if isinstance(sent, str) else format_datetime(sent)
    if date:
        message["Date"] = date
    if number:
        message["Message-ID"] = f"<{number}@fz.gov.cn>"
    message.set_content("请查收附件。")
    for name, content in attached:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
