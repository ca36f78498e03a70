"""The disk inside a BTT, read from the bytes of the raw namespace; nothing is written, not even what is recovered."""

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from uuid import UUID

from hobnail.errors import MediumError
from hobnail.formats.btt.flog import FlogFault, last_writes
from hobnail.formats.btt.geometry import (
    ALIGNMENT,
    FLOG_ENTRY_SIZE,
    INFO_SIZE,
    MAP_ENTRY_SIZE,
    MAX_ARENA,
    MIN_ARENA,
    Arena,
    Version,
)
from hobnail.formats.btt.info_block import InfoBlock, InfoBlockFault, decode_info
from hobnail.formats.reader import Reader, read_exactly

BLOCK_MASK = (1 << 30) - 1
NORMAL, ZERO, ERROR, INITIAL = 3, 2, 1, 0
"""The highest bits of a map entry (UEFI 2.10, BTT Map Entry): 31 is Zero, 30 is Error, both together are normal."""
MAP_PAGE = 1 << 14
"""Map entries that are read at once."""
NOT_A_BTT = "a namespace in sector mode holds one; raw, fsdax and devdax do not"


@dataclass(slots=True)
class _OpenArena:
    """An arena, and the writes that its last user did not finish."""

    info: InfoBlock
    recovered: dict[int, int] = field(default_factory=dict)  # block of the disk -> map entry


