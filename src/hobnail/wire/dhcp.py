"""BOOTP and DHCP messages: bytes in flight <-> frozen values.

Sources: RFC 951 and 1542 (the fixed part, 300 bytes at least), RFC 2131 (DHCP), RFC 2132 (options), RFC 3396 (long
options), RFC 3046 (relay agent information comes last and is never overloaded).
"""

import re
import struct
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address

from hobnail.errors import ProtocolError
from hobnail.wire.dhcp_options import (
    END,
    WHERE,
    Option,
    Options,
    check_lengths,
    decode_area,
    encode_option,
    join_pieces,
)

SERVER_PORT = 67
CLIENT_PORT = 68
PROXY_PORT = 4011

NOWHERE = IPv4Address(0)
"""0.0.0.0: an address field that is not filled in."""

COOKIE = bytes((99, 130, 83, 99))
FIXED = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
SNAME, FILE = slice(44, 108), slice(108, 236)
SMALLEST = 300
"""Bytes of the smallest BOOTP message (RFC 1542, section 2.1); shorter replies are padded with zeros."""

LEAST_OPTIONS = 64
"""Bytes of the options field that a relay agent's option must leave for what the client needs."""

BROADCAST_FLAG = 0x8000
IN_FILE, IN_SNAME = 1, 2
"""The bits of option 52 (RFC 2132, section 9.3)."""

IP_AND_UDP_HEADERS = 28
DEFAULT_DATAGRAM = 576
"""Bytes of the IP datagram that every client takes (RFC 2131, section 2); option 57 may allow more."""

ETHERNET_DATAGRAM = 1500
"""No reply is made longer than this, whatever option 57 allows (OVMF: 65280), so that none is fragmented."""


class MessageType(IntEnum):
    """Option 53."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


@dataclass(frozen=True, slots=True)
class HardwareAddress:
    """The address of a network card: `octets` is the MAC, `kind` its ARP hardware type (1 = Ethernet)."""

    octets: bytes
    kind: int = 1

    def __str__(self) -> str:
        """Return the MAC in lower case with colons; another kind than Ethernet is put before it: `32-80:00…`."""
        text = self.octets.hex(":")
        return text if self.kind == 1 else f"{self.kind}-{text}"

    @classmethod
    def parse(cls, text: str) -> "HardwareAddress":
        """Read what `str` gives, in either case; ValueError for anything else."""
        match = re.fullmatch(r"(?:(\d{1,3})-)?([0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){0,15})", text)
        if match is None or int(match[1] or 1) > 255:
            raise ValueError(f"{text!r} is not a MAC address such as 52:54:00:12:34:56")
        return cls(bytes.fromhex(match[2].replace(":", "")), int(match[1] or 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One BOOTP/DHCP message. `sname` and `file` are Latin-1 text up to the first NUL; options are in wire order.

    Option 52 never stands in `options`: it only says how the others are packed, which the codec does by itself.
    """

    reply: bool
    type: MessageType
    xid: int
    hardware: HardwareAddress
    hops: int = 0
    seconds: int = 0
    broadcast: bool = False
    ciaddr: IPv4Address = NOWHERE
    yiaddr: IPv4Address = NOWHERE
    siaddr: IPv4Address = NOWHERE
    giaddr: IPv4Address = NOWHERE
    sname: str = ""
    file: str = ""
    options: Options = ()

    def option(self, code: int) -> bytes | None:
        """Return an option's data, or None when it is not there."""
        return next((data for number, data in self.options if number == code), None)

    def address_option(self, code: int) -> IPv4Address | None:
        """Return the address in option 50 or 54, or None when it is not there."""
        data = self.option(code)
        return None if data is None else IPv4Address(data)

    def asks_for(self, code: int) -> bool:
        """Say whether the parameter list (55) names an option."""
        return code in (self.option(Option.PARAMETER_LIST) or b"")

    @property
    def longest_reply(self) -> int:
        """Bytes of BOOTP message that the client takes: 548, or what option 57 allows, headers taken off."""
        allowed = int.from_bytes(self.option(Option.MAX_MESSAGE_SIZE) or b"", "big")
        return min(max(allowed, DEFAULT_DATAGRAM), ETHERNET_DATAGRAM) - IP_AND_UDP_HEADERS


