"""Removing blobs that no image, no loader and no revision of the settings names.

The caller holds the store's lock: no image is being published meanwhile.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from hobnail.store import tables
from hobnail.store.blobs import Blobs
from hobnail.store.database import Database


def discard_unreferenced(database: Database, blobs: Blobs, candidates: Iterable[str]) -> int:
    """Remove those of `candidates` that nothing names; the bytes freed. OSError passes."""
    with database.reading() as connection:
        named = set(connection.scalars(sa.select(tables.module.c.sha256).distinct()))
        named |= set(connection.scalars(sa.select(tables.loader.c.sha256)))
        named |= set(connection.scalars(sa.select(tables.configuration_file.c.sha256).distinct()))
    return sum(blobs.discard(sha256) for sha256 in sorted(set(candidates) - named))
