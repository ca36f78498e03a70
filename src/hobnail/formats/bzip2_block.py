"""One block of a bzip2 stream: found by its magic at any bit, decoded alone, kept small in memory.

The format has no published specification; source: libbz2 1.0.8 (compress.c, decompress.c). A stream is `BZh1` to
`BZh9`, blocks, and an end mark; nothing in it is aligned to bytes. A block starts with 48 bits of magic and its CRC
and can be decoded without the others; the end mark carries the CRC of all blocks' CRCs, padding fills its last byte.
"""

import bz2
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice

BLOCK_MAGIC, END_MAGIC, MAGIC_BITS, CRC_BITS = 0x314159265359, 0x177245385090, 48, 32
END_BITS = MAGIC_BITS + CRC_BITS
MAX_BLOCK = 2_500_000
"""Compressed bytes of the greatest block: 900000 symbols of 20 bits and the tables."""
PIECE = 1 << 20
"""Decoded bytes that are made at once. A block of runs expands to 46 MB, which never stands in memory at once."""
PLAIN_PIECES = 2
"""Pieces of a block that are kept as they are. A block with more consists of runs and deflates to next to nothing."""
MAX_TRIES = 8
"""End marks, or magics inside a block, that are believed by mistake before the block is called damaged: by chance
one is met in 30 TB."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Compressed bytes that hold one block, perhaps with more behind it. Bits count from the file's start."""

    start: int  # bit of the block's magic
    stop: int | None  # bit of the next block magic; None where none was found
    data: bytes  # from the byte with bit `start` on

    @property
    def base(self) -> int:
        """Bit of the first byte of `data`."""
        return self.start // 8 * 8


@dataclass(frozen=True, slots=True)
class _Run:
    """A piece that is one byte over and over."""

    byte: bytes
    length: int

    def unpack(self) -> bytes:
        return self.byte * self.length


@dataclass(frozen=True, slots=True)
class _Deflated:
    """A piece that is kept compressed."""

    packed: bytes
    length: int

    def unpack(self) -> bytes:
        return zlib.decompress(self.packed)


_Piece = bytes | _Run | _Deflated


@dataclass(frozen=True, slots=True)
class Block:
    """A decoded block. Bits count from the file's start."""

    start: int
    end: int  # bit behind the block: of the next block's magic or of the end mark
    is_last: bool  # of its stream: the end mark follows
    crc: int
    pieces: Sequence[_Piece] = field(repr=False)

    @property
    def size(self) -> int:
        """Decoded bytes."""
        return sum(_length(piece) for piece in self.pieces)

    @property
    def cost(self) -> int:
        """Bytes it takes in memory."""
        return sum(len(piece) if isinstance(piece, bytes) else 200 for piece in self.pieces)

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` decoded bytes from `offset`."""
        begins = [0, *accumulate(_length(piece) for piece in self.pieces)]
        parts = []
        for index in range(bisect_right(begins, offset) - 1, len(self.pieces)):
            skip = offset - begins[index]
            piece = self.pieces[index]
            part = (piece if isinstance(piece, bytes) else piece.unpack())[skip : skip + length]
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
            if length == 0:
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)


def find_magic(data: bytes | bytearray, magic: int) -> Iterator[int]:
    """Yield the bits of `data` at which a 48-bit magic starts; not in order.

    For each of the 8 places in a byte the whole bytes inside the magic are searched as bytes, which is fast, and the
    bits around them compared where they are found.
    """
    for shift in range(8):
        spread = (magic << (8 - shift)).to_bytes(7, "big")  # `shift` bits, the magic, the rest
        core = spread[1:6] if shift else spread[:6]
        before = 1 if shift else 0
        found = data.find(core, before)
        while found >= 0:
            at = found - before
            bits = int.from_bytes(data[at : at + 7].ljust(7, b"\0"), "big")
            if at * 8 + shift + MAGIC_BITS <= len(data) * 8 and bits >> (8 - shift) & (1 << MAGIC_BITS) - 1 == magic:
                yield at * 8 + shift
            found = data.find(core, found + 1)


def decode_segment(segment: Segment) -> Block | None:
    """Decode the block that the segment starts with, up to the next block's magic or the end of its stream.

    None when it cannot be decoded: damaged, cut short, or `stop` is no block's start.
    """
    if segment.stop is not None:
        block = decode_exactly(segment, segment.stop, is_last=False)
        if block is not None:
            return block
    ends = sorted(find_magic(segment.data, END_MAGIC))
    for end in islice(ends, MAX_TRIES):
        block = decode_exactly(segment, segment.base + end, is_last=True)
        if block is not None:
            return block
    return None


def decode_exactly(segment: Segment, end: int, *, is_last: bool) -> Block | None:
    """Decode the block if it ends right before bit `end`; libbz2 compares its CRC."""
    stream, crc = _as_stream(segment, end)
    decoder = bz2.BZ2Decompressor()
    pieces = list[_Piece]()
    while not decoder.eof:
        try:
            piece = decoder.decompress(stream, PIECE)
        except OSError:
            return None
        stream = b""
        if piece:
            pieces.append(_compact(piece, plain=len(pieces) < PLAIN_PIECES))
        elif decoder.needs_input:
            return None
    if decoder.unused_data:
        return None  # the block ended sooner: another stream follows in the segment
    return Block(segment.start, end, is_last, crc, tuple(pieces))


def _as_stream(segment: Segment, end: int) -> tuple[bytes, int]:
    """Make a stream of the one block: its bits moved to a byte's start, with header and end mark; and its CRC.

    The CRC of a stream of one block is that block's.
    """
    length = end - segment.start
    first, last = segment.start - segment.base, -(-(end - segment.base) // 8)
    bits = int.from_bytes(bytes([segment.data[0] & 0xFF >> first]) + segment.data[1:last], "big")
    bits >>= last * 8 - (end - segment.base)
    crc = bits >> max(length - MAGIC_BITS - CRC_BITS, 0) & 0xFFFFFFFF
    padding = -(length + END_BITS) % 8
    bits = ((bits << MAGIC_BITS | END_MAGIC) << CRC_BITS | crc) << padding
    return b"BZh9" + bits.to_bytes((length + END_BITS + padding) // 8, "big"), crc


def _compact(piece: bytes, *, plain: bool) -> _Piece:
    """Keep a piece in as little memory as is cheap: disk images are mostly zeros."""
    if piece[0] == piece[-1] == piece[len(piece) // 2] and piece == piece[:1] * len(piece):
        return _Run(piece[:1], len(piece))
    return piece if plain else _Deflated(zlib.compress(piece, 1), len(piece))


def _length(piece: _Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.length