def decode(data: bytes) -> Message:
    """Read a message. Raises ProtocolError for plain BOOTP (no cookie, no option 53) and for damaged bytes."""
    if len(data) < FIXED.size:
        raise ProtocolError(f"ends after {len(data)} bytes, {FIXED.size} are needed", where=WHERE, offset=len(data))
    op, kind, length, hops, xid, seconds, flags, ci, yi, si, gi, hardware, sname, file, cookie = FIXED.unpack_from(
        data
    )
    if op not in (1, 2):
        raise ProtocolError(f"operation {op} is neither request (1) nor reply (2)", where=WHERE, offset=0)
    if not 1 <= length <= len(hardware):
        raise ProtocolError(f"hardware address of {length} bytes, not 1 to 16", where=WHERE, offset=2)
    if cookie != COOKIE:
        raise ProtocolError("no DHCP cookie: plain BOOTP", where=WHERE, offset=FIXED.size - len(COOKIE))
    options, overload = _decode_options(data)
    return Message(
        reply=op == 2,
        type=_message_type(options),
        xid=xid,
        hardware=HardwareAddress(hardware[:length], kind),
        hops=hops,
        seconds=seconds,
        broadcast=bool(flags & BROADCAST_FLAG),
        ciaddr=IPv4Address(ci),
        yiaddr=IPv4Address(yi),
        siaddr=IPv4Address(si),
        giaddr=IPv4Address(gi),
        sname="" if overload & IN_SNAME else _text(sname),
        file="" if overload & IN_FILE else _text(file),
        options=tuple(pair for pair in options if pair[0] != Option.MESSAGE_TYPE),
    )


def _decode_options(data: bytes) -> tuple[Options, int]:
    """Read the options field, then the file and sname fields that option 52 says continue it, in that order."""
    pieces = list(decode_area(data[FIXED.size :], FIXED.size))
    overload = next((value[0] for code, value in pieces if code == Option.OVERLOAD and value), 0)
    if overload & IN_FILE:
        pieces += decode_area(data[FILE], FILE.start)
    if overload & IN_SNAME:
        pieces += decode_area(data[SNAME], SNAME.start)
    options = join_pieces(piece for piece in pieces if piece[0] != Option.OVERLOAD)
    check_lengths(options)
    return options, overload


def _message_type(options: Options) -> MessageType:
    number = dict(options).get(Option.MESSAGE_TYPE, b"\0")[0]
    try:
        return MessageType(number)
    except ValueError:
        what = f"message type {number} is unknown" if number else "no message type (option 53): plain BOOTP"
        raise ProtocolError(what, where=WHERE) from None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("latin-1")


def encode(message: Message, limit: int = DEFAULT_DATAGRAM - IP_AND_UDP_HEADERS) -> bytes:
    """Write a message of at most `limit` bytes, padded to 300.

    Options that find no room in the options field go into the empty file and sname fields (option 52); those that
    find none there either are left out, so the least important stand last. The relay agent's option is written
    last, whole or not at all (RFC 3046, section 2.2).
    """
    area, file, sname = _encode_options(message, limit - FIXED.size)
    header = FIXED.pack(
        2 if message.reply else 1,
        message.hardware.kind,
        len(message.hardware.octets),
        message.hops,
        message.xid,
        message.seconds,
        BROADCAST_FLAG if message.broadcast else 0,
        *(address.packed for address in (message.ciaddr, message.yiaddr, message.siaddr, message.giaddr)),
        message.hardware.octets,
        sname,
        file,
        COOKIE,
    )
    return (header + area).ljust(SMALLEST, b"\0")


def _encode_options(message: Message, room: int) -> tuple[bytes, bytes, bytes]:
    """Return the options field of at most `room` bytes with its END, the file field and the sname field."""
    file, sname = _name(message.file, FILE), _name(message.sname, SNAME)
    plain: list[tuple[int, bytes]] = [(Option.MESSAGE_TYPE, bytes((message.type,)))]
    plain += [pair for pair in message.options if pair[0] != Option.RELAY_AGENT]
    tail = b"".join(encode_option(c, d) for c, d in message.options if c == Option.RELAY_AGENT) + bytes((END,))
    if len(tail) > room - LEAST_OPTIONS:
        tail = bytes((END,))
    area, rest = _fill(plain, room - len(tail))
    overload = (0 if file else IN_FILE) | (0 if sname else IN_SNAME) if rest else 0
    if overload:
        tail = bytes((Option.OVERLOAD, 1, overload)) + tail
        area, rest = _fill(plain, room - len(tail))
    if overload & IN_FILE:
        file, rest = _field(rest, FILE)
    if overload & IN_SNAME:
        sname, rest = _field(rest, SNAME)
    return area + tail, file, sname


def _fill(options: list[tuple[int, bytes]], room: int) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Write options that fit into `room` bytes, in order; return them and those that did not fit."""
    area, rest = b"", []
    for code, data in options:
        written = encode_option(code, data)
        if len(area) + len(written) <= room:
            area += written
        else:
            rest.append((code, data))
    return area, rest


def _field(options: list[tuple[int, bytes]], field: slice) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Fill the file or sname field with options and END."""
    area, rest = _fill(options, field.stop - field.start - 1)
    return area + bytes((END,)), rest


def _name(text: str, field: slice) -> bytes:
    """Return a name for the file or sname field, which must hold its NUL too (ROMs read on otherwise)."""
    data = text.encode("latin-1")
    if len(data) >= field.stop - field.start:
        raise ValueError(f"{text!r} is longer than the {field.stop - field.start - 1} bytes of its field")
    return data
