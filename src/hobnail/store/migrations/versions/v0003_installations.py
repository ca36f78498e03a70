"""Hosts that are installed on their own disk, and installations under way."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "installation",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("image", sa.Text, nullable=False),
        sa.Column("done", sa.Double, nullable=False),
    )
    op.create_table(
        "installing",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("mac", sa.Text, nullable=False),
        sa.Column("began", sa.Double, nullable=False),
    )
