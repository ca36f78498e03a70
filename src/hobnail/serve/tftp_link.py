"""One TFTP transfer's socket: puts what the machine decides on the wire, straight from the file's pages."""

import contextlib
import errno
import functools
import math
import socket
import struct
from collections.abc import Sequence
from os import writev

from hobnail.observe.events import Transfer
from hobnail.system.udp import NOT_SEGMENTED, set_segment_size
from hobnail.wire.negotiation import LARGEST_WINDOW
from hobnail.wire.tftp import Opcode, ReadRequest
from hobnail.wire.transfer import Sender, Sending, all_acks

SEND_LATER = frozenset(
    {errno.EAGAIN, errno.ENOBUFS, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EPERM}
)
"""Errors that pass: what could not be sent counts as lost, and the machine's timer sends it again."""

Buffers = Sequence[bytes | memoryview]


class Link:
    """A host's transfer: a socket connected to it, on a port of its own, which is the transfer's ID (RFC 1350).

    Datagrams from any other address or port never reach a connected socket; the kernel answers them with ICMP.
    """

    __slots__ = (
        "_cuts",
        "_cutting",
        "_headers",
        "_segmented",
        "_socket",
        "_step",
        "_view",
        "asked_at",
        "descriptor",
        "greeted",
        "host",
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
        self._socket = connected
        self.descriptor = connected.fileno()
        self._view = view
        self._headers = data_headers()
        self._step = step = sender.block_size
        self._cuts = [slice(start, start + step) for start in range(0, sender.window_size * step, step)]
        self._segmented = segmented and sender.window_size > 1
        self._cutting = False  # whether the socket cuts what it sends now

    def gather(self, sending: Sending) -> Buffers | None:
        """Return the bytes for one system call (`writev` on `descriptor`); None where each block needs its own."""
        if isinstance(sending, bytes):
            self._cut(0)  # it may be longer than a block
            return (sending,)
        block, offset, count = sending
        step = self._step
        if count == 1:
            return self._headers[block], self._view[offset : offset + step]
        if not self._segmented or not (self._cutting or self._cut(4 + step)):
            return None
        data = self._view[offset : offset + count * step]
        parts: list[bytes | memoryview] = [b""] * (2 * count)
        parts[::2] = self._headers[block : block + count]
        parts[1::2] = map(data.__getitem__, self._cuts[:count])
        return parts

    def send(self, sending: Sending) -> None:
        """Send a packet or a window. What fails is told to the machine; nothing is raised."""
        parts = self.gather(sending)
        try:
            if parts is not None:
                writev(self.descriptor, parts)
            elif not isinstance(sending, bytes):
                self._send_each(*sending)
        except OSError as error:
            self.judge(error, sending)

    def judge(self, error: OSError, sending: Sending) -> None:
        """Decide what a send that failed means for the transfer."""
        if self._cutting and error.errno in NOT_SEGMENTED:
            self._segmented = False
            self._cut(0)
            self.send(sending)
        elif error.errno == errno.ECONNREFUSED:
            self.sender.receive_refusal()
        elif error.errno not in SEND_LATER:
            self.abort(f"cannot send: {error.strerror}")

    def repeat(self, now: float) -> None:
        """The host sent the same request again: repeat the first answer, unless it has got on since."""
        again = self.sender.repeat_request(now)
        if again is not None:
            self.send(again)

    def abort(self, reason: str, *, tell: bool = True) -> None:
        """End the transfer from our side and tell the host, if it still listens to this transfer."""
        farewell = self.sender.fail(reason)
        if tell:
            self._cut(0)
            with contextlib.suppress(OSError):  # the host falls into its own timeout
                self._socket.send(farewell)

    def snapshot(self) -> Transfer:
        """Return how far it is, for the screen."""
        return Transfer(self.host[0], self.request.name, self.sender.acknowledged, self.sender.size)

    def close(self) -> None:
        """Give back the socket."""
        self._socket.close()

    def _send_each(self, block: int, offset: int, count: int) -> None:
        step = self._step
        for number in range(block, block + count):
            writev(self.descriptor, (self._headers[number], self._view[offset : offset + step]))
            offset += step

    def _cut(self, size: int) -> bool:
        """Have the kernel cut what is sent into datagrams of `size` bytes, 0: no more. False where it cannot."""
        if self._cutting != bool(size):
            try:
                set_segment_size(self._socket, size)
            except OSError:
                self._segmented = self._cutting = False
                return False
            self._cutting = bool(size)
        return True


@functools.cache
def data_headers() -> list[bytes]:
    """Return the four bytes before each block's data by the block's number, and on to the end of a window."""
    pack = struct.Struct(">HH").pack
    return [pack(Opcode.DATA, number & 0xFFFF) for number in range(1 << 16 | LARGEST_WINDOW)]


def prepare_tables() -> None:
    """Make the tables that every transfer uses now, not when the first host asks."""
    data_headers()
    all_acks()
