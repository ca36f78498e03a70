"""One TFTP transfer's socket: puts what the machine decides on the wire, straight from the file's pages."""

import contextlib
import errno
import functools
import math
import os
import socket
import struct

from hobnail.observe.events import Transfer
from hobnail.system.udp import NOT_SEGMENTED, set_segment_size
from hobnail.wire.tftp import Opcode, ReadRequest
from hobnail.wire.transfer import LARGEST_WINDOW, Sender, Sending, all_acks

SEND_LATER = frozenset(
    {errno.EAGAIN, errno.ENOBUFS, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EPERM}
)
"""Errors that pass: what could not be sent counts as lost, and the machine's timer sends it again."""


class Link:
    """A host's transfer: a socket connected to it, on a port of its own, which is the transfer's ID (RFC 1350).

    Datagrams from any other address or port never reach a connected socket; the kernel answers them with ICMP.
    """

    __slots__ = (
        "_cuts",
        "_cutting",
        "_descriptor",
        "_headers",
        "_segmented",
        "_socket",
        "_step",
        "_view",
        "asked_at",
        "greeted",
        "host",
        "receive_datagram",
        "request",
        "sender",
        "wakes_at",
    )

    def __init__(
        self,
        connected: socket.socket,
        host: tuple[str, int],
        request: ReadRequest,
        sender: Sender,
        view: memoryview,
        *,
        now: float,
        segmented: bool,
    ) -> None:
        self.host = host
        self.request = request
        self.sender = sender
        self.asked_at = now
        self.wakes_at = math.inf
        self.greeted = False  # whether the host's first answer has been told of
        self.receive_datagram = sender.receive_datagram
        self._socket = connected
        self._descriptor = connected.fileno()
        self._view = view
        self._headers = data_headers()
        self._step = step = sender.block_size
        self._cuts = [slice(start, start + step) for start in range(0, sender.window_size * step, step)]
        self._segmented = segmented and sender.window_size > 1
        self._cutting = False  # whether the socket cuts what it sends now

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        return self._socket.fileno()

    @property
    def segmented(self) -> bool:
        """Whether a window goes out with one call; false after the path has refused it."""
        return self._segmented

    def send(self, sending: Sending) -> None:
        """Send a packet or a window. What fails is told to the machine; nothing is raised."""
        try:
            if isinstance(sending, bytes):
                self._send_packet(sending)
                return
            block, offset, count = sending
            if count == 1:
                os.writev(self._descriptor, (self._headers[block], self._view[offset : offset + self._step]))
            elif self._segmented:
                self._send_segmented(block, offset, count)
            else:
                self._send_each(block, offset, count)
        except OSError as error:
            self._judge(error, sending)

    def repeat(self, now: float) -> None:
        """The host sent the same request again: repeat the first answer, unless it has got on since."""
        again = self.sender.repeat_request(now)
        if again is not None:
            self.send(again)

    def abort(self, reason: str, *, tell: bool = True) -> None:
        """End the transfer from our side and tell the host, if it still listens to this transfer."""
        farewell = self.sender.fail(reason)
        if tell:
            with contextlib.suppress(OSError):  # the host falls into its own timeout
                self._send_packet(farewell)

    def snapshot(self) -> Transfer:
        """Return how far it is, for the screen."""
        return Transfer(self.host[0], self.request.name, self.sender.acknowledged, self.sender.size)

    def close(self) -> None:
        """Give back the socket."""
        self._socket.close()

    def _send_packet(self, packet: bytes) -> None:
        """Send anything but blocks, which may be longer than a block."""
        if self._cutting:
            self._cutting = False
            set_segment_size(self._socket, 0)
        self._socket.send(packet)

    def _send_each(self, block: int, offset: int, count: int) -> None:
        view, step, headers = self._view, self._step, self._headers
        for number in range(block, block + count):
            os.writev(self._descriptor, (headers[number], view[offset : offset + step]))
            offset += step

    def _send_segmented(self, block: int, offset: int, count: int) -> None:
        """Hand the whole window to the kernel at once, which cuts it into datagrams."""
        if not self._cutting:
            self._cutting = True
            set_segment_size(self._socket, 4 + self._step)
        data = self._view[offset : offset + count * self._step]
        parts: list[bytes | memoryview] = [b""] * (2 * count)
        parts[::2] = self._headers[block : block + count]
        parts[1::2] = map(data.__getitem__, self._cuts[:count])
        os.writev(self._descriptor, parts)

    def _judge(self, error: OSError, sending: Sending) -> None:
        """Decide what a send that failed means for the transfer."""
        if self._cutting and error.errno in NOT_SEGMENTED:
            self._segmented = self._cutting = False
            with contextlib.suppress(OSError):  # it knows no segmentation at all
                set_segment_size(self._socket, 0)
            self.send(sending)
        elif error.errno == errno.ECONNREFUSED:
            self.sender.receive_refusal()
        elif error.errno not in SEND_LATER:
            self.abort(f"cannot send: {error.strerror}")


@functools.cache
def data_headers() -> list[bytes]:
    """Return the four bytes before each block's data, by block number; numbers go on where a window rolls over."""
    pack = struct.Struct(">HH").pack
    headers = [pack(Opcode.DATA, number) for number in range(65536)]
    return headers + headers[: LARGEST_WINDOW - 1]


def prepare_tables() -> None:
    """Make the tables that every transfer uses now, not when the first host asks."""
    data_headers()
    all_acks()
