"""Who asks to boot is told from recorded messages, and from odd ones."""

import contextlib
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import ProtocolError
from hobnail.wire.dhcp import Message, decode
from hobnail.wire.dhcp_options import Option
from hobnail.wire.pxe import (
    BOOT_AS_OFFERED,
    NO_PROXY_DHCP,
    IpxeOption,
    NotBooting,
    PxeClient,
    decode_sub_options,
    encode_vendor_information,
    identify,
    machine_uuid,
)
from tests.wire.clients import IPXE_BIOS, IPXE_UEFI, OVMF_HTTP, OVMF_PXE


def changed(recorded: bytes, **options: bytes | None) -> Message:
    """Replace options of a recorded message; None removes one."""
    message = decode(recorded)
    values = dict(message.options)
    for name, data in options.items():
        code = Option[name.upper()]
        values.pop(code, None)
        if data is not None:
            values[code] = data
    return dataclasses.replace(message, options=tuple(values.items()))


def client(message: Message) -> PxeClient:
    found = identify(message)
    assert isinstance(found, PxeClient)
    return found


@pytest.mark.parametrize(
    ("recorded", "name", "number"),
    [
        (IPXE_BIOS, "iPXE BIOS", 0),
        (IPXE_UEFI, "iPXE UEFI x86-64", 7),
        (OVMF_PXE, "UEFI x86-64", 7),
        (OVMF_HTTP, "UEFI HTTP x86-64", 16),
    ],
)
def test_recorded_clients_are_told_apart(recorded: bytes, name: str, number: int) -> None:
    found = client(decode(recorded))
    assert (found.name, found.number) == (name, number)


@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        (0x00, "BIOS"),
        (0x06, "UEFI x86"),
        (0x09, "UEFI x86-64"),
        (0x0A, "UEFI Arm32"),
        (0x0B, "UEFI Arm64"),
        (0x1B, "UEFI RISC-V 64"),
        (0x21, "architecture 33"),
    ],
)
def test_architectures_have_names_for_people(architecture: int, name: str) -> None:
    message = changed(OVMF_PXE, architecture=architecture.to_bytes(2, "big"))
    assert client(message).name == name


def test_ipxe_says_its_version_and_features() -> None:
    found = client(decode(IPXE_BIOS)).ipxe
    assert found is not None
    assert found.version == "1.0.0"
    assert {IpxeOption.HTTP, IpxeOption.MULTIBOOT, IpxeOption.PXE} <= found.features
    assert IpxeOption.EFI not in found.features
    uefi = client(decode(IPXE_UEFI)).ipxe
    assert uefi is not None
    assert IpxeOption.EFI in uefi.features


@pytest.mark.parametrize("user_class", [b"iPXE", b"\x04iPXE"])
def test_ipxe_is_known_by_its_user_class_alone(user_class: bytes) -> None:
    assert client(changed(IPXE_BIOS, ipxe=None, user_class=user_class)).ipxe is not None


def test_another_user_class_is_not_ipxe() -> None:
    assert client(changed(IPXE_BIOS, ipxe=None, user_class=b"linux")).ipxe is None


def test_damaged_ipxe_features_say_nothing() -> None:
    found = client(changed(IPXE_BIOS, ipxe=b"\x13\x05\x01")).ipxe
    assert found is not None
    assert found.features == frozenset()


@pytest.mark.parametrize(
    ("vendor_class", "reason"), [(None, "neither PXEClient"), (b"dhcpcd-9.4.1:Linux", "neither PXEClient")]
)
def test_an_operating_system_is_not_network_booting(vendor_class: bytes | None, reason: str) -> None:
    found = identify(changed(OVMF_PXE, vendor_class=vendor_class))
    assert isinstance(found, NotBooting)
    assert reason in found.reason


@pytest.mark.parametrize("architecture", [None, b"", b"\0"])
def test_a_client_without_architecture_is_not_answered(architecture: bytes | None) -> None:
    found = identify(changed(OVMF_PXE, architecture=architecture))
    assert isinstance(found, NotBooting)
    assert "option 93" in found.reason


def test_the_uuid_is_in_wire_order_as_pxelinux_asks_for_it() -> None:
    # The machine's SMBIOS UUID is 0220fa45-c9d1-502a-9c3e-4a0000000001.
    assert machine_uuid(decode(IPXE_BIOS)) == "45fa2002-d1c9-2a50-9c3e-4a0000000001"


@pytest.mark.parametrize(
    "data", [None, b"", b"\0" * 17, b"\0" + b"\xff" * 16, b"\x01" + b"u" * 16, b"\0" + b"u" * 15]
)
def test_no_uuid(data: bytes | None) -> None:
    assert machine_uuid(changed(IPXE_BIOS, machine_identifier=data)) is None


def test_fixed_answers() -> None:
    assert bytes((6, 1, 8, 255)) == BOOT_AS_OFFERED
    assert bytes((176, 1, 1)) == NO_PROXY_DHCP
    assert decode_sub_options(bytes.fromhex("470480000000ff")) == ((71, b"\x80\0\0\0"),)


@given(st.dictionaries(st.integers(1, 254), st.binary(max_size=20), max_size=5))
def test_vendor_information_survives(options: dict[int, bytes]) -> None:
    assert dict(decode_sub_options(encode_vendor_information(options.items()))) == options


@given(st.binary(max_size=60))
def test_any_sub_options_raise_only_protocol_errors(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode_sub_options(data)


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=20))
def test_identification_raises_nothing(own: bytes, types: bytes, user: bytes, machine: bytes) -> None:
    message = changed(IPXE_BIOS, ipxe=own, architecture=types, user_class=user, machine_identifier=machine)
    found = identify(message)
    assert isinstance(found, NotBooting) == (len(types) < 2)
