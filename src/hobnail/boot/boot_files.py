"""BootFiles: which file each kind of firmware is told to load first, or why it is told of none."""

from dataclasses import dataclass

from hobnail.errors import UserError
from hobnail.wire.pxe import PxeClient

LONGEST_NAME = 127
"""Bytes of a name that the BOOTP file field holds before its NUL (RFC 951)."""


@dataclass(frozen=True, slots=True)
class BootFile:
    """A name for TFTP, relative to the server's root; for UEFI HTTP boot a URL. Raises UserError."""

    name: str

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > LONGEST_NAME or any(not "!" <= char <= "~" for char in self.name):
            raise UserError(
                f"{self.name!r} cannot be a boot file's name",
                next_step=f"use 1 to {LONGEST_NAME} printable ASCII characters without blanks",
            )


@dataclass(frozen=True, slots=True)
class Refused:
    """No boot file; the reason is for people and says what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class BootFiles:
    """The first file for each firmware; UEFI means x86-64, the one processor that ESX(i) of UEFI's time runs on."""

    bios: BootFile | Refused
    uefi: BootFile | Refused
    uefi_http: BootFile | Refused

    def for_client(self, client: PxeClient) -> BootFile | Refused:
        """Choose by architecture (option 93) and by HTTP or TFTP (option 60)."""
        architecture = client.architecture
        if architecture is None or architecture.processor not in ("", "x86-64"):
            return Refused(f"{client.name} cannot run ESX(i), which needs BIOS or UEFI on x86-64")
        if architecture.firmware == "BIOS":
            return self.bios
        return self.uefi_http if client.http else self.uefi


def bios_only(name: str, image: str) -> BootFiles:
    """Return the files of an image that has no UEFI loader: ESX 3i 3.5, ESXi 4.0 and 4.1."""
    refused = Refused(f"{image} boots by BIOS firmware only; set the machine to legacy (BIOS) boot")
    return BootFiles(bios=BootFile(name), uefi=refused, uefi_http=refused)


def nothing(reason: str) -> BootFiles:
    """Return the files of a host that gets none."""
    refused = Refused(reason)
    return BootFiles(bios=refused, uefi=refused, uefi_http=refused)


NO_IMAGE = nothing("there is no image to boot; import one: hobnail image import FILE")
