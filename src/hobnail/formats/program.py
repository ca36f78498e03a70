"""Which firmware a loader is a program for, told by its first bytes: UEFI (PE/COFF) or SYSLINUX (COM32).

Sources: Microsoft PE/COFF specification, 3 (MS-DOS stub, signature, machine types); syslinux, doc/comboot.txt (the
COM32R magic of SYSLINUX 4 and before; ELF from 5 on).
"""

import struct
from enum import StrEnum

from hobnail.formats.reader import Reader

COM32R = bytes.fromhex("b8fe4ccd21")
"""mov eax, 0x21cd4cfe"""


class Program(StrEnum):
    """What may be found; the values are words for people."""

    UEFI_X86_64 = "UEFI program for x86_64"
    UEFI_ARM64 = "UEFI program for arm64"
    UEFI_I386 = "UEFI program for i386"
    COM32R = "COM32 program of SYSLINUX 3 and 4"
    ELF = "ELF program (COM32 of SYSLINUX 5 and later)"
    UNKNOWN = "no program that is known"

    @property
    def architecture(self) -> str | None:
        """The architecture that a UEFI program tells, None otherwise."""
        return {Program.UEFI_X86_64: "x86_64", Program.UEFI_ARM64: "arm64", Program.UEFI_I386: "i386"}.get(self)


_UEFI = {0x8664: Program.UEFI_X86_64, 0xAA64: Program.UEFI_ARM64, 0x014C: Program.UEFI_I386}


def program_of(file: Reader) -> Program:
    """Return what a loader is. MediumError only where its bytes cannot be read."""
    head = file.read_at(0, 64)
    if head.startswith(COM32R):
        return Program.COM32R
    if head.startswith(b"\x7fELF"):
        return Program.ELF
    return _UEFI.get(uefi_machine(file) or 0, Program.UNKNOWN)


def uefi_machine(file: Reader) -> int | None:
    """Return the machine type of a PE program, which a UEFI program is; None for anything else."""
    head = file.read_at(0, 64)
    if not head.startswith(b"MZ") or len(head) < 64:
        return None
    (place,) = struct.unpack_from("<I", head, 60)
    signature = file.read_at(place, 6)
    if len(signature) < 6 or not signature.startswith(b"PE\0\0"):
        return None
    machine: int = struct.unpack_from("<H", signature, 4)[0]
    return machine
