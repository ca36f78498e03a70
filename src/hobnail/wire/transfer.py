"""The sending side of one TFTP transfer, as a machine: no socket, no clock, no file.

`receive_datagram`, `handle_timer` and `repeat_request` return what is to be sent now: packet bytes, or a Window that
says which part of the file goes out as which blocks, so that the caller can send straight from the file's pages.
Times are seconds of any clock that never goes back.

Source: RFC 1350, 7440 (windows); RFC 1123 section 4.2.3.1 (Sorcerer's Apprentice: a repeated ACK must
not cause a repeated block).
"""

import functools
import struct
from dataclasses import dataclass

from hobnail.errors import ProtocolError
from hobnail.wire.negotiation import LARGEST_WINDOW, grant
from hobnail.wire.round_trip import SHORTEST_TIMEOUT, RoundTrip
from hobnail.wire.tftp import DEFAULT_BLOCK_SIZE, Ack, Error, ErrorCode, Opcode, OptionAck, Options, decode, encode

UNANSWERED_PATIENCE = 10.0
"""Seconds until a request is forgotten whose host never answered: a false address must not hold a place for long."""

PATIENCE = 30.0
"""Seconds without progress after which a transfer has failed."""

SIZE_ONLY_CODES = frozenset({ErrorCode.NOT_DEFINED, ErrorCode.OPTIONS_REFUSED})
"""How clients leave once they know the size: UEFI with 8, Intel's PXE ROMs with 0 "TFTP Aborted"."""

_unpack_head = struct.Struct(">HH").unpack_from

Window = tuple[int, int, int]
"""Blocks to send back to back: first block's number (1 to 65536), byte offset in the file, how many blocks.

On the wire a number rolls over: 65536 is sent as 0, and so on.
The file's end cuts the last block short. A bare tuple, because one is made for every ACK.
"""

Sending = bytes | Window


@dataclass(frozen=True, slots=True)
class Delivered:
    """The host acknowledged the last block."""


@dataclass(frozen=True, slots=True)
class SizeOnly:
    """The host asked for the size, was told, and left: healthy."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended before its end; `reason` says why, in words."""

    reason: str


Result = Delivered | SizeOnly | Failed


