"""bzip2 streams read at any offset; the bzip2 program and the bz2 module are the oracles."""

import bz2
import threading
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hobnail.formats.bzip2 as under_test
from hobnail.app.demo.sparse_bzip2 import splice
from hobnail.errors import MediumError
from hobnail.formats.bzip2 import Bzip2Reader
from hobnail.formats.bzip2_block import END_MAGIC, Block, find_magic
from hobnail.formats.reader import BytesReader
from hobnail.system.commands import run
from tests.formats.sources import CountingReader
from tests.tools import need_tool

MIB = 1 << 20
NOISE = Random(1).randbytes(2_500_000)
"""Incompressible: three blocks at -9."""
SPARSE = NOISE[:100_000] + bytes(46 * MIB) + NOISE[:500_000] + b"\xff" * 5 * MIB + NOISE[5:900_000]
RUNS = b"".join(bytes([n % 255]) * 255 for n in range(40_000))
"""One block that expands tenfold and is no constant."""


def reader(data: bytes, limit: int | None = None) -> Bzip2Reader:
    return Bzip2Reader("decoded", BytesReader("file.bz2", data), limit=limit)


def whole(stream: Bzip2Reader, step: int = MIB) -> bytes:
    with stream:
        return b"".join(iter(Steps(stream, step)))


class Steps:
    """Reads one piece after the other to the end."""

    def __init__(self, stream: Bzip2Reader, step: int) -> None:
        self._stream, self._step, self._at = stream, step, 0

    def __iter__(self) -> "Steps":
        return self

    def __next__(self) -> bytes:
        data = self._stream.read_at(self._at, self._step)
        self._at += len(data)
        if not data:
            raise StopIteration
        return data


@pytest.mark.parametrize("level", range(1, 10))
def test_reads_what_the_bzip2_program_wrote(level: int, tmp_path: Path) -> None:
    need_tool("bzip2")
    (tmp_path / "file").write_bytes(NOISE)
    stream = reader(run(["bzip2", f"-{level}", "-c", tmp_path / "file"]).stdout)
    assert (stream.name, stream.size) == ("decoded", None)
    assert whole(stream) == NOISE
    assert stream.size == len(NOISE)


CONTENTS = {
    "empty": b"",
    "one byte": b"x",
    "one block": NOISE[:1000],
    "zeros": bytes(50 * MIB),
    "sparse disk": SPARSE,
    "runs": RUNS,
    "a magic as text": b"\x31\x41\x59\x26\x53\x59" * 1000,
}


@pytest.mark.parametrize("data", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("step", [100_003, 70 * MIB])
def test_contents(data: bytes, step: int) -> None:
    stream = reader(bz2.compress(data))
    assert whole(stream, step) == data
    assert stream.size == len(data)
    assert stream.read_at(len(data), 9) == stream.read_at(len(data) + 99, 9) == b""


TAILS = {"nothing": b"", "zeros": bytes(3000), "text": b"trailing", "half a header": b"BZ"}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS)
def test_streams_in_a_row(tail: bytes) -> None:
    parts = [NOISE[:10], b"", NOISE[:950_000], b"", NOISE[5:300_000], b"y"]
    packed = b"".join(bz2.compress(part, level) for part, level in zip(parts, (9, 9, 1, 3, 2, 9), strict=True))
    assert whole(reader(packed + tail)) == b"".join(parts)
    assert whole(reader(bz2.compress(b"") + tail)) == b""


FILES = {
    "noise at -1": (bz2.compress(NOISE, 1), NOISE),
    "sparse": (bz2.compress(SPARSE), SPARSE),
    "runs": (bz2.compress(RUNS, 5), RUNS),
}


