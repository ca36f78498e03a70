"""Layouts: pieces, holes, files that are not what they were."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import SystemFailure
from hobnail.write.layout import Extent, FilePart, Layout

CONTENT = bytes(range(256)) * 40


@given(
    data=st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 3]), st.integers(1, 5), st.integers(0, 512 * 5)), min_size=1, max_size=9
    ),
    chunk=st.sampled_from([512, 1024, 1536, 4096, 1 << 20]),
)
def test_pieces_are_what_a_file_would_have(data: list[tuple[int, int, int]], chunk: int) -> None:
    at, extents = 0, []
    for gap, sectors, size in data:
        at += gap * 512
        extents.append(Extent(at, sectors * 512, CONTENT[at % 256 :][: min(size, sectors * 512)]))
        at += sectors * 512
    layout = Layout(at + 512, tuple(extents))
    expected = bytearray(layout.size)
    for extent in extents:
        assert isinstance(extent.content, bytes)
        expected[extent.offset : extent.offset + len(extent.content)] = extent.content
    found, written, last, digest = bytearray(layout.size), 0, 0, hashlib.sha256()
    for offset, piece in layout.pieces(chunk):
        assert offset >= last
        assert offset // chunk == (offset + len(piece) - 1) // chunk, "no piece crosses a multiple of the chunk"
        found[offset : offset + len(piece)] = piece
        last, written = offset + len(piece), written + len(piece)
        digest.update(piece)
    assert found == expected
    assert written == layout.written
    assert digest.hexdigest() == layout.sha256()


def test_runs_leave_holes_out() -> None:
    layout = Layout(8192, (Extent(0, 512, b"a"), Extent(512, 512, b""), Extent(2048, 512, b"b")))
    assert list(layout.runs()) == [(0, 1024), (2048, 512)]


@pytest.mark.parametrize(
    "extents",
    [
        pytest.param((Extent(0, 1024, b""), Extent(512, 512, b"")), id="overlap"),
        pytest.param((Extent(512, 512, b""), Extent(0, 512, b"")), id="order"),
        pytest.param((Extent(0, 4, b"12345"),), id="too much content"),
        pytest.param((Extent(0, 8192, b""),), id="past the end"),
    ],
)
def test_a_layout_that_contradicts_itself(extents: tuple[Extent, ...]) -> None:
    with pytest.raises(ValueError, match="extent"):
        Layout(4096, extents)


def part(path: Path, data: bytes, **changed: int | str) -> Layout:
    facts = {"start": 0, "length": len(data), "sha256": hashlib.sha256(data).hexdigest(), **changed}
    return Layout(65536, (Extent(512, 32768, FilePart(path, **facts)),))  # type: ignore[arg-type]


def test_parts_of_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    pieces = b"".join(piece for _, piece in part(path, CONTENT).pieces(1000))
    assert pieces == CONTENT.ljust(32768, b"\0")
    middle = part(path, CONTENT[100:300], start=100)
    assert next(middle.pieces(65536))[1][:200] == CONTENT[100:300]


def test_files_that_are_not_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(SystemFailure, match="1 bytes are missing at its end"):
        part(path, CONTENT).sha256()
    path.write_bytes(b"?" + CONTENT[1:])
    with pytest.raises(SystemFailure, match=r"its bytes have changed; `hobnail image verify`"):
        part(path, CONTENT).sha256()
    path.unlink()
    with pytest.raises(SystemFailure, match="No such file"):
        part(path, CONTENT).sha256()
