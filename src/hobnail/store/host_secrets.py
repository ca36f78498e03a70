"""The hosts' own keys: made once, kept, so that a host is known again after each stateless boot."""

from collections.abc import Callable

import sqlalchemy as sa

from hobnail.profile.settings import HostSecrets
from hobnail.store import tables
from hobnail.store.database import Database

_FORGOTTEN = "host_keys_forgotten"
_FIELDS = ("rsa_key", "ecdsa_key", "dropbear_key", "tls_key", "tls_certificate")


class SecretsOfHosts:
    """Host name -> its keys. `Store.host_secrets` is one. What it gives must stand in no log and on no screen."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def get(self, host: str) -> HostSecrets | None:
        """Return a host's keys; None when none were made yet."""
        with self._database.reading() as connection:
            return _load(connection, host)

    def times_forgotten(self) -> int:
        """Return how often keys were removed, ever: servers that keep what they made with them poll it."""
        setting = tables.setting
        with self._database.reading() as connection:
            return int(connection.scalar(sa.select(setting.c.value).where(setting.c.key == _FORGOTTEN)) or 0)

    def get_or_make(self, host: str, make: Callable[[], HostSecrets]) -> HostSecrets:
        """Return a host's keys, made now if there are none. Of two programs that make them at once one wins."""
        if (known := self.get(host)) is not None:
            return known
        made = make()  # takes its time: outside of the transaction
        with self._database.writing() as connection:
            if (known := _load(connection, host)) is not None:
                return known
            values = {name: getattr(made, name) for name in _FIELDS}
            connection.execute(sa.insert(tables.host_secrets).values(host=host, made=self._now(), **values))
        return made

    def forget(self, host: str) -> bool:
        """Remove a host's keys, so that new ones are made; False when there were none."""
        table, setting = tables.host_secrets, tables.setting
        with self._database.writing() as connection:
            if connection.execute(sa.delete(table).where(table.c.host == host)).rowcount == 0:
                return False
            times = int(connection.scalar(sa.select(setting.c.value).where(setting.c.key == _FORGOTTEN)) or 0)
            connection.execute(sa.delete(setting).where(setting.c.key == _FORGOTTEN))
            connection.execute(sa.insert(setting).values(key=_FORGOTTEN, value=str(times + 1)))
        return True


def _load(connection: sa.Connection, host: str) -> HostSecrets | None:
    table = tables.host_secrets
    row = connection.execute(sa.select(table).where(table.c.host == host)).one_or_none()
    return None if row is None else HostSecrets(**{name: getattr(row, name) for name in _FIELDS})
