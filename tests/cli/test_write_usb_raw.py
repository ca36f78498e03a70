"""`hobnail write usb --raw`: which firmware boots a disk image, whether it is whole, and what it cannot go with."""

import bz2
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from hobnail.app.raw_image import raw_image
from hobnail.errors import SystemFailure
from hobnail.write.device_writer import Step, write_device
from tests.blockdev import MIB, FakeDevice, loop_device
from tests.cli.command import hobnail
from tests.tools import need_tool

SIZE = 72 * MIB
MARK = b"what was there" * 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an image of 6.7, and disks of it: UEFI only, for sectors of 512 and 4096 bytes."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("medium")
    make_later_medium(spec_for("6.7"), folder / "esxi.iso", folder)
    store = folder / "store"
    hobnail("image", "import", folder / "esxi.iso", store=store)
    (folder / "none").mkdir()
    for name, options in (("uefi.dd", ()), ("large.dd", ("--sector", "4096"))):
        hobnail("write", "disk", folder / name, "--size", str(64 * MIB), *options, store=store)
    return folder


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "disk").write_bytes(MARK)
    with loop_device(tmp_path / "disk", SIZE) as path:
        yield path


def write(
    device: Path, raw: Path, folder: Path, *options: str | Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    said = ("--yes", "--serial", device.name, "--raw", raw, *options)
    return hobnail("write", "usb", device, *said, store=folder / "store", status=status)


def untouched(device: Path) -> bool:
    with open(device, "rb") as file:
        return file.read(len(MARK)) == MARK


def with_boot_code(path: Path, into: Path) -> Path:
    data = bytearray(path.read_bytes())
    data[:3] = b"\xfa\x31\xc0"
    into.write_bytes(data)
    return into


def bios_disk(path: Path, size: int = 4 * MIB) -> Path:
    """A disk with one partition and boot code."""
    sector = bytearray(b"\xfa\x31".ljust(510, b"\0") + b"\x55\xaa")
    sector[446:462] = (
        b"\x80\0\1\0\x06\xff\xff\xff" + (1).to_bytes(4, "little") + (size // 512 - 1).to_bytes(4, "little")
    )
    path.write_bytes(sector + os.urandom(size - 512))
    return path


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bzip2"])
@pytest.mark.parametrize(
    ("kind", "firmware"), [("uefi", ["UEFI"]), ("both", ["BIOS", "UEFI"]), ("bios", ["BIOS"]), ("data", [])]
)
def test_which_firmware_boots_it(
    kind: str, firmware: list[str], packed: bool, folder: Path, device: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.dd"
    match kind:
        case "uefi":
            path = folder / "uefi.dd"
        case "both":
            with_boot_code(folder / "uefi.dd", path)
        case _:
            bios_disk(path)
            if kind == "data":
                with open(path, "r+b") as file:
                    file.write(bytes(2))
    data = path.read_bytes()
    if packed:
        path = tmp_path / "y.dd.bz2"
        path.write_bytes(bz2.compress(data, 1))
    done = write(device, path, folder, "--json")
    assert json.loads(done.stdout)["firmware"] == firmware
    assert ("neither boot code nor EFI/BOOT" in done.stderr) is (kind == "data")
    assert device.read_bytes()[: len(data)] == data


def test_the_hint_names_what_boots(folder: Path, device: Path) -> None:
    said = write(device, folder / "uefi.dd", folder).stdout
    assert "BIOS" not in said
    assert "  UEFI: choose UEFI USB\n" in said, "a loop device has no model that a menu could show"


def test_an_esp_without_a_loader_boots_nothing(folder: Path, device: Path, tmp_path: Path) -> None:
    need_tool("mkfs.fat")
    path = tmp_path / "x.dd"
    data = (folder / "uefi.dd").read_bytes()
    empty = tmp_path / "volume"
    empty.write_bytes(bytes(48 * MIB))
    subprocess.run(["mkfs.fat", empty], check=True, capture_output=True)
    path.write_bytes(data[:MIB] + empty.read_bytes() + data[49 * MIB :])
    assert json.loads(write(device, path, folder, "--json").stdout)["firmware"] == []


@pytest.mark.parametrize("kind", ["partition", "table"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "bzip2"])
def test_what_is_cut_off_is_refused(kind: str, packed: bool, folder: Path, device: Path, tmp_path: Path) -> None:
    whole = bios_disk(tmp_path / "whole") if kind == "partition" else folder / "uefi.dd"
    data = whole.read_bytes()[:-512]
    path = tmp_path / "x.dd"
    path.write_bytes(data)
    if packed:
        path = tmp_path / "x.dd.bz2"
        path.write_bytes(bz2.compress(data, 1))
    said = write(device, path, folder, status=2).stderr
    what = "partition 1" if kind == "partition" else "its GUID partition table"
    assert f"it is cut off: {what} ends at byte {len(data) + 512}, and it has {len(data)} bytes" in said
    assert "--force writes it all the same" in said
    assert untouched(device)
    assert "it is cut off" in write(device, path, folder, "--force").stderr
    assert device.read_bytes()[: len(data)] == data


def test_what_is_for_large_sectors_is_refused(folder: Path, device: Path) -> None:
    assert "made for sectors of 4096 bytes" in write(device, folder / "large.dd", folder, status=2).stderr
    assert untouched(device)


GIVEN = (
    ("--slim",),
    ("--kernel-options", "x"),
    ("--mode", "install"),
    ("--ks", "http://a/b"),
    ("--timeout", "0"),
    ("--error-timeout", "9"),
    ("--loaders", "none"),
    ("--image", "6.7"),
    ("--host", "a"),
    ("--profile", "a"),
)


@pytest.mark.parametrize(
    "given", [GIVEN, (("--mode", "stateless"),), (("--timeout", "0"),)], ids=["all", "default", "0"]
)
def test_options_of_an_image_are_refused(given: tuple[tuple[str, ...], ...], folder: Path, device: Path) -> None:
    options = [folder / "none" if one == "none" else one for words in given for one in words]
    said = write(device, folder / "uefi.dd", folder, *options, status=2).stderr
    names = said.partition(": without ")[2].split(";")[0].strip().split(", ")
    assert set(names) == {words[0] for words in given}
    assert untouched(device)


def test_a_source_that_is_cut_while_it_is_written(tmp_path: Path) -> None:
    path = bios_disk(tmp_path / "x.dd", 24 * MIB)

    def cut(step: Step) -> None:
        os.truncate(path, 2 * MIB)

    with raw_image(path, lambda done: None) as image, pytest.raises(SystemFailure) as caught:
        write_device(FakeDevice(32 * MIB), image.job, [], cut)
    text = str(caught.value)
    assert "x.dd: ends at byte" in text
    assert "boots nothing now" in text
    assert "image verify" not in text
