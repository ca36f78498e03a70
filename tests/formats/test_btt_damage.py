"""BTT: interrupted writes are finished, damage is found or survived, hostile numbers raise MediumError only."""

import struct
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.btt.geometry import MAX_ARENA, MIN_ARENA, Arena, BttGeometry, Version
from hobnail.formats.btt.info_block import LAYOUT, fletcher64
from hobnail.formats.btt.reader import BttReader
from hobnail.formats.btt.writer import btt_pieces
from hobnail.formats.reader import BytesReader, SliceReader
from tests.formats.sparse_raw import SparseRaw, written

GEOMETRY = BttGeometry.for_size(MIN_ARENA, 4096)
(ARENA,) = GEOMETRY.arenas
OLD, NEW = b"old".ljust(4096, b"."), b"new".ljust(4096, b"!")
NORMAL = 0xC0000000
FREE = ARENA.external_blocks


def flog_entry(number: int, *sets: tuple[int, int, int, int], second: int = 16) -> tuple[int, bytes]:
    data = bytearray(64)
    struct.pack_into("<4I", data, 0, *sets[0])
    if len(sets) > 1:
        struct.pack_into("<4I", data, second, *sets[1])
    return ARENA.flog_offset + number * 64, bytes(data)


def interrupted(map_entry: int, *sets: tuple[int, int, int, int], second: int = 16) -> BttReader:
    """Block 7 holds OLD in its first place and NEW in the first free one; the flog says what happened."""
    raw = written(GEOMETRY, b"", (7 * 4096, OLD))
    raw.write_at(ARENA.block_at(FREE), NEW)
    raw.write_at(ARENA.map_offset + 28, struct.pack("<I", map_entry))
    raw.write_at(*flog_entry(0, *sets, second=second))
    return BttReader(raw)


NEVER = (0, FREE, FREE, 1)


@pytest.mark.parametrize("second", [16, 32])
@pytest.mark.parametrize(
    ("map_entry", "sets", "content"),
    [
        # the flog was written, the map not yet: the write counts
        (NORMAL | 7, [NEVER, (7, 7, FREE, 2)], NEW),
        (0, [NEVER, (7, 7, FREE, 2)], NEW),  # the initial state is mapped to itself
        (NORMAL | 7, [NEVER, (7, NORMAL | 7, NORMAL | FREE, 2)], NEW),  # flags in the flog, as Linux writes them
        # the map was written too
        (NORMAL | FREE, [NEVER, (7, 7, FREE, 2)], NEW),
        # the set with the lower sequence number is not asked
        (NORMAL | 7, [(7, 7, FREE, 1), (7, FREE + 9, 7, 2)], OLD),
        (NORMAL | 7, [(7, 7, FREE, 3), (7, FREE + 9, 7, 2)], NEW),
        (NORMAL | 7, [(7, FREE + 9, 7, 1), (7, 7, FREE, 3)], OLD),  # 3, then 1
        (NORMAL | 7, [(7, 7, FREE, 1), (7, FREE + 9, 7, 3)], NEW),
        (NORMAL | 7, [(7, FREE + 9, 7, 0), (7, 7, FREE, 3)], NEW),  # 0 was never used
        # mapped elsewhere since, through another entry of the flog
        (NORMAL | FREE, [NEVER, (7, FREE + 5, FREE + 6, 2)], NEW),
    ],
)
def test_an_interrupted_write_is_finished(
    map_entry: int, sets: list[tuple[int, int, int, int]], content: bytes, second: int
) -> None:
    disk = interrupted(map_entry, *sets, second=second)
    assert disk.read_at(7 * 4096, 4096) == content
    assert disk.read_at(7 * 4096 - 4, 8)[4:] == content[:4]
    assert disk.faults == []


@pytest.mark.parametrize(
    ("sets", "second"),
    [
        ([(7, 7, FREE, 0), (0, 0, 0, 0)], 16),
        ([(7, 7, FREE, 2), (7, 7, FREE, 2)], 16),
        ([(7, 7, FREE, 4), (7, 7, FREE, 1)], 16),
        ([(FREE, 7, FREE, 2), (7, 7, FREE, 1)], 16),  # there is no such block
        ([NEVER, (7, 7, FREE, 2)], 48),
        ([NEVER, (7, 7, FREE, 2)], 20),
    ],
)
def test_a_damaged_flog_is_told_and_the_map_is_followed(sets: list[tuple[int, int, int, int]], second: int) -> None:
    disk = interrupted(NORMAL | 7, *sets, second=second)
    assert disk.read_at(7 * 4096, 4096) == OLD
    assert ["flog" in fault for fault in disk.faults] == [True]


