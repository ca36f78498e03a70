"""Installations: which hosts are installed on their own disk, and which are being installed and may report it.

A host is known by its name in the settings, whichever of its cards it boots from, or by its MAC address when it has
no name. A token is kept as its SHA-256 only: who reads the store cannot report for a host.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

import sqlalchemy as sa

from hobnail.boot.handouts import AFTER_USE, CALL_BACK_LIFE
from hobnail.store import tables
from hobnail.store.database import Database

PATIENCE = 1.0
"""Seconds to wait for another program's write: servers that answer hosts write here, and hosts ask again."""


class Installations:
    """Host -> what was installed there; and the tokens of those under way. `Store.installations` is one."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def all(self) -> Mapping[str, str]:
        """Return all hosts that are installed. Quick: servers poll it."""
        table = tables.installation
        with self._database.reading() as connection:
            return {row.host: row.image for row in connection.execute(sa.select(table.c.host, table.c.image))}

    def add(self, host: str, image: str) -> None:
        """Note that an installation of an image is done."""
        table = tables.installation
        with self._database.writing(PATIENCE) as connection:
            connection.execute(sa.delete(table).where(table.c.host == host))
            connection.execute(sa.insert(table).values(host=host, image=image, done=self._now()))

    def forget(self, host: str, macs: Iterable[str] = ()) -> bool:
        """Let a host be installed again; False when it was not installed. Tokens of its `macs` are worthless then."""
        table, begun = tables.installation, tables.installing
        with self._database.writing() as connection:
            connection.execute(sa.delete(begun).where(begun.c.mac.in_([*macs])))
            return connection.execute(sa.delete(table).where(table.c.host == host)).rowcount > 0

    def begin(self, token: str, mac: str) -> None:
        """Remember an installation under way (`boot.handouts.Pending`), and forget those that are over."""
        table, now = tables.installing, self._now()
        with self._database.writing(PATIENCE) as connection:
            connection.execute(sa.delete(table).where(table.c.began < now - CALL_BACK_LIFE))
            connection.execute(sa.insert(table).values(token=_hidden(token), mac=mac, began=now))

    def begun(self, token: str) -> str | None:
        """Return the MAC address that a token was told to; None for one that is over or never was."""
        table = tables.installing
        alive = (table.c.token == _hidden(token)) & (table.c.began >= self._now() - CALL_BACK_LIFE)
        with self._database.reading() as connection:
            return connection.scalar(sa.select(table.c.mac).where(alive))

    def end(self, token: str) -> None:
        """Let a token count for `AFTER_USE` only from now on: its host may not have heard our answer."""
        table = tables.installing
        with self._database.writing(PATIENCE) as connection:
            ended = sa.update(table).where(table.c.token == _hidden(token))
            connection.execute(ended.values(began=self._now() - CALL_BACK_LIFE + AFTER_USE))


def _hidden(token: str) -> str:
    return sha256(token.encode()).hexdigest()
