"""The table of arrivals, the only one in a ledger of version 0.1.0."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    """Create the table, unless a ledger older than the migrations has it."""
    if sa.inspect(op.get_bind()).has_table("arrivals"):
        return
    op.create_table(
        "arrivals",
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("first_seen", sa.String, nullable=False),
    )
