"""The shape of a FAT volume that is written: FAT32 where its size allows, else FAT16; and its boot sectors.

Sources: Microsoft, FAT: General Overview of On-Disk Format 1.03 (BPB, FSInfo, kind by number of clusters); UEFI 2.10,
13.3 (an EFI system partition is FAT32; removable ones may be FAT16). The data area begins at a multiple of 4096 bytes
and of the cluster, so that files lie on the pages and blocks of what is beneath.
"""

import struct
from dataclasses import dataclass

from hobnail.errors import UserError
from hobnail.formats.fat_geometry import BPB, BPB32, ENTRY_SIZE, MAX_CLUSTERS_12, MAX_CLUSTERS_16, FatKind

SECTORS = (512, 4096)
FEWEST_32 = MAX_CLUSTERS_16 + 17
"""Clusters of the smallest FAT32: some drivers count wrong by up to 16 around the limit (FAT specification)."""
FEWEST_16 = MAX_CLUSTERS_12 + 17
MOST_16 = MAX_CLUSTERS_16 - 16
ROOT_ENTRIES_16 = 512
ALIGNMENT = 4096
TRACK, HEADS = 63, 255
MEDIA = 0xF8  # a fixed disk
FATS = 2
FSINFO_SECTOR, BACKUP_SECTOR = 1, 6

_LARGEST_CLUSTERS = ((8 << 30, 4096), (16 << 30, 8192), (32 << 30, 16384), (1 << 62, 32768))
"""Bytes of a FAT32 volume up to which a cluster of so many bytes is used (the specification's table)."""
_WITHOUT_CODE = bytes.fromhex("cd18f4ebfd")
"""INT 18h (to the next boot device), then HLT for ever: a partition that is not made to be booted by BIOS."""
_TAIL = struct.Struct("<BBBI11s8s")
_FSINFO = struct.Struct("<4s480x4sII12x4s")


@dataclass(frozen=True, slots=True)
class WriteGeometry:
    """Where everything lies in a volume of `sectors` sectors; clusters are numbered from 2."""

    kind: FatKind
    sector: int  # bytes
    sectors: int
    cluster_size: int  # bytes
    clusters: int
    reserved: int  # sectors
    fat_sectors: int  # of one table
    root_entries: int  # FAT16's fixed root; 0 on FAT32

    @property
    def fat_start(self) -> int:
        """First byte of the first table."""
        return self.reserved * self.sector

    @property
    def root_start(self) -> int:
        """First byte after the tables: FAT16's root directory."""
        return self.fat_start + FATS * self.fat_sectors * self.sector

    @property
    def data_start(self) -> int:
        """First byte of cluster 2."""
        return self.root_start + self.root_entries * ENTRY_SIZE

    def offset_of(self, cluster: int) -> int:
        """First byte of a cluster."""
        return self.data_start + (cluster - 2) * self.cluster_size


def geometry_for(size: int, sector: int, root_entries: int = ROOT_ENTRIES_16) -> WriteGeometry:
    """Return the shape of a volume of `size` bytes. UserError when it is too small for FAT16 or too large for FAT32.

    The cluster is the largest of the specification's table that still makes a FAT32; `root_entries` are FAT16's.
    """
    cluster = max(sector, next(largest for limit, largest in _LARGEST_CLUSTERS if size <= limit))
    while cluster >= sector:
        shape = _fat32(size, sector, cluster)
        if shape is not None and shape.clusters >= FEWEST_32:
            if shape.sectors > 0xFFFFFFFF:
                break
            return shape
        cluster //= 2
    cluster = sector
    while cluster <= 32768:
        shape = _fat16(size, sector, cluster, root_entries)
        if shape is not None and FEWEST_16 <= shape.clusters <= MOST_16:
            return shape
        cluster *= 2
    raise UserError(f"no FAT file system can be made of {size} bytes in sectors of {sector}")


def boot_sector(shape: WriteGeometry, *, hidden: int, volume_id: int, label: str) -> bytes:
    """Return the first sector; `hidden` sectors lie before the volume on its disk."""
    wide = shape.kind is FatKind.FAT32
    small = shape.sectors if shape.sectors < 0x10000 and not wide else 0
    data = bytearray(shape.sector)
    tail = 66 if wide else 38
    code = tail - 2 + 26
    data[:11] = bytes([0xEB, code - 2, 0x90]) + b"HOBNAIL "
    BPB.pack_into(
        data,
        11,
        *(shape.sector, shape.cluster_size // shape.sector, shape.reserved, FATS, shape.root_entries, small, MEDIA),
        *(0 if wide else shape.fat_sectors, TRACK, HEADS, hidden, 0 if small else shape.sectors),
    )
    if wide:
        BPB32.pack_into(data, 36, shape.fat_sectors, 0, 0, 2)
        struct.pack_into("<HH", data, 48, FSINFO_SECTOR, BACKUP_SECTOR)
    kind = shape.kind.value.ljust(8).encode("ascii")
    _TAIL.pack_into(data, tail - 2, 0x80, 0, 0x29, volume_id, label.ljust(11).encode("ascii"), kind)
    data[code : code + len(_WITHOUT_CODE)] = _WITHOUT_CODE
    data[510:512] = b"\x55\xaa"
    return bytes(data)


def fsinfo_sector(shape: WriteGeometry, used: int) -> bytes:
    """Return FAT32's hint: how many clusters are free, and where to look for the next one."""
    free = shape.clusters - used
    data = _FSINFO.pack(b"RRaA", b"rrAa", free, used + 2 if free else 0xFFFFFFFF, b"\0\0\x55\xaa")
    return data.ljust(shape.sector, b"\0")


def _fat32(size: int, sector: int, cluster: int) -> WriteGeometry | None:
    return _shape(FatKind.FAT32, size // sector, sector, cluster, 32 if sector == SECTORS[0] else 8, 0)


def _fat16(size: int, sector: int, cluster: int, root_entries: int) -> WriteGeometry | None:
    rounded = root_entries + -root_entries % (sector // ENTRY_SIZE)
    return _shape(FatKind.FAT16, size // sector, sector, cluster, 1, rounded)


def _shape(
    kind: FatKind, sectors: int, sector: int, cluster: int, reserved: int, root_entries: int
) -> WriteGeometry | None:
    """Return the volume with at least so many reserved sectors; None where there is no room for a cluster.

    The tables are for as many clusters as if they took no room themselves: some sectors more than needed do no harm.
    """
    width = 4 if kind is FatKind.FAT32 else 2
    fat = -(-(sectors * sector // cluster + 2) * width // sector)
    head = reserved + FATS * fat + root_entries * ENTRY_SIZE // sector
    gap = -head * sector % max(ALIGNMENT, cluster) // sector
    clusters = (sectors - head - gap) * sector // cluster
    if clusters < 1 or (kind is FatKind.FAT16 and fat > 0xFFFF):
        return None
    return WriteGeometry(kind, sector, sectors, cluster, clusters, reserved + gap, fat, root_entries)