def test_map_states() -> None:
    raw = written(GEOMETRY, OLD + NEW + OLD + NEW)
    entries = (NORMAL | 1, NORMAL | 0, 1 << 31 | 2, 1 << 30 | 3)  # swapped, swapped, zero, error
    raw.write_at(ARENA.map_offset, struct.pack("<4I", *entries))
    disk = BttReader(raw)
    assert disk.read_at(0, 3 * 4096) == NEW + OLD + bytes(4096)
    with pytest.raises(MediumError, match="marked as lost") as caught:
        disk.read_at(3 * 4096 + 5, 1)
    assert caught.value.offset == ARENA.map_offset + 12
    assert len(disk.read_at(4 * 4096, 4096)) == 4096


def test_a_map_entry_out_of_bounds_is_an_error() -> None:
    raw = written(GEOMETRY, OLD)
    raw.write_at(ARENA.map_offset, struct.pack("<I", NORMAL | ARENA.internal_blocks))
    with pytest.raises(MediumError, match="mapped to"):
        BttReader(raw).read_at(0, 1)


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("damaged", [0, 1])
@pytest.mark.parametrize("tail", [0, 777])
def test_one_damaged_info_block_is_survived(version: Version, damaged: int, tail: int) -> None:
    geometry = BttGeometry.for_size(MIN_ARENA + 4096 + tail, 4096, version=version)
    (arena,) = geometry.arenas
    raw = written(geometry, NEW)
    raw.flip(arena.start + (0, arena.info_copy_offset)[damaged] + 70)
    disk = BttReader(raw)
    assert disk.read_at(0, 4096) == NEW
    assert bool(disk.faults) is (damaged == 0)  # the copy is not looked at while the first is good


def test_both_damaged_is_said_with_both_places() -> None:
    raw = written(GEOMETRY, NEW)
    raw.flip(70)
    raw.flip(ARENA.info_copy_offset + 4090)
    with pytest.raises(MediumError, match="no BTT is here") as caught:
        BttReader(raw)
    text = str(caught.value)
    assert "info block at byte 0: its checksum is wrong" in text
    assert f"its copy at byte {ARENA.info_copy_offset}: its checksum is wrong" in text


@pytest.mark.parametrize("both", [False, True])
def test_a_damaged_second_arena(both: bool) -> None:
    geometry = BttGeometry.for_size(MAX_ARENA + MIN_ARENA, 4096)
    second = geometry.arenas[1]
    raw = written(geometry, b"", (geometry.arenas[0].length, NEW))
    raw.flip(second.start)
    if both:
        raw.flip(second.start + second.info_copy_offset + 100)
        with pytest.raises(MediumError, match="arena 1 is damaged"):
            BttReader(raw)
    else:
        assert BttReader(raw).read_at(geometry.arenas[0].length, 4096) == NEW


def test_a_second_arena_of_another_btt_is_refused() -> None:
    geometry = BttGeometry.for_size(MAX_ARENA + MIN_ARENA, 4096)
    raw = written(geometry, NEW)
    second = geometry.arenas[1]
    for piece in btt_pieces(geometry, [(0, OLD)]):
        if piece.offset >= second.start:
            raw.write_at(piece.offset, piece.data)
    with pytest.raises(MediumError, match="of another BTT"):
        BttReader(raw)


def test_the_namespace_it_belongs_to() -> None:
    own, other = UUID(int=5), UUID(int=6)
    raw = SparseRaw(MIN_ARENA).write_all(btt_pieces(GEOMETRY, [], own))
    assert BttReader(raw).parent == BttReader(raw, parent=own).parent == own
    with pytest.raises(MediumError, match="it belongs to namespace 00000000-0000-0000-0000-000000000005"):
        BttReader(raw, parent=other)
    assert BttReader(written(GEOMETRY), parent=other).parent.int == 0  # of any


def test_remains_of_another_version() -> None:
    """Version 1.1 leaves the first 4096 bytes alone: an info block of an older 2.0 may stand there."""
    raw = SparseRaw(MIN_ARENA + 4096)
    for version, content in ((Version.UEFI, OLD), (Version.LINUX, NEW)):
        geometry = BttGeometry.for_size(MIN_ARENA + 4096, 4096, version=version)
        raw.write_all(btt_pieces(geometry, [(0, content)]))
    assert BttReader(raw, version=Version.LINUX).read_at(0, 4096) == NEW
    assert BttReader(raw).version is Version.UEFI


def test_an_arena_marked_as_damaged_is_read_and_told() -> None:
    raw = written(GEOMETRY, NEW)
    patch(raw, 48, struct.pack("<I", 1))
    disk = BttReader(raw)
    assert disk.read_at(0, 4096) == NEW
    assert disk.faults == ["the arena at byte 0 is marked as damaged"]


