"""Hosts that are installed on their own disk."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "installation",
        sa.Column("mac", sa.Text, primary_key=True),
        sa.Column("image", sa.Text, nullable=False),
        sa.Column("done", sa.Double, nullable=False),
    )
