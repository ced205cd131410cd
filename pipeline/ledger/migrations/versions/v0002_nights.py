"""Readings, checks, nights, states, figures, decisions and locks: what a total is defended with."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def _run() -> sa.Column[int]:
    return sa.Column("run", sa.Integer, sa.ForeignKey("runs.id"), nullable=False)


def upgrade() -> None:
    """Create the tables, those first that others refer to."""
    op.create_table(
        "shapes",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("items", sa.Text, nullable=False),
    )
    op.create_table(
        "readings",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("shape", sa.String(32), sa.ForeignKey("shapes.key"), nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("figures", sa.LargeBinary, nullable=False),
        sa.Column("texts", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["year", "sha256"], ["arrivals.year", "arrivals.sha256"]),
    )
    op.create_table(
        "checks",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("reading", sa.String(32), sa.ForeignKey("readings.key"), nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("unevaluated", sa.Text, nullable=False),
    )
    op.create_table(
        "pasts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("values", sa.Text, nullable=False),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("form", sa.String, nullable=False),
        sa.Column("control", sa.String(64), nullable=False),
        sa.Column("snapshot", sa.String(32), nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
    )
    op.create_index("ix_runs_year", "runs", ["year"])
    op.create_table(
        "states",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("previous", sa.String, nullable=False),
        sa.Column("because", sa.String, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "accepted",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("reading", sa.String(32), sa.ForeignKey("readings.key"), nullable=True),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("provisional", sa.Boolean, nullable=False),
    )
    op.create_table(
        "figures",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("item", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=True),
    )
    op.create_table(
        "explanations",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("operands", sa.String, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("in_force", sa.Boolean, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("approver", sa.String, nullable=False),
        sa.Column("cell", sa.String, nullable=False),
    )
    op.create_table(
        "locks",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("arrivals", sa.Text, nullable=False),
    )
