"""The ladder of boot stages: boot events in, the progress of each host out. No clock: time comes with the events."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import assert_never

from hobnail.boot.shelf import Named
from hobnail.observe.events import (
    BootEvent,
    DhcpDecided,
    FileDone,
    FileFailed,
    FileMissing,
    FileSized,
    FileStarted,
    HostIdentified,
    HostInstalled,
    SettingsTaken,
    Transfer,
)
from hobnail.observe.host_boot import BootStage, HostBoot, HostProgress

__all__ = ["BootStage", "HostProgress", "Progress"]

LIMIT = 10_000
"""Hosts that are kept; beyond it the one that was idle longest is forgotten."""

NOT_BOOTING = "not network-booting"
"""DhcpDecided.client of a host that only wants an address: an ESXi that was handed over does so, too."""

_TRUSTED = 30.0
"""Seconds for which an address is taken to be the same host's without asking again (`mac_of` costs a look-up)."""

_TRUSTED_NAMELESS = 1.0
"""The same for an address whose MAC address could not be found."""


@dataclass(frozen=True, slots=True)
class _Bound:
    key: str  # MAC address, or the IPv4 address itself
    at: float


class Progress:
    """Tells for each host how far it is. `mac_of` looks a peer's MAC address up (ARP); `classify` knows names."""

    def __init__(
        self, *, mac_of: Callable[[str], str | None], classify: Callable[[str], Named], limit: int = LIMIT
    ) -> None:
        self._mac_of = mac_of
        self._classify = classify
        self._limit = limit
        self._hosts: OrderedDict[str, HostBoot] = OrderedDict()  # the longest idle first
        self._bound: dict[str, _Bound] = {}
        self._numbers = count()
        self._now = 0.0

    def apply(self, event: BootEvent) -> None:
        """Take in what happened. Never raises; events may come late, repeated or not at all."""
        self._now = max(self._now, event.at)
        match event:
            case DhcpDecided():
                host = self._answered(event)
            case HostIdentified() | HostInstalled() | SettingsTaken():
                host = None  # said by itself or of all: the screen goes by DHCP and ARP
            case _:
                host = self._fetched(event)
        if host is not None:
            host.seen = max(host.seen, event.at)

    def sample(self, transfers: Iterable[Transfer], now: float) -> None:
        """Take in how far the transfers under way are, for bytes and rates between events."""
        self._now = max(self._now, now)
        for transfer in transfers:
            bound = self._bound.get(transfer.peer)
            if bound is not None:
                self._hosts[bound.key].flow(now, transfer.name, transfer.sent)

    def hosts(self) -> tuple[HostProgress, ...]:
        """Return all hosts, in the order in which they were first seen, as of the last event or sample."""
        hosts = sorted(self._hosts.values(), key=lambda host: host.number)
        return tuple(host.progress(self._now) for host in hosts)

    def _answered(self, event: DhcpDecided) -> HostBoot | None:
        leaving = event.message in ("RELEASE", "DECLINE")
        bystander = leaving or event.outcome == "ignored" or event.client == NOT_BOOTING
        if bystander and event.mac not in self._hosts:
            return None
        host = self._host(event.mac, event.at)
        if event.address is not None and not leaving:
            self._bind(event.mac, event.address, event.at)
        if bystander:
            return host
        if event.message == "DISCOVER":
            host.discover(event.at, event.client)
        host.client = host.client or event.client
        if event.outcome == "refused":
            host.refuse(event.reason)
        else:
            host.answer()
        return host

    def _fetched(self, event: FileStarted | FileDone | FileSized | FileMissing | FileFailed) -> HostBoot:
        host = self._host_at(event.peer, event.at)
        named = self._classify(event.name)
        match event:
            case FileStarted(at=at, name=name):
                host.start(at, name, named)
            case FileDone(at=at, name=name, size=size):
                host.finish(at, name, named, size)
            case FileSized(at=at, name=name):
                host.size_only(at, name, named)
            case FileMissing(expected=True):
                host.miss_expected(named)
            case FileMissing(name=name, reason=reason):
                host.miss(name, reason)
            case FileFailed(at=at, name=name, sent=sent, size=size, reason=reason):
                host.fail(at, name, sent, size, reason)
            case _:
                assert_never(event)
        return host

    def _host_at(self, peer: str, at: float) -> HostBoot:
        """Find the host behind an address: by DHCP not long ago, else by ARP, else the address stands for it."""
        bound = self._bound.get(peer)
        trusted = _TRUSTED_NAMELESS if bound is not None and bound.key == peer else _TRUSTED
        if bound is None or at - bound.at > trusted:
            mac = self._mac_of(peer)
            key = mac.lower() if mac is not None else bound.key if bound is not None else peer
            if key != peer and peer in self._hosts:
                self._name(peer, key)
            host = self._host(key, at)
            self._bind(key, peer, at)
            return host
        return self._host(bound.key, at)

    def _host(self, key: str, at: float) -> HostBoot:
        host = self._hosts.get(key)
        if host is None:
            host = HostBoot(key if ":" in key else None, next(self._numbers), at)
            self._hosts[key] = host
            if len(self._hosts) > self._limit:
                self._forget(next(iter(self._hosts)))
        self._hosts.move_to_end(key)
        return host

    def _bind(self, key: str, address: str, at: float) -> None:
        """Note that the host `key` has this address, and that no other has it any more."""
        host = self._hosts[key]
        before = self._bound.get(address)
        if before is not None and before.key != key:
            self._hosts[before.key].address = None
            if before.key == address:
                del self._hosts[address]
        if host.address is not None and host.address != address:
            del self._bound[host.address]
        host.address = address
        self._bound[address] = _Bound(key, at)

    def _name(self, address: str, mac: str) -> None:
        """Give the host that is known by its address only its MAC address."""
        known = self._hosts.get(mac)
        nameless = self._hosts[address]
        if known is not None and known.stage > BootStage.OFFERED:
            return  # it has files of its own; `_bind` drops the nameless one
        if known is not None and known.address is not None:
            del self._bound[known.address]
        del self._hosts[address]
        nameless.become(mac, known)
        self._hosts[mac] = nameless
        self._bound[address] = _Bound(mac, self._now)

    def _forget(self, key: str) -> None:
        host = self._hosts.pop(key)
        if host.address is not None:
            del self._bound[host.address]
