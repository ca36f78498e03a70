"""Machines that were seen: what their firmware says of them (SMBIOS), by MAC address."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from hobnail.store import tables
from hobnail.store.database import Database

LIMIT = 50_000
"""Machines that are kept: beyond it those that were not seen for longest are forgotten."""


@dataclass(frozen=True, slots=True)
class SeenMachine:
    """What is known of a machine; "" is not known. `seen` in seconds since the epoch."""

    mac: str  # lower case with colons
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    uuid: str = ""
    asset: str = ""
    seen: float = 0.0


class Machines:
    """All machines that were seen. `Store.machines` is one."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    def see(self, machine: SeenMachine) -> SeenMachine:
        """Note a machine, now; what is not known this time stays as it was."""
        table = tables.machine
        with self._database.writing() as connection:
            row = connection.execute(sa.select(table).where(table.c.mac == machine.mac)).one_or_none()
            known = asdict(SeenMachine(**row._mapping)) if row is not None else {}
            told = {name: value for name, value in asdict(machine).items() if value}
            merged = SeenMachine(**{**known, **told, "seen": self._now()})
            connection.execute(sa.delete(table).where(table.c.mac == machine.mac))
            connection.execute(sa.insert(table).values(**asdict(merged)))
            if (connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0) > LIMIT:
                oldest = sa.select(table.c.mac).order_by(table.c.seen, table.c.mac).limit(LIMIT // 10)
                connection.execute(sa.delete(table).where(table.c.mac.in_(oldest)))
        return merged

    def get(self, mac: str) -> SeenMachine | None:
        """Return a machine; None when it was never seen."""
        table = tables.machine
        with self._database.reading() as connection:
            row = connection.execute(sa.select(table).where(table.c.mac == mac)).one_or_none()
        return None if row is None else SeenMachine(**row._mapping)

    def all(self) -> list[SeenMachine]:
        """Return all of them, the last seen first."""
        table = tables.machine
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.seen.desc(), table.c.mac)).all()
        return [SeenMachine(**row._mapping) for row in rows]
