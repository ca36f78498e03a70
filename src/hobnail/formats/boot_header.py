"""The headers by which a boot loader knows a kernel: Multiboot 1, and VMware's own ESXBootInfo.

Sources: Multiboot Specification 0.6.96, 3.1; vmware/esx-boot, multiboot.h, esxbootinfo.h and esxbootinfo_arch.c.
mboot tries ESXBootInfo first. Both stand in the first 8 KiB, and their first three numbers add up to 0.
"""

import struct
from dataclasses import dataclass

SEARCHED = 8192
"""Bytes: of the file (Multiboot), of the loaded segment with the lowest file offset (ESXBootInfo)."""
MULTIBOOT, ESXBOOTINFO = 0x1BADB002, 0x1BADB005


@dataclass(frozen=True, slots=True)
class BootHeader:
    """A header: its flags, and its offset in the bytes that were searched."""

    flags: int
    offset: int


def find_multiboot(head: bytes) -> BootHeader | None:
    """Return the Multiboot 1 header in a file's first bytes: 4-aligned."""
    return _find(head, MULTIBOOT, 4)


def find_esxbootinfo(head: bytes) -> BootHeader | None:
    """Return the ESXBootInfo header in the first bytes of the first loaded segment: 8-aligned."""
    return _find(head, ESXBOOTINFO, 8)


def _find(head: bytes, magic: int, alignment: int) -> BootHeader | None:
    for offset in range(0, min(len(head), SEARCHED) - 11, alignment):
        found, flags, checksum = struct.unpack_from("<III", head, offset)
        if found == magic and (magic + flags + checksum) % (1 << 32) == 0:
            return BootHeader(flags, offset)
    return None
