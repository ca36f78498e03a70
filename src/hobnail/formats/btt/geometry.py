"""Where everything stands in a BTT: arenas, and in each the info blocks, the data, the map and the flog.

All of it follows from the raw size and three choices: external and internal block size, number of free blocks (UEFI
2.10, BTT Theory of Operation). Linux counts the same way (drivers/nvdimm/btt.c, alloc_arena).
"""

from dataclasses import dataclass
from enum import Enum

from hobnail.errors import UserError

ALIGNMENT = 4096
"""Of every structure of an arena, in bytes (EFI_BTT_ALIGNMENT)."""
INFO_SIZE = 4096
MAP_ENTRY_SIZE = 4
FLOG_ENTRY_SIZE = 64
"""Bytes a flog entry takes, padding included (EFI_BTT_FLOG_ENTRY_ALIGNMENT)."""
MIN_ARENA = 16 << 20
MAX_ARENA = 512 << 30
DEFAULT_FREE = 256
"""Free blocks of an arena: what Linux takes (ND_MAX_LANES)."""
CACHE_LINE = 64
"""Linux rounds internal blocks up to this many bytes (INT_LBASIZE_ALIGNMENT)."""
SECTOR_SIZES = (512, 4096)
MAX_BLOCKS = 1 << 30
"""A map entry has 30 bits for the block's number."""


class Version(Enum):
    """The two versions that differ in where the first arena begins. The value is (major, minor)."""

    LINUX = (1, 1)
    UEFI = (2, 0)

    @property
    def initial_offset(self) -> int:
        """Byte of the raw namespace at which the first arena begins (drivers/nvdimm/btt_devs.c, nd_btt_version)."""
        return ALIGNMENT if self is Version.LINUX else 0

    def __str__(self) -> str:
        """Return it as people write it: 1.1 or 2.0."""
        return f"{self.value[0]}.{self.value[1]}"


@dataclass(frozen=True, slots=True)
class Arena:
    """One arena. `start` is a byte of the raw namespace; the other offsets are relative to it, all in bytes."""

    start: int
    size: int
    external_lba_size: int
    external_blocks: int
    internal_lba_size: int
    internal_blocks: int
    free_blocks: int
    data_offset: int
    map_offset: int
    flog_offset: int
    info_copy_offset: int
    next_offset: int  # 0 in the last arena

    @property
    def sector_size(self) -> int:
        """Bytes of a block that are the disk's: 520 holds a sector of 512 and its checksums, as Linux has it."""
        return 4096 if self.external_lba_size >= 4096 else 512

    @property
    def length(self) -> int:
        """Bytes of the disk that this arena holds."""
        return self.external_blocks * self.sector_size

    def block_at(self, internal: int) -> int:
        """Return the byte of the raw namespace where an internal block begins."""
        return self.start + self.data_offset + internal * self.internal_lba_size


@dataclass(frozen=True, slots=True)
class BttGeometry:
    """The arenas of a new BTT, lowest first."""

    version: Version
    raw_size: int
    arenas: tuple[Arena, ...]

    @property
    def sector_size(self) -> int:
        """The disk's sector size in bytes."""
        return self.arenas[0].sector_size

    @property
    def size(self) -> int:
        """Bytes of the disk inside."""
        return sum(arena.length for arena in self.arenas)

    @classmethod
    def for_size(
        cls,
        raw_size: int,
        sector_size: int = 4096,
        *,
        version: Version = Version.UEFI,
        free_blocks: int = DEFAULT_FREE,
        internal_lba_size: int = 0,
    ) -> "BttGeometry":
        """Return the geometry of a namespace of `raw_size` bytes; `internal_lba_size` 0 is the smallest that fits.

        UserError for sizes that cannot be: a sector size other than 512 and 4096, less than one arena of 16 MiB.
        """
        internal = internal_lba_size or round_up(sector_size, CACHE_LINE)
        if sector_size not in SECTOR_SIZES or internal < sector_size or internal % CACHE_LINE:
            raise UserError(
                f"a BTT of sectors of {sector_size} bytes, {internal} inside, cannot be",
                next_step="use a sector size of 4096 or 512",
            )
        arenas, start = [], version.initial_offset
        while (size := min(MAX_ARENA, raw_size - start)) >= MIN_ARENA:
            last = raw_size - start - size < MIN_ARENA
            arenas.append(_arena(start, size, sector_size, internal, free_blocks, last=last))
            start += size
        if not arenas:
            raise UserError(
                f"{raw_size} bytes are too few for a BTT of version {version}",
                next_step=f"give it {MIN_ARENA + version.initial_offset} bytes or more",
            )
        return cls(version, raw_size, tuple(arenas))


def _arena(start: int, size: int, sector_size: int, internal: int, free_blocks: int, *, last: bool) -> Arena:
    """Lay out one arena: info, data, map, flog, info again, from its first byte to its last whole 4096."""
    usable = size - size % ALIGNMENT
    flog_size = round_up(free_blocks * FLOG_ENTRY_SIZE, ALIGNMENT)
    data_and_map = usable - 2 * INFO_SIZE - flog_size
    internal_blocks = max(data_and_map - ALIGNMENT, 0) // (internal + MAP_ENTRY_SIZE)
    external_blocks = internal_blocks - free_blocks
    if free_blocks < 1 or external_blocks < 1:
        raise UserError(f"an arena of {size} bytes has no room for {free_blocks} free blocks of {internal} bytes")
    info_copy = usable - INFO_SIZE
    flog = info_copy - flog_size
    return Arena(
        start=start,
        size=usable,
        external_lba_size=sector_size,
        external_blocks=external_blocks,
        internal_lba_size=internal,
        internal_blocks=internal_blocks,
        free_blocks=free_blocks,
        data_offset=INFO_SIZE,
        map_offset=flog - round_up(external_blocks * MAP_ENTRY_SIZE, ALIGNMENT),
        flog_offset=flog,
        info_copy_offset=info_copy,
        next_offset=0 if last else size,
    )


def round_up(number: int, multiple: int) -> int:
    """Return the smallest multiple that is not below `number`."""
    return -(-number // multiple) * multiple
