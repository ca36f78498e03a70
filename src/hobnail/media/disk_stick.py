"""What a stick boots by that the image of a whole disk was written to, and whether the image is whole.

Sources: UEFI 2.10, 3.5.1.1 (EFI/BOOT on removable media), 5.2 and 5.3 (MBR, GPT and its alternate header).
"""

import struct
from collections.abc import Iterator

from hobnail.errors import MediumError
from hobnail.formats.el_torito import Firmware
from hobnail.formats.fat import FatFileSystem
from hobnail.formats.partition import ENTRY, GPT_PROTECTIVE, SECTOR, TABLE
from hobnail.formats.reader import Reader, SliceReader
from hobnail.formats.signature_checks import is_dos_table
from hobnail.media.hybrid import has_boot_code, system_partitions

LARGE_SECTOR = 4096
BOOT_FOLDER = "EFI/BOOT"
_GPT = b"EFI PART"
_ALTERNATE = 32
"""Offset in a GPT header of the sector of the other one, which is the disk's last."""


def disk_firmware(disk: Reader, size: int) -> frozenset[Firmware]:
    """Return what boots from a disk image of `size` bytes: BIOS by code in its first sector, UEFI by EFI/BOOT."""
    head = disk.read_at(0, SECTOR)
    found = {Firmware.BIOS} if has_boot_code(head) else set[Firmware]()
    if any(_boots_uefi(disk, start, size) for start in system_partitions(disk, head)):
        found.add(Firmware.UEFI)
    return frozenset(found)


def sector_size(disk: Reader) -> int:
    """Return the bytes of the sectors that a disk image is made for: 4096 where its GPT says so."""
    is_large = disk.read_at(LARGE_SECTOR, len(_GPT)) == _GPT and disk.read_at(SECTOR, len(_GPT)) != _GPT
    return LARGE_SECTOR if is_large else SECTOR


def what_is_missing(disk: Reader, size: int) -> str:
    """Return which partition or table lies behind the end of an image of `size` bytes; "" when all is there."""
    for end, what in _ends(disk):
        if end > size:
            return f"{what} ends at byte {end}, and it has {size} bytes"
    return ""


def _ends(disk: Reader) -> Iterator[tuple[int, str]]:
    """Yield where a table says that something ends, in bytes, and what."""
    head = disk.read_at(0, SECTOR)
    if not is_dos_table(head):
        return
    for number in range(4):
        _, kind, start, sectors = ENTRY.unpack_from(head, TABLE + number * ENTRY.size)
        if sectors and kind not in (0, GPT_PROTECTIVE):
            yield (start + sectors) * SECTOR, f"partition {number + 1}"
    sector = sector_size(disk)
    header = disk.read_at(sector, 92)
    if header.startswith(_GPT) and len(header) == 92:
        (alternate,) = struct.unpack_from("<Q", header, _ALTERNATE)
        yield (alternate + 1) * sector, "its GUID partition table"


def _boots_uefi(disk: Reader, start: int, size: int) -> bool:
    """Whether there is a FAT volume with a loader where every firmware looks for one."""
    if start >= size:
        return False
    volume = SliceReader(f"{disk.name}@{start}", disk, start, size - start)
    try:
        names = [entry.name.upper() for entry in FatFileSystem(volume).entries(BOOT_FOLDER)]
    except MediumError:
        return False
    return any(name.startswith("BOOT") and name.endswith(".EFI") for name in names)
