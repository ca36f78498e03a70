"""Loop devices are what they stand on: two on one file, one on another, one on a node with another name."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blockdev import MIB, loop_device
from tests.cli.command import hobnail
from tests.tools import need_root, need_tool

SIZE = 8 * MIB


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A disk image that BIOS would start."""
    path = tmp_path / "source.dd"
    sector = bytearray(512)
    sector[:2] = b"\xfa\x31"
    sector[446:462] = bytes.fromhex("80000100 06ffffff 01000000 00080000")
    sector[510:] = b"\x55\xaa"
    path.write_bytes(sector + bytes(2 * MIB - 512))
    return path


@contextlib.contextmanager
def mounted(device: Path, place: Path) -> Iterator[Path]:
    """Make a file system on a device and mount it."""
    need_root()
    need_tool("mkfs.ext4", "mount", "umount")
    subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
    place.mkdir()
    subprocess.run(["mount", device, place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def refused(device: Path, raw: Path, tmp_path: Path) -> str:
    options = ("--yes", "--serial", device.name, "--raw", raw)
    return hobnail("write", "usb", device, *options, store=tmp_path / "store", status=2).stderr


def test_two_on_one_file(raw: Path, tmp_path: Path) -> None:
    os.link(_file(tmp_path), tmp_path / "other name")
    with (
        loop_device(tmp_path / "disk") as one,
        loop_device(tmp_path / "other name") as other,
    ):
        assert f"loop device {one.name} stands on the same file" in refused(other, raw, tmp_path)
        with mounted(one, tmp_path / "here") as place:
            said = refused(other, raw, tmp_path)
            assert f"it is mounted on {place} ({one.name})" in said
            (place / "file").write_bytes(b"still whole")
        listed = hobnail("devices", store=tmp_path / "store").stdout
    assert f"loop device {one.name} stands on the same file" in listed


def _file(tmp_path: Path) -> Path:
    path = tmp_path / "disk"
    with open(path, "wb") as file:
        file.truncate(SIZE)
    return path


def test_a_loop_on_a_mounted_one(raw: Path, tmp_path: Path) -> None:
    with (
        loop_device(_file(tmp_path)) as one,
        loop_device(one) as other,
        mounted(one, tmp_path / "here") as place,
    ):
        assert f"it is mounted on {place} ({one.name})" in refused(other, raw, tmp_path)


def test_a_loop_on_a_node_with_another_name(raw: Path, tmp_path: Path) -> None:
    need_tool("mknod")
    with loop_device(_file(tmp_path)) as one:
        number = os.stat(one).st_rdev
        alias = tmp_path / "alias"
        subprocess.run(["mknod", alias, "b", str(os.major(number)), str(os.minor(number))], check=True)
        with loop_device(alias) as other:
            assert f"loop device {other.name} is on it" in refused(one, raw, tmp_path)
            with mounted(other, tmp_path / "here") as place:
                assert f"it is mounted on {place} ({other.name})" in refused(one, raw, tmp_path)


def test_two_files_are_two(raw: Path, tmp_path: Path) -> None:
    with loop_device(tmp_path / "a", SIZE) as one, loop_device(tmp_path / "b", SIZE):
        options = ("--yes", "--serial", one.name, "--raw", raw)
        hobnail("write", "usb", one, *options, store=tmp_path / "store")
