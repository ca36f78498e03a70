"""The DHCP codec: recorded messages, packing rules, round trips, and hostile bytes."""

import contextlib
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import ProtocolError
from hobnail.wire.dhcp import (
    FILE,
    FIXED,
    SMALLEST,
    SNAME,
    HardwareAddress,
    Message,
    MessageType,
    decode,
    encode,
)
from hobnail.wire.dhcp_options import Option
from tests.wire.clients import IPXE_BIOS, IPXE_UEFI, OVMF_HTTP, OVMF_PXE

CARD = HardwareAddress(bytes.fromhex("5254004c0001"))
REPLY = Message(reply=True, type=MessageType.OFFER, xid=7, hardware=CARD)


def with_options(*options: tuple[int, bytes], file: str = "", sname: str = "") -> Message:
    return Message(reply=True, type=MessageType.ACK, xid=7, hardware=CARD, file=file, sname=sname, options=options)


@pytest.mark.parametrize(
    ("recorded", "codes", "broadcast", "mac"),
    [
        (IPXE_BIOS, [57, 93, 94, 60, 77, 55, 175, 61, 97], False, "52:54:00:4c:00:01"),
        (IPXE_UEFI, [57, 93, 94, 60, 77, 55, 175, 61, 97], False, "52:54:00:4c:00:02"),
        (OVMF_PXE, [57, 55, 97, 94, 93, 60], True, "52:54:00:4c:00:03"),
        (OVMF_HTTP, [57, 55, 97, 94, 93, 60], True, "52:54:00:4c:00:03"),
    ],
    ids=["iPXE BIOS", "iPXE UEFI", "OVMF PXE", "OVMF HTTP"],
)
def test_recorded_discovers_are_read(recorded: bytes, codes: list[int], broadcast: bool, mac: str) -> None:
    message = decode(recorded)
    assert (message.type, message.reply, message.broadcast) == (MessageType.DISCOVER, False, broadcast)
    assert [code for code, _ in message.options] == codes
    assert str(message.hardware) == mac
    assert message.longest_reply == 1472 - 28


@pytest.mark.parametrize("recorded", [IPXE_BIOS, IPXE_UEFI, OVMF_PXE, OVMF_HTTP])
def test_recorded_discovers_are_written_again_as_they_were(recorded: bytes) -> None:
    assert encode(decode(recorded)) == recorded


def test_a_reply_is_padded_to_the_smallest_bootp_message() -> None:
    data = encode(REPLY)
    assert len(data) == SMALLEST
    assert data[240:244] == bytes((53, 1, 2, 255))


def test_the_file_name_ends_with_nul_even_at_its_longest() -> None:
    assert encode(with_options(file="a" * 127))[FILE] == b"a" * 127 + b"\0"
    with pytest.raises(ValueError, match="127 bytes"):
        encode(with_options(file="a" * 128))


def test_a_long_option_is_written_in_pieces_and_joined_again() -> None:
    long = bytes(range(256)) + b"end"
    data = encode(with_options((43, long)), limit=1400)
    assert data[243:245] == bytes((43, 255))
    assert data[245 + 255 : 245 + 257] == bytes((43, 4))
    assert decode(data).option(43) == long


def test_options_without_room_go_into_the_file_and_sname_fields() -> None:
    message = with_options((15, b"d" * 200), (12, b"h" * 120), (43, b"v" * 90), (56, b"t" * 60))
    data = encode(message)
    assert len(data) <= 548
    assert data[FILE][0] == 12
    assert data[SNAME][0] == 56
    assert dict(decode(data).options) == {15: b"d" * 200, 12: b"h" * 120, 43: b"v" * 90, 56: b"t" * 60}


def test_a_used_file_field_is_not_overloaded() -> None:
    data = encode(with_options((15, b"d" * 200), (12, b"h" * 120), (56, b"t" * 50), file="pxelinux.0"))
    message = decode(data)
    assert message.file == "pxelinux.0"
    assert [code for code, _ in message.options] == [15, 56]


def test_the_relay_option_comes_last_and_is_never_overloaded() -> None:
    relay = b"\x01\x04port"
    data = encode(with_options((82, relay), (15, b"d" * 200), (12, b"h" * 120)))
    area = data[FIXED.size :].rstrip(b"\0")
    assert area.endswith(bytes((82, 6)) + relay + b"\xff")
    assert decode(data).option(82) == relay