def patch(raw: SparseRaw, offset: int, data: bytes) -> None:
    """Change an info block and its copy, and mend their checksums."""
    for start in (0, ARENA.info_copy_offset):
        block = bytearray(raw.read_at(start, 4096))
        block[offset : offset + len(data)] = data
        block[4088:] = fletcher64(bytes(block[:4088]) + bytes(8)).to_bytes(8, "little")
        raw.write_at(start, bytes(block))


@pytest.mark.parametrize(
    ("offset", "data", "said"),
    [
        (52, struct.pack("<HH", 3, 0), "version 3.0 is not known"),
        (52, struct.pack("<HH", 1, 1), "its version is 1.1"),
        (56, struct.pack("<I", 256), "its blocks of 256"),
        (56, struct.pack("<I", 8192), "its blocks of 8192"),
        (60, struct.pack("<I", 0), "blocks are not 0"),
        (64, struct.pack("<I", 1 << 31), "its blocks of 4096"),
        (64, struct.pack("<I", 65536), "its data reaches into its map"),
        (68, struct.pack("<I", 0xFFFFFFFF), "blocks are not"),
        (72, struct.pack("<I", 0), "blocks are not"),
        (76, struct.pack("<I", 512), "512 bytes long"),
        (80, struct.pack("<Q", 1), "its arena of 1 bytes"),
        (80, struct.pack("<Q", 1 << 63), "does not fit"),
        (88, struct.pack("<Q", 0), "reaches into"),
        (96, struct.pack("<Q", 4096), "reaches into"),
        (104, struct.pack("<Q", 1 << 63), "reaches into"),
        (112, struct.pack("<Q", 1 << 63), "does not fit"),
    ],
)
def test_numbers_that_do_not_go_together(offset: int, data: bytes, said: str) -> None:
    raw = written(GEOMETRY, NEW)
    patch(raw, offset, data)
    with pytest.raises(MediumError, match="no BTT is here") as caught:
        BttReader(raw)
    assert said in str(caught.value)


def test_the_parts_may_stand_in_another_order() -> None:
    """A published driver for EDK II (Btt.c) has flog, map, data: offsets are believed, not the order."""
    flog = 4096
    moved = {"flog_offset": flog, "map_offset": flog + 16384, "data_offset": flog + 2 * 16384}
    raw = SparseRaw(MIN_ARENA)
    arena = Arena(**{**{name: getattr(ARENA, name) for name in Arena.__slots__}, **moved})
    geometry = BttGeometry(Version.UEFI, MIN_ARENA, (arena,))
    raw.write_all(btt_pieces(geometry, [(0, NEW)]))
    assert BttReader(raw).read_at(0, 4096) == NEW


@pytest.mark.parametrize(
    "raw",
    [
        BytesReader("empty", b""),
        BytesReader("short", bytes(4096)),
        SparseRaw(MIN_ARENA),
        SliceReader("cut", written(GEOMETRY), 0, MIN_ARENA - 4096),
        SliceReader("moved", written(GEOMETRY), 512, MIN_ARENA - 512),
    ],
    ids=lambda raw: raw.name,
)
def test_what_is_none(raw: BytesReader) -> None:
    with pytest.raises(MediumError, match="no BTT is here"):
        BttReader(raw)


def test_a_reader_of_unknown_size_is_refused() -> None:
    raw = written(GEOMETRY)
    raw.size = None
    with pytest.raises(MediumError, match="size is not known"):
        BttReader(raw)


def test_a_raw_namespace_that_ends_early_is_an_error_when_read() -> None:
    raw = written(GEOMETRY, NEW)
    raw.length = ARENA.map_offset
    with pytest.raises(MediumError):
        BttReader(raw)


def _fuzz(change: Callable[[SparseRaw], None]) -> None:
    raw = written(GEOMETRY, NEW * 3)
    change(raw)
    with suppress(MediumError):
        disk = BttReader(raw)
        disk.read_at(0, 20000)
        disk.read_at(disk.size - 5000, 20000)


@settings(deadline=None, max_examples=150)
@given(st.integers(48, LAYOUT.size - 1), st.binary(min_size=1, max_size=16))
def test_hostile_info_blocks_raise_medium_errors_only(offset: int, data: bytes) -> None:
    _fuzz(lambda raw: patch(raw, offset, data))


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([ARENA.map_offset, ARENA.flog_offset]), st.integers(0, 4000), st.binary(max_size=200))
def test_hostile_maps_and_flogs_raise_medium_errors_only(area: int, offset: int, data: bytes) -> None:
    _fuzz(lambda raw: raw.write_at(area + offset, data))
