"""The info block: 4096 bytes at both ends of an arena that say where the rest of it stands.

UEFI 2.10, BTT Info Block (EFI_BTT_INFO_BLOCK): the same fields as Linux's struct btt_sb. Numbers are little-endian;
the last 8 bytes are a Fletcher-64 of the block with these 8 as zeros.
"""

import struct
from dataclasses import dataclass
from itertools import accumulate, pairwise
from uuid import UUID

from hobnail.formats.btt.geometry import (
    FLOG_ENTRY_SIZE,
    INFO_SIZE,
    MAP_ENTRY_SIZE,
    MAX_ARENA,
    MAX_BLOCKS,
    MIN_ARENA,
    Arena,
    Version,
)

SIGNATURE = b"BTT_ARENA_INFO\0\0"
LAYOUT = struct.Struct("<16s16s16sIHHIIIIIIQQQQQ")
CHECKSUM_OFFSET = INFO_SIZE - 8
ERROR_FLAG = 1
NO_UUID = UUID(int=0)


class InfoBlockFault(ValueError):  # noqa: N818 - a reason, told on by the reader with the place
    """Why 4096 bytes are no info block that can be used."""


@dataclass(frozen=True, slots=True)
class InfoBlock:
    """What an info block says. UUIDs stand in it as 16 bytes in the order of their text, as Linux writes them."""

    uuid: UUID  # of this BTT: the same in all its info blocks
    parent: UUID  # of the namespace; NO_UUID: of any (Linux)
    version: Version
    arena: Arena
    in_error: bool = False  # its writer found it damaged: it may be read, not written


def fletcher64(data: bytes) -> int:
    """Return the Fletcher-64 of whole little-endian 32-bit words, both sums modulo 2**32 (Linux nd_fletcher64)."""
    words: tuple[int, ...] = struct.unpack(f"<{len(data) // 4}I", data)
    return (sum(accumulate(words)) & 0xFFFFFFFF) << 32 | sum(words) & 0xFFFFFFFF


def encode_info(info: InfoBlock) -> bytes:
    """Return the 4096 bytes of an info block."""
    arena = info.arena
    head = LAYOUT.pack(
        SIGNATURE,
        info.uuid.bytes,
        info.parent.bytes,
        ERROR_FLAG if info.in_error else 0,
        *info.version.value,
        arena.external_lba_size,
        arena.external_blocks,
        arena.internal_lba_size,
        arena.internal_blocks,
        arena.free_blocks,
        INFO_SIZE,
        arena.next_offset,
        arena.data_offset,
        arena.map_offset,
        arena.flog_offset,
        arena.info_copy_offset,
    )
    body = head.ljust(CHECKSUM_OFFSET, b"\0")
    return body + fletcher64(body + bytes(8)).to_bytes(8, "little")


def decode_info(data: bytes, start: int, limit: int) -> InfoBlock:
    """Return what 4096 bytes of an arena at `start` say; `limit` is the byte after the last that it may have.

    InfoBlockFault for a wrong signature or checksum, and for numbers that do not go together.
    """
    if len(data) != INFO_SIZE or data[:16] != SIGNATURE:
        raise InfoBlockFault("the signature BTT_ARENA_INFO is missing")
    if fletcher64(data[:CHECKSUM_OFFSET] + bytes(8)) != int.from_bytes(data[CHECKSUM_OFFSET:], "little"):
        raise InfoBlockFault("its checksum is wrong")
    fields = LAYOUT.unpack_from(data)
    own, parent, flags, major, minor, external_size, external, internal_size, internal, free, info_size = fields[1:12]
    next_offset, data_offset, map_offset, flog_offset, copy_offset = fields[12:]
    try:
        version = Version((major, minor))
    except ValueError:
        raise InfoBlockFault(f"its version {major}.{minor} is not known") from None
    if info_size != INFO_SIZE:
        raise InfoBlockFault(f"it says that it is {info_size} bytes long, not {INFO_SIZE}")
    arena = Arena(
        start,
        next_offset or copy_offset + INFO_SIZE,
        external_size,
        external,
        internal_size,
        internal,
        free,
        data_offset,
        map_offset,
        flog_offset,
        copy_offset,
        next_offset,
    )
    _check(arena, limit)
    return InfoBlock(UUID(bytes=own), UUID(bytes=parent), version, arena, bool(flags & ERROR_FLAG))


def _check(arena: Arena, limit: int) -> None:
    """Refuse an arena whose parts pass its ends or lie over one another, so that what follows needs no guards.

    The order of the parts is not asked for: UEFI says data, map, flog; a published UEFI driver has flog, map, data.
    """
    if not MIN_ARENA <= arena.size <= MAX_ARENA or arena.start + arena.size > limit:
        raise InfoBlockFault(f"its arena of {arena.size} bytes does not fit")
    if not 512 <= arena.external_lba_size <= arena.internal_lba_size <= 1 << 16:
        raise InfoBlockFault(f"its blocks of {arena.external_lba_size} ({arena.internal_lba_size}) bytes cannot be")
    blocks = arena.external_blocks + arena.free_blocks
    if not arena.external_blocks or not arena.free_blocks or not blocks == arena.internal_blocks <= MAX_BLOCKS:
        raise InfoBlockFault(
            f"{arena.internal_blocks} blocks are not {arena.external_blocks} and {arena.free_blocks} free ones"
        )
    parts = sorted(
        [
            (0, INFO_SIZE, "info block"),
            (arena.data_offset, arena.internal_blocks * arena.internal_lba_size, "data"),
            (arena.map_offset, arena.external_blocks * MAP_ENTRY_SIZE, "map"),
            (arena.flog_offset, arena.free_blocks * FLOG_ENTRY_SIZE, "flog"),
            (arena.info_copy_offset, INFO_SIZE, "copy of the info block"),
        ]
    )
    parts.append((arena.size, 0, "end"))
    for (begin, length, name), (following, _, next_name) in pairwise(parts):
        if begin + length > following:
            raise InfoBlockFault(f"its {name} reaches into its {next_name}")
