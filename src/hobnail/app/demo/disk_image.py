"""Disk images in the shape of ESXi 4.0's dd file: its partition table sector by sector, FAT volumes by mkfs.fat.

The layout is `fdisk -lu` of VMware-VMvisor-big-4.0.0-208167 as published: 64 heads, 32 sectors a track, 943718400
bytes. The sectors of 3.5 are not known; 4.0's stand in. sfdisk cannot put the extended boot records (EBR) where
VMware's tool put them, 32 sectors before each logical partition, so the table's bytes are written here and checked by
sfdisk in the tests.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hobnail.system.commands import run

SECTOR = 512
DISK_SIZE = 943_718_400
"""Bytes of the image."""
TRACK, HEADS = 32, 64
EXTENDED, SMALL_FAT16, FAT16, VMKCORE = 0x05, 0x04, 0x06, 0xFC
FIXED_TIME = {"SOURCE_DATE_EPOCH": "1262304000", "TZ": "UTC"}
"""mkfs.fat, mtools, tar and xorriso write this time: the same files give the same image."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A partition of the layout, in sectors."""

    number: int
    type: int
    start: int
    end: int  # the last sector, as fdisk prints it

    @property
    def sectors(self) -> int:
        """Length in sectors."""
        return self.end - self.start + 1


EXTENDED_SLOT = Slot(1, EXTENDED, 8192, 1843199)
LOADER = Slot(4, SMALL_FAT16, 32, 8191)
BANK = Slot(5, FAT16, 8224, 520191)
OTHER_BANK = Slot(6, FAT16, 520224, 1032191)
DUMP = Slot(7, VMKCORE, 1032224, 1257471)
LOCKER = Slot(8, FAT16, 1257504, 1843199)

LOGICAL = (BANK, OTHER_BANK, DUMP, LOCKER)
LABELS = {LOADER: "Hypervisor0", BANK: "Hypervisor1", OTHER_BANK: "Hypervisor2", LOCKER: "Hypervisor3"}


def write_disk(path: Path, contents: Mapping[Slot, Mapping[str, bytes]], work: Path) -> None:
    """Write a sparse disk image; `contents` gives the files in a volume's root, written in that order.

    SystemFailure when mkfs.fat or mtools are missing or a file does not fit. Leaves copies of the files in `work`.
    """
    with path.open("wb") as disk:
        disk.truncate(DISK_SIZE)
        _write_table(disk)
    for slot, label in LABELS.items():
        make_fat = ["mkfs.fat", "-F", "16", "--invariant", "-n", label, "-i", f"4859{slot.number:04x}"]
        place = ["--offset", str(slot.start), "-h", str(slot.start), "-g", f"{HEADS}/{TRACK}"]
        cluster = ["-s", "1"] if slot.type == SMALL_FAT16 else []
        run([*make_fat, *place, *cluster, path, str(slot.sectors * SECTOR // 1024)], env=FIXED_TIME)
        _copy_in(path, slot, contents.get(slot, {}), work / f"p{slot.number}")


def _copy_in(disk: Path, slot: Slot, files: Mapping[str, bytes], work: Path) -> None:
    """Copy files into the root of a partition's file system."""
    if not files:
        return
    work.mkdir()
    for name, data in files.items():
        (work / name).write_bytes(data)
    volume = f"{disk}@@{slot.start * SECTOR}"
    run(["mcopy", "-i", volume, *(work / name for name in files), "::"], env=FIXED_TIME)


def _write_table(disk: BinaryIO) -> None:
    """Write the MBR and the chain of EBRs, each TRACK sectors before its logical partition."""
    _write_sector(disk, 0, [_entry(EXTENDED_SLOT), bytes(16), bytes(16), _entry(LOADER, active=True)])
    for slot, following in zip(LOGICAL, (*LOGICAL[1:], None), strict=True):
        ebr = slot.start - TRACK
        entries = [_entry(slot, base=ebr)]
        if following is not None:
            link = Slot(0, EXTENDED, following.start - TRACK, following.end)
            entries.append(_entry(link, base=EXTENDED_SLOT.start))
        _write_sector(disk, ebr, entries)


def _write_sector(disk: BinaryIO, sector: int, entries: list[bytes]) -> None:
    disk.seek(sector * SECTOR + 446)
    disk.write(b"".join(entries).ljust(64, b"\0") + b"\x55\xaa")


def _entry(slot: Slot, base: int = 0, *, active: bool = False) -> bytes:
    """Pack a table entry whose first sector counts from `base`."""
    status = 0x80 if active else 0
    numbers = struct.pack("<II", slot.start - base, slot.sectors)
    return bytes([status]) + _chs(slot.start) + bytes([slot.type]) + _chs(slot.end) + numbers


def _chs(sector: int) -> bytes:
    """Pack cylinder, head and sector as an MBR has them; these disks end before cylinder 1024."""
    track, in_track = divmod(sector, TRACK)
    cylinder, head = divmod(track, HEADS)
    return bytes([head, (cylinder >> 8) << 6 | in_track + 1, cylinder & 0xFF])
