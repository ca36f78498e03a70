"""What machines said of themselves, by MAC address: kept in memory, and written for the next run beside the loop."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from hobnail.boot.identity import Identity
from hobnail.errors import HobnailError
from hobnail.store.machines import Machines, SeenMachine

LIMIT = 20_000
"""Machines that are kept: a MAC address can be anything that somebody sends."""

MOST_UNWRITTEN = 1000
"""Machines whose words wait to be written."""


class KnownMachines:
    """Begins with those that were seen before. `later` runs a function in a thread."""

    def __init__(self, machines: Machines, later: Callable[[Callable[[], None]], object]) -> None:
        self._machines = machines
        self._later = later
        self._unwritten: OrderedDict[str, SeenMachine] = OrderedDict()
        self._known: OrderedDict[str, Identity] = OrderedDict()  # the longest silent first
        for one in reversed(machines.all()[:LIMIT]):
            self._known[one.mac] = Identity(one.mac, one.uuid, one.manufacturer, one.product, one.serial, one.asset)

    def of(self, mac: str) -> Identity:
        """Return what is known of a machine: its MAC address at least."""
        return self._known.get(mac) or Identity(mac)

    def take(self, identity: Identity) -> bool:
        """Take in what a machine says; what it does not say this time stays. True when that is anything new."""
        known = self._known.get(identity.mac)
        if known is not None:
            identity = identity.with_older(known)
        if identity == known:
            return False
        self._known[identity.mac] = identity
        self._known.move_to_end(identity.mac)
        if len(self._known) > LIMIT:
            self._known.popitem(last=False)
        if identity.serial or identity.asset or identity.manufacturer:  # DHCP tells the UUID again each time
            self._unwritten[identity.mac] = SeenMachine(**asdict(identity))
            if len(self._unwritten) > MOST_UNWRITTEN:
                self._unwritten.popitem(last=False)
            elif len(self._unwritten) == 1:
                self._later(self._write)
        return True

    def _write(self) -> None:
        """In a thread: write what was said meanwhile, once for all."""
        while self._unwritten:
            with suppress(HobnailError, KeyError):  # it may just have been dropped; it says it again at its next boot
                self._machines.see(self._unwritten.popitem(last=False)[1])
