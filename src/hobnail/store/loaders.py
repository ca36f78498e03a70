"""Loaders that a person added to the store: values, and the rows that hold them."""

from dataclasses import dataclass

import sqlalchemy as sa

from hobnail.errors import UserError
from hobnail.store import tables


@dataclass(frozen=True, slots=True)
class StoredLoader:
    """A boot loader in the store, under the name that hosts ask for; `origin` is where it was added from."""

    name: str
    size: int  # bytes
    sha256: str  # 64 hex digits
    origin: str


def load_loaders(connection: sa.Connection) -> list[StoredLoader]:
    """Return all loaders, the latest first."""
    rows = connection.execute(sa.select(tables.loader).order_by(tables.loader.c.added.desc(), tables.loader.c.sha256))
    return [StoredLoader(row.name, row.size, row.sha256, row.origin) for row in rows]


def insert_loader(connection: sa.Connection, loader: StoredLoader, now: float) -> StoredLoader:
    """Write a loader's row; one with the same bytes is replaced."""
    connection.execute(sa.delete(tables.loader).where(tables.loader.c.sha256 == loader.sha256))
    connection.execute(
        sa.insert(tables.loader).values(
            sha256=loader.sha256, name=loader.name, size=loader.size, origin=loader.origin, added=now
        )
    )
    return loader


def delete_loaders(connection: sa.Connection, name: str) -> list[str]:
    """Delete the rows of a name and return their SHA-256; UserError when there is none."""
    named = tables.loader.c.name == name
    hashes = list(connection.scalars(sa.select(tables.loader.c.sha256).where(named)))
    if not hashes:
        raise UserError(f"no loader called {name} was added", next_step="`hobnail loader list` shows them")
    connection.execute(sa.delete(tables.loader).where(named))
    return hashes
