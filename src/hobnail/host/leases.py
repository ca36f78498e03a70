"""Leases: which host has which address until when. An allocator without clock, file or socket.

Sources: RFC 2131, sections 3.1 (an offered address is kept for its client), 4.3.1 (which address to offer), 4.3.2
(what a REQUEST may have), 4.3.3 and 4.3.4 (DECLINE, RELEASE).

A host is known by its hardware address, not by its client identifier (option 61) as RFC 2131 prefers: PXE firmware,
iPXE, the boot loader and the hypervisor on one machine send different identifiers or none, and the machine must keep
its address through the whole boot.

Ends are wall-clock times, because they outlive the machine's run, so a clock that is set moves them. Set back, it
would make leases last for years: no lease is let last longer than it could from the time that is seen. Set forward,
it ends leases early, and nothing here can tell that from time that has passed; a host that finds its address used by
another declines it.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import IPv4Address

from hobnail.host.endings import Endings
from hobnail.host.pool import Pool
from hobnail.wire.dhcp import HardwareAddress

OFFER_SECONDS = 60.0
"""How long an offered address is kept: firmware answers an offer after 3 to 4 s, and asks again for up to 30 s."""

QUARANTINE_SECONDS = 3600.0
"""How long a declined address, in use by a machine that nobody told us of, is not offered again."""


class LeaseState(StrEnum):
    """What an address was last used for; the words stand in the lease file."""

    OFFERED = "offered"
    BOUND = "bound"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Lease:
    """The last use of an address: by whom, and until when (seconds since the epoch). A released one has expired."""

    address: IPv4Address
    hardware: HardwareAddress
    state: LeaseState
    expires: float

    def is_live(self, now: float) -> bool:
        """Say whether the address is still taken."""
        return self.expires > now


@dataclass(frozen=True, slots=True)
class Denied:
    """No address, or not this one; the reason is for people and ends in what to do where something can be done."""

    reason: str


class LeaseTable:
    """All leases of one pool. What must be written down before a reply leaves is collected for `take_changes`."""

    def __init__(self, pool: Pool, seconds: int, leases: Iterable[Lease] = ()) -> None:
        """Begin with remembered leases; those outside the pool are forgotten. `seconds` is how long a lease lasts."""
        self.seconds = seconds
        self._changes: list[Lease] = []
        self._last_seen = math.inf  # the time of the last call: before the first, remembered leases may end whenever
        self._begin(pool, leases)

    def change_pool(self, pool: Pool) -> None:
        """Go on with another pool, or other reservations; leases on addresses outside it are forgotten."""
        self._begin(pool, tuple(self._leases.values()))

    def _begin(self, pool: Pool, leases: Iterable[Lease]) -> None:
        self.pool = pool
        self._fresh: Iterator[IPv4Address] = pool.dynamic()
        self._reserved_for = {address: hardware for hardware, address in pool.reservations.items()}
        self._leases: dict[IPv4Address, Lease] = {}
        self._address_of: dict[HardwareAddress, IPv4Address] = {}
        self._endings = Endings()
        for lease in sorted(leases, key=lambda lease: lease.expires):
            if pool.gives(lease.address) or lease.address in self._reserved_for:
                self._keep(lease)

    def take_changes(self) -> tuple[Lease, ...]:
        """Return the leases that changed since the last call. Offers are not among them: a crash may forget those."""
        changes, self._changes = tuple(self._changes), []
        return changes

    def lease_at(self, address: IPv4Address, now: float) -> Lease | None:
        """Return the live lease of an address."""
        self._see(now)
        lease = self._leases.get(address)
        return lease if lease is not None and lease.is_live(now) else None

    def offer(self, hardware: HardwareAddress, wanted: IPv4Address | None, now: float) -> Lease | Denied:
        """Choose an address and keep it for this host: reserved, its last, the wanted, a new, or the longest free."""
        self._see(now)
        address = self._choose(hardware, wanted, now)
        if isinstance(address, Denied):
            return address
        held = self._leases.get(address)
        if held is not None and held.state is LeaseState.BOUND and held.is_live(now):
            expires = max(held.expires, now + OFFER_SECONDS)
            lease = replace(held, expires=expires)
        else:
            lease = Lease(address, hardware, LeaseState.OFFERED, now + OFFER_SECONDS)
        self._end_other(lease, now)
        self._keep(lease)
        return lease

    def bind(self, hardware: HardwareAddress, address: IPv4Address, now: float) -> Lease | Denied:
        """Give or prolong a lease on the address that the host asks for, whatever RFC 2131 state it asks from.

        A free address is given though nothing is remembered of the host (a lost lease file must not move hosts).
        """
        obstacle = self._obstacle(hardware, address, now)
        if obstacle is not None:
            return Denied(obstacle)
        lease = Lease(address, hardware, LeaseState.BOUND, now + self.seconds)
        self._end_other(lease, now)
        self._change(lease)
        return lease

    def withdraw(self, hardware: HardwareAddress, now: float) -> None:
        """Free what was offered to a host that chose another server."""
        lease = self._live_lease_of(hardware, now)
        if lease is not None and lease.state is LeaseState.OFFERED:
            self._keep(replace(lease, expires=now))

    def release(self, hardware: HardwareAddress, address: IPv4Address, now: float) -> bool:
        """End a host's lease; it gets the same address again while nobody else needs it. False: not its address."""
        lease = self._live_lease_of(hardware, now)
        if lease is None or lease.address != address:
            return False
        self._change(replace(lease, expires=now))
        return True

    def decline(self, hardware: HardwareAddress, address: IPv4Address, now: float) -> bool:
        """Quarantine an address that its host found in use by another machine. False: not its address."""
        lease = self._live_lease_of(hardware, now)
        if lease is None or lease.address != address:
            return False
        self._change(replace(lease, state=LeaseState.DECLINED, expires=now + QUARANTINE_SECONDS))
        return True

    def _choose(self, hardware: HardwareAddress, wanted: IPv4Address | None, now: float) -> IPv4Address | Denied:
        reserved = self.pool.reservations.get(hardware)
        if reserved is not None:
            obstacle = self._obstacle(hardware, reserved, now)
            return reserved if obstacle is None else Denied(f"its reserved address cannot be given: {obstacle}")
        for address in (self._address_of.get(hardware), wanted):
            if address is not None and self._obstacle(hardware, address, now) is None:
                return address
        fresh = next((address for address in self._fresh if address not in self._leases), None)
        if fresh is not None:
            return fresh
        ended = self._endings.first(now)
        if ended is not None:
            return ended
        return Denied(
            f"all addresses of {self.pool.first}-{self.pool.last} are in use; "
            "widen the range (--range), or wait for leases to end"
        )

    def _obstacle(self, hardware: HardwareAddress, address: IPv4Address, now: float) -> str | None:
        """Say why a host may not have an address; None when it may."""
        reserved = self.pool.reservations.get(hardware)
        if reserved not in (None, address):
            return f"{address} is not its reserved address {reserved}"
        if reserved is None and not self.pool.gives(address):
            owner = self._reserved_for.get(address)
            return f"{address} is reserved for {owner}" if owner else f"{address} is not one that is given here"
        holder = self.lease_at(address, now)
        if holder is not None and holder.state is LeaseState.DECLINED:
            return f"{address} is in use by a machine that {holder.hardware} found there; give that machine another"
        if holder is not None and holder.hardware != hardware:
            return f"{address} is leased to {holder.hardware}"
        own = self._live_lease_of(hardware, now)
        if reserved is None and own is not None and own.address != address:
            return f"{address} is not its address {own.address}"
        return None

    def _live_lease_of(self, hardware: HardwareAddress, now: float) -> Lease | None:
        address = self._address_of.get(hardware)
        return None if address is None else self.lease_at(address, now)

    def _end_other(self, lease: Lease, now: float) -> None:
        """End the lease that a host has on another address (it was given a reserved one since): it has one only."""
        other = self._live_lease_of(lease.hardware, now)
        if other is not None and other.address != lease.address:
            self._change(replace(other, expires=now))

    def _see(self, now: float) -> None:
        """Shorten what would last too long, when the clock was set back since the last call and before the first."""
        if now < self._last_seen:
            address_of = dict(self._address_of)
            for lease in tuple(self._leases.values()):
                latest = now + self._longest(lease.state)
                if lease.expires > latest:
                    self._change(replace(lease, expires=latest))
            self._address_of = address_of  # only ends have changed
        self._last_seen = now

    def _longest(self, state: LeaseState) -> float:
        """Return how many seconds a lease in that state can last."""
        match state:
            case LeaseState.OFFERED:
                return OFFER_SECONDS
            case LeaseState.BOUND:
                return max(self.seconds, OFFER_SECONDS)
            case LeaseState.DECLINED:
                return QUARANTINE_SECONDS

    def _change(self, lease: Lease) -> None:
        self._keep(lease)
        if lease.state is not LeaseState.OFFERED:
            self._changes.append(lease)

    def _keep(self, lease: Lease) -> None:
        """Remember a lease as its address's last, and (unless declined) as its host's."""
        before = self._leases.get(lease.address)
        if self.pool.gives(lease.address):
            self._endings.put(lease.address, lease.expires)
        if before is not None and self._address_of.get(before.hardware) == lease.address:
            del self._address_of[before.hardware]
        self._leases[lease.address] = lease
        if lease.state is not LeaseState.DECLINED:
            self._address_of[lease.hardware] = lease.address
