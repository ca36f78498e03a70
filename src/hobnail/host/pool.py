"""Pool: the addresses that the DHCP server may give, and which of them are reserved for whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from hobnail.errors import UserError
from hobnail.wire.dhcp import HardwareAddress


@dataclass(frozen=True, slots=True)
class Pool:
    """Addresses `first` to `last` (both may be given), and one for each reservation, all in `network`.

    The server's own address, the network's and the broadcast address are never given. Raises UserError for a range
    or a reservation that cannot be.
    """

    network: IPv4Network
    first: IPv4Address
    last: IPv4Address
    server: IPv4Address
    reservations: Mapping[HardwareAddress, IPv4Address] = field(default_factory=dict)
    _kept: frozenset[IPv4Address] = field(init=False, repr=False, compare=False)
    """The addresses that not any host may get: reserved, or never given."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_kept", frozenset({*self.reservations.values(), *self._never}))
        text = f"range {self.first}-{self.last}"
        if self.first not in self.network or self.last not in self.network:
            raise UserError(f"{text} is not inside {self.network}", next_step="choose addresses of that network")
        if self.first > self.last:
            raise UserError(f"{text} ends before it begins", next_step="write the lower address first")
        if not any(True for _ in self.dynamic()):
            raise UserError(f"{text} has no address to give", next_step="choose a wider range")
        owners: dict[IPv4Address, HardwareAddress] = {}
        for hardware, address in self.reservations.items():
            if address not in self.network or address in self._never:
                raise UserError(f"{address}, reserved for {hardware}, cannot be given in {self.network}")
            if address in owners:
                raise UserError(f"{address} is reserved for both {owners[address]} and {hardware}")
            owners[address] = hardware

    @property
    def _never(self) -> tuple[IPv4Address, ...]:
        return self.network.network_address, self.network.broadcast_address, self.server

    def gives(self, address: IPv4Address) -> bool:
        """Say whether any host may get this address."""
        return self.first <= address <= self.last and address not in self._kept

    def dynamic(self) -> Iterator[IPv4Address]:
        """Yield the addresses that any host may get, lowest first."""
        return filter(self.gives, map(IPv4Address, range(int(self.first), int(self.last) + 1)))


def parse_range(text: str) -> tuple[IPv4Address, IPv4Address]:
    """Read `10.0.0.100-10.0.0.199`. Raises UserError for anything else."""
    first, _, last = text.partition("-")
    try:
        return IPv4Address(first.strip()), IPv4Address(last.strip())
    except AddressValueError:
        raise UserError(
            f"{text!r} is not a range of addresses", next_step="write it as 10.0.0.100-10.0.0.199"
        ) from None
