"""Hosts that a person named, and which of them a machine is."""

import uuid as uuids
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address


@dataclass(frozen=True, slots=True)
class Host:
    """A machine under a name. At least one of what it is known by is needed to ever find it."""

    name: str
    macs: tuple[str, ...] = ()  # lower case with colons
    uuid: str = ""  # as SMBIOS tells it: lower case with hyphens
    serial: str = ""
    asset: str = ""
    address: IPv4Address | None = None  # what a DHCP server of ours keeps for it
    profiles: tuple[str, ...] = ()

    @property
    def marks(self) -> Iterator[tuple[str, str]]:
        """Give what it is known by: the kind and the value as it is compared."""
        yield from (("mac", mac) for mac in self.macs)
        if self.uuid:
            yield "uuid", self.uuid
        for kind, value in (("serial", self.serial), ("asset", self.asset)):
            if value:
                yield kind, folded(value)


@dataclass(frozen=True, slots=True)
class Match:
    """Which host a machine is, and why; None when it is no host that was named."""

    host: Host | None
    explanation: str


class Hosts:
    """All hosts, found by name or by mark without a search."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        """Index them; of two with the same mark the first counts."""
        self.by_name = {host.name: host for host in hosts}
        self._by_mark: dict[tuple[str, str], Host] = {}
        for host in self.by_name.values():
            for mark in host.marks:
                self._by_mark.setdefault(mark, host)

    def __iter__(self) -> Iterator[Host]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def match(
        self, *, mac: str | None = None, uuid: str | None = None, serial: str | None = None, asset: str | None = None
    ) -> Match:
        """Find the host of a machine: by its MAC address first, then UUID, serial number, asset tag.

        `uuid` may be in SMBIOS's order or in that of DHCP's option 97, which firmware and loaders mix up. A later
        mark that belongs to another host does not change the answer; the explanation tells.
        """
        seen = [("mac", (mac or "").lower()), *(("uuid", one) for one in uuid_orders(uuid))]
        seen += [("serial", folded(serial or "")), ("asset", folded(asset or ""))]
        found = [(kind, value, self._by_mark[kind, value]) for kind, value in seen if (kind, value) in self._by_mark]
        if not found:
            words = ", ".join(f"{kind} {value}" for kind, value in seen if value)
            return Match(None, f"no host has {words}" if words else "nothing is known of the machine")
        kind, value, host = found[0]
        text = f"{kind} {value} is host {host.name}'s"
        others = [f"{k} {v} is host {other.name}'s" for k, v, other in found[1:] if other is not host]
        return Match(host, text + (f", although {' and '.join(others)}" if others else ""))


def folded(text: str) -> str:
    """Return a serial number or asset tag as it is compared: firmware pads them, people change their case."""
    return " ".join(text.split()).casefold()


def uuid_orders(uuid: str | None) -> tuple[str, ...]:
    """Return a UUID as it is and with its first three fields the other way round (SMBIOS 3.6, 7.2.1)."""
    try:
        value = uuids.UUID(uuid or "")
    except ValueError:
        return ()
    swapped = str(uuids.UUID(bytes_le=value.bytes))
    return (str(value), swapped) if swapped != str(value) else (str(value),)
