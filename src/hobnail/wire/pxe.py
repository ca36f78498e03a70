"""Who asks to boot, and the options that only network-boot clients understand.

Sources: RFC 4578 (93, 94, 97), the IANA list of processor architecture types, the PXE specification 2.1 (43, 60),
the UEFI specification, HTTP Boot (class HTTPClient), iPXE's `ipxe/dhcp.h` (77, 175); what was measured of each
client stands in docs/formats/dhcp-and-pxe.md.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from hobnail.errors import ProtocolError
from hobnail.wire.dhcp import Message
from hobnail.wire.dhcp_options import END, Option, Options, decode_area, encode_option, join_pieces

PXE_CLASS = b"PXEClient"
HTTP_CLASS = b"HTTPClient"


class PxeOption(IntEnum):
    """Sub-options of option 43 (PXE specification 2.1, table 2-1)."""

    DISCOVERY_CONTROL = 6
    BOOT_ITEM = 71


class IpxeOption(IntEnum):
    """Sub-options of option 175; those below 128 are features, each one byte that says which revision."""

    HTTP = 0x13
    DNS = 0x17
    MULTIBOOT = 0x19
    PXE = 0x21
    EFI = 0x24
    NO_PROXY_DHCP = 0xB0
    BUS_ID = 0xB1
    VERSION = 0xEB


SKIP_DISCOVERY = 8
"""Bit 3 of the discovery control: do not look for boot servers, take the file that the offer names."""

Firmware = Literal["BIOS", "UEFI"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """What option 93 says: the firmware, the processor ("" for BIOS, which has one), and whether it boots by HTTP."""

    firmware: Firmware
    processor: str
    http: bool = False


ARCHITECTURES = {
    0x00: Architecture("BIOS", ""),
    0x06: Architecture("UEFI", "x86"),
    0x07: Architecture("UEFI", "x86-64"),  # named "EFI byte code" in RFC 4578; x86-64 firmware sends it (OVMF does)
    0x09: Architecture("UEFI", "x86-64"),
    0x0A: Architecture("UEFI", "Arm32"),
    0x0B: Architecture("UEFI", "Arm64"),
    0x0F: Architecture("UEFI", "x86", http=True),
    0x10: Architecture("UEFI", "x86-64", http=True),
    0x12: Architecture("UEFI", "Arm32", http=True),
    0x13: Architecture("UEFI", "Arm64", http=True),
    0x19: Architecture("UEFI", "RISC-V 32"),
    0x1B: Architecture("UEFI", "RISC-V 64"),
    0x1D: Architecture("UEFI", "RISC-V 128"),
}


@dataclass(frozen=True, slots=True)
class Ipxe:
    """What iPXE tells of itself in option 175: its version, such as "1.0.0", and the features it was built with."""

    version: str | None
    features: frozenset[int]


@dataclass(frozen=True, slots=True)
class PxeClient:
    """A client that asks to boot over the network. `architecture` is None where its `number` is not known here."""

    number: int
    architecture: Architecture | None
    http: bool
    ipxe: Ipxe | None
    uuid: str | None

    @property
    def is_bios(self) -> bool:
        """Say whether BIOS firmware asks."""
        return self.architecture is not None and self.architecture.firmware == "BIOS"

    @property
    def name(self) -> str:
        """Return what a person calls it: "BIOS", "UEFI HTTP x86-64", "iPXE BIOS" …"""
        if self.architecture is None:
            words = [f"architecture {self.number}"]
        else:
            words = [self.architecture.firmware, "HTTP" if self.http else "", self.architecture.processor]
        return " ".join(word for word in ("iPXE" if self.ipxe else "", *words) if word)


@dataclass(frozen=True, slots=True)
class NotBooting:
    """A client that does not ask to boot over the network, and by what that is known."""

    reason: str


def identify(message: Message) -> PxeClient | NotBooting:
    """Tell from options 60, 93, 77, 175 and 97 who asks. Raises nothing: damaged options say nothing."""
    vendor_class = message.option(Option.VENDOR_CLASS) or b""
    if not vendor_class.startswith((PXE_CLASS, HTTP_CLASS)):
        return NotBooting("not network-booting: its class (option 60) is neither PXEClient nor HTTPClient")
    types = message.option(Option.ARCHITECTURE) or b""
    if len(types) < 2:
        return NotBooting("says PXEClient (option 60) but not its architecture (option 93)")
    number = int.from_bytes(types[:2], "big")
    return PxeClient(
        number=number,
        architecture=ARCHITECTURES.get(number),
        http=vendor_class.startswith(HTTP_CLASS),
        ipxe=_ipxe(message),
        uuid=machine_uuid(message),
    )


def machine_uuid(message: Message) -> str | None:
    """Return option 97 as PXELINUX writes it in the names it asks for: lower case, bytes in wire order.

    The SMBIOS form has the first three fields the other way round. All zeros and all ones mean that the machine
    has none (SMBIOS specification 7.2.1): None, so that two such machines are not taken for one.
    """
    data = message.option(Option.MACHINE_IDENTIFIER) or b""
    if len(data) != 17 or data[0] != 0 or data[1:] in (bytes(16), b"\xff" * 16):
        return None
    return str(uuid.UUID(bytes=data[1:]))


def _ipxe(message: Message) -> Ipxe | None:
    """Tell iPXE by its user class (77, without RFC 3004's length bytes) or by its own option 175."""
    own = message.option(Option.IPXE)
    if own is None and message.option(Option.USER_CLASS) not in (b"iPXE", b"\x04iPXE"):
        return None
    try:
        found = dict(decode_sub_options(own or b""))
    except ProtocolError:
        found = {}
    version = found.get(IpxeOption.VERSION)
    features = frozenset(code for code, data in found.items() if code < 128 and data not in (b"", b"\0"))
    return Ipxe(".".join(str(byte) for byte in version[:3]) if version else None, features)


def decode_sub_options(data: bytes) -> Options:
    """Read the sub-options inside option 43 or 175. Raises ProtocolError for one that runs past the end."""
    return join_pieces(decode_area(data, 0))


def encode_vendor_information(sub_options: Iterable[tuple[int, bytes]]) -> bytes:
    """Write the inside of option 43, END included (`06 01 08 ff`: boot the file as offered)."""
    return b"".join(encode_option(code, data) for code, data in sub_options) + bytes((END,))


BOOT_AS_OFFERED = encode_vendor_information([(PxeOption.DISCOVERY_CONTROL, bytes((SKIP_DISCOVERY,)))])

NO_PROXY_DHCP = encode_option(IpxeOption.NO_PROXY_DHCP, b"\x01")
"""Option 175 that tells iPXE not to wait for a proxy (it waits 3 s otherwise)."""
