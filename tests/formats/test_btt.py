"""BTT: geometry as Linux counts it, what is written is read, several arenas, padded blocks."""

import random
import struct
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.formats.btt.geometry import MAX_ARENA, MIN_ARENA, BttGeometry, Version
from hobnail.formats.btt.info_block import encode_info, fletcher64
from hobnail.formats.btt.reader import BttReader
from hobnail.formats.btt.writer import Piece, btt_pieces
from tests.formats.sparse_raw import SparseRaw, opened, written

PARENT = UUID("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")


def test_fletcher64_by_hand() -> None:
    data = struct.pack("<3I", 1, 2, 0xFFFFFFFF)
    # low sums: 1, 3, 3 + 2**32 - 1 = 2 (mod 2**32); high: 1 + 3 + 2 (mod 2**32)
    assert fletcher64(data) == 6 << 32 | 2
    assert fletcher64(b"") == 0


def test_an_arena_by_hand() -> None:
    """16 MiB - 2 info blocks - 16 KiB flog = 16752640; less 4096, by 4100: 4085 blocks, 256 of them free."""
    raw = 16 << 20
    (arena,) = BttGeometry.for_size(raw, 4096).arenas
    assert (arena.internal_blocks, arena.external_blocks, arena.free_blocks) == (4085, 4085 - 256, 256)
    assert (arena.data_offset, arena.info_copy_offset) == (4096, raw - 4096)
    assert arena.flog_offset == raw - 4096 - 256 * 64
    assert arena.map_offset == arena.flog_offset - 16384  # 3829 entries of 4 bytes, in whole 4096


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize("size", [MIN_ARENA, MIN_ARENA + 12345, 1 << 30, MAX_ARENA, MAX_ARENA + MIN_ARENA - 1])
def test_one_arena_has_all_its_parts_in_order(version: Version, sector: int, size: int) -> None:
    geometry = BttGeometry.for_size(size + version.initial_offset, sector, version=version)
    (arena,) = geometry.arenas
    usable = min(size, MAX_ARENA) // 4096 * 4096
    offsets = [0, arena.data_offset, arena.map_offset, arena.flog_offset, arena.info_copy_offset, usable]
    lengths = [4096, arena.internal_blocks * sector, arena.external_blocks * 4, 256 * 64, 4096]
    for (begin, end), length in zip(pairwise(offsets), lengths, strict=True):
        assert begin % 4096 == 0
        assert begin + length <= end
    assert arena.next_offset == 0
    assert arena.internal_blocks < 1 << 30  # what a map entry can name
    assert geometry.size == arena.external_blocks * sector


def test_a_namespace_is_cut_into_arenas_of_512_gib() -> None:
    geometry = BttGeometry.for_size(2 * MAX_ARENA + MIN_ARENA + 4096, 512, version=Version.LINUX)
    assert [one.start for one in geometry.arenas] == [4096, 4096 + MAX_ARENA, 4096 + 2 * MAX_ARENA]
    assert [one.size for one in geometry.arenas] == [MAX_ARENA, MAX_ARENA, MIN_ARENA]
    assert [one.next_offset for one in geometry.arenas] == [MAX_ARENA, MAX_ARENA, 0]
    too_little = BttGeometry.for_size(2 * MAX_ARENA + MIN_ARENA + 4095, 512, version=Version.LINUX)
    assert [one.next_offset for one in too_little.arenas] == [MAX_ARENA, 0]  # the rest is not used


