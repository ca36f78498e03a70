"""The reading side of a TFTP transfer, as firmware and boot loaders do it: a machine without a socket or a clock.

Sources: RFC 1350, 2347, 2348, 2349, 7440. A client that only wants the size asks with `tsize` and ends the transfer
with ERROR 8 once the OACK has told it (boot-traces, section 4: OVMF).
"""

from dataclasses import dataclass
from enum import Enum, auto

from hobnail.errors import ProtocolError
from hobnail.wire.tftp import (
    DEFAULT_BLOCK_SIZE,
    Ack,
    Data,
    Error,
    ErrorCode,
    OptionAck,
    Options,
    ReadRequest,
    decode,
    encode,
)

REPEAT = 1.0
"""Seconds without an answer after which the last packet is sent again."""


class Ended(Enum):
    """How a transfer ended."""

    DONE = auto()
    NO_SIZE = auto()  # only the size was wanted, and the server does not tell it
    REFUSED = auto()  # by an ERROR packet
    SILENT = auto()  # nothing came for too long
    BROKEN = auto()  # the server did what the protocol does not allow


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a transfer. `size` is in bytes, `code` the ERROR packet's; `text` is for people."""

    ended: Ended
    size: int = 0
    code: int = 0
    text: str = ""


class Receiver:
    """One file, or only its size. `patience` is how many seconds of silence end it. Times are in seconds."""

    def __init__(self, name: str, options: Options, now: float, *, size_only: bool = False, patience: float = 6.0):
        self.outcome: Outcome | None = None
        self.granted = Options()
        self._asked = options
        self._size_only = size_only
        self._patience = patience
        self._sent = encode(ReadRequest(name, "octet", options))
        self._advanced = now  # when something new came last
        self._timer = now + REPEAT
        self._blocks = 0  # received in order
        self._told = 0  # acknowledged
        self._answered = False
        self._size = 0
        self._pieces: list[bytes] = []

    def start(self) -> bytes:
        """Return the request."""
        return self._sent

    def next_timer(self) -> float:
        """Return when `handle_timer` is due."""
        return self._timer

    def take(self) -> bytes:
        """Return what has arrived since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)

    def handle_timer(self, now: float) -> bytes | None:
        """Return what is to be sent again, or None when patience is at its end."""
        if now - self._advanced >= self._patience:
            what = f"nothing new came for {self._patience:.0f} s"
            where = f" after {self._size} bytes" if self._answered else ""
            self.outcome = Outcome(Ended.SILENT, self._size, text=what + where)
            return None
        self._timer = now + REPEAT
        return self._sent

    def receive_datagram(self, datagram: bytes, now: float) -> bytes | None:
        """Take a datagram from the server; return the answer, if there is one. Never raises."""
        try:
            packet = decode(datagram)
        except ProtocolError as error:
            return self._break(str(error))
        if self.outcome is not None:
            return None
        match packet:
            case Error(code, message):
                self.outcome = Outcome(Ended.REFUSED, self._size, code, message)
                return None
            case OptionAck(granted):
                return self._options(granted, now)
            case Data(block, payload):
                return self._data(block, payload, now)
        return self._break(f"the server sent {type(packet).__name__}, which is not its to send")

    def _options(self, granted: Options, now: float) -> bytes | None:
        if self._answered:
            return None
        self._advance(now)
        self.granted = granted
        if (granted.block_size or 0) > (self._asked.block_size or DEFAULT_BLOCK_SIZE):
            return self._break(f"block size {granted.block_size} is more than was asked for")
        if (granted.window_size or 1) > (self._asked.window_size or 1):
            return self._break(f"windowsize {granted.window_size} is more than was asked for")
        if not self._size_only:
            return self._send(encode(Ack(0)))
        if granted.transfer_size is None:
            return self._no_size()
        self.outcome = Outcome(Ended.DONE, granted.transfer_size)
        return encode(Error(ErrorCode.OPTIONS_REFUSED, "only the size was wanted"))

    def _no_size(self) -> bytes:
        self.outcome = Outcome(Ended.NO_SIZE, text="the server does not tell the size (option tsize)")
        return encode(Error(ErrorCode.ILLEGAL_OPERATION, "aborted download"))

    def _data(self, block: int, payload: bytes, now: float) -> bytes | None:
        if self._size_only:
            return self._no_size()
        size = self.granted.block_size or DEFAULT_BLOCK_SIZE
        if (block - self._blocks) & 0xFFFF != 1:
            # A gap: say once what we have. A repeated block is answered by the timer alone, or two machines that
            # answer each other's repetitions would never stop.
            return self._acknowledge() if self._told != self._blocks else None
        self._advance(now)
        if len(payload) > size:
            return self._break(f"block {block} has {len(payload)} bytes, {size} were agreed")
        self._blocks += 1
        self._size += len(payload)
        self._pieces.append(payload)
        if len(payload) < size:
            return self._finish()
        return self._acknowledge() if self._blocks - self._told >= (self.granted.window_size or 1) else None

    def _advance(self, now: float) -> None:
        self._answered = True
        self._advanced, self._timer = now, now + REPEAT

    def _finish(self) -> bytes:
        announced = self.granted.transfer_size
        if announced is not None and announced != self._size:
            text = f"the server announced {announced} bytes and sent {self._size}"
            self.outcome = Outcome(Ended.BROKEN, self._size, text=text)
        else:
            self.outcome = Outcome(Ended.DONE, self._size)
        return self._acknowledge()

    def _acknowledge(self) -> bytes:
        self._told = self._blocks
        return self._send(encode(Ack(self._blocks & 0xFFFF)))

    def _send(self, packet: bytes) -> bytes:
        self._sent = packet
        return packet

    def _break(self, text: str) -> bytes:
        self.outcome = self.outcome or Outcome(Ended.BROKEN, self._size, text=text)
        return encode(Error(ErrorCode.ILLEGAL_OPERATION, "not understood"))
