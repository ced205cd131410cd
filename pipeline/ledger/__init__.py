"""The ledger: durable history beside the derived outputs. Rows are added and never changed.

``outputs/ledger/ledger.sqlite`` (or a PostgreSQL of the office's) and ``outputs/ledger/originals/<sha256>``, the bytes
of every file that ever arrived, was issued or was closed, and of every 台账 a night was made under.

What is imported from here is loaded when it is first asked for: the processes that read returns need ``rows`` alone, and
not the database, which takes as long to import as everything else of theirs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.ledger.closings import Closing
    from pipeline.ledger.ledger import Ledger
    from pipeline.ledger.mails import Mail
    from pipeline.ledger.messages import Message
    from pipeline.ledger.nights import Accepted, AcceptedFinding, Decided, Explained, Night, NightRow, StateRow
    from pipeline.ledger.readings import Check
else:
    _BOOKS = {"Closing": "closings", "Ledger": "ledger", "Mail": "mails", "Message": "messages", "Check": "readings"}

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_BOOKS.get(name, 'nights')}"), name)


__all__ = [
    "Accepted",
    "AcceptedFinding",
    "Check",
    "Closing",
    "Decided",
    "Explained",
    "Ledger",
    "Mail",
    "Message",
    "Night",
    "NightRow",
    "StateRow",
]
