"""What a loader is, told by its content and not by its name.

Sources: formats/program.py (UEFI programs, COM32 modules); PXELINUX holds its release as text; VMware's mboot names
boot.cfg in itself (esx-boot, config.c), syslinux's does not.
"""

import re
from dataclasses import dataclass
from typing import Literal

from hobnail.formats.el_torito import Firmware, boot_firmware
from hobnail.formats.program import Program, program_of
from hobnail.formats.reader import BytesReader

_ISO_AT = 32769
"""First volume descriptor after its type byte (ECMA-119 8.1.2)."""

_RELEASE = re.compile(rb"PXELINUX (\d+)\.(\d+)")

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
    match program_of(BytesReader(name, head)):
        case Program.UEFI_X86_64 | Program.UEFI_ARM64 | Program.UEFI_I386 as program:
            return EfiProgram(program.architecture or "", ipxe=b"iPXE" in head, grub=b"GRUB" in head)
        case Program.COM32R:
            return Com32Module("COM32R", vmware=b"boot.cfg" in head)
        case Program.ELF if base.endswith((".c32", ".e32")):
            return Com32Module("ELF", vmware=b"boot.cfg" in head)
    release = _RELEASE.search(head)
    if release:
        return PxeLinux((int(release[1]), int(release[2])))
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
