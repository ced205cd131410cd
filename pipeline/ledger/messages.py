"""What was sent to whom: reminders and corrections, each with whether it went out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from sqlalchemy import insert, select
from sqlalchemy.engine import Engine

from pipeline.ledger.tables import MESSAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: when, for which year, to which unit, of what kind, to what address; ``digest`` of its content."""

    at: str
    year: int
    unit: str
    kind: str
    address: str
    digest: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Messages:
    """The book of messages."""

    engine: Engine

    def all(self, year: int) -> list[Message]:
        """Every message of a year, the oldest first."""
        names = [field.name for field in fields(Message)]
        query = select(*(MESSAGES.c[name] for name in names)).where(MESSAGES.c.year == year).order_by(MESSAGES.c.id)
        with self.engine.connect() as connection:
            return [Message(**dict(zip(names, row, strict=True))) for row in connection.execute(query)]

    def record(self, message: Message) -> None:
        """Add a message."""
        with self.engine.begin() as connection:
            connection.execute(insert(MESSAGES).values(asdict(message)))
