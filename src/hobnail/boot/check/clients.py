"""The clients that a dry boot can play, as data: what each says in DHCP, and how it fetches its first file.

Sources: boot-traces, sections 2 (options and their order, as sent) and 4 (TFTP options); RFC 4578 (93, 94, 97).
"""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from hobnail.wire.dhcp import HardwareAddress, Message, MessageType
from hobnail.wire.dhcp_options import Option
from hobnail.wire.tftp import Options


class Client(StrEnum):
    """Names as `--arch` takes them."""

    BIOS = "bios"
    UEFI = "uefi"
    UEFI_HTTP = "uefi-http"
    IPXE_BIOS = "ipxe-bios"
    IPXE_UEFI = "ipxe-uefi"
    ARM64 = "arm64"


_IPXE_LIST = bytes((1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, *range(128, 136), 175, 203))
_OVMF_LIST = bytes(
    (
        *range(1, 7),
        12,
        13,
        15,
        17,
        18,
        22,
        23,
        28,
        *range(40, 44),
        50,
        51,
        54,
        58,
        59,
        60,
        66,
        67,
        97,
        *range(128, 136),
    )
)
_OVMF_HTTP_LIST = bytes(
    (*range(1, 7), 12, 13, 15, 17, 18, 22, 23, 28, *range(40, 44), 50, 51, 54, 58, 59, 60, 235, 67, 97)
)
_IPXE_FEATURES = bytes.fromhex("130101170101eb03010000")
"""Option 175: HTTP, DNS, version 1.0.0."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What sets a client apart. `architecture` is option 93, `interface` option 94, `parameters` option 55."""

    words: str
    architecture: int
    vendor_class: str
    interface: tuple[int, int]
    parameters: bytes
    first_file: str  # the usual name, where no DHCP says it
    first_size: Options | None  # the request that only learns the size; None: none is sent
    first_read: Options
    bios: bool = False
    http: bool = False
    ipxe: bool = False
    processor: str = "x86_64"


_ROM = Options(block_size=1432, transfer_size=0)
_OVMF_SIZE = Options(transfer_size=0, block_size=1468, window_size=4)
_OVMF_READ = Options(block_size=1468, window_size=4)
_PXE, _HTTP = "PXEClient:Arch:{:05d}:UNDI:{}", "HTTPClient:Arch:{:05d}:UNDI:{}"

TRAITS = {
    Client.BIOS: Traits(
        "BIOS PXE", 0, _PXE.format(0, "002001"), (2, 1), _IPXE_LIST, "pxelinux.0", None, _ROM, bios=True
    ),
    Client.UEFI: Traits(
        "UEFI PXE x86-64", 7, _PXE.format(7, "003000"), (3, 0), _OVMF_LIST, "mboot.efi", _OVMF_SIZE, _OVMF_READ
    ),
    Client.UEFI_HTTP: Traits(
        "UEFI HTTP boot x86-64",
        16,
        _HTTP.format(16, "003000"),
        (3, 0),
        _OVMF_HTTP_LIST,
        "mboot.efi",
        _OVMF_SIZE,
        _OVMF_READ,
        http=True,
    ),
    Client.IPXE_BIOS: Traits(
        "iPXE BIOS", 0, _PXE.format(0, "002001"), (2, 1), _IPXE_LIST, "boot.ipxe", None, _ROM, bios=True, ipxe=True
    ),
    Client.IPXE_UEFI: Traits(
        "iPXE UEFI x86-64", 7, _PXE.format(7, "003010"), (3, 10), _IPXE_LIST, "boot.ipxe", None, _ROM, ipxe=True
    ),
    Client.ARM64: Traits(
        "UEFI PXE Arm64",
        11,
        _PXE.format(11, "003000"),
        (3, 0),
        _OVMF_LIST,
        "mboot.efi",
        _OVMF_SIZE,
        _OVMF_READ,
        processor="arm64",
    ),
}
IPXE_OF = {
    Client.BIOS: Client.IPXE_BIOS,
    Client.UEFI: Client.IPXE_UEFI,
    Client.IPXE_BIOS: Client.IPXE_BIOS,
    Client.IPXE_UEFI: Client.IPXE_UEFI,
    Client.UEFI_HTTP: Client.IPXE_UEFI,
}
"""What a client becomes once it has loaded iPXE."""


def machine_uuid(mac: str) -> str:
    """Return a made-up UUID in wire order that belongs to a MAC; its byte 6 is one that PXELINUX 6.04 asks with."""
    return f"00000000-0000-4000-8000-{mac.replace(':', '')}"


def discover(client: Client, mac: str, xid: int) -> Message:
    """Return the client's DISCOVER, options in its own order.

    The broadcast flag is always set (iPXE's is not): the machine that plays has not the address that is offered.
    """
    traits = TRAITS[client]
    identifier = b"\0" + uuid.UUID(machine_uuid(mac)).bytes
    pairs = {
        Option.MAX_MESSAGE_SIZE: (1472).to_bytes(2, "big"),
        Option.ARCHITECTURE: traits.architecture.to_bytes(2, "big"),
        Option.NETWORK_INTERFACE: bytes((1, *traits.interface)),
        Option.VENDOR_CLASS: traits.vendor_class.encode(),
        Option.PARAMETER_LIST: traits.parameters,
        Option.MACHINE_IDENTIFIER: identifier,
    }
    order = [57, 55, 97, 94, 93, 60]
    if traits.parameters is _IPXE_LIST:
        order = [57, 93, 94, 60, 77, 55, 175, 61, 97]
        pairs[Option.CLIENT_IDENTIFIER] = b"\x01" + bytes.fromhex(mac.replace(":", ""))
        if traits.ipxe:
            pairs |= {Option.USER_CLASS: b"iPXE", Option.IPXE: _IPXE_FEATURES}
    return Message(
        reply=False,
        type=MessageType.DISCOVER,
        xid=xid,
        hardware=HardwareAddress.parse(mac),
        broadcast=True,
        options=tuple((int(code), pairs[Option(code)]) for code in order if code in pairs),
    )