class BttReader:
    """The blocks of a BTT as one Reader. `faults` are the damages that reading does not mind.

    Both info blocks of an arena are tried; writes that were interrupted between flog and map count as done, in memory
    only. An arena with a damaged flog is read as it is, which the specification allows (UEFI 2.10, Read Path).
    """

    def __init__(self, raw: Reader, *, parent: UUID | None = None, version: Version | None = None) -> None:
        """Find the arenas. MediumError when there is no BTT, or it is damaged.

        `parent` is the namespace's UUID, `version` the one that its label asks for: both tell a BTT from the remains
        of an older one. Without a version 2.0 is looked for first.
        """
        self.name = f"{raw.name}!btt"
        self._raw = raw
        self.faults: list[str] = []
        self._arenas = [self._open(info) for info in self._find(parent, version)]
        self._begins = [0, *accumulate(one.info.arena.length for one in self._arenas)]
        self._page = lru_cache(maxsize=8)(self._read_page)

    @property
    def version(self) -> Version:
        """1.1 or 2.0."""
        return self._arenas[0].info.version

    @property
    def uuid(self) -> UUID:
        """The BTT's own UUID."""
        return self._arenas[0].info.uuid

    @property
    def parent(self) -> UUID:
        """The UUID of the namespace that it belongs to; all zeros: any."""
        return self._arenas[0].info.parent

    @property
    def arenas(self) -> Sequence[Arena]:
        """The arenas, lowest first."""
        return [one.info.arena for one in self._arenas]

    @property
    def sector_size(self) -> int:
        """512 or 4096 bytes."""
        return self._arenas[0].info.arena.sector_size

    @property
    def size(self) -> int:
        """Bytes of the disk inside."""
        return self._begins[-1]

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes of the disk. MediumError for a block in the error state or out of bounds."""
        end = min(offset + length, self.size)
        pieces: list[bytes] = []
        while offset < end:
            number = bisect_right(self._begins, offset) - 1
            stop = min(end, self._begins[number + 1])
            base = self._begins[number]
            pieces += self._read_arena(self._arenas[number], number, offset - base, stop - base)
            offset = stop
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read_arena(self, opened: _OpenArena, number: int, offset: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `offset` to `end` of an arena's disk; neighbours on both sides are read at once."""
        arena = opened.info.arena
        size = arena.sector_size
        packed = arena.internal_lba_size == size
        begin: int | None = None
        run = 0
        for block in range(offset // size, -(-end // size)):
            skip = max(offset - block * size, 0)
            take = min(end - block * size, size) - skip
            internal = self._internal(opened, number, block)
            place = None if internal is None else arena.block_at(internal) + skip
            follows = run > 0 and (place is begin is None or (packed and begin is not None and place == begin + run))
            if not follows and run:
                yield self._run(begin, run)
            if not follows:
                begin, run = place, 0
            run += take
        if run:
            yield self._run(begin, run)

    def _run(self, begin: int | None, length: int) -> bytes:
        return bytes(length) if begin is None else read_exactly(self._raw, begin, length)

    def _internal(self, opened: _OpenArena, number: int, block: int) -> int | None:
        """Return the internal block behind a block of the disk; None: it reads as zeros."""
        entry = opened.recovered.get(block)
        if entry is None:
            entry = self._page(number, block // MAP_PAGE)[block % MAP_PAGE]
        state, internal = entry >> 30, entry & BLOCK_MASK
        if state == INITIAL:
            return block
        if state == ZERO:
            return None
        arena = opened.info.arena
        if state == NORMAL and internal < arena.internal_blocks:
            return internal
        what = f"block {block} of arena {number} "
        what += "is marked as lost" if state == ERROR else f"is mapped to {internal}, which is none"
        raise MediumError(what, where=self.name, offset=arena.start + arena.map_offset + block * MAP_ENTRY_SIZE)

    def _read_page(self, number: int, page: int) -> tuple[int, ...]:
        arena = self._arenas[number].info.arena
        first = page * MAP_PAGE
        count = min(MAP_PAGE, arena.external_blocks - first)
        data = read_exactly(
            self._raw, arena.start + arena.map_offset + first * MAP_ENTRY_SIZE, count * MAP_ENTRY_SIZE
        )
        return struct.unpack(f"<{count}I", data)

    def _open(self, info: InfoBlock) -> _OpenArena:
        """Read an arena's flog and finish in memory what was interrupted."""
        opened, arena = _OpenArena(info), info.arena
        if info.in_error:
            self.faults.append(f"the arena at byte {arena.start} is marked as damaged")
        flog = read_exactly(self._raw, arena.start + arena.flog_offset, arena.free_blocks * FLOG_ENTRY_SIZE)
        try:
            for write in last_writes(flog):
                if write.lba >= arena.external_blocks:
                    raise FlogFault(f"block {write.lba} was written last, {arena.external_blocks} are there")
                place = arena.start + arena.map_offset + write.lba * MAP_ENTRY_SIZE
                entry = int.from_bytes(read_exactly(self._raw, place, MAP_ENTRY_SIZE), "little")
                mapped = entry & BLOCK_MASK if entry >> 30 else write.lba
                if mapped != write.new_map & BLOCK_MASK and mapped == write.old_map & BLOCK_MASK:
                    opened.recovered[write.lba] = NORMAL << 30 | write.new_map & BLOCK_MASK
        except FlogFault as fault:
            self.faults.append(f"the flog of the arena at byte {arena.start} is damaged: {fault}")
        return opened

    def _find(self, parent: UUID | None, wanted: Version | None) -> list[InfoBlock]:
        """Return the info blocks of all arenas."""
        size = self._raw.size
        if size is None:
            raise MediumError("its size is not known, a BTT needs it", where=self._raw.name)
        reasons = []
        for version in (wanted,) if wanted else (Version.UEFI, Version.LINUX):
            try:
                first = self._info(version.initial_offset, size, version, parent)
            except InfoBlockFault as fault:
                reasons.append(f"version {version}: {fault}")
                continue
            return self._chain(first, size)
        raise MediumError(f"no BTT is here ({'; '.join(reasons)})", where=self._raw.name, next_step=NOT_A_BTT)

    def _chain(self, first: InfoBlock, size: int) -> list[InfoBlock]:
        chain = [first]
        while chain[-1].arena.next_offset:
            start = chain[-1].arena.start + chain[-1].arena.next_offset
            try:
                info = self._info(start, size, first.version, first.parent)
            except InfoBlockFault as fault:
                raise MediumError(
                    f"arena {len(chain)} is damaged: {fault}", where=self._raw.name, offset=start
                ) from None
            sizes = {(one.arena.external_lba_size, one.arena.internal_lba_size, one.uuid) for one in (first, info)}
            if len(sizes) > 1:
                raise MediumError(
                    f"arena {len(chain)} is of another BTT than the first", where=self._raw.name, offset=start
                )
            chain.append(info)
        return chain

    def _info(self, start: int, size: int, version: Version, parent: UUID | None) -> InfoBlock:
        """Return the info block of the arena at `start`, or its copy. InfoBlockFault tells of both."""
        faults = []
        room = min(size - start, MAX_ARENA)
        if room < MIN_ARENA:
            raise InfoBlockFault(f"{max(room, 0)} bytes are too few for an arena")
        copy = start + room - room % ALIGNMENT - INFO_SIZE  # UEFI 2.10: follows from the size alone
        for place, what in ((start, "info block"), (copy, "its copy")):
            try:
                info = decode_info(self._raw.read_at(place, INFO_SIZE), start, size)
                if info.version is not version:
                    raise InfoBlockFault(f"its version is {info.version}")
                if parent is not None and info.parent.int and info.parent != parent:
                    raise InfoBlockFault(f"it belongs to namespace {info.parent}")
            except InfoBlockFault as fault:
                faults.append(f"{what} at byte {place}: {fault}")
                continue
            self.faults += faults
            return info
        raise InfoBlockFault(", ".join(faults))
