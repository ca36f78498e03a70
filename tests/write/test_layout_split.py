"""A layout in two: what is written last, because it makes a stick bootable, and all before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.write.layout import Extent, FilePart, Layout

DATA = bytes(range(256)) * 16


def rendered(layout: Layout) -> bytearray:
    image = bytearray(b"?" * layout.size)
    for offset, piece in layout.pieces(512):
        image[offset : offset + len(piece)] = piece
    return image


@pytest.mark.parametrize("at", [0, 512, 1000, 1024, 2000, 2048, 4608, 5000, 8192])
def test_halves_make_the_whole(at: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    whole = Layout(
        8192,
        (
            Extent(512, 512, b"short"),
            Extent(1024, 1024, b""),
            Extent(2048, 3072, FilePart(path, 100, 2500)),
            Extent(6144, 512, b"tail" * 100),
        ),
    )
    first, last = whole.split(at)
    assert all(extent.end <= at for extent in first.extents)
    assert all(extent.offset >= at for extent in last.extents)
    expected, parts = rendered(whole), (rendered(first), rendered(last))
    assert parts[0][:at] + parts[1][at:] == expected


def test_each_piece_gets_a_buffer_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    layout = Layout(8192, (Extent(0, 1024, DATA[:1024]), Extent(2048, 4096, FilePart(path, 0, 4096))))
    used: list[memoryview] = []

    def buffers() -> Iterator[memoryview]:
        while True:
            used.append(memoryview(bytearray(1000)))
            yield used[-1]

    places = list(layout.fill_each(buffers()))
    assert b"".join(bytes(view[:length]) for view, (_, length) in zip(used, places, strict=True)) == (
        DATA[:1024] + DATA
    )
    assert [offset for offset, _ in places] == [0, 1000, 2048, 3000, 4000, 5000, 6000]
