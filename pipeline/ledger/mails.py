"""Which mails were looked at for a year: who wrote them, and the file each was kept as."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import MAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, looked at at a time for a year.

    ``mailbox``, ``validity`` and ``uid`` are its place on a server (RFC 3501, 2.3.1.1), blank and 0 for one of a folder.
    ``key`` tells mails apart wherever they lie. ``date`` is what it is dated by, ``file`` its path below
    ``inputs/<year>/``, blank when it was not kept: it has no attachment, or was kept before.
    """

    at: str
    year: int
    mailbox: str
    validity: int
    uid: int
    key: str
    message_id: str
    sender: str
    subject: str
    date: str
    sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class Mails:
    """The book of mails."""

    engine: Engine

    def all(self, year: int) -> list[Mail]:
        """Every mail of a year in the order they were looked at."""
        names = [field.name for field in fields(Mail)]
        query = select(*(MAILS.c[name] for name in names)).where(MAILS.c.year == year).order_by(MAILS.c.id)
        with self.engine.connect() as connection:
            return [Mail(**dict(zip(names, row, strict=True))) for row in connection.execute(query)]

    def record(self, mail: Mail) -> None:
        """Add a mail."""
        with self.engine.begin() as connection:
            connection.execute(insert(MAILS).values(asdict(mail)))
