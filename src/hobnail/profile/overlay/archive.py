"""The archive that hosts load: ustar in one gzip member (RFC 1952), with what hosts share compressed once.

Shared members are deflated on their own and closed by a full flush (RFC 1951, 3.2.4: an empty stored block, which
ends on a byte). Such segments stand one after the other in one deflate stream; the CRC-32 of the whole is combined
from theirs. Everything is fixed: owner, times, order; no pax headers, which the VMkernel need not know (facts 2.2).
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hobnail.formats.crc32 import combine
from hobnail.profile.overlay.member import Member, split_name

BLOCK = 512
LARGE = 64 << 10
"""Bytes; a member from this size on is a segment of its own, kept whatever stands around it."""
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03"
"""gzip: deflate, no name, no time, best compression, Unix."""
_LAST_BLOCK = b"\x03\x00"
"""Deflate's empty final block."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Some members, deflated: the bytes, and the CRC-32 and length of what they unpack to."""

    deflated: bytes
    crc: int
    size: int


def archive(members: Sequence[Member]) -> bytes:
    """Return the members as a gzip'd ustar archive; the same members give the same bytes."""
    pieces, crc, size = [_HEADER], 0, 0
    for segment in _segments(members):
        pieces.append(segment.deflated)
        crc = combine(crc, segment.crc, segment.size)
        size += segment.size
    pieces += (_END.deflated, _LAST_BLOCK)
    crc, size = combine(crc, _END.crc, _END.size), size + _END.size
    pieces.append(crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"))
    return b"".join(pieces)


def _segments(members: Sequence[Member]) -> Iterator[Segment]:
    """Deflate runs of members: a host's own afresh, shared ones from what is kept, large ones each for itself."""
    run: list[Member] = []
    for member in members:
        large = len(member.data) >= LARGE
        if run and member.type == "folder":
            run.append(member)  # small, and the same everywhere: it goes with either
            continue
        if run and (large or member.own != run[0].own):
            yield _segment_of(run)
            run = []
        run.append(member)
        if large:
            yield _segment_of(run)
            run = []
    if run:
        yield _segment_of(run)


def _segment_of(run: list[Member]) -> Segment:
    if run[0].own:  # a small window suffices, and costs half the time
        return _deflated(b"".join(map(_tar, run)), zlib.compressobj(6, zlib.DEFLATED, -13, 6))
    return _shared_large(run[0]) if len(run[0].data) >= LARGE else _shared(tuple(run))


@lru_cache(512)
def _shared(run: tuple[Member, ...]) -> Segment:
    return _deflated(b"".join(map(_tar, run)), zlib.compressobj(9, zlib.DEFLATED, -15))


@lru_cache(16)
def _shared_large(member: Member) -> Segment:
    return _deflated(_tar(member), zlib.compressobj(9, zlib.DEFLATED, -15))


def _deflated(data: bytes, compressor: "zlib._Compress") -> Segment:
    deflated = compressor.compress(data) + compressor.flush(zlib.Z_FULL_FLUSH)
    return Segment(deflated, zlib.crc32(data), len(data))


def _tar(member: Member) -> bytes:
    """Return a member's header and its bytes, filled up to whole blocks."""
    header = _header(member.path, member.mode, member.uid, member.gid, len(member.data), member.type == "folder")
    return header + member.data + bytes(-len(member.data) % BLOCK)


@lru_cache(4096)
def _header(path: str, mode: int, uid: int, gid: int, size: int, folder: bool) -> bytes:
    """Return a ustar header (POSIX 1003.1, pax, ustar Interchange Format)."""
    split = split_name(path + "/" * folder)
    assert split is not None, "paths are checked where they come in"
    prefix, name = split
    numbers = b"".join(
        f"{value:0{width}o}\0".encode() for value, width in ((mode, 7), (uid, 7), (gid, 7), (size, 11))
    )
    start = name.encode().ljust(100, b"\0") + numbers + b"00000000000\0"
    rest = (b"5" if folder else b"0") + bytes(100) + b"ustar\x0000" + bytes(64)
    rest += b"0000000\0" * 2 + prefix.encode().ljust(155, b"\0") + bytes(12)
    total = sum(start) + sum(rest) + 8 * ord(" ")
    return start + f"{total:06o}\0 ".encode() + rest


_END = _deflated(bytes(2 * BLOCK), zlib.compressobj(9, zlib.DEFLATED, -15))
"""Two empty blocks end a tar archive."""
