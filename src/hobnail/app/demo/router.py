"""Router advertisements, so that iPXE does not wait for an IPv6 router.

QEMU's network cards carry iPXE of 2019, which asks for an IPv6 router before it uses the IPv4 address that it
already has, and gives up only after 13 to 16 s. Any advertisement ends that wait: ours offers no route, no prefix
and no address. Runs on the demo's and the tests' own networks only.
"""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

ALL_NODES = "ff02::1"
HOP_LIMIT = 255  # RFC 4861, section 6.1.2: advertisements with another one are forged
INTERVAL = 0.3
"""Seconds between advertisements; many times a second, unlike a router: machines listen for a moment only."""

ADVERTISEMENT = struct.pack("!BBHBBHII", 134, 0, 0, HOP_LIMIT, 0, 0, 0, 0)
"""ICMPv6 type 134 (RFC 4861, section 4.2): no flags, lifetime 0 (not a default router), no timers, no options.

The kernel fills in the checksum.
"""


class Router:
    """Advertises on one interface for as long as the `with` block lasts."""

    def __init__(self, interface: str) -> None:
        """Open the socket. OSError where IPv6 is off or the interface has no link-local address."""
        index = socket.if_nametoindex(interface)
        self._to = (ALL_NODES, 0, 0, index)
        self._socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOP_LIMIT)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._advertise, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _advertise(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError):  # the interface is not up yet, or going down: the next one may go
                self._socket.sendto(ADVERTISEMENT, self._to)
            self._ended.wait(INTERVAL)
