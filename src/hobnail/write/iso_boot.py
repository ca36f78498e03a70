"""How an ISO's image is booted besides ISOLINUX from a CD: the UEFI entry of its catalogue, and its first sector.

Sources: El Torito 1.0, 2.0; UEFI 2.10, 13.3.2.1 (platform EFh; a sector count of 0 or 1 means: up to the end of the
volume, which EDK2's PartitionDxe follows), 5.2.1 (partition type EFh in an MBR); syslinux utils/isohybrid.c.
"""

import struct
from dataclasses import dataclass

from hobnail.formats.partition import TABLE
from hobnail.write.iso_records import SECTOR, Front, Place

DISK_SECTOR = 512
ENTRY = 32
BOOTABLE, LAST_SECTION, UEFI = 0x88, 0x91, 0xEF
UP_TO_THE_END = 1
"""Sector count of a boot image that may be larger than the 16-bit field can say."""
HIDDEN_NTFS, ESP, ACTIVE = 0x17, 0xEF, 0x80
"""The first type is isohybrid's own: nobody mounts it, and BIOS wants an active partition."""
TRACK, HEADS, CYLINDERS = 63, 255, 1023
_TOO_FAR = bytes.fromhex("feffff")
"""Of a sector that has no cylinder, head and sector (UEFI 2.10, 5.2.1, has it for all that do not fit)."""
_PARTITION = struct.Struct("<B3sB3sII")
_WITHOUT_CODE = bytes.fromhex("cd18f4ebfd")
"""INT 18h (to the next boot device), then HLT for ever."""
CODE = 440
"""Bytes before the disk's id."""


@dataclass(frozen=True, slots=True)
class Area:
    """Bytes from `start` to `end` of the image, both on sectors."""

    start: int
    end: int


def add_uefi_entry(front: Front, image: Place, *, after_bios: bool) -> None:
    """Enter a boot image for UEFI, behind the one for BIOS or as the only one."""
    at = front.catalogue()
    count = -(-image.size // DISK_SECTOR)
    sectors = count if 1 < count <= 0xFFFF else UP_TO_THE_END
    entry = struct.pack("<BBHBBHI20x", BOOTABLE, 0, 0, 0, 0, sectors, image.sector)
    if not after_bios:
        front.data[at + ENTRY : at + 2 * ENTRY] = entry  # pycdlib has written the platform before it
        return
    section = struct.pack("<BBH28x", LAST_SECTION, UEFI, 1)
    front.data[at + 2 * ENTRY : at + 4 * ENTRY] = section + entry


def write_partitions(front: Front, first: Area, esp: Area | None, disk_id: int) -> None:
    """Write the partition table: what ISOLINUX reads, then the FAT volume. They do not overlap, and UEFI checks that.

    Where pycdlib put no boot code (no ISOLINUX, or one that cannot do it), BIOS is sent to the next boot device.
    """
    data = front.data
    if not any(data[:CODE]):
        data[: len(_WITHOUT_CODE)] = _WITHOUT_CODE
    struct.pack_into("<I", data, CODE, disk_id)
    table = _partition(first, HIDDEN_NTFS, ACTIVE) + (_partition(esp, ESP, 0) if esp is not None else b"")
    data[TABLE : TABLE + 64] = table.ljust(64, b"\0")
    data[510:512] = b"\x55\xaa"


def esp_place(esp: Area) -> Place:
    """Return the FAT volume as a boot image."""
    return Place(esp.start // SECTOR, esp.end - esp.start)


def _partition(area: Area, kind: int, status: int) -> bytes:
    start, length = area.start // DISK_SECTOR, (area.end - area.start) // DISK_SECTOR
    return _PARTITION.pack(status, _chs(start), kind, _chs(start + length - 1), start, length)


def _chs(sector: int) -> bytes:
    cylinder, rest = divmod(sector, TRACK * HEADS)
    if cylinder > CYLINDERS:
        return _TOO_FAR
    head, number = divmod(rest, TRACK)
    return bytes([head, (number + 1) | cylinder >> 8 << 6, cylinder & 0xFF])
