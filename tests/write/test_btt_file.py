"""A BTT as a file: whole or not there, read back through the BTT, the same bytes for the same input."""

from pathlib import Path
from uuid import UUID

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.formats.btt.geometry import BttGeometry, Version
from hobnail.formats.btt.reader import BttReader
from hobnail.media.file import FileReader
from hobnail.write.btt_file import geometry_for, write_btt_file
from hobnail.write.disk_layout import disk_layout
from hobnail.write.layout import Extent, FilePart, Layout
from tests.images import image_67
from tests.write.files import contents

MIB = 1 << 20
GEOMETRY = BttGeometry.for_size(16 * MIB, 4096)
SMALL = Layout(GEOMETRY.size, (Extent(0, 4096, b"begin"), Extent(8 * MIB, 8192, b"middle" * 900)))


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("sector", [512, 4096])
def test_the_disk_inside_is_the_layout(version: Version, sector: int, tmp_path: Path) -> None:
    made = contents(image_67(), tmp_path / "blobs")
    geometry = BttGeometry.for_size(32 * MIB, sector, version=version)
    layout = disk_layout(made, size=geometry.size, sector=sector)
    parent = UUID(int=7)
    written = write_btt_file(layout, geometry, tmp_path / "disk.btt", parent=parent)
    with FileReader(written.path) as file:
        disk = BttReader(file, parent=parent)
        assert (disk.version, disk.sector_size, disk.size) == (version, sector, layout.size)
        assert (disk.uuid, disk.parent) == (written.uuid, parent)
        for offset, data in layout.pieces(MIB):
            assert disk.read_at(offset, len(data)) == data
        after = 0
        for begin, length in layout.runs():
            assert not any(disk.read_at(after, min(begin - after, MIB))), "a hole reads as zeros"
            after = begin + length
    again = write_btt_file(layout, geometry, tmp_path / "again.btt", parent=parent)
    assert again.path.read_bytes() == written.path.read_bytes()
    assert written.path.stat().st_size == geometry.raw_size
    assert written.path.stat().st_blocks * 512 < 3 * MIB, "holes take no room"


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("size", [1, 16 * MIB, 318 * MIB + 4096, 513 << 30])
def test_the_smallest_geometry(size: int, version: Version) -> None:
    geometry = geometry_for(size, 4096, version)
    assert geometry.size >= size
    assert geometry.raw_size % MIB == 0
    if size > 16 * MIB:
        assert BttGeometry.for_size(geometry.raw_size - 2 * MIB, 4096, version=version).size < size


def test_what_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"precious")
    with pytest.raises(UserError, match="is there already"):
        write_btt_file(SMALL, GEOMETRY, path)
    assert path.read_bytes() == b"precious"
    write_btt_file(SMALL, GEOMETRY, path, force=True)
    assert path.stat().st_size == 16 * MIB


def test_a_private_file_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"old")
    path.chmod(0o644)
    modes: set[int] = set()

    def look(done: int, total: int) -> None:
        modes.update(one.stat().st_mode & 0o777 for one in tmp_path.iterdir() if one != path)

    write_btt_file(SMALL, GEOMETRY, path, force=True, private=True, report=look)
    assert modes == {0o600} == {path.stat().st_mode & 0o777}


def nothing_left(path: Path) -> bool:
    return list(path.parent.iterdir()) == [path] and path.read_bytes() == b"precious"


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"precious")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_btt_file(SMALL, GEOMETRY, path, force=True, report=interrupt)
    assert nothing_left(path)


def test_a_lost_module_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"precious")
    layout = Layout(GEOMETRY.size, (Extent(0, 4096, FilePart(tmp_path / "gone", 0, 99)),))
    with pytest.raises(SystemFailure, match="cannot be read"):
        write_btt_file(layout, GEOMETRY, path, force=True)
    assert nothing_left(path)


def test_a_layout_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"precious")
    layout = Layout(GEOMETRY.size + 4096, (Extent(GEOMETRY.size, 4096, b"x"),))
    with pytest.raises(UserError, match="make the BTT larger"):
        write_btt_file(layout, GEOMETRY, path, force=True)
    assert nothing_left(path)


def test_what_reads_back_otherwise_is_told(tmp_path: Path) -> None:
    """The file is changed by another hand between writing and reading back."""
    path = tmp_path / "there"
    path.write_bytes(b"precious")
    (arena,) = GEOMETRY.arenas

    def damage(done: int, total: int) -> None:
        if done == total // 2 + 4096:  # the first extent was read back, the second not yet
            (stage,) = (one for one in tmp_path.iterdir() if one != path)
            with stage.open("r+b") as file:
                file.seek(arena.block_at(2048))
                file.write(b"?")

    with pytest.raises(SystemFailure, match="is not what is read back: other bytes"):
        write_btt_file(SMALL, GEOMETRY, path, force=True, report=damage)
    assert nothing_left(path)


def test_progress_counts_writing_and_reading_back(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_btt_file(SMALL, GEOMETRY, tmp_path / "x", report=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (2 * SMALL.written, 2 * SMALL.written)
