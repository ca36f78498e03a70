"""A stick that is swapped, at any moment before the first write, is noticed; and the other one stays as it is."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.app.device_target import Asking, DeviceTarget, Doomed
from hobnail.app.raw_image import raw_image, write_raw
from hobnail.errors import UserError
from hobnail.formats.reader import BytesReader
from hobnail.write.device_writer import Job
from hobnail.write.layout import Layout
from hobnail.write.pieces import ReaderSource
from tests.blockdev import MIB
from tests.tools import need_root, need_tool

SIZE = 4 * MIB
MARK = b"what was there" * 500


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Path]:
    """A loop device that a test may detach."""
    need_root()
    need_tool("losetup")
    for name in ("disk", "other"):
        (tmp_path / name).write_bytes(MARK.ljust(SIZE, b"\0"))
    made = subprocess.run(["losetup", "--show", "-f", tmp_path / "disk"], check=True, capture_output=True, text=True)
    path = Path(made.stdout.strip())
    yield path
    mine = subprocess.run(["losetup", "-O", "BACK-FILE", "-n", path], check=False, capture_output=True, text=True)
    if str(tmp_path) in mine.stdout:
        subprocess.run(["losetup", "-d", path], check=False, capture_output=True)


def job() -> Job:
    data = BytesReader("data", b"x" * SIZE)
    return Job(ReaderSource(data, 0, MIB), ReaderSource(data, MIB, SIZE), SIZE)


def agreeing(device: Path) -> Asking:
    return Asking(lambda doomed: device.name, device.name, interactive=False)


def swap(device: Path, other: Path) -> None:
    subprocess.run(["losetup", "-d", device], check=True)
    subprocess.run(["losetup", device, other], check=True)


def test_swapped_before_it_is_opened(device: Path, tmp_path: Path) -> None:
    target = DeviceTarget(device, agreeing(device))
    swap(device, tmp_path / "other")
    with pytest.raises(UserError, match="is not what it was when it was looked at"):
        target.write(job(), SIZE, lambda step: None)
    assert (tmp_path / "other").read_bytes().startswith(MARK)


def test_swapped_while_a_medium_is_looked_through(device: Path, tmp_path: Path) -> None:
    need_tool("bzip2")
    sector = bytearray(b"\xfa\x31".ljust(510, b"\0") + b"\x55\xaa")
    sector[446:462] = bytes.fromhex("80000100 06ffffff 01000000 00080000")
    (tmp_path / "x.dd").write_bytes(sector + bytes(2 * MIB))
    subprocess.run(["bzip2", tmp_path / "x.dd"], check=True)
    target = DeviceTarget(device, agreeing(device))
    others = iter([tmp_path / "other"])

    def measuring(_: int) -> None:
        for other in others:  # once only
            swap(device, other)

    with (
        raw_image(tmp_path / "x.dd.bz2", measuring) as image,
        pytest.raises(UserError, match="is not what it was when it was looked at"),
    ):
        write_raw(image, target, lambda step: None, force=True)
    assert (tmp_path / "other").read_bytes().startswith(MARK)


def test_another_of_the_same_file_is_another(device: Path, tmp_path: Path) -> None:
    """Nothing tells the two apart but the kernel's number of the medium."""
    target = DeviceTarget(device, agreeing(device))
    if not target.device.sequence:
        pytest.skip("this kernel does not number media (diskseq, since 5.15)")
    swap(device, tmp_path / "disk")
    with pytest.raises(UserError, match="is not what it was"):
        target.write(job(), SIZE, lambda step: None)


def test_a_swap_while_the_person_is_asked(device: Path, tmp_path: Path) -> None:
    """The claim keeps the loop device as it is; what is written is what was looked at, or nothing."""

    def agree(doomed: Doomed) -> str:
        subprocess.run(["losetup", "-d", device], check=False, capture_output=True)
        subprocess.run(["losetup", device, tmp_path / "other"], check=False, capture_output=True)
        return device.name

    target = DeviceTarget(device, Asking(agree, device.name, interactive=False))
    with contextlib.suppress(UserError):
        target.write(job(), SIZE, lambda step: None)
    assert (tmp_path / "other").read_bytes().startswith(MARK)


def test_changed_while_the_person_is_asked(device: Path, tmp_path: Path) -> None:
    def agree(doomed: Doomed) -> str:
        os.truncate(tmp_path / "disk", 2 * SIZE)
        subprocess.run(["losetup", "-c", device], check=True)
        return device.name

    target = DeviceTarget(device, Asking(agree, device.name, interactive=False))
    with pytest.raises(UserError, match="is not what it was"):
        target.write(job(), SIZE, lambda step: None)
    assert (tmp_path / "disk").read_bytes().startswith(MARK)


def test_refused_while_the_person_is_asked(device: Path, tmp_path: Path) -> None:
    """What was free is in use meanwhile: another loop device stands on the same file."""
    attached: list[str] = []

    def agree(doomed: Doomed) -> str:
        command = ["losetup", "--show", "-f", str(tmp_path / "disk")]
        attached.append(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
        return device.name

    target = DeviceTarget(device, Asking(agree, device.name, interactive=False))
    try:
        with pytest.raises(UserError, match="stands on the same file"):
            target.write(job(), SIZE, lambda step: None)
    finally:
        subprocess.run(["losetup", "-d", *attached], check=True)
    assert (tmp_path / "disk").read_bytes().startswith(MARK)


def test_an_image_that_fits_nowhere_is_refused_before(device: Path) -> None:
    target = DeviceTarget(device, agreeing(device))
    with pytest.raises(UserError, match="too small"):
        target.write(Job(Layout(0, ()), Layout(0, ()), 0), SIZE + 1, lambda step: None)
