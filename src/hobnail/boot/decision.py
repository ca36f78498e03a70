"""What can be decided about a DHCP or PXE message, and the modes in which it is decided."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from hobnail.boot.reply import Network, Reply
from hobnail.host.leases import LeaseTable


@dataclass(frozen=True, slots=True)
class Offer:
    """Answer DISCOVER. `no_file` says why a client that boots is told of no file; "" otherwise."""

    reply: Reply
    address: IPv4Address | None
    no_file: str = ""


@dataclass(frozen=True, slots=True)
class Ack:
    """Answer REQUEST or INFORM. `no_file` as in Offer."""

    reply: Reply
    address: IPv4Address | None
    no_file: str = ""


@dataclass(frozen=True, slots=True)
class Nak:
    """Tell a host that it may not have the address it asks for."""

    reply: Reply
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A host gave its address up; such messages are never answered."""

    address: IPv4Address
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say nothing to a client that we should have served; a person wants to know why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Say nothing: the message is not for us."""

    reason: str


Decision = Offer | Ack | Nak | Noted | Refuse | Ignore


@dataclass(frozen=True, slots=True)
class Proxy:
    """Beside a DHCP server that is already there."""


@dataclass(frozen=True, slots=True)
class Full:
    """The only DHCP server. `leases` moves on with each decision; its changes are written before the reply leaves."""

    leases: LeaseTable
    routers: tuple[IPv4Address, ...] = ()
    name_servers: tuple[IPv4Address, ...] = ()
    domain: str = ""

    @property
    def network(self) -> Network:
        """What hosts are told of their network."""
        table = self.leases
        return Network(table.pool.network, table.seconds, self.routers, self.name_servers, self.domain)


Mode = Proxy | Full
