"""The file allocation table: chains of clusters, walked within bounds and each cluster given to one owner only."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.extents import Extent
from hobnail.formats.fat_geometry import FatKind, Geometry
from hobnail.formats.reader import Reader, read_exactly

WINDOW = 1 << 16
"""Bytes of the table that are read at once."""
WINDOWS_KEPT = 1024
"""A FAT16 has two at most; this is the FAT32 of 8 GiB in the smallest clusters."""
BUCKET = 1 << 12
"""Clusters."""
BITS = {FatKind.FAT12: 12, FatKind.FAT16: 16, FatKind.FAT32: 32}
LAST = {FatKind.FAT12: 0xFF8, FatKind.FAT16: 0xFFF8, FatKind.FAT32: 0x0FFFFFF8}
"""From this value on, an entry ends its chain; the value before marks a bad cluster."""


class AllocationTable:
    """The active FAT of a volume, read in windows as chains need it."""

    def __init__(self, volume: Reader, geometry: Geometry) -> None:
        self._volume = volume
        self._geometry = geometry
        self._windows: dict[int, bytes] = {}
        self._claims = _Claims()

    def chain(self, owner: str, first: int, size: int) -> tuple[Extent, ...]:
        """Return where `size` bytes from cluster `first` lie in the volume, contiguous clusters as one extent.

        `owner` is whom messages name and to whom the clusters belong from now on. Further clusters behind `size`
        are left alone. MediumError with the byte of the table entry that is wrong.
        """
        needed = -(-size // self._geometry.cluster_size)
        if needed > self._geometry.clusters:
            raise self._error(owner, f"{size} bytes are more than the volume holds", first)
        extents, walked = self._walk(owner, first, needed)
        if walked < needed:
            short = f"its chain ends after {walked} of {needed} clusters"
            raise self._error(owner, short, first)
        return _clip(extents, size)

    def whole_chain(self, owner: str, first: int, limit: int) -> tuple[Extent, ...]:
        """Return where the clusters from `first` to the end of the chain lie: a directory, which has no size.

        `limit` is its greatest length in bytes.
        """
        most = max(limit // self._geometry.cluster_size, 1)
        extents, walked = self._walk(owner, first, most + 1)
        if walked > most:
            raise self._error(owner, f"it is longer than {limit} bytes", first)
        return extents

    def _walk(self, owner: str, first: int, most: int) -> tuple[tuple[Extent, ...], int]:
        """Follow a chain for at most `most` clusters; return its extents and how many clusters they have."""
        size, extents = self._geometry.cluster_size, list[Extent]()
        cluster, came_from, walked = first, 0, 0  # 0: the number stands in the directory, not in the table
        while walked < most and not (walked and cluster >= LAST[self._geometry.kind]):
            self._check(owner, cluster, came_from)
            start = cluster
            while True:  # a run of clusters that follow each other
                walked, came_from, cluster = walked + 1, cluster, self._next(cluster)
                if cluster != came_from + 1 or walked == most or cluster > self._geometry.clusters + 1:
                    break
            self._claim(owner, start, came_from + 1)
            extents.append(Extent(self._geometry.offset_of(start), (came_from + 1 - start) * size))
        return tuple(extents), walked

    def _check(self, owner: str, cluster: int, came_from: int) -> None:
        """Refuse a cluster number that no file can have."""
        last = self._geometry.clusters + 1
        if 2 <= cluster <= last:
            return
        match cluster:
            case 0:
                what = "a free cluster"
            case 1:
                what = "reserved cluster 1"
            case _ if cluster == LAST[self._geometry.kind] - 1:
                what = "a bad cluster"
            case _:
                what = f"cluster {cluster}, the last one is {last}"
        raise self._error(owner, f"its chain {'leads to' if came_from else 'starts at'} {what}", came_from)

    def _claim(self, owner: str, start: int, end: int) -> None:
        """Give clusters to an owner; another one's are a cross link, its own a loop."""
        clash = self._claims.add(start, end, owner)
        if clash is None:
            return
        what = "its chain is a loop" if clash.owner == owner else f"its chain is cross-linked with {clash.owner}"
        raise self._error(owner, f"{what} at cluster {max(start, clash.start)}", start)

    def _next(self, cluster: int) -> int:
        """Return the table's entry for a cluster."""
        bits = BITS[self._geometry.kind]
        index, place = divmod(cluster * bits // 8, WINDOW)
        window = self._windows.get(index)
        if window is None:
            window = self._read_window(index)
        entry = int.from_bytes(window[place : place + -(-bits // 8)], "little")
        match self._geometry.kind:
            case FatKind.FAT12:  # two entries in three bytes, the low one first
                return entry >> 4 if cluster & 1 else entry & 0xFFF
            case FatKind.FAT16:
                return entry
            case FatKind.FAT32:  # the upper four bits are reserved
                return entry & 0x0FFFFFFF

    def _read_window(self, index: int) -> bytes:
        """Read a part of the table; a FAT12 is always one part."""
        begin = index * WINDOW
        length = min(WINDOW, self._geometry.fat_size - begin)
        window = read_exactly(self._volume, self._geometry.fat_start + begin, length)
        if len(self._windows) == WINDOWS_KEPT:
            self._windows.pop(next(iter(self._windows)))
        self._windows[index] = window
        return window

    def _error(self, owner: str, what: str, cluster: int) -> MediumError:
        """Name the owner and the byte of a cluster's table entry, if there is such an entry."""
        offset = None
        if 2 <= cluster <= self._geometry.clusters + 1:
            in_table = cluster * BITS[self._geometry.kind] // 8
            offset = self._geometry.fat_start + in_table
        return MediumError(
            f"{owner}: {what}",
            where=self._volume.name,
            offset=offset,
            next_step="the file system is damaged: check the medium's checksum and fetch it again",
        )


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A run of clusters and whose it is."""

    start: int
    end: int
    owner: str


class _Claims:
    """Runs of clusters that are taken; no two overlap. Kept in buckets, so that adding never moves many."""

    def __init__(self) -> None:
        self._buckets: defaultdict[int, list[_Claimed]] = defaultdict(list)

    def add(self, start: int, end: int, owner: str) -> _Claimed | None:
        """Take clusters `start` up to before `end`; return a run that is in the way, if there is one."""
        new = _Claimed(start, end, owner)
        for bucket in range(start // BUCKET, (end - 1) // BUCKET + 1):
            runs = self._buckets[bucket]
            index = bisect_right(runs, start, key=lambda run: run.start)
            for near in runs[max(index - 1, 0) : index + 1]:
                if near.start < end and start < near.end:
                    return near
            runs.insert(index, new)
        return None


def _clip(extents: tuple[Extent, ...], size: int) -> tuple[Extent, ...]:
    """Cut the last extent, whose last cluster a file does not fill."""
    spare = sum(extent.length for extent in extents) - size
    if spare <= 0:
        return extents
    return (*extents[:-1], Extent(extents[-1].start, extents[-1].length - spare))
