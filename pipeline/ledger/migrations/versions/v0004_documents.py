"""Tables for run.json, repairs, the order of first sight, further copies, and accepted figures."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"


def upgrade() -> None:
    """Nights before it have no document, readings before it tell their repairs by findings."""
    op.create_table(
        "documents",
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.add_column("readings", sa.Column("remarks", sa.Text, nullable=False, server_default=""))
    for table in ("arrivals", "runs"):
        op.add_column(table, sa.Column("sight", sa.Integer, nullable=False, server_default="0"))
    op.add_column("arrivals", sa.Column("written", sa.String, nullable=False, server_default=""))
    # what came before is in the order it was first seen
    op.execute(
        "UPDATE arrivals SET sight = (SELECT COUNT(DISTINCT e.first_seen) FROM arrivals e"
        " WHERE e.year = arrivals.year AND e.first_seen <= arrivals.first_seen)"
    )
    op.execute(
        "UPDATE runs SET sight = (SELECT COALESCE(MAX(a.sight), 0) FROM arrivals a WHERE a.year = runs.year AND a.first_seen <= runs.at)"
    )
    op.create_table(
        "copies",
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("sight", sa.Integer, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "acceptances",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("approver", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("operands", sa.String, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
    )
