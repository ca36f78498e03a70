"""A new BTT around a disk's content: the pieces to write, in an order in which half of them are not taken for a BTT.

Blocks that have content are mapped (normally, to the internal block of the same number); all others stay in the
initial state, which needs no map entry and reads as what is there: the caller writes onto zeros.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from hobnail.errors import UserError
from hobnail.formats.btt.flog import initial_flog
from hobnail.formats.btt.geometry import MAP_ENTRY_SIZE, Arena, BttGeometry, round_up
from hobnail.formats.btt.info_block import NO_UUID, InfoBlock, encode_info
from hobnail.formats.extents import Extent

NORMAL_ENTRY = 3 << 30
MAP_PIECE = 1 << 20
"""Map entries that are made at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to write at a place of the raw namespace."""

    offset: int
    data: bytes


def btt_pieces(
    geometry: BttGeometry, content: Iterable[tuple[int, bytes]], parent: UUID = NO_UUID
) -> Iterator[Piece]:
    """Yield a BTT that holds `content`: offsets on the disk and bytes, in order; a last partial block gets zeros.

    Data first, then maps and flogs, then the info blocks from the last arena to the first, the copy before the first
    (UEFI 2.10, Writing the Initial BTT layout). The BTT's UUID is made of the content, so that the same input gives
    the same bytes. UserError when the content passes the end of the disk; ValueError when it is not on blocks or not
    in order.
    """
    arena, block = geometry.arenas[0], geometry.sector_size
    choices = (
        str(geometry.version),
        geometry.raw_size,
        block,
        arena.internal_lba_size,
        arena.free_blocks,
        parent.hex,
    )
    digest = hashlib.sha256(repr(choices).encode())
    runs: list[Extent] = []
    for offset, part in content:
        data = part.ljust(round_up(len(part), block), b"\0")
        _take(runs, Extent(offset, len(data)), geometry)
        digest.update(offset.to_bytes(8, "little"))
        digest.update(data)
        yield from _data(geometry, offset, data)
    own = UUID(bytes=_custom_uuid(digest.digest()[:16]))
    first = 0
    for arena in geometry.arenas:
        yield from _map(arena, first, runs)
        yield Piece(arena.start + arena.flog_offset, initial_flog(arena))
        first += arena.length
    for arena in reversed(geometry.arenas):
        info = encode_info(InfoBlock(own, parent, geometry.version, arena))
        yield Piece(arena.start + arena.info_copy_offset, info)
        yield Piece(arena.start, info)


def _custom_uuid(digest: bytes) -> bytes:
    """Return 16 bytes as a UUID of version 8: made by a rule of one's own (RFC 9562, 5.8)."""
    number = int.from_bytes(digest, "big")
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    return number.to_bytes(16, "big")


def _take(runs: list[Extent], new: Extent, geometry: BttGeometry) -> None:
    """Note what is written; neighbours become one."""
    if new.end > geometry.size:
        raise UserError(
            f"the content is {new.end} bytes long, the disk inside the BTT only {geometry.size}",
            next_step="make the BTT larger",
        )
    if new.start % geometry.sector_size or (runs and new.start < runs[-1].end):
        raise ValueError(f"content at {new.start} is not on a block, or not after what was before")
    if runs and new.start == runs[-1].end:
        new = Extent(runs[-1].start, runs.pop().length + new.length)
    runs.append(new)


def _data(geometry: BttGeometry, offset: int, data: bytes) -> Iterator[Piece]:
    """Yield the pieces for content at `offset` of the disk; a padded block is a piece of its own."""
    for arena in geometry.arenas:
        if offset < arena.length and data:
            here, data = data[: arena.length - offset], data[arena.length - offset :]
            first = offset // arena.sector_size
            if arena.internal_lba_size == arena.sector_size:
                yield Piece(arena.block_at(first), here)
            else:
                for number, at in enumerate(range(0, len(here), arena.sector_size), first):
                    yield Piece(arena.block_at(number), here[at : at + arena.sector_size])
            offset = arena.length
        offset -= arena.length


def _map(arena: Arena, first: int, runs: Iterable[Extent]) -> Iterator[Piece]:
    """Yield the map entries of the written blocks; `first` is the disk's byte that the arena begins with."""
    for run in runs:
        begin = max(run.start - first, 0) // arena.sector_size
        end = min(run.end - first, arena.length) // arena.sector_size
        for block in range(begin, end, MAP_PIECE):
            numbers = range(block, min(end, block + MAP_PIECE))
            entries = struct.pack(f"<{len(numbers)}I", *(NORMAL_ENTRY | number for number in numbers))
            yield Piece(arena.start + arena.map_offset + block * MAP_ENTRY_SIZE, entries)
