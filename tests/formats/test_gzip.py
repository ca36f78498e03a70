"""gzip streams read at any offset; the gzip module and program are the oracles."""

import gzip
import time
import zlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hobnail.formats.gzip as under_test
from hobnail.errors import MediumError
from hobnail.formats.gzip import GzipReader
from hobnail.formats.reader import BytesReader
from hobnail.system.commands import run
from tests.formats.sources import CountingReader

MIB = 1 << 20


def reader(data: bytes, limit: int | None = None) -> GzipReader:
    return GzipReader("decoded", BytesReader("file.gz", data), limit=limit)


def text(size: int) -> bytes:
    """Bytes that compress by about a half."""
    return Random(1).randbytes(size // 2).hex().encode()


def test_reads_what_the_gzip_program_wrote(tmp_path: Path) -> None:
    data = text(3 * MIB)
    (tmp_path / "file").write_bytes(data)
    stream = reader(run(["gzip", "-c", tmp_path / "file"]).stdout)
    assert (stream.name, stream.size) == ("decoded", None)
    assert stream.read_at(0, 10 * MIB) == data
    assert stream.size == len(data)


@pytest.mark.parametrize("tail", [b"", b"\0" * 5000, b"\0", b"signature", b"\x1f"], ids=repr)
def test_what_follows_the_last_member_is_ignored(tail: bytes) -> None:
    assert reader(gzip.compress(b"a") + tail).read_at(0, 9) == b"a"


@pytest.mark.parametrize("name", ["", "useropts"])
@pytest.mark.parametrize("data", [b"", b"x"])
def test_empty_and_named_streams(data: bytes, name: str, tmp_path: Path) -> None:
    with gzip.GzipFile(name, "wb", fileobj=(tmp_path / "file").open("wb")) as file:
        file.write(data)
    stream = reader((tmp_path / "file").read_bytes())
    assert (stream.read_at(0, 5), stream.read_at(1, 5), stream.size) == (data, b"", len(data))


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 400)), max_size=20),
)
def test_members_at_any_offset(members: list[bytes], reads: list[tuple[int, int]]) -> None:
    stream, whole = reader(b"".join(map(gzip.compress, members))), b"".join(members)
    for offset, length in reads:
        assert stream.read_at(offset, length) == whole[offset : offset + length]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 2 * MIB), st.integers(0, 50_000)), max_size=10))
def test_reading_back_starts_at_a_kept_state(reads: list[tuple[int, int]]) -> None:
    whole = text(2 * MIB)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "SPACING", 50_000)
        patch.setattr(under_test, "PIECE", 20_000)
        patch.setattr(under_test, "STATES_KEPT", 6)
        stream = reader(COMPRESSED)
        for offset, length in reads:
            assert stream.read_at(offset, length) == whole[offset : offset + length]


COMPRESSED = gzip.compress(text(2 * MIB), 1)


def test_reading_back_is_cheap() -> None:
    data = Random(1).randbytes(20 * MIB)
    inner = CountingReader("file.gz", gzip.compress(data, 1))
    stream = GzipReader("decoded", inner)
    stream.read_at(20 * MIB - 1, 1)
    inner.count = 0
    assert stream.read_at(17 * MIB, 10) == data[17 * MIB : 17 * MIB + 10]
    assert inner.count < 2 * MIB
    assert stream.read_at(17 * MIB + 10, 10) == data[17 * MIB + 10 : 17 * MIB + 20]
    assert inner.count < 2 * MIB


def test_reading_in_order_costs_little_more_than_zlib() -> None:
    data = text(40 * MIB)
    packed = gzip.compress(data, 1)
    began = time.process_time()
    assert zlib.decompress(packed, 31) == data
    plain = time.process_time() - began
    stream = reader(packed)
    began = time.process_time()
    assert b"".join(stream.read_at(at, MIB) for at in range(0, len(data), MIB)) == data
    assert time.process_time() - began < 2 * plain + 0.1


def test_a_bomb_ends_at_the_limit() -> None:
    packed = gzip.compress(bytes(50 * MIB))
    assert len(reader(packed, limit=50 * MIB).read_at(0, 60 * MIB)) == 50 * MIB
    with pytest.raises(MediumError, match=f"file.gz: expands to more than the {MIB} bytes"):
        reader(packed, limit=MIB).read_at(0, 60 * MIB)


def test_damage_is_named() -> None:
    packed = bytearray(gzip.compress(Random(2).randbytes(300_000)))
    for damaged, what, offset in [
        (b"", "truncated", 0),
        (b"\x1f", "truncated", 1),
        (packed[:200_000], "truncated", 200_000),
        (packed[:-1], "truncated", len(packed) - 1),
        (b"BZh9", "incorrect header check", 0),
        (packed[:-8] + b"crc!" + packed[-4:], "incorrect data check", len(packed) // 65536 * 65536),
        (packed[:-4] + b"len!", "incorrect length check", len(packed) // 65536 * 65536),
    ]:
        with pytest.raises(MediumError, match=what) as caught:
            reader(bytes(damaged)).read_at(0, MIB)
        assert (caught.value.where, caught.value.offset) == ("file.gz", offset)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 250), st.integers(0, 255))
def test_mutated_streams_raise_only_medium_error(data: bytes, at: int, value: int) -> None:
    packed = bytearray(gzip.compress(data))
    packed[at % len(packed)] = value
    try:
        assert reader(bytes(packed), limit=1000).read_at(0, 1000) == data
    except MediumError:
        return
