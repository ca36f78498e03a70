"""The options of a DHCP message: codes, the area they are written in, and their lengths.

Sources: RFC 2132 (options), RFC 3396 (an option longer than 255 bytes is written in pieces, and the file and sname
fields continue the options field), RFC 3046 (82), RFC 4578 (93, 94, 97), iPXE's `ipxe/dhcp.h` (175).
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from ipaddress import IPv4Address

from hobnail.errors import ProtocolError

WHERE = "DHCP message"
PAD = 0
END = 255
LONGEST_PIECE = 255
"""Bytes of data that one tag and length byte can carry."""

Options = tuple[tuple[int, bytes], ...]
"""(code, data) in the order of the message; each code once, its pieces joined."""


class Option(IntEnum):
    """The option codes that hobnail reads or writes."""

    SUBNET_MASK = 1
    ROUTERS = 3
    NAME_SERVERS = 6
    HOST_NAME = 12
    DOMAIN_NAME = 15
    BROADCAST_ADDRESS = 28
    VENDOR_INFORMATION = 43
    REQUESTED_ADDRESS = 50
    LEASE_SECONDS = 51
    OVERLOAD = 52
    MESSAGE_TYPE = 53
    SERVER_IDENTIFIER = 54
    PARAMETER_LIST = 55
    TEXT = 56
    MAX_MESSAGE_SIZE = 57
    VENDOR_CLASS = 60
    CLIENT_IDENTIFIER = 61
    TFTP_SERVER_NAME = 66
    BOOT_FILE_NAME = 67
    USER_CLASS = 77
    RELAY_AGENT = 82
    ARCHITECTURE = 93
    NETWORK_INTERFACE = 94
    MACHINE_IDENTIFIER = 97
    IPXE = 175


FIXED_LENGTHS: dict[int, int] = {
    Option.SUBNET_MASK: 4,
    Option.REQUESTED_ADDRESS: 4,
    Option.LEASE_SECONDS: 4,
    Option.MESSAGE_TYPE: 1,
    Option.SERVER_IDENTIFIER: 4,
    Option.MAX_MESSAGE_SIZE: 2,
}
"""Options whose value decides what is answered; another length is refused rather than guessed at (RFC 2132)."""


def addresses(*values: IPv4Address) -> bytes:
    """Pack addresses as options 1, 3, 6, 50 and 54 hold them."""
    return b"".join(value.packed for value in values)


def decode_area(area: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the pieces of one options area up to its END, which may be missing; `start` is its place in the message.

    Raises ProtocolError for an option that runs past the area.
    """
    at = 0
    while at < len(area) and area[at] != END:
        if area[at] == PAD:
            at += 1
            continue
        data = area[at + 2 : at + 2 + area[at + 1]] if at + 1 < len(area) else b""
        if at + 1 >= len(area) or len(data) < area[at + 1]:
            raise ProtocolError(f"option {area[at]} runs past the end", where=WHERE, offset=start + at)
        yield area[at], data
        at += 2 + len(data)


def join_pieces(pieces: Iterable[tuple[int, bytes]]) -> Options:
    """Join the pieces of each option in the order they came (RFC 3396, section 5)."""
    joined: dict[int, bytes] = {}
    for code, data in pieces:
        joined[code] = joined.get(code, b"") + data
    return tuple(joined.items())


def check_lengths(options: Options) -> None:
    """Raise ProtocolError where an option of fixed length has another."""
    for code, data in options:
        expected = FIXED_LENGTHS.get(code, len(data))
        if len(data) != expected:
            raise ProtocolError(f"option {code} holds {len(data)} bytes, not {expected}", where=WHERE)


def encode_option(code: int, data: bytes) -> bytes:
    """Return tag, length and data; data longer than 255 bytes becomes several pieces (RFC 3396)."""
    pieces = [data[at : at + LONGEST_PIECE] for at in range(0, len(data), LONGEST_PIECE)] or [b""]
    return b"".join(bytes((code, len(piece))) + piece for piece in pieces)
