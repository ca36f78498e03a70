"""Disk images as files: judged by qemu-img, refused where they would do harm, nothing left of what failed."""

from pathlib import Path

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.formats.fat_write import MIB
from hobnail.system.commands import run
from hobnail.write.disk import Format, write_image
from hobnail.write.disk_layout import disk_layout
from hobnail.write.layout import Extent, FilePart, Layout
from tests.images import image_67
from tests.tools import need_root, need_tool
from tests.write.files import contents
from tests.write.test_disk_layout import write

SMALL = Layout(MIB, (Extent(0, 512, b"begin"), Extent(MIB - 512, 512, b"end")))


def test_raw_and_qcow2_hold_the_same_disk(tmp_path: Path) -> None:
    need_tool("qemu-img")
    layout = disk_layout(contents(image_67(), tmp_path / "blobs"), size=300 * MIB)
    raw = write_image(layout, tmp_path / "disk.img", format="raw")
    qcow2 = write_image(layout, tmp_path / "disk.qcow2", format="qcow2")
    assert b"No errors were found" in run(["qemu-img", "check", qcow2.path]).stdout
    assert b"Images are identical" in run(["qemu-img", "compare", raw.path, qcow2.path]).stdout
    assert run(["cmp", raw.path, write(layout, tmp_path / "plain")]).stdout == b""
    assert raw.path.stat().st_size == raw.disk == layout.size
    assert raw.path.stat().st_blocks * 512 < 2 * MIB, "zeros take no room"
    assert raw.written < qcow2.path.stat().st_size < 4 * MIB
    again = write_image(layout, tmp_path / "again.qcow2", format="qcow2")
    assert again.path.read_bytes() == qcow2.path.read_bytes()


@pytest.mark.parametrize("format_", ["raw", "qcow2"])
def test_progress_ends_with_all(format_: Format, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_image(SMALL, tmp_path / "x", format=format_, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (1024, 1024)


def test_targets_that_are_refused(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_bytes(b"precious")
    with pytest.raises(UserError, match=r"there: is there already; choose another name, or add --force"):
        write_image(SMALL, there, format="raw")
    with pytest.raises(UserError, match="is a folder"):
        write_image(SMALL, tmp_path, format="raw", force=True)
    with pytest.raises(UserError, match="hobnail write usb"):
        write_image(SMALL, Path("/dev/null"), format="raw", force=True)
    with pytest.raises(UserError, match="there is no such folder"):
        write_image(SMALL, tmp_path / "no" / "file", format="raw")
    assert there.read_bytes() == b"precious"
    write_image(SMALL, there, format="raw", force=True)
    assert there.stat().st_size == MIB


def test_a_private_image_is_its_owners_alone(tmp_path: Path) -> None:
    write_image(SMALL, tmp_path / "open", format="raw")
    write_image(SMALL, tmp_path / "private", format="qcow2", private=True)
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "open").stat().st_mode & 0o444 == 0o444


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_image(SMALL, tmp_path / "link", format="raw", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").stat().st_size == MIB


def test_a_lost_module_leaves_nothing(tmp_path: Path) -> None:
    old = tmp_path / "disk"
    old.write_bytes(b"old")
    layout = Layout(MIB, (Extent(0, 512, b"x"), Extent(512, 512, FilePart(tmp_path / "lost", 0, 5))))
    with pytest.raises(SystemFailure, match="hobnail image verify"):
        write_image(layout, old, format="raw", force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("format_", ["raw", "qcow2"])
def test_ctrl_c_leaves_nothing(format_: Format, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_image(SMALL, tmp_path / "disk", format=format_, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room(tmp_path: Path) -> None:
    """A file system of 1 MiB: said before a byte is written, and when it fills up meanwhile."""
    need_root()
    mount = tmp_path / "small"
    mount.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", mount])
    try:
        big = Layout(8 * MIB, (Extent(0, 2 * MIB, b"x" * (2 * MIB)),))
        with pytest.raises(SystemFailure, match=r"2097152 bytes are needed, \d+ are free"):
            write_image(big, mount / "disk", format="raw")
        filled = Layout(8 * MIB, (Extent(0, 512, b"x"), Extent(MIB, MIB - 65536, b"x" * (MIB - 65536))))
        (mount / "other").write_bytes(b"y")

        def fill(done: int, total: int) -> None:
            (mount / "other").write_bytes(b"y" * 200_000)

        with pytest.raises(SystemFailure, match=r"No space left on device; free space there"):
            write_image(filled, mount / "disk", format="raw", progress=fill)
        assert [path.name for path in mount.iterdir()] == ["other"]
    finally:
        run(["umount", mount])


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Root may write anywhere but to a file system that is read-only."""
    need_root()
    mount = tmp_path / "read-only"
    mount.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "ro", "none", mount])
    try:
        with pytest.raises(SystemFailure, match="Read-only file system; check the folder's owner and its disk"):
            write_image(SMALL, mount / "disk", format="raw")
    finally:
        run(["umount", mount])
