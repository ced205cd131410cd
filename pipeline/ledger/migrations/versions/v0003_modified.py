"""The time of an arrival's own file: the order of two versions that were first seen on the same night."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Add the column; of what arrived before it is not known."""
    op.add_column("arrivals", sa.Column("modified", sa.String, nullable=False, server_default=""))
