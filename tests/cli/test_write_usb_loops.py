"""Loop devices are what they stand on: two on one file, one on another, one on a node with another name."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import make_later_medium, spec_for
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


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an image of 6.7."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("medium")
    make_later_medium(spec_for("6.7"), folder / "esxi.iso", folder)
    hobnail("image", "import", folder / "esxi.iso", store=folder / "store")
    return folder / "store"


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


SOURCES = ("the file behind it", "the device itself", "a folder with the file", "a link to the file")


@pytest.mark.parametrize("what", SOURCES)
def test_what_is_read_is_not_overwritten(what: str, raw: Path, tmp_path: Path) -> None:
    before = raw.read_bytes()
    (tmp_path / "folder").mkdir()
    os.link(raw, tmp_path / "folder/x.dd")
    (tmp_path / "link").symlink_to(raw)
    with loop_device(raw) as device:
        source = dict(zip(SOURCES, (raw, device, tmp_path / "folder", tmp_path / "link"), strict=True))[what]
        said = refused(device, source, tmp_path)
    assert "which is to be read" in said
    assert raw.read_bytes() == before


def test_what_is_read_is_not_overwritten_by_way_of_another_loop(raw: Path, tmp_path: Path) -> None:
    with loop_device(raw) as one, loop_device(raw) as other:
        assert "which is to be read" in refused(one, other, tmp_path)


def test_a_source_on_the_target(raw: Path, tmp_path: Path) -> None:
    """It is mounted as well; but not everything that is mounted is seen from here."""
    with loop_device(_file(tmp_path)) as device, mounted(device, tmp_path / "here") as place:
        source = place / "source.dd"
        source.write_bytes(raw.read_bytes())
        assert f"{source} lies on it, which is to be read" in refused(device, source, tmp_path)


def test_a_program_that_has_it_open(raw: Path, tmp_path: Path) -> None:
    """Without O_EXCL, as dd and emulators do; the file behind it counts when it can be written."""
    program = [sys.executable, "-c", "import sys; f = open(sys.argv[1], sys.argv[2]); print(flush=True); input()"]
    with loop_device(_file(tmp_path)) as device:
        for path, mode in ((device, "rb"), (tmp_path / "disk", "r+b")):
            with subprocess.Popen([*program, path, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                said = refused(device, raw, tmp_path)
                assert f"(pid {process.pid}) has it open" in said
                listed = hobnail("devices", store=tmp_path / "store").stdout
                assert f"(pid {process.pid}) has it open" in listed
                process.communicate(b"\n")
        options = ("--yes", "--serial", device.name, "--raw", raw)
        with open(tmp_path / "disk", "rb"):  # who reads the file harms nobody
            hobnail("write", "usb", device, *options, store=tmp_path / "store")


STATES = ("free", "4096", "1024", "read-only", "mounted", "below", "claimed", "open", "twin")


@pytest.mark.parametrize("state", STATES)
def test_devices_says_what_write_usb_does(state: str, tmp_path: Path, small_store: Path) -> None:
    options = ("-b", state) if state.isdigit() else ("-r",) if state == "read-only" else ()
    with contextlib.ExitStack() as stack:
        path = tmp_path / "disk"
        with open(path, "wb") as file:
            file.truncate(72 * MIB)
        device = stack.enter_context(loop_device(path, 0, *options))
        match state:
            case "mounted":
                stack.enter_context(mounted(device, tmp_path / "here"))
            case "below":
                upper = stack.enter_context(loop_device(device))
                stack.enter_context(mounted(device, tmp_path / "here"))
                device = upper
            case "claimed":
                stack.callback(os.close, os.open(device, os.O_RDONLY | os.O_EXCL))
            case "open":
                stack.callback(os.close, os.open(device, os.O_RDONLY))
            case "twin":
                stack.enter_context(loop_device(path))
        listed = json.loads(hobnail("devices", "--json", store=small_store).stdout)["devices"]
        (one,) = [entry for entry in listed if entry["path"] == str(device)]
        words = hobnail("devices", store=small_store).stdout
        status = 0 if one["writable"] else 2
        done = hobnail("write", "usb", device, "--yes", "--serial", device.name, store=small_store, status=status)
    assert one["writable"] is (state in ("free", "4096"))
    for refusal in one["refusals"] if status else ():
        assert refusal["danger"] == "not removable" or refusal["why"] in done.stderr
    if state == "4096":
        assert f"yes (UEFI only; not --raw), when its serial number is typed: hobnail write usb {device}" in words
