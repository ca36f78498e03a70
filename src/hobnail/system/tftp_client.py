"""Fetch a file by TFTP: the receiver of wire/tftp_client.py on a socket of its own."""

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

from hobnail.errors import SystemFailure
from hobnail.wire.tftp import Options
from hobnail.wire.tftp_client import Ended, Outcome, Receiver

PORT = 69
LARGEST_DATAGRAM = 65535
_IP_RECVERR = 11
"""ip(7): ICMP errors reach a socket that is not connected; Python's socket module has no name for it before 3.14."""

_NOBODY = {
    errno.ECONNREFUSED: "the machine answers that no TFTP server listens there",
    errno.EHOSTUNREACH: "no machine answers at that address",
}


def fetch_tftp(
    server: str,
    name: str,
    options: Options,
    take: Callable[[bytes], None],
    *,
    size_only: bool = False,
    patience: float = 6.0,
) -> Outcome:
    """Fetch a file and hand its pieces to `take`. `server` is an address or name, with `:port` unless it is 69.

    SystemFailure when this machine cannot ask at all (no route, no such name); what the server does is an Outcome.
    """
    host, _, port = server.partition(":")
    try:
        address = socket.getaddrinfo(host, int(port or PORT), socket.AF_INET, socket.SOCK_DGRAM)[0][4]
    except (OSError, ValueError) as error:
        raise SystemFailure(f"is no address that can be asked: {error}", where=server) from error
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        receiver = Receiver(name, options, time.monotonic(), size_only=size_only, patience=patience)
        try:
            return _converse(door, address, receiver, take)
        except OSError as error:
            if error.errno in _NOBODY:
                return Outcome(Ended.SILENT, text=_NOBODY[error.errno])
            step = "check the address, and `ip route`"
            raise SystemFailure(f"cannot be asked by TFTP: {error.strerror}", where=server, next_step=step) from error


def _converse(
    door: socket.socket, server: tuple[Any, ...], receiver: Receiver, take: Callable[[bytes], None]
) -> Outcome:
    """Carry packets between the machine and the server until the transfer has ended."""
    peer: tuple[str, int] | None = None
    door.sendto(receiver.start(), server)
    while receiver.outcome is None:
        left = receiver.next_timer() - time.monotonic()
        door.settimeout(max(0.001, left))
        try:
            if left <= 0:
                raise TimeoutError
            datagram, source = door.recvfrom(LARGEST_DATAGRAM)
        except TimeoutError:
            answer = receiver.handle_timer(time.monotonic())
        else:
            if peer not in (None, source):
                continue  # a second answer to a repeated request, from another port
            peer = source
            answer = receiver.receive_datagram(datagram, time.monotonic())
            piece = receiver.take()
            if piece:
                take(piece)
        if answer is not None:
            door.sendto(answer, peer or server)
    return receiver.outcome