@pytest.mark.parametrize("name", FILES)
@settings(deadline=None, max_examples=8)
@given(reads=st.lists(st.tuples(st.floats(0, 1.01), st.integers(0, 3_000_000)), min_size=1, max_size=6))
def test_reading_anywhere(name: str, reads: list[tuple[float, int]]) -> None:
    packed, data = FILES[name]
    with pytest.MonkeyPatch.context() as patch, reader(packed) as stream:
        patch.setattr(under_test, "CACHE", 1_000_000)
        for place, length in reads:
            offset = int(place * len(data))
            assert stream.read_at(offset, length) == data[offset : offset + length]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=50), max_size=4), st.lists(st.tuples(st.integers(0, 250), st.integers(0, 250))))
def test_small_streams_at_any_offset(parts: list[bytes], reads: list[tuple[int, int]]) -> None:
    data = b"".join(parts)
    with reader(b"".join(map(bz2.compress, parts)) or bz2.compress(b"")) as stream:
        for offset, length in reads:
            assert stream.read_at(offset, length) == data[offset : offset + length]


@given(st.binary(max_size=30), st.integers(0, 7), st.binary(max_size=30))
def test_a_magic_is_found_at_every_bit(before: bytes, shift: int, after: bytes) -> None:
    bits = (int.from_bytes(before, "big") << 48 | END_MAGIC) << 8 - shift
    data = bits.to_bytes(len(before) + 7, "big") + after
    plain = "".join(f"{byte:08b}" for byte in data)
    wanted = f"{END_MAGIC:048b}"
    expected = [at for at in range(len(plain)) if plain.startswith(wanted, at)]
    assert sorted(find_magic(data, END_MAGIC)) == expected
    assert len(before) * 8 + shift in expected


def test_only_what_is_asked_is_read() -> None:
    data = Random(3).randbytes(14_000_000)
    inner = CountingReader("file.bz2", bz2.compress(data, 9))
    with Bzip2Reader("decoded", inner, threads=2) as stream:
        assert stream.read_at(0, 512) == data[:512]
        assert inner.count < 3 * MIB
        assert stream.read_at(3_000_000, 512) == data[3_000_000:3_000_512]
        assert inner.count < 10 * MIB


def test_reading_back_decodes_one_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "CACHE", 1)
    inner = CountingReader("file.bz2", FILES["noise at -1"][0])
    with Bzip2Reader("decoded", inner) as stream:
        stream.read_at(len(NOISE) - 1, 1)
        inner.count = 0
        assert stream.read_at(1_000_000, 100) == NOISE[1_000_000:1_000_100]
        assert inner.count < 110_000


def test_close_ends_the_threads() -> None:
    def running() -> int:
        return sum(thread.name.startswith("bzip2") for thread in threading.enumerate())

    with reader(FILES["noise at -1"][0]) as stream:
        stream.read_at(1_500_000, 9)
        assert running() > 0
    assert running() == 0
    assert stream.read_at(10, 9) == NOISE[10:19]


def with_bits(data: bytes, bit: int, count: int, value: int) -> bytes:
    """`data` with some bits replaced."""
    shift = len(data) * 8 - bit - count
    bits = int.from_bytes(data, "big") & ~((1 << count) - 1 << shift) | value << shift
    return bits.to_bytes(len(data), "big")


def test_a_magic_inside_a_block_is_none() -> None:
    """Huffman codes may spell a block's magic. We make the search see one where there is none."""
    packed = bz2.compress(NOISE[:850_000], 3)
    true = sorted(find_magic(packed, 0x314159265359))

    def seeing_more(data: bytes, magic: int) -> list[int]:
        found = list(find_magic(data, magic))
        return found + [at + 12345 for at in found] + [at + 1_300_001 for at in found]

    assert len(true) == 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hobnail.formats.bzip2_scan.find_magic", seeing_more)
        patch.setattr("hobnail.formats.bzip2_block.find_magic", seeing_more)
        assert whole(reader(packed)) == NOISE[:850_000]


