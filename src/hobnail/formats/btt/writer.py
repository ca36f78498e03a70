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
from hobnail.formats.btt.geometry import MAP_ENTRY_SIZE, Arena, BttGeometry
from hobnail.formats.btt.info_block import NO_UUID, InfoBlock, encode_info
from hobnail.formats.extents import Extent
from hobnail.formats.reader import Reader

NORMAL_ENTRY = 3 << 30
PIECE = 8 << 20
"""Bytes of content that are held at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to write at a place of the raw namespace."""

    offset: int
    data: bytes


def btt_pieces(
    geometry: BttGeometry, content: Reader, extents: Iterable[Extent], parent: UUID = NO_UUID
) -> Iterator[Piece]:
    """Yield a BTT that holds `extents` of `content`, in whole blocks; `content` past its end is zeros.

    Data first, then maps and flogs, then the info blocks from the last arena to the first, the copy before the first
    (UEFI 2.10, Writing the Initial BTT layout). The BTT's UUID is made of the content, so that
    the same input gives the same bytes. UserError when an extent passes the end of the disk.
    """
    runs = _whole_blocks(extents, geometry.sector_size, geometry.size)
    choices = (str(geometry.version), geometry.raw_size, geometry.arenas[0].internal_lba_size, parent.hex)
    digest = hashlib.sha256(repr((*choices, geometry.sector_size, geometry.arenas[0].free_blocks)).encode())
    for run in runs:
        digest.update(struct.pack("<QQ", run.start, run.length))
        for offset in range(run.start, run.end, PIECE):
            length = min(PIECE, run.end - offset)
            data = content.read_at(offset, length).ljust(length, b"\0")
            digest.update(data)
            yield from _data(geometry, offset, data)
    own = UUID(bytes=_custom_uuid(digest.digest()[:16]))
    first = 0
    for arena in geometry.arenas:
        yield from _map(arena, first, runs)
        yield Piece(arena.start + arena.flog_offset, initial_flog(arena))
        first += arena.length
    for arena in reversed(geometry.arenas):
        block = encode_info(InfoBlock(own, parent, geometry.version, arena))
        yield Piece(arena.start + arena.info_copy_offset, block)
        yield Piece(arena.start, block)


def _custom_uuid(digest: bytes) -> bytes:
    """Return 16 bytes as a UUID of version 8: made by a rule of one's own (RFC 9562, 5.8)."""
    number = int.from_bytes(digest, "big")
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 2 << 62
    return number.to_bytes(16, "big")


def _whole_blocks(extents: Iterable[Extent], block: int, size: int) -> list[Extent]:
    """Return the extents grown to whole blocks, in order, joined where they meet."""
    runs: list[Extent] = []
    for extent in sorted(extents, key=lambda one: one.start):
        if not extent.length:
            continue
        if extent.start < 0 or extent.end > size:
            raise UserError(
                f"the content is {extent.end} bytes long, the disk inside the BTT only {size}",
                next_step="make the BTT larger",
            )
        start, end = extent.start // block * block, -(-extent.end // block) * block
        if runs and start <= runs[-1].end:
            start, end = runs[-1].start, max(runs[-1].end, end)
            runs.pop()
        runs.append(Extent(start, end - start))
    return runs


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
        for block in range(begin, end, PIECE // MAP_ENTRY_SIZE):
            numbers = range(block, min(end, block + PIECE // MAP_ENTRY_SIZE))
            entries = struct.pack(f"<{len(numbers)}I", *(NORMAL_ENTRY | number for number in numbers))
            yield Piece(arena.start + arena.map_offset + block * MAP_ENTRY_SIZE, entries)
