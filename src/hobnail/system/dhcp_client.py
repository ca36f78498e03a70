"""Ask for DHCP offers without taking one: a broadcast socket on one interface, port 68."""

import errno
import socket
import time
from collections.abc import Callable

from hobnail.errors import ProtocolError, SystemFailure
from hobnail.system.udp import open_udp
from hobnail.wire.dhcp import CLIENT_PORT, PROXY_PORT, SERVER_PORT, Message, MessageType, decode, encode

LISTEN = 3.0
"""Seconds after the first offer in which others are waited for (iPXE 3, OVMF 3.8)."""
REPEATS = (0.0, 1.0, 3.0)
"""Seconds at which DISCOVER is sent while nobody answers."""
LARGEST = 2048


class DhcpClient:
    """A client's port. Use it in a `with`; SystemFailure when the port or the interface cannot be had."""

    def __init__(self, interface: str, *, listen: float = LISTEN) -> None:
        self._interface = interface
        self._listen = listen
        self._door = open_udp("", CLIENT_PORT, interface=interface)
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def __enter__(self) -> "DhcpClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def offers(self, discover: Message) -> list[Message]:
        """Send DISCOVER and return the offers, in the order in which they came; none is taken."""
        found: list[Message] = []
        start = time.monotonic()
        for number, due in enumerate(REPEATS):
            if found:
                break
            self._send(discover, "255.255.255.255", SERVER_PORT)
            further = REPEATS[number + 1] if number + 1 < len(REPEATS) else due + self._listen
            self._hear(discover, MessageType.OFFER, start + further, found.append, once=True)
        if found:
            self._hear(discover, MessageType.OFFER, time.monotonic() + self._listen, found.append)
        return found

    def ask_proxy(self, request: Message, server: str) -> Message | None:
        """Send a REQUEST to a server's port 4011 and return its acknowledgement; None after 4 s."""
        found: list[Message] = []
        for _ in range(4):  # as OVMF does
            self._send(request, server, PROXY_PORT)
            self._hear(request, MessageType.ACK, time.monotonic() + 1.0, found.append, once=True)
            if found:
                return found[0]
        return None

    def _send(self, message: Message, address: str, port: int) -> None:
        try:
            self._door.sendto(encode(message, 1472), (address, port))
        except OSError as error:
            step = "give the interface an address" if error.errno == errno.ENETUNREACH else "see `ip address`"
            what = f"cannot send DHCP: {error.strerror}"
            raise SystemFailure(what, where=self._interface, next_step=step) from error

    def _hear(
        self, asked: Message, kind: MessageType, end: float, take: Callable[[Message], None], *, once: bool = False
    ) -> None:
        """Hand on replies of a kind that belong to us until the time is over, or the first has come."""
        while (left := end - time.monotonic()) > 0:
            self._door.settimeout(left)
            try:
                message = decode(self._door.recv(LARGEST))
            except (TimeoutError, ProtocolError, BlockingIOError):
                continue
            if message.reply and message.xid == asked.xid and message.type is kind:
                take(message)
                if once:
                    return