def test_smaller_blocks_where_a_large_one_was_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a block that does not compress, two of half its size: the guess passes over the second."""
    again = Bzip2Reader._decode_again
    wrong = []

    def counted(stream: Bzip2Reader, start: int) -> Block | None:
        wrong.append(start)
        return again(stream, start)

    monkeypatch.setattr(Bzip2Reader, "_decode_again", counted)
    sizes = [890_000, 445_000, 445_000, 445_000, 445_000, 890_000, 300_000, 590_000, 100]
    parts = [NOISE[n : n + size] for n, size in enumerate(sizes)]
    assert whole(reader(b"".join(splice(map(bz2.compress, parts))))) == b"".join(parts)
    assert wrong, "no guess was wrong: this test tests nothing"


def test_damage_is_named() -> None:
    packed = bz2.compress(NOISE, 9)
    starts = sorted(find_magic(packed, 0x314159265359))
    (end,) = find_magic(packed, END_MAGIC)
    assert len(starts) == 3
    second = starts[1]
    cases = [
        (b"", "no bzip2 file: starts with no bytes", 0),
        (b"BZh0" + packed[4:], "no bzip2 file: starts with 42 5a 68 30", 0),
        (packed[:4], "truncated", 4),
        (packed[:7], "truncated", 7),
        (b"BZh9" + b"123456789", "damaged bzip2 file: 313233343536 where a block should start", 4),
        (packed[:1_000_000], "truncated", 1_000_000),
        (packed[: end // 8], "truncated", end // 8),
        (packed[:-1], "truncated", len(packed) - 1),
        (with_bits(packed, second + 60, 8, 0xAA), "damaged bzip2 block", second // 8),
        (with_bits(packed, second + 5_000_000, 8, 0xAA), "damaged bzip2 block", second // 8),
        (with_bits(packed, end - 5000, 8, 0xAA), "damaged bzip2 block", starts[2] // 8),
        (with_bits(packed, end + 48, 32, 0), "the stream's CRC is [0-9a-f]{8}, its end says 00000000", end // 8 + 6),
        (bz2.compress(b"")[:-4] + b"\1\2\3\4", "the stream's CRC is 00000000, its end says 01020304", 10),
        (bz2.compress(b"a") + b"BZh9garbage", "where a block should start", len(bz2.compress(b"a")) + 4),
    ]
    for data, what, offset in cases:
        with pytest.raises(MediumError, match=what) as caught:
            whole(reader(data))
        assert (caught.value.where, caught.value.offset) == ("file.bz2", offset)


def test_what_stands_before_the_damage_can_be_read() -> None:
    packed = bz2.compress(NOISE, 1)
    starts = sorted(find_magic(packed, 0x314159265359))
    with reader(with_bits(packed, starts[20] + 60, 8, 0xAA)) as stream:
        assert stream.read_at(0, 1_900_000) == NOISE[:1_900_000]
        for _ in range(2):
            with pytest.raises(MediumError):
                stream.read_at(1_900_000, 200_000)
        assert stream.read_at(5, 5) == NOISE[5:10]


def test_a_bomb_ends_at_the_limit() -> None:
    packed = bz2.compress(bytes(50 * MIB))
    assert len(whole(reader(packed, limit=50 * MIB))) == 50 * MIB
    with pytest.raises(MediumError, match=f"file.bz2.*expands to more than the {45 * MIB} bytes"):
        whole(reader(packed, limit=45 * MIB))


SMALL = bz2.compress(b"hobnail " * 40) + bz2.compress(b"two")


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.integers(0, len(SMALL) - 1), st.integers(0, 255), min_size=1, max_size=3))
def test_mutated_streams_raise_only_medium_error(mutations: dict[int, int]) -> None:
    packed = bytearray(SMALL)
    for at, value in mutations.items():
        packed[at] = value
    try:
        assert whole(reader(bytes(packed), limit=10 * MIB)) in (b"hobnail " * 40 + b"two", b"hobnail " * 40)
    except MediumError:
        return


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_random_bytes_after_a_header(data: bytes) -> None:
    with pytest.raises(MediumError):
        whole(reader(b"BZh9\x31\x41\x59\x26\x53\x59" + data))
