"""The tables of the store, in types that SQLite and PostgreSQL share. `migrations/` makes them, step by step."""

from typing import Final

import sqlalchemy as sa

SCHEMA: Final = "0003"
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

configuration: Final = sa.Table(
    "configuration",
    metadata,
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("applied", sa.Double, nullable=False),  # seconds since the epoch
    sa.Column("settings", sa.Text, nullable=False),  # JSON: the tables of the settings file
    sa.Column("places", sa.Text, nullable=False),  # JSON: file and line of each key
)

configuration_file: Final = sa.Table(
    "configuration_file",
    metadata,
    sa.Column(
        "revision",
        sa.Integer,
        sa.ForeignKey("configuration.revision", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("name", sa.Text, primary_key=True),  # as the settings say it; empty for what stands in them
    sa.Column("sha256", sa.String(64), primary_key=True, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("keys", sa.Text, nullable=False),  # JSON: the lines of an authorized_keys file
)

host_secrets: Final = sa.Table(
    "host_secrets",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("rsa_key", sa.Text, nullable=False),
    sa.Column("ecdsa_key", sa.Text, nullable=False),
    sa.Column("dropbear_key", sa.LargeBinary, nullable=False),
    sa.Column("tls_key", sa.Text, nullable=False),
    sa.Column("tls_certificate", sa.Text, nullable=False),
    sa.Column("made", sa.Double, nullable=False),  # seconds since the epoch
)

machine: Final = sa.Table(
    "machine",
    metadata,
    sa.Column("mac", sa.Text, primary_key=True),  # lower case with colons
    sa.Column("manufacturer", sa.Text, nullable=False),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("uuid", sa.Text, nullable=False),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("seen", sa.Double, nullable=False),  # seconds since the epoch
)

installation: Final = sa.Table(
    "installation",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),  # a name in the settings, or a MAC address
    sa.Column("image", sa.Text, nullable=False),  # its title, for people
    sa.Column("done", sa.Double, nullable=False),  # seconds since the epoch
)

installing: Final = sa.Table(
    "installing",
    metadata,
    sa.Column("token", sa.String(64), primary_key=True),  # its SHA-256
    sa.Column("mac", sa.Text, nullable=False),  # lower case with colons
    sa.Column("began", sa.Double, nullable=False),  # seconds since the epoch
)
