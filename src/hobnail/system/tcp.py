"""Listening TCP sockets, on one address and one interface only."""

import socket

from hobnail.errors import SystemFailure

_SO_SNDBUFFORCE = 32
"""Like SO_SNDBUF but not bound by net.core.wmem_max; needs CAP_NET_ADMIN (socket(7))."""


def set_send_buffer(connected: socket.socket, size: int) -> None:
    """Let `size` bytes wait in the kernel, or as many as the system allows; a file by sendfile waits as its pages."""
    try:
        connected.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, size)
    except PermissionError:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def open_tcp(address: str, port: int, *, interface: str | None, option: str, listen: bool = False) -> socket.socket:
    """Return a socket that is bound and ready to listen; `option` is the one that chooses another port.

    Bound to the interface too: Linux otherwise takes what comes in elsewhere for this address (ip(7), weak host
    model). SystemFailure when the port is taken or not allowed.
    """
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if interface is not None:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        door.bind((address, port))
        if listen:  # two may bind with SO_REUSEADDR; only the second to listen is told
            door.listen()
    except OSError as error:
        door.close()
        raise SystemFailure(
            f"cannot listen on TCP port {port}: {error.strerror or error}",
            where=address,
            next_step=f"`ss -tlpn 'sport = :{port}'` names who does: stop it, or choose a port with {option}",
        ) from error
    return door