def test_a_relay_option_without_room_is_left_out_whole() -> None:
    message = with_options((54, b"\x0a\x4d\0\x01"), (82, b"r" * 255))
    assert decode(encode(message)).option(82) is None
    assert decode(encode(message, limit=1400)).option(82) == b"r" * 255


@pytest.mark.parametrize(
    ("allowed", "longest"), [(None, 548), (b"\0\x40", 548), (b"\x04\0", 1024 - 28), (b"\xff\0", 1472)]
)
def test_the_longest_reply_follows_option_57_within_bounds(allowed: bytes | None, longest: int) -> None:
    options = () if allowed is None else ((Option.MAX_MESSAGE_SIZE, allowed),)
    assert with_options(*options).longest_reply == longest


def damaged(at: int, value: bytes) -> bytes:
    data = bytearray(OVMF_PXE)
    data[at : at + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "ends after 0 bytes"),
        (OVMF_PXE[:239], "ends after 239 bytes"),
        (damaged(0, b"\x03"), "operation 3"),
        (damaged(2, b"\x11"), "hardware address of 17 bytes"),
        (damaged(236, b"\0"), "no DHCP cookie"),
        (OVMF_PXE[:240], "no message type"),
        (OVMF_PXE[:240] + b"\x35\x01\x63\xff", "message type 99"),
        (OVMF_PXE[:240] + b"\x35\x02\x01\x01\xff", "option 53 holds 2 bytes"),
        (OVMF_PXE[:243] + b"\x32\x04\x0a", r"\(byte 243\): option 50 runs past the end"),
        (OVMF_PXE[:243] + b"\x36\x02\x0a\x4d", "option 54 holds 2 bytes, not 4"),
    ],
)
def test_damaged_messages(data: bytes, what: str) -> None:
    with pytest.raises(ProtocolError, match=what):
        decode(data)


def test_a_missing_end_is_forgiven() -> None:
    assert decode(OVMF_PXE[:243]).type is MessageType.DISCOVER


@given(st.binary(max_size=600))
def test_any_bytes_raise_only_protocol_errors(tail: bytes) -> None:
    for data in (tail, OVMF_PXE[:240] + tail, OVMF_PXE[:243] + tail, IPXE_BIOS[: len(tail) * 2 // 3]):
        with contextlib.suppress(ProtocolError):
            decode(data)


NAMES = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=63)
ADDRESSES = st.integers(0, 2**32 - 1).map(IPv4Address)
OPTIONS = st.dictionaries(
    st.integers(1, 254).filter(lambda code: code not in (1, 50, 51, 52, 53, 54, 57, 82)),
    st.binary(max_size=80),
    max_size=3,
).map(lambda options: tuple(options.items()))
MESSAGES = st.builds(
    Message,
    reply=st.booleans(),
    type=st.sampled_from(MessageType),
    xid=st.integers(0, 2**32 - 1),
    hardware=st.builds(HardwareAddress, st.binary(min_size=1, max_size=16), st.integers(1, 255)),
    hops=st.integers(0, 16),
    seconds=st.integers(0, 65535),
    broadcast=st.booleans(),
    ciaddr=ADDRESSES,
    yiaddr=ADDRESSES,
    siaddr=ADDRESSES,
    giaddr=ADDRESSES,
    sname=NAMES,
    file=NAMES,
    options=OPTIONS,
)


@given(MESSAGES)
def test_messages_survive_the_wire(message: Message) -> None:
    data = encode(message)
    assert SMALLEST <= len(data) <= 548
    assert decode(data) == message


@given(st.lists(st.tuples(st.integers(128, 254), st.binary(max_size=300)), max_size=8), st.integers(548, 1472))
def test_no_reply_is_longer_than_allowed(options: list[tuple[int, bytes]], limit: int) -> None:
    written = dict(options)
    data = encode(with_options(*written.items()), limit)
    assert len(data) <= limit
    for code, value in decode(data).options:
        assert written[code] == value


@pytest.mark.parametrize("text", ["52:54:00:4c:00:01", "32-80:00:02:08:fe:80"])
def test_hardware_addresses_as_text(text: str) -> None:
    assert str(HardwareAddress.parse(text)) == text


def test_hardware_addresses_are_read_in_either_case() -> None:
    assert HardwareAddress.parse("52:54:00:4C:00:01") == CARD


@pytest.mark.parametrize("text", ["", "5254004c0001", "52-54-00-4c-00-01", "52:54:00:4c:00:0g", "999-52:54"])
def test_other_text_is_no_hardware_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a MAC address"):
        HardwareAddress.parse(text)
