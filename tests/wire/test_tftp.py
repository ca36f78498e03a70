"""TFTP packets, byte by byte, as real firmware sends them and as hostile peers might."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import ProtocolError
from hobnail.wire.tftp import (
    Ack,
    Data,
    Error,
    OptionAck,
    Options,
    Packet,
    ReadRequest,
    WriteRequest,
    decode,
    encode,
)

PACKETS: list[tuple[str, bytes, Packet]] = [
    (
        "PXE ROM",
        b"\0\1pxelinux.0\0octet\0blksize\x001432\0tsize\x000\0",
        ReadRequest("pxelinux.0", "octet", Options(block_size=1432, transfer_size=0)),
    ),
    (
        "OVMF",
        b"\0\1D/b.b00\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0",
        ReadRequest("D/b.b00", "octet", Options(block_size=1468, transfer_size=0, window_size=4)),
    ),
    ("no options", b"\0\1a\0octet\0", ReadRequest("a")),
    ("upper case", b"\0\1a\0OCTET\0BLKSIZE\x00600\0TSize\x000\0", ReadRequest("a", "octet", Options(600, None, 0))),
    ("unknown option", b"\0\1a\0octet\0multicast\0\0tsize\x000\0", ReadRequest("a", "octet", Options(None, None, 0))),
    ("no NUL after the mode", b"\0\1a\0octet", ReadRequest("a")),
    ("no NUL after a value", b"\0\1a\0octet\0blksize\x00600", ReadRequest("a", "octet", Options(600))),
    ("option without value", b"\0\1a\0octet\0blksize\0", ReadRequest("a")),
    ("given twice", b"\0\1a\0octet\0blksize\x00600\0blksize\x00700\0", ReadRequest("a", "octet", Options(600))),
    ("not a number", b"\0\1a\0octet\0blksize\x00-9\0timeout\0+3\0tsize\0 1\0", ReadRequest("a")),
    ("digits of another script", b"\0\1a\0octet\0blksize\0\xd9\xa9\xd9\xa9\0", ReadRequest("a")),
    ("endless number", b"\0\1a\0octet\0blksize\0" + b"9" * 900 + b"\0", ReadRequest("a")),
    ("too small", b"\0\1a\0octet\0blksize\x007\0timeout\x000\0windowsize\x000\0", ReadRequest("a")),
    (
        "too large",
        b"\0\1a\0octet\0blksize\x0065535\0timeout\x00256\0windowsize\x0070000\0",
        ReadRequest("a", "octet", Options(block_size=65464, window_size=65535)),
    ),
    ("not UTF-8", b"\0\1caf\xe9\0octet\0", ReadRequest("caf\\xe9")),
    ("UTF-8", b"\0\1caf\xc3\xa9\0octet\0", ReadRequest("café")),
    ("empty name", b"\0\1\0octet\0", ReadRequest("")),
    ("slashes stay", b"\0\1/esxi4//mboot.c32\0octet\0", ReadRequest("/esxi4//mboot.c32")),
    ("write", b"\0\2a\0netascii\0", WriteRequest("a", "netascii")),
    ("data", b"\0\3\xff\xffabc", Data(65535, b"abc")),
    ("empty data", b"\0\3\0\1", Data(1, b"")),
    ("ack", b"\0\4\1\2", Ack(0x102)),
    ("padded ack", b"\0\4\1\2\0\0", Ack(0x102)),
    ("error", b"\0\5\0\x08gone\0", Error(8, "gone")),
    ("error without NUL", b"\0\5\0\0TFTP Aborted", Error(0, "TFTP Aborted")),
    ("error without text", b"\0\5\0\x04", Error(4, "")),
    ("answer", b"\0\6tsize\x0012\0windowsize\x004\0", OptionAck(Options(transfer_size=12, window_size=4))),
]


@pytest.mark.parametrize(("raw", "packet"), [row[1:] for row in PACKETS], ids=[row[0] for row in PACKETS])
def test_decode(raw: bytes, packet: Packet) -> None:
    assert decode(raw) == packet


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "at least 4 bytes"),
        (b"\0\4\0", "at least 4 bytes"),
        (b"\0\7\0\0", "opcode 7"),
        (b"\0\0\0\0", "opcode 0"),
        (b"\1\0\0\0", "opcode 256"),
        (b"\0\1pxelinux.0\0", "without a mode"),
        (b"\0\1pxelinux.0", "without a mode"),
        (b"\0\1" + b"a" * 2100, "at most 2048"),
        (b"\0\3\0\1" + bytes(65465), "at most 65464"),
    ],
)
def test_refused(raw: bytes, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        decode(raw)


def test_the_answer_as_bytes() -> None:
    granted = Options(block_size=1468, timeout=3, transfer_size=125_000_000, window_size=4)
    assert encode(OptionAck(granted)) == b"\0\6blksize\x001468\0timeout\x003\0tsize\x00125000000\0windowsize\x004\0"


names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
options = st.builds(
    Options,
    st.none() | st.integers(8, 65464),
    st.none() | st.integers(1, 255),
    st.none() | st.integers(0, 1 << 60),
    st.none() | st.integers(1, 65535),
)
numbers = st.integers(0, 65535)
packets = st.one_of(
    st.builds(ReadRequest, names, st.just("octet"), options),
    st.builds(WriteRequest, names, st.just("netascii"), options),
    st.builds(Data, numbers, st.binary(max_size=2000)),
    st.builds(Ack, numbers),
    st.builds(Error, numbers, names),
    st.builds(OptionAck, options.filter(lambda asked: asked != Options())),
)


@given(packets)
def test_round_trip(packet: Packet) -> None:
    assert decode(encode(packet)) == packet


@given(
    st.binary(max_size=3000) | st.builds(lambda kind, rest: bytes([0, kind]) + rest, st.integers(0, 8), st.binary())
)
def test_any_bytes_give_a_packet_or_a_protocol_error(raw: bytes) -> None:
    try:
        packet = decode(raw)
    except ProtocolError:
        return
    assert isinstance(packet, Packet)
