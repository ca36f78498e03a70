"""The boot sector of a FAT volume: where the tables, the root directory and the clusters lie.

Source: Microsoft, FAT: General Overview of On-Disk Format 1.03 (BPB, kind by number of clusters); where that and
Linux fs/fat/inode.c differ, Linux's more tolerant rule is followed and named.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader, read_exactly

BPB = struct.Struct("<HBHBHHBHHHII")
"""From byte 11: sector size, sectors a cluster, reserved sectors, FATs, root entries, total sectors (16 bits), media,
FAT size (16 bits), sectors a track, heads, hidden sectors, total sectors (32 bits)."""
BPB32 = struct.Struct("<IHHI")
"""From byte 36 on FAT32: FAT size (32 bits), flags, version, root cluster."""
ENTRY_SIZE = 32
MAX_CLUSTERS = 0x0FFFFFF5
MAX_CLUSTERS_12, MAX_CLUSTERS_16 = 4084, 65524


class FatKind(StrEnum):
    """Width of a table entry."""

    FAT12 = "FAT12"
    FAT16 = "FAT16"
    FAT32 = "FAT32"


@dataclass(frozen=True, slots=True)
class Geometry:
    """Places in a volume, in bytes from its start. Clusters are numbered from 2 to `clusters` + 1."""

    kind: FatKind
    cluster_size: int
    clusters: int
    fat_start: int  # of the active FAT
    fat_size: int
    root_start: int  # FAT12 and FAT16: the fixed root directory
    root_size: int
    root_cluster: int  # FAT32: the root directory's chain; 0 on the others
    data_start: int  # of cluster 2
    label: str  # of the boot sector; empty when there is none

    def offset_of(self, cluster: int) -> int:
        """First byte of a cluster."""
        return self.data_start + (cluster - 2) * self.cluster_size


def read_geometry(volume: Reader) -> Geometry:
    """Read and check the boot sector; MediumError with the byte of the field that cannot be."""
    data = read_exactly(volume, 0, 512)

    def demand(good: bool, what: str, offset: int) -> None:
        if not good:
            raise MediumError(f"no FAT file system: {what}", where=volume.name, offset=offset)

    sector, per_cluster, reserved, fats, entries, total16, _, fat16, _, _, _, total32 = BPB.unpack_from(data, 11)
    demand(data[510:] == b"\x55\xaa", f"signature {data[510:].hex(' ')}, 55 aa expected", 510)
    demand(sector in (512, 1024, 2048, 4096), f"sectors of {sector} bytes", 11)
    demand(per_cluster.bit_count() == 1, f"clusters of {per_cluster} sectors", 13)
    demand(reserved > 0, "no reserved sector", 14)
    demand(fats > 0, "no file allocation table", 16)
    fat32, flags, _, root_cluster = BPB32.unpack_from(data, 36) if fat16 == 0 else (fat16, 0, 0, 0)
    demand(fat32 > 0, "a file allocation table of no sectors", 36)
    demand(fat16 == 0 or entries > 0, "no root directory", 17)
    active = flags & 0x0F if flags & 0x80 else 0
    demand(active < fats, f"file allocation table {active} is active, there are {fats}", 40)
    root_start = (reserved + fats * fat32) * sector
    root_sectors = -(-entries * ENTRY_SIZE // sector)
    data_start = root_start + root_sectors * sector
    clusters = ((total16 or total32) - data_start // sector) // per_cluster
    demand(clusters > 0, f"no room for clusters in {total16 or total32} sectors", 19 if total16 else 32)
    kind = _kind(clusters, wide=fat16 == 0)
    demand(kind is FatKind.FAT32 or clusters <= MAX_CLUSTERS_16, f"{clusters} clusters with a FAT16 boot sector", 22)
    demand(clusters <= MAX_CLUSTERS, f"{clusters} clusters", 32)
    return Geometry(
        kind=kind,
        cluster_size=per_cluster * sector,
        clusters=min(clusters, _entries_in(fat32 * sector, kind) - 2),  # as Linux: the table may be shorter
        fat_start=(reserved + active * fat32) * sector,
        fat_size=fat32 * sector,
        root_start=root_start,
        root_size=entries * ENTRY_SIZE,
        root_cluster=root_cluster,
        data_start=data_start,
        label=_label(data, 66 if kind is FatKind.FAT32 else 38),
    )


def _kind(clusters: int, *, wide: bool) -> FatKind:
    """Tell the kind by the number of clusters.

    A boot sector without a 16-bit FAT size has the FAT32 form and no fixed root: as Linux we take it for FAT32
    whatever the number of clusters (mkfs.fat -F 32 makes such small volumes).
    """
    if wide:
        return FatKind.FAT32
    return FatKind.FAT12 if clusters <= MAX_CLUSTERS_12 else FatKind.FAT16


def _entries_in(size: int, kind: FatKind) -> int:
    """Return how many entries a table of `size` bytes holds."""
    match kind:
        case FatKind.FAT12:
            return size * 2 // 3
        case FatKind.FAT16:
            return size // 2
        case FatKind.FAT32:
            return size // 4


def _label(data: bytes, offset: int) -> str:
    """Read the label behind the extended boot signature 0x29; the fill-in NO NAME is none."""
    if data[offset] != 0x29:
        return ""
    text = data[offset + 5 : offset + 16].decode("cp437").rstrip(" \0")
    return "" if text == "NO NAME" else text
