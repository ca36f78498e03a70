"""Settings that were applied, the files that they name, the hosts' own keys, and machines that were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "configuration",
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("applied", sa.Double, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("places", sa.Text, nullable=False),
    )
    op.create_table(
        "configuration_file",
        sa.Column(
            "revision",
            sa.Integer,
            sa.ForeignKey("configuration.revision", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("keys", sa.Text, nullable=False),
    )
    op.create_index("ix_configuration_file_sha256", "configuration_file", ["sha256"])
    op.create_table(
        "host_secrets",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("rsa_key", sa.Text, nullable=False),
        sa.Column("ecdsa_key", sa.Text, nullable=False),
        sa.Column("dropbear_key", sa.LargeBinary, nullable=False),
        sa.Column("tls_key", sa.Text, nullable=False),
        sa.Column("tls_certificate", sa.Text, nullable=False),
        sa.Column("made", sa.Double, nullable=False),
    )
    op.create_table(
        "machine",
        sa.Column("mac", sa.Text, primary_key=True),
        sa.Column("manufacturer", sa.Text, nullable=False),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("asset", sa.Text, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
    )
