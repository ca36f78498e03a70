"""An ISO is written whole or not at all: full disks, lost and changed files, interrupts, what is there already."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.errors import HobnailError, SystemFailure, UserError
from hobnail.write.iso_file import write_file
from hobnail.write.layout import Extent, FilePart, Layout
from tests.tools import need_root, need_tool

MIB = 1 << 20


def layout(*contents: bytes | FilePart) -> Layout:
    """Return a layout with a hole of 1 MiB before each content."""
    extents = [Extent((2 * number + 1) * MIB, MIB, content) for number, content in enumerate(contents)]
    return Layout((2 * len(contents) + 1) * MIB, tuple(extents))


def no_report(done: int, total: int) -> None:
    pass


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_holes_and_contents_and_their_sum(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    target = tmp_path / "a.iso"
    digest = write_file(layout(b"one", b"two"), target, force=False, report=lambda *step: steps.append(step))
    data = target.read_bytes()
    assert data == bytes(MIB) + b"one".ljust(2 * MIB, b"\0") + b"two".ljust(2 * MIB, b"\0")
    assert said("sha256sum", target).split()[0] == digest
    assert steps[-1] == (2 * MIB, 2 * MIB)
    assert left(tmp_path) == ["a.iso"]


def said(*command: str | Path) -> str:
    need_tool(str(command[0]))
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_what_is_there_stays_unless_it_is_said(tmp_path: Path) -> None:
    target = tmp_path / "a.iso"
    target.write_bytes(b"old")
    with pytest.raises(UserError, match=r"a\.iso: is there already; name another file, or add --force"):
        write_file(layout(b"new"), target, force=False, report=no_report)
    assert target.read_bytes() == b"old"
    write_file(layout(b"new"), target, force=True, report=no_report)
    assert target.stat().st_size == 3 * MIB


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (".", "is no ordinary file"),
        ("missing/a.iso", "its folder is not there"),
        ("device", "is no ordinary file.*write usb DEVICE"),
    ],
)
def test_targets_that_are_no_files(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "device").symlink_to("/dev/null")
    with pytest.raises(UserError, match=words):
        write_file(layout(b"new"), tmp_path / name, force=True, report=no_report)
    assert left(tmp_path) == ["device"]


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a.iso"
    target.write_bytes(b"old")

    def interrupt(done: int, total: int) -> None:
        assert len(left(tmp_path)) == 2, "staged beside it"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(layout(b"new"), target, force=True, report=interrupt)
    assert left(tmp_path) == ["a.iso"]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (FilePart(Path("blob"), 0, 6), "2 bytes are missing at its end"),
        (FilePart(Path("blob"), 0, 4, "0" * 64), "its bytes have changed"),
        (FilePart(Path("lost"), 0, 4), "No such file"),
    ],
)
def test_a_file_of_the_store_that_is_wrong(part: FilePart, words: str, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "blob").write_bytes(b"blob")
    part = FilePart(tmp_path / "store" / part.path, part.start, part.length, part.sha256)
    with pytest.raises(SystemFailure, match=f"{words}.*image verify"):
        write_file(layout(b"first", part), tmp_path / "a.iso", force=False, report=no_report)
    assert left(tmp_path) == ["store"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 4 MiB."""
    need_root()
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=False).returncode:
        pytest.skip("cannot mount here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_with_too_little_room_is_known_before(small_disk: Path) -> None:
    with pytest.raises(SystemFailure, match=r"5242880 bytes are needed, 4194304 are free; make room there"):
        write_file(layout(*[b"x"] * 5), small_disk / "a.iso", force=False, report=no_report)
    assert left(small_disk) == []


def test_a_disk_that_fills_up_meanwhile(small_disk: Path) -> None:
    def fill(done: int, total: int) -> None:
        other = small_disk / "other"
        if not other.exists():
            other.write_bytes(bytes(MIB + MIB // 2))

    with pytest.raises(SystemFailure, match=r"a\.iso: cannot be written: No space left on device; check the disk"):
        write_file(layout(*[b"x"] * 3), small_disk / "a.iso", force=False, report=fill)
    assert left(small_disk) == ["other"]


def test_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    need_root()
    with pytest.raises(HobnailError) as raised:
        write_file(layout(b"x"), Path("/proc/hobnail.iso"), force=False, report=no_report)
    assert raised.value.where in ("/proc", "/proc/hobnail.iso")


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    """600 MB of a module, sparse in the store."""
    blob = tmp_path / "blob"
    with blob.open("wb") as file:
        file.truncate(600 << 20)
    code = f"""
import hashlib
from pathlib import Path
from hobnail.write.contents import ContentFile
from hobnail.write.iso import Disc, iso_layout
from hobnail.write.iso_file import write_file
files = [ContentFile("s.v00", 600 << 20, "", Path({str(blob)!r}))]
layout = iso_layout(Disc("ESXI", bytes(32), files, {{"boot.cfg": b"x"}}, uefi=True))
write_file(layout, Path("/dev/shm/hobnail-{os.getpid()}.iso"), force=True, report=lambda *_: None)
print([line for line in open("/proc/self/status") if "VmHWM" in line][0])
"""
    target = Path(f"/dev/shm/hobnail-{os.getpid()}.iso")
    try:
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert target.stat().st_size > 600 << 20
    finally:
        target.unlink(missing_ok=True)
    assert int(done.stdout.split()[1]) * 1024 < 200_000_000
