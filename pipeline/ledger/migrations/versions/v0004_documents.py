"""The document of a night (run.json), and what reading repaired, each as data of its own."""

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
