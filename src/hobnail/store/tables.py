"""The tables of the store, in types that SQLite and PostgreSQL share. `migrations/` makes them, step by step."""

from typing import Final

import sqlalchemy as sa

SCHEMA: Final = "0001"
"""The newest step in `migrations/versions/`."""

metadata: Final = sa.MetaData()

_IMAGE_ID = sa.String(64)


def _image_reference(*, primary_key: bool) -> sa.Column[str]:
    return sa.Column(
        "image", _IMAGE_ID, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=primary_key, nullable=False
    )


image: Final = sa.Table(
    "image",
    metadata,
    sa.Column("id", _IMAGE_ID, primary_key=True),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("build", sa.Text, nullable=False),
    sa.Column("generation", sa.Text, nullable=False),
    sa.Column("architecture", sa.Text, nullable=False),
    sa.Column("kernel_options", sa.Text, nullable=False),
    sa.Column("boot_config", sa.Text, nullable=False),
    sa.Column("created", sa.Double, nullable=False),  # seconds since the epoch
)

module: Final = sa.Table(
    "module",
    metadata,
    _image_reference(primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # 0 is the kernel; the loaders follow the modules
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
)

left_out: Final = sa.Table(
    "left_out",
    metadata,
    _image_reference(primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)

loader: Final = sa.Table(
    "loader",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("added", sa.Double, nullable=False),  # seconds since the epoch
)

medium: Final = sa.Table(
    "medium",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    _image_reference(primary_key=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("imported", sa.Double, nullable=False),  # seconds since the epoch
    sa.Index("ix_medium_image", "image"),
)

setting: Final = sa.Table(
    "setting",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
