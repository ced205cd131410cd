"""The tables of the ledger. Rows are added and never changed; the state at a time is the last row up to it.

``arrivals``      every content that arrived for a year, when it was first seen, its file's own time then, and at which look into the folder
``copies``        of a content, whenever a further copy of it was sent
``acceptances``   the figures a 认可 was first used for
``shapes``        the items of a form with their decimals and issued places, as packed values are ordered
``readings``      what was read from an arrival, under one form, template and 台账: the unit, its values, what was said
``checks``        what the rules said of a reading, under one set of rules
``pasts``         what is known of former years from imported reports and workbooks
``issues``        the workbooks that were issued, by content
``findings``      every finding of any night once, by the digest of its content
``runs``          every night, what it was made of, what it published, and the numbers of its findings
``documents``     run.json of a night, compressed
``states``        a unit's state, whenever it changed, why, and from which file
``accepted``      the return a unit is counted by, whenever that changed; no file when it is counted no more
``figures``       a figure of the county, whenever it changed
``explanations``  the reasons units gave
``decisions``     the signed rows of the 台账, when they were first and last in force
``messages``      what was sent to which unit, to what address, and whether that worked
``mails``         the mails that were looked at for a year, and the files they were kept as
``locks``         closings (封存) and reopenings of a year, with the hashes of what was closed
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()
_KEY, _SHA256 = 32, 64


def _run() -> Column[int]:
    return Column("run", Integer, ForeignKey("runs.id"), nullable=False)


ARRIVALS = Table(
    "arrivals",
    METADATA,
    Column("year", Integer, primary_key=True),
    Column("sha256", String(_SHA256), primary_key=True),
    Column("name", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("first_seen", String, nullable=False),
    Column("modified", String, nullable=False, server_default=""),
    Column("sight", Integer, nullable=False, server_default="0"),
    Column("written", String, nullable=False, server_default=""),
)
COPIES = Table(
    "copies",
    METADATA,
    Column("year", Integer, primary_key=True),
    Column("sha256", String(_SHA256), primary_key=True),
    Column("sight", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
)
ACCEPTANCES = Table(
    "acceptances",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approver", String, nullable=False),
    Column("key", String, nullable=False),
    Column("operands", String, nullable=False),
    Column("figures", Text, nullable=False),
)
SHAPES = Table(
    "shapes",
    METADATA,
    Column("key", String(_KEY), primary_key=True),
    Column("form", String, nullable=False),
    Column("items", Text, nullable=False),
)
READINGS = Table(
    "readings",
    METADATA,
    Column("key", String(_KEY), primary_key=True),
    Column("year", Integer, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
    Column("shape", String(_KEY), ForeignKey("shapes.key"), nullable=False),
    Column("unit", String, nullable=False),
    Column("figures", LargeBinary, nullable=False),
    Column("texts", Text, nullable=False),
    Column("places", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Column("remarks", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["year", "sha256"], ["arrivals.year", "arrivals.sha256"]),
)
CHECKS = Table(
    "checks",
    METADATA,
    Column("key", String(_KEY), primary_key=True),
    Column("reading", String(_KEY), ForeignKey("readings.key"), nullable=False),
    Column("findings", Text, nullable=False),
    Column("unevaluated", Text, nullable=False),
)
PASTS = Table(
    "pasts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("form", String, nullable=False),
    Column("source", String, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
    Column("values", Text, nullable=False),
)
ISSUES = Table(
    "issues",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
)
FINDINGS = Table(
    "findings",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String(_KEY), nullable=False, unique=True),
    Column("content", Text, nullable=False),
)
RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("at", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String(_KEY), nullable=False),
    Column("code", String, nullable=False),
    Column("form", String, nullable=False),
    Column("control", String(_SHA256), nullable=False),
    Column("snapshot", String(_KEY), nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("sight", Integer, nullable=False, server_default="0"),
    Column("manifest", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Index("ix_runs_year", "year"),
)
DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("run", Integer, ForeignKey("runs.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
STATES = Table(
    "states",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("state", String, nullable=False),
    Column("previous", String, nullable=False),
    Column("because", String, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
)
ACCEPTED = Table(
    "accepted",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("name", String, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
    Column("reading", String(_KEY), ForeignKey("readings.key"), nullable=True),
    Column("counted", Boolean, nullable=False),
    Column("provisional", Boolean, nullable=False),
)
FIGURES = Table(
    "figures",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("item", String, nullable=False),
    Column("value", String, nullable=True),
)
EXPLANATIONS = Table(
    "explanations",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("operands", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
)
DECISIONS = Table(
    "decisions",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("in_force", Boolean, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approver", String, nullable=False),
    Column("cell", String, nullable=False),
)
LOCKS = Table(
    "locks",
    METADATA,
    Column("id", Integer, primary_key=True),
    _run(),
    Column("year", Integer, nullable=False),
    Column("at", String, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("arrivals", Text, nullable=False),
)
MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("unit", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("address", String, nullable=False),
    Column("digest", String(_KEY), nullable=False),
    Column("sent", Boolean, nullable=False),
)
MAILS = Table(
    "mails",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("mailbox", String, nullable=False),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("key", String(_KEY), nullable=False),
    Column("message_id", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("date", String, nullable=False),
    Column("sha256", String(_SHA256), nullable=False),
    Column("file", String, nullable=False),
)
