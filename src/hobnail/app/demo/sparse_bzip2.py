"""A sparse file as one bzip2 stream, without compressing the same zeros again and again.

bzip2 takes six seconds for the 900 MB of zeros in a disk image. Here it compresses each run of data, and each length
of zeros once; the blocks of these streams are then put behind each other, bit by bit, as one stream. This works as
blocks are independent (hobnail.formats.bzip2_block tells the format); bunzip2 reads the result in the tests.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import BinaryIO

from hobnail.formats.bzip2_block import BLOCK_MAGIC, CRC_BITS, END_BITS, END_MAGIC, MAGIC_BITS, find_magic
from hobnail.system.commands import run

HEADER = b"BZh9"
PIECE = 32 << 20
"""Bytes given to bzip2 at once. So many zeros are one block."""


def compress_sparse(source: Path, target: Path) -> None:
    """Write `target`, the bzip2 stream of `source`; where the file system knows no holes it only takes longer.

    SystemFailure when bzip2 is missing.
    """
    with source.open("rb") as file, target.open("wb") as out, ThreadPoolExecutor(max_workers=2) as pool:
        pieces = pool.map(lambda piece: _bzip2(piece) if isinstance(piece, bytes) else _zeros(piece), _pieces(file))
        for data in splice(pieces):
            out.write(data)


def splice(streams: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of one stream that holds the blocks of all `streams`, each made by `bzip2 -9`."""
    yield HEADER
    combined, spare, width = 0, 0, 0  # `width` bits of `spare` do not fill a byte yet
    for stream in streams:
        end = _end_bit(stream)
        length = end - len(HEADER) * 8
        tail = int.from_bytes(stream[len(HEADER) :], "big")
        body = tail >> (len(stream) * 8 - end)
        crc = tail >> (len(stream) * 8 - end - END_BITS) & (1 << CRC_BITS) - 1
        combined = _rotate(combined, sum(1 for _ in find_magic(stream, BLOCK_MAGIC))) ^ crc
        bits = spare << length | body
        count, width = divmod(width + length, 8)
        spare = bits & (1 << width) - 1
        yield (bits >> width).to_bytes(count, "big")
    last = ((spare << MAGIC_BITS | END_MAGIC) << CRC_BITS | combined) << -(width + END_BITS) % 8
    yield last.to_bytes((width + END_BITS + 7) // 8, "big")


def _pieces(file: BinaryIO) -> Iterator[bytes | int]:
    """Yield the file's content in order: bytes, or how many zeros."""
    size = file.seek(0, os.SEEK_END)
    at = 0
    while at < size:
        try:
            data = os.lseek(file.fileno(), at, os.SEEK_DATA)
        except OSError:  # ENXIO: a hole up to the end
            data = size
        for begin in range(at, data, PIECE):
            yield min(PIECE, data - begin)
        at = data if data == size else os.lseek(file.fileno(), data, os.SEEK_HOLE)
        for begin in range(data, at, PIECE):
            file.seek(begin)
            yield file.read(min(PIECE, at - begin))


@cache
def _zeros(count: int) -> bytes:
    """Compress zeros."""
    return _bzip2(bytes(count))


def _bzip2(data: bytes) -> bytes:
    return run(["bzip2", "-9", "-c"], stdin=data).stdout


def _end_bit(stream: bytes) -> int:
    """Return the bit of the end mark, which up to 7 bits of padding follow."""
    value = int.from_bytes(stream[-END_BITS // 8 - 1 :], "big")
    for padding in range(8):
        if value >> (padding + CRC_BITS) & (1 << MAGIC_BITS) - 1 == END_MAGIC:
            return len(stream) * 8 - padding - END_BITS
    raise AssertionError("bzip2 wrote no end mark")


def _rotate(value: int, count: int) -> int:
    """Rotate 32 bits to the left, once for each block."""
    count %= CRC_BITS
    return (value << count | value >> (CRC_BITS - count)) & (1 << CRC_BITS) - 1
