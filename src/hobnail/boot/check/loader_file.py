"""What a loader is, told by its content and not by its name.

Source: boot/loaders.py, and for what that does not tell: VMware's mboot names boot.cfg in itself (esx-boot,
config.c), syslinux's does not.
"""

from dataclasses import dataclass
from typing import Literal

from hobnail.boot import loaders
from hobnail.boot.loaders import Abi, Kind, Known
from hobnail.formats.el_torito import Firmware, boot_firmware
from hobnail.formats.reader import BytesReader

_ISO_AT = 32769
"""First volume descriptor after its type byte (ECMA-119 8.1.2)."""

Com32 = Literal["COM32R", "ELF"]


@dataclass(frozen=True, slots=True)
class PxeLinux:
    """pxelinux.0 or lpxelinux.0 with its release; None when it does not say it."""

    release: tuple[int, int] | None

    @property
    def text(self) -> str:
        """Return what a person calls it."""
        return f"PXELINUX {self.release[0]}.{self.release[1]:02d}" if self.release else "PXELINUX of unknown release"


@dataclass(frozen=True, slots=True)
class Com32Module:
    """A .c32 file, and whose mboot it is when it is one."""

    format: Com32
    vmware: bool


@dataclass(frozen=True, slots=True)
class EfiProgram:
    """A UEFI program for an architecture: x86_64, arm64, i386."""

    architecture: str
    ipxe: bool
    grub: bool


@dataclass(frozen=True, slots=True)
class IpxeProgram:
    """iPXE for BIOS: undionly.kpxe and its like."""


@dataclass(frozen=True, slots=True)
class IpxeScript:
    """Text that begins with #!ipxe."""


@dataclass(frozen=True, slots=True)
class IsoImage:
    """A whole ISO 9660 image; whether UEFI can boot it."""

    uefi: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something else, and what it looks like."""

    looks: str


LoaderFile = PxeLinux | Com32Module | EfiProgram | IpxeProgram | IpxeScript | IsoImage | Unknown


def recognise(head: bytes, name: str) -> LoaderFile:
    """Tell what a file is. `name` decides only between BIOS programs that say nothing about themselves."""
    base = name.rpartition("/")[2].lower()
    if head.startswith(b"#!ipxe"):
        return IpxeScript()
    if head[_ISO_AT : _ISO_AT + 5] == b"CD001":
        return IsoImage(uefi=Firmware.UEFI in boot_firmware(BytesReader(name, head)))
    known = loaders.recognise(base, head)
    match known:
        case Known(kind=Kind.EFI):
            return EfiProgram(known.architecture or "", ipxe=b"iPXE" in head, grub=b"GRUB" in head)
        case Known(kind=Kind.MODULE):
            return Com32Module("ELF" if known.abi is Abi.ELF else "COM32R", vmware=b"boot.cfg" in head)
        case Known(kind=Kind.PXELINUX, release=release) if release is not None:
            major, _, minor = release.partition(".")
            return PxeLinux((int(major), int(minor)))
    if b"iPXE" in head or base.endswith((".kpxe", ".kkpxe")):
        return IpxeProgram()
    if b"PXELINUX" in head:
        return PxeLinux(None)
    return Unknown(_looks(head))


def _looks(head: bytes) -> str:
    if not head:
        return "an empty file"
    if head[:256].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if head.startswith(b"\x1f\x8b"):
        return "a gzip file"
    if head.startswith(b"\x7fELF"):
        return "an ELF file"
    if all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head[:256]):
        return "a text file"
    return "a program that is not known here"
