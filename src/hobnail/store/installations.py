"""Installations: which hosts are installed on their own disk, and are therefore no longer booted from here."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from hobnail.store import tables
from hobnail.store.database import Database


class Installations:
    """MAC address (lower case with colons) -> what was installed there. `Store.installations` is one."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def all(self) -> Mapping[str, str]:
        """Return all of them. Quick: servers poll it."""
        table = tables.installation
        with self._database.reading() as connection:
            return {row.mac: row.image for row in connection.execute(sa.select(table.c.mac, table.c.image))}

    def add(self, mac: str, image: str) -> None:
        """Note that an installation of an image is done."""
        table = tables.installation
        with self._database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.mac == mac))
            connection.execute(sa.insert(table).values(mac=mac, image=image, done=self._now()))

    def forget(self, mac: str) -> bool:
        """Let a host be installed again; False when it was not installed."""
        table = tables.installation
        with self._database.writing() as connection:
            return connection.execute(sa.delete(table).where(table.c.mac == mac)).rowcount > 0