class Sender:
    """Sends one file to one host.

    `result` is None while it is under way; `answered` says whether the host has acknowledged anything (an OACK
    counts), `heard` when it last did so with progress. `news` turns true when one of these or the timer has changed
    in a way that the caller must look at; the caller sets it back.
    """

    __slots__ = (
        "_acked",
        "_acks",
        "_again_at",
        "_blocks",
        "_doubtful",
        "_expected",
        "_flying",
        "_last_quick",
        "_measure_at",
        "_negotiating",
        "_nudged",
        "_refused_at",
        "_round_trip",
        "_sent_once",
        "_told_size",
        "answered",
        "block_size",
        "heard",
        "news",
        "option_ack",
        "result",
        "size",
        "window_size",
    )

    def __init__(self, asked: Options, size: int, now: float) -> None:
        granted = grant(asked, size)
        self.size = size
        self.block_size = granted.block_size or DEFAULT_BLOCK_SIZE
        self.window_size = granted.window_size or 1
        self.option_ack = encode(OptionAck(granted)) if granted != Options() else None
        self.result: Result | None = None
        self.answered = False
        self.news = True
        self._told_size = granted.transfer_size is not None
        self._negotiating = self.option_ack is not None
        self._blocks = size // self.block_size + 1  # a multiple of the block size ends with an empty block
        self._last_quick = self._blocks - self.window_size  # up to here a whole window follows
        self._acked = 0  # blocks that the host has, counted without rolling over
        self._flying = 0  # blocks sent after those
        self.heard = now  # also when what flies was sent first: progress and sending are one moment
        self._again_at = now  # when it was sent again, if it was
        self._sent_once = True  # Karn: a round trip counts only if nothing in it was sent twice
        self._doubtful = False  # something was sent twice: stale repeated ACKs may still arrive
        self._nudged = False  # a repeated ACK has already caused a repetition here
        self._refused_at: float | None = None
        self._acks = all_acks()
        self._expected = b""  # the ACK of all that flies, where nothing but sending on is to be done then
        self._measure_at = now
        self._round_trip = RoundTrip(longest=granted.timeout)

    @property
    def acknowledged(self) -> int:
        """Bytes of the file that the host is known to have."""
        return min(self._acked * self.block_size, self.size)

    def next_timer(self) -> float | None:
        """When to call `handle_timer`; None once the transfer has ended."""
        return None if self.result is not None else self._sent_at + self._round_trip.timeout

    def start(self, now: float) -> Sending:
        """Return the first answer to the request: the OACK, or the first block where nothing was negotiated."""
        return self._send(now)

    def repeat_request(self, now: float) -> Sending | None:
        """The same request came again: return the first answer again, unless the host has taken it up since."""
        if self.result is not None or self.answered:
            return None
        return self._send_again(now)

    def receive_datagram(self, datagram: bytes, now: float) -> Sending | None:
        """Take a datagram from the host; anything but a fitting ACK or an ERROR is passed over in silence."""
        if datagram == self._expected and now < self._measure_at:
            # The way of nearly every ACK: all has arrived, a whole window follows, the round trip was just measured.
            self.heard = now
            self._acked = acked = self._acked + self._flying
            if acked >= self._last_quick:
                self._expected = b""
                return self._send(now)
            number = acked & 0xFFFF
            self._expected = self._acks[number + self._flying]
            return number + 1, acked * self.block_size, self._flying
        if len(datagram) < 4 or self.result is not None:
            return None
        opcode, number = _unpack_head(datagram)
        if opcode != Opcode.ACK:
            if opcode == Opcode.ERROR:
                self._receive_error(datagram)
            return None
        ahead = (number - self._acked) & 0xFFFF
        if 0 < ahead <= self._flying:
            return self._advance(ahead, now)
        if ahead == 0:
            return self._receive_repeated(now)
        return None

    def receive_refusal(self) -> None:
        """The host's machine said that the port is closed (ICMP). Twice, for two sends, ends the transfer."""
        if self.result is not None or self._refused_at == self._sent_at:
            return
        if self._refused_at is None:
            self._refused_at = self._sent_at
            self._expected = b""
        elif self._negotiating and self._told_size:
            self._end(SizeOnly())
        else:
            self._end(Failed(f"the host closed its port after {self.acknowledged} of {self.size} bytes"))

    def handle_timer(self, now: float) -> Sending | None:
        """Send again what was not acknowledged, if it is time; ends the transfer when the host stays silent."""
        if self.result is not None or now < self._sent_at + self._round_trip.timeout:
            return None
        if now - self.heard >= (PATIENCE if self.answered else UNANSWERED_PATIENCE):
            self._end(Failed(f"the host fell silent after {self.acknowledged} of {self.size} bytes"))
            return None
        self._round_trip.back_off()
        return self._send_again(now)

    def fail(self, reason: str) -> bytes:
        """End the transfer from our side; returns the ERROR packet that tells the host."""
        self._end(Failed(reason))
        return encode(Error(ErrorCode.NOT_DEFINED, reason))

    @property
    def _sent_at(self) -> float:
        return self.heard if self._sent_once else self._again_at

    def _advance(self, ahead: int, now: float) -> Sending | None:
        whole = ahead == self._flying
        waited = now - self._sent_at
        if self._sent_once:
            self._measure(waited, now)
            if whole:
                self._doubtful = False
        self._acked += ahead
        self._flying -= ahead
        self.heard = now
        if not self.answered:
            self.answered = self.news = True
        self._nudged = False
        self._refused_at = None
        if self._acked == self._blocks:
            self._end(Delivered())
            return None
        if whole:
            self._sent_once = True
            return self._send(now)
        if not self._sent_once and waited < self._round_trip.quickest / 2:
            return None  # about older blocks: what comes after it is on its way again already
        return self._send_again(now)  # RFC 7440: a block after this one is missing

    def _receive_repeated(self, now: float) -> Sending | None:
        """ACK of what was acknowledged before. In a window it may mean that the first block after it is missing.

        No answer comes sooner than the quickest seen, so an earlier one is about older blocks; and one repetition is
        enough. While copies of blocks are under way, it must be later than the usual round trip. Without a window
        only the timer repeats a block.
        """
        waited = now - self._sent_at
        if self._negotiating:
            self._negotiating = False
            if self._sent_once:
                self._measure(waited, now)
            self.heard = now
            self.answered = self.news = self._sent_once = True
            return self._send(now)
        if (
            self.window_size == 1
            or self._nudged
            or waited < (self._round_trip.smoothed if self._doubtful else self._round_trip.quickest / 2)
        ):
            return None
        self._nudged = True
        return self._send_again(now)

    def _receive_error(self, datagram: bytes) -> None:
        try:
            packet = decode(datagram)
        except ProtocolError:
            return
        if not isinstance(packet, Error):
            return
        if self._negotiating and self._told_size and packet.code in SIZE_ONLY_CODES:
            self._end(SizeOnly())
        else:
            self._end(Failed(f'the host ended it with error {packet.code} "{packet.message}"'))

    def _send_again(self, now: float) -> Sending:
        self._sent_once = False
        self._again_at = now
        self._doubtful = True
        return self._send(now)

    def _send(self, now: float) -> Sending:
        if self._negotiating and self.option_ack is not None:
            return self.option_ack
        acked = self._acked
        self._flying = count = min(self.window_size, self._blocks - acked)
        quick = self._sent_once and acked < self._last_quick and not self._doubtful and self.answered
        number = acked & 0xFFFF
        self._expected = self._acks[number + count] if quick else b""
        return number + 1, acked * self.block_size, count

    def _measure(self, round_trip: float, now: float) -> None:
        """Take in a round trip; one in every shortest timeout is enough."""
        self._measure_at = now + SHORTEST_TIMEOUT
        before = self._round_trip.timeout
        self._round_trip.measure(round_trip)
        self.news = self.news or self._round_trip.timeout < before

    def _end(self, result: Result) -> None:
        self.result = result
        self.news = True
        self._expected = b""


@functools.cache
def all_acks() -> list[bytes]:
    """Return every ACK by its block number, and on to the end of a window that rolls over.

    Comparing bytes is quicker than reading them. Takes some milliseconds.
    """
    return [encode(Ack(number & 0xFFFF)) for number in range(1 << 16 | LARGEST_WINDOW)]