@pytest.mark.parametrize(
    ("size", "sector", "choices"),
    [
        (MIN_ARENA - 1, 4096, {}),
        (MIN_ARENA + 4095, 4096, {"version": Version.LINUX}),
        (0, 512, {}),
        (-5, 512, {}),
        (MIN_ARENA, 1024, {}),
        (MIN_ARENA, 4096, {"internal_lba_size": 2048}),
        (MIN_ARENA, 4096, {"internal_lba_size": 4100}),
        (MIN_ARENA, 4096, {"free_blocks": 0}),
        (MIN_ARENA, 4096, {"free_blocks": 5000}),
        (MIN_ARENA, 4096, {"internal_lba_size": 1 << 23, "free_blocks": 2}),
    ],
)
def test_what_cannot_be_is_said(size: int, sector: int, choices: dict[str, int]) -> None:
    with pytest.raises(UserError):
        BttGeometry.for_size(size, sector, **choices)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(list(Version)),
    st.sampled_from([(512, 0), (512, 576), (4096, 0), (4096, 4160)]),
    st.integers(1, 300),
    st.lists(st.tuples(st.integers(0, MIN_ARENA // 2), st.binary(min_size=1, max_size=9000)), max_size=5),
    st.integers(0, MIN_ARENA),
    st.integers(0, 20000),
)
def test_what_is_written_is_read(
    version: Version,
    sizes: tuple[int, int],
    free: int,
    parts: list[tuple[int, bytes]],
    at: int,
    length: int,
) -> None:
    raw_size = MIN_ARENA + 5 * 4096 + 77
    geometry = BttGeometry.for_size(raw_size, sizes[0], version=version, free_blocks=free, internal_lba_size=sizes[1])
    inside = SparseRaw(geometry.size)
    for offset, data in parts:
        inside.write_at(offset, data)
    raw = SparseRaw(raw_size).write_all(btt_pieces(geometry, inside.pieces(), PARENT))
    disk = BttReader(raw, parent=PARENT)
    assert (disk.size, disk.sector_size, disk.version) == (geometry.size, sizes[0], version)
    assert disk.arenas == list(geometry.arenas)
    assert disk.faults == []
    assert disk.read_at(at, length) == inside.read_at(at, length)
    for offset, data in parts:
        assert disk.read_at(offset, len(data)) == inside.read_at(offset, len(data))


def test_pieces_of_any_length_are_whole_blocks_with_zeros_behind() -> None:
    geometry = BttGeometry.for_size(MIN_ARENA, 4096, internal_lba_size=4160)
    pieces = btt_pieces(geometry, [(0, b"a" * 4097), (8192, b"b"), (40960, b"c" * 8192)])
    disk = BttReader(SparseRaw(MIN_ARENA).write_all(pieces))
    assert disk.read_at(0, 8193) == b"a" * 4097 + bytes(4095) + b"b"
    assert disk.read_at(40959, 8194) == b"\0" + b"c" * 8192 + b"\0"


def test_content_over_the_border_of_two_arenas() -> None:
    geometry = BttGeometry.for_size(MAX_ARENA + MIN_ARENA, 4096)
    border = geometry.arenas[0].length
    noise = random.Random(1).randbytes(20000)
    disk = BttReader(written(geometry, b"begin", (border - 9000, noise), (geometry.size - 5, b"final")))
    assert disk.read_at(0, 5) == b"begin"
    assert disk.read_at(border - 9000, 20000) == noise
    assert disk.read_at(border - 10000, 1000) == bytes(1000)
    assert disk.read_at(geometry.size - 5, 100) == b"final"
    assert len(disk.arenas) == 2


def test_reading_past_the_end_gives_what_is_there() -> None:
    disk = opened(BttGeometry.for_size(MIN_ARENA, 512), b"x")
    assert len(disk.read_at(disk.size - 3, 10)) == 3
    assert disk.read_at(disk.size, 10) == b""
    assert disk.read_at(disk.size + 4096, 10) == b""
    assert disk.read_at(0, 0) == b""


def test_only_written_blocks_are_mapped() -> None:
    geometry = BttGeometry.for_size(MIN_ARENA, 4096)
    (arena,) = geometry.arenas
    raw = written(geometry, b"", (4096 * 3 + 7, b"a"), (4096 * 5 - 1, b"bb"))
    entries = struct.unpack("<8I", raw.read_at(arena.map_offset, 32))
    assert entries == (0, 0, 0, 0xC0000003, 0xC0000004, 0xC0000005, 0, 0)
    assert raw.read_at(arena.block_at(3) + 7, 1) == b"a"


def test_the_flog_hands_out_the_highest_blocks() -> None:
    geometry = BttGeometry.for_size(MIN_ARENA, 4096)
    (arena,) = geometry.arenas
    flog = written(geometry).read_at(arena.flog_offset, 256 * 64)
    for number in range(256):
        free = arena.external_blocks + number
        assert struct.unpack_from("<16I", flog, number * 64) == (number, free, free, 1, *[0] * 12)


def test_info_blocks_come_last_the_copy_first_the_highest_arena_first() -> None:
    """A half-written BTT is never taken for one (UEFI 2.10, Writing the Initial BTT layout)."""
    geometry = BttGeometry.for_size(MAX_ARENA + MIN_ARENA, 4096)
    pieces = list(btt_pieces(geometry, [(0, b"data")]))
    low, high = geometry.arenas
    last = [piece.offset for piece in pieces[-4:]]
    assert last == [high.start + high.info_copy_offset, high.start, low.info_copy_offset, 0]
    assert not any(piece.data.startswith(b"BTT_ARENA_INFO") for piece in pieces[:-4])


def _bytes(pieces: list[Piece]) -> list[tuple[int, bytes]]:
    return [(piece.offset, piece.data) for piece in pieces]


def test_the_same_input_gives_the_same_bytes() -> None:
    geometry = BttGeometry.for_size(MIN_ARENA, 4096)

    def make(content: bytes, parent: UUID = PARENT) -> list[tuple[int, bytes]]:
        return _bytes(list(btt_pieces(geometry, [(0, content)], parent)))

    assert make(b"one") == make(b"one")
    ids = {made[-1][1][16:32] for made in (make(b"one"), make(b"two"), make(b"one", UUID(int=1)))}
    assert len(ids) == 3
    assert all(UUID(bytes=one).version == 8 for one in ids)


def test_content_must_fit() -> None:
    geometry = BttGeometry.for_size(MIN_ARENA, 4096)
    with pytest.raises(UserError, match="only"):
        list(btt_pieces(geometry, [(geometry.size - 4096, bytes(4097))]))


@pytest.mark.parametrize("content", [[(5, b"x")], [(4096, b"x"), (0, b"y")], [(0, b"x"), (0, b"y")]])
def test_content_comes_in_order_and_on_blocks(content: list[tuple[int, bytes]]) -> None:
    with pytest.raises(ValueError, match="not on a block"):
        list(btt_pieces(BttGeometry.for_size(MIN_ARENA, 4096), content))


def test_an_info_block_byte_by_byte() -> None:
    """Offsets of Linux's struct btt_sb, by hand."""
    geometry = BttGeometry.for_size(MIN_ARENA + 4096, 512, version=Version.LINUX)
    raw = written(geometry)
    block = raw.read_at(4096, 4096)
    (arena,) = geometry.arenas
    assert block[:16] == b"BTT_ARENA_INFO\0\0"
    assert struct.unpack_from("<IHH", block, 48) == (0, 1, 1)
    assert struct.unpack_from("<6I", block, 56) == (
        512,
        arena.external_blocks,
        512,
        arena.external_blocks + 256,
        256,
        4096,
    )
    assert struct.unpack_from("<5Q", block, 80) == (
        0,
        4096,
        arena.map_offset,
        arena.flog_offset,
        MIN_ARENA - 4096,
    )
    assert block[120:4088] == bytes(3968)
    assert raw.read_at(0, 4096) == bytes(4096)  # version 1.1 leaves the first 4096 bytes alone
    assert encode_info(BttReader(raw)._arenas[0].info) == block
