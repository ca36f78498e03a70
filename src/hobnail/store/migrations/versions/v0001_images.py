"""The first schema: images, their modules, what was left out of them, their media, loaders, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _image()
    _module()
    _left_out()
    _medium()
    _loader()
    op.create_table(
        "setting", sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )


def _image() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("build", sa.Text, nullable=False),
        sa.Column("generation", sa.Text, nullable=False),
        sa.Column("architecture", sa.Text, nullable=False),
        sa.Column("kernel_options", sa.Text, nullable=False),
        sa.Column("boot_config", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
    )


def _module() -> None:
    op.create_table(
        "module",
        sa.Column("image", sa.String(64), sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
    )
    op.create_index("ix_module_sha256", "module", ["sha256"])


def _left_out() -> None:
    op.create_table(
        "left_out",
        sa.Column("image", sa.String(64), sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
    )


def _loader() -> None:
    op.create_table(
        "loader",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("added", sa.Double, nullable=False),
    )


def _medium() -> None:
    op.create_table(
        "medium",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("image", sa.String(64), sa.ForeignKey("image.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("imported", sa.Double, nullable=False),
    )
    op.create_index("ix_medium_image", "medium", ["image"])
