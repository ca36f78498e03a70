"""UDP sockets on one interface, and segmentation offload: many datagrams handed to the kernel in one call.

Source: udp(7) of the Linux manual pages (UDP_SEGMENT, since Linux 4.18), socket(7) (SO_BINDTODEVICE); the errors that
mean "not on this path" are those of udp_send_skb() in the kernel's net/ipv4/udp.c.
"""

import errno
import socket

from hobnail.errors import SystemFailure

UDP_SEGMENT = 103
"""Socket option of level IPPROTO_UDP; Python's socket module has no name for it before 3.14."""

NOT_SEGMENTED = frozenset({errno.EINVAL, errno.EMSGSIZE, errno.EIO, errno.EOPNOTSUPP, errno.ENOPROTOOPT})
"""Errors of segmentation that plain sends do not have.

EINVAL, EMSGSIZE: a datagram is larger than the path's MTU (which error it is depends on the kernel), or too many
segments; EIO: the interface has no checksum offload; EOPNOTSUPP: the route does not allow it; ENOPROTOOPT: a kernel
before 4.18 does not know the option.
"""

_SO_RCVBUFFORCE = 33
"""Like SO_RCVBUF but not bound by net.core.rmem_max; needs CAP_NET_ADMIN."""


def open_udp(address: str, port: int, *, interface: str | None, receive_buffer: int | None = None) -> socket.socket:
    """Return a non-blocking UDP socket on the address and port (0: the kernel picks one), on that interface only.

    `receive_buffer` is in bytes. SystemFailure says what stands in the way and what to do about it.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        if interface is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        made.bind((address, port))
    except OSError as error:
        made.close()
        raise _failure(error, address, port, interface) from error
    if receive_buffer is not None:
        _set_receive_buffer(made, receive_buffer)
    return made


def set_segment_size(sender: socket.socket, size: int) -> None:
    """Have the kernel cut every later send into datagrams of `size` bytes; 0: no more. OSError where it cannot."""
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)


def _set_receive_buffer(receiver: socket.socket, size: int) -> None:
    try:
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except PermissionError:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _failure(error: OSError, address: str, port: int, interface: str | None) -> SystemFailure:
    next_step: str | None = None
    match error.errno:
        case errno.EADDRINUSE:
            next_step = f"stop the program that has it (`ss -ulpn 'sport = :{port}'` names it)"
        case errno.EACCES | errno.EPERM:
            next_step = "run as root, or give the program CAP_NET_BIND_SERVICE and CAP_NET_RAW"
        case errno.EADDRNOTAVAIL:
            next_step = f"give the interface the address {address}, or name another one"
        case errno.ENODEV:
            next_step = f"no interface is called {interface}; `ip link` lists them"
        case errno.EMFILE | errno.ENFILE:
            next_step = "raise the limit of open files (`ulimit -n`)"
    where = f"{address} on {interface}" if interface else address
    return SystemFailure(f"cannot listen on UDP port {port}: {error.strerror}", where=where, next_step=next_step)
