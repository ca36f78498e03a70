"""El Torito: which firmware an ISO 9660 image can be booted by.

Sources: El Torito Bootable CD-ROM Format Specification 1.0, 2.0 (boot record, catalogue); UEFI 2.10, 13.3.2.1
(platform EF).
"""

import struct
from collections.abc import Iterator
from enum import StrEnum

from hobnail.formats.reader import Reader

SECTOR = 2048
FIRST_DESCRIPTOR = 16
"""Sector of the first volume descriptor (ECMA-119 8.1)."""
MAX_DESCRIPTORS = 32
ENTRY = 32
BOOTABLE, SECTION, LAST_SECTION, EXTENSION = 0x88, 0x90, 0x91, 0x44


class Firmware(StrEnum):
    """What starts a machine."""

    BIOS = "BIOS"
    UEFI = "UEFI"


_PLATFORMS = {0x00: Firmware.BIOS, 0xEF: Firmware.UEFI}


def boot_firmware(image: Reader) -> frozenset[Firmware]:
    """Return the firmware that the image has a bootable entry for. MediumError only where it cannot be read."""
    sector = _catalogue(image)
    entries = image.read_at(sector * SECTOR, SECTOR) if sector is not None else b""
    if len(entries) < SECTOR or entries[0] != 1 or entries[30:32] != b"\x55\xaa":
        return frozenset()
    return frozenset(_PLATFORMS[platform] for platform in _bootable(entries) if platform in _PLATFORMS)


def _catalogue(image: Reader) -> int | None:
    """Return the sector of the boot catalogue, from the boot record among the volume descriptors."""
    for sector in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + MAX_DESCRIPTORS):
        head = image.read_at(sector * SECTOR, 75)
        if len(head) < 75 or head[1:6] != b"CD001" or head[0] == 255:
            return None
        if head[0] == 0 and head[7:30] == b"EL TORITO SPECIFICATION":
            place: int = struct.unpack_from("<I", head, 71)[0]
            return place
    return None


def _bootable(entries: bytes) -> Iterator[int]:
    """Yield the platform of each bootable entry: the first entry's stands in the validation entry before it."""
    platform, left = entries[1], 1
    for at in range(ENTRY, len(entries), ENTRY):
        kind = entries[at]
        if kind == EXTENSION:
            continue
        if left:
            left -= 1
            if kind == BOOTABLE:
                yield platform
        elif kind in (SECTION, LAST_SECTION):
            platform = entries[at + 1]
            (left,) = struct.unpack_from("<H", entries, at + 2)
        else:
            return
