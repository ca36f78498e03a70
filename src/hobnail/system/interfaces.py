"""Network interfaces: name, addresses and state, asked of the kernel by ioctl (netdevice(7)).

/sys/class/net says the same, but shows the network namespace of whoever mounted it, not always ours.
"""

import errno
import fcntl
import socket
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from hobnail.errors import SystemFailure, UserError

SIOCGIFFLAGS = 0x8913
SIOCGIFADDR = 0x8915
SIOCGIFNETMASK = 0x891B
SIOCGIFMTU = 0x8921
SIOCGIFHWADDR = 0x8927
IFF_UP = 1

IFREQ = struct.Struct("16s24s")
"""struct ifreq: the name and a union, of which an address is family (2 bytes), port (2) and address (4)."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface that is up and has an IPv4 address. `mac` is lower case with colons, `mtu` in bytes."""

    name: str
    index: int
    mac: str
    address: IPv4Address
    network: IPv4Network
    mtu: int


def find_interface(name: str) -> Interface:
    """Return the interface. UserError when there is none of that name; SystemFailure when it cannot serve yet."""
    names = {found: index for index, found in socket.if_nameindex()}
    if name not in names:
        raise UserError(f"no interface is called {name!r}", next_step=f"name one of: {', '.join(names)}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        (flags,) = struct.unpack_from("=H", _ask(door, SIOCGIFFLAGS, name))
        if not flags & IFF_UP:
            raise SystemFailure("the interface is down", where=name, next_step=f"ip link set {name} up")
        address = _address(door, name)
        hardware = _ask(door, SIOCGIFHWADDR, name)[2:8]
        (mtu,) = struct.unpack_from("=i", _ask(door, SIOCGIFMTU, name))
    return Interface(name, names[name], hardware.hex(":"), address.ip, address.network, mtu)


def _ask(door: socket.socket, question: int, name: str) -> bytes:
    """Return the union of the answer's ifreq."""
    asked = IFREQ.pack(name.encode(), b"")
    try:
        answer = fcntl.ioctl(door, question, asked)
    except OSError as error:
        raise SystemFailure(f"cannot be asked: {error.strerror}", where=name, next_step="see `ip address`") from error
    union: bytes = IFREQ.unpack(answer)[1]
    return union


def _address(door: socket.socket, name: str) -> IPv4Interface:
    """Return the interface's first IPv4 address with its prefix."""
    try:
        address = IPv4Address(_ask(door, SIOCGIFADDR, name)[4:8])
    except SystemFailure as failure:
        if isinstance(failure.__cause__, OSError) and failure.__cause__.errno != errno.EADDRNOTAVAIL:
            raise
        raise SystemFailure(
            "the interface has no IPv4 address",
            where=name,
            next_step=f"give it one, for example: ip address add 10.77.0.1/24 dev {name}",
        ) from failure
    netmask = IPv4Address(_ask(door, SIOCGIFNETMASK, name)[4:8])
    return IPv4Interface(f"{address}/{netmask}")
