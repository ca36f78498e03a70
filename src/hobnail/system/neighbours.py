"""Neighbours: which network card stands behind an IPv4 address, from the kernel's ARP table (arp(7))."""

import fcntl
import socket
import struct
from ipaddress import IPv4Address

SIOCGARP = 0x8954
ATF_COM = 2
"""The entry is complete: the address was resolved."""

ARPREQ = struct.Struct("=HH4s8sH14si16s16s")
"""struct arpreq: protocol address (family, port, address, filler), hardware address, flags, netmask, device."""


def find_mac(address: IPv4Address, interface: str) -> str | None:
    """Return the MAC, lower case with colons, or None when the kernel does not know it; asks nothing of the network.

    A host that sent us a unicast packet is known, because it had to resolve our address first.
    """
    asked = ARPREQ.pack(socket.AF_INET, 0, address.packed, b"", 0, b"", 0, b"", interface.encode())
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            answer = ARPREQ.unpack(fcntl.ioctl(door, SIOCGARP, asked))
    except OSError:  # ENXIO: no entry; ENODEV: the interface has gone; EMFILE: too many open files
        return None
    hardware: bytes = answer[5][:6]
    return hardware.hex(":") if answer[6] & ATF_COM else None
