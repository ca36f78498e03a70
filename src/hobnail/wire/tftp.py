"""TFTP packets <-> values.

Source: RFC 1350 (packets), 2347 (options), 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize).

What peers send is read generously where real clients stray: option names in any case, options unknown to us, a
last string without its NUL, bytes after an ACK. An option value that is no number or too small is dropped, as if
the option had not been sent; one too large is cut to the largest allowed where the answer may be smaller than the
request (blksize, windowsize). Whatever else is wrong raises ProtocolError, never anything else.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from hobnail.errors import ProtocolError

LARGEST_REQUEST = 2048
"""Bytes of a request that are looked at. RFC 2347 says 512; long paths and many options need more."""

DEFAULT_BLOCK_SIZE = 512
LARGEST_BLOCK_SIZE = 65464
_BLOCK_SIZES = range(8, LARGEST_BLOCK_SIZE + 1)
_TIMEOUTS = range(1, 256)
_WINDOW_SIZES = range(1, 65536)
_LARGEST_DIGITS = 20


class Opcode(IntEnum):
    """The first two bytes of a packet: RFC 1350 section 5, RFC 2347."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


class ErrorCode(IntEnum):
    """RFC 1350 appendix; 8 from RFC 2347. A peer's own codes outside this list are kept as plain numbers."""

    NOT_DEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TRANSFER = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7
    OPTIONS_REFUSED = 8


@dataclass(frozen=True, slots=True)
class Options:
    """Options asked for or granted; None where one is not part of the packet."""

    block_size: int | None = None  # bytes, 8 to 65464 (RFC 2348)
    timeout: int | None = None  # seconds, 1 to 255 (RFC 2349)
    transfer_size: int | None = None  # bytes; 0 in a read request (RFC 2349)
    window_size: int | None = None  # blocks, 1 to 65535 (RFC 7440)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A peer wants a file. `name` is as written (bytes that are not UTF-8 as `\\xNN`), `mode` in lower case."""

    name: str
    mode: str = "octet"
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A peer wants to write a file. Fields as in ReadRequest."""

    name: str
    mode: str = "octet"
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Data:
    """A block of a file; the last one is shorter than the block size. Block numbers roll over to 0."""

    block: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """Everything up to this block has arrived; 0 also accepts an OACK."""

    block: int


@dataclass(frozen=True, slots=True)
class Error:
    """Ends a transfer, unacknowledged. `code` is an ErrorCode or a number that only the peer knows."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class OptionAck:
    """The server's answer to a request with options: those it grants (RFC 2347)."""

    options: Options


Packet = ReadRequest | WriteRequest | Data | Ack | Error | OptionAck


def encode(packet: Packet) -> bytes:
    """Return the packet as a datagram's payload. Values must be within their ranges."""
    match packet:
        case ReadRequest(name, mode, options):
            return struct.pack(">H", Opcode.RRQ) + _strings(name, mode, *_option_words(options))
        case WriteRequest(name, mode, options):
            return struct.pack(">H", Opcode.WRQ) + _strings(name, mode, *_option_words(options))
        case Data(block, payload):
            return struct.pack(">HH", Opcode.DATA, block) + payload
        case Ack(block):
            return struct.pack(">HH", Opcode.ACK, block)
        case Error(code, message):
            return struct.pack(">HH", Opcode.ERROR, code) + _strings(message)
        case OptionAck(options):
            return struct.pack(">H", Opcode.OACK) + _strings(*_option_words(options))


def decode(datagram: bytes) -> Packet:
    """Return what a datagram's payload says. ProtocolError when it is no TFTP packet."""
    if len(datagram) < 4:
        raise ProtocolError(f"a TFTP packet has at least 4 bytes, this one {len(datagram)}")
    opcode, number = struct.unpack_from(">HH", datagram)
    match opcode:
        case Opcode.RRQ:
            return ReadRequest(*_request(datagram))
        case Opcode.WRQ:
            return WriteRequest(*_request(datagram))
        case Opcode.DATA:
            if len(datagram) > 4 + LARGEST_BLOCK_SIZE:
                raise ProtocolError(f"a TFTP block has at most {LARGEST_BLOCK_SIZE} bytes", offset=4)
            return Data(number, datagram[4:])
        case Opcode.ACK:
            return Ack(number)
        case Opcode.ERROR:
            return Error(number, _text(datagram[4:LARGEST_REQUEST].partition(b"\0")[0]))
        case Opcode.OACK:
            return OptionAck(_options(_split(datagram, 2)))
    raise ProtocolError(f"TFTP has no opcode {opcode}", offset=0)


def _strings(*values: str) -> bytes:
    return b"".join(value.encode("utf-8", "backslashreplace") + b"\0" for value in values)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _request(datagram: bytes) -> tuple[str, str, Options]:
    """Name, mode and options of a read or write request."""
    if len(datagram) > LARGEST_REQUEST:
        raise ProtocolError(f"a TFTP request of {len(datagram)} bytes; at most {LARGEST_REQUEST} are read")
    words = _split(datagram, 2)
    name, mode = next(words), next(words, None)
    if mode is None:
        raise ProtocolError(f"a TFTP request for {name!r} without a mode", offset=len(datagram))
    return name, mode.lower(), _options(words)


def _split(datagram: bytes, start: int) -> Iterator[str]:
    """Yield the NUL-terminated strings from `start`; the last may lack its NUL."""
    parts = datagram[start:].split(b"\0")
    if not parts[-1]:
        parts.pop()
    return map(_text, parts)


def _options(words: Iterator[str]) -> Options:
    """Read name-value pairs. Of an option sent twice the first counts (RFC 2347: it may be given only once)."""
    values: dict[str, str] = {}
    for name in words:
        value = next(words, None)
        if value is not None:
            values.setdefault(name.lower(), value)
    return Options(
        block_size=_number(values.get("blksize"), _BLOCK_SIZES, cut=True),
        timeout=_number(values.get("timeout"), _TIMEOUTS),
        transfer_size=_number(values.get("tsize")),
        window_size=_number(values.get("windowsize"), _WINDOW_SIZES, cut=True),
    )


def _number(text: str | None, allowed: range | None = None, *, cut: bool = False) -> int | None:
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > _LARGEST_DIGITS:
        return None
    value = int(text)
    if allowed is None or value in allowed:
        return value
    return allowed[-1] if cut and value > allowed[-1] else None


def _option_words(options: Options) -> Iterator[str]:
    pairs = (
        ("blksize", options.block_size),
        ("timeout", options.timeout),
        ("tsize", options.transfer_size),
        ("windowsize", options.window_size),
    )
    for name, value in pairs:
        if value is not None:
            yield from (name, str(value))
