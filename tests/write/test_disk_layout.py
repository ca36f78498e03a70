"""Bootable disks, judged by foreign tools: sfdisk, sgdisk, fsck.vfat and mtools."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from hobnail.errors import UserError
from hobnail.formats.fat import FatFileSystem
from hobnail.formats.fat_geometry import FatKind
from hobnail.formats.fat_write import MIB
from hobnail.formats.reader import SliceReader
from hobnail.image.model import Role
from hobnail.media.file import FileReader
from hobnail.system.commands import run
from hobnail.write.contents import Contents, SyslinuxFiles
from hobnail.write.disk_layout import START, BiosBoot, disk_layout, smallest_size
from hobnail.write.layout import Layout
from tests.images import image_40, image_67
from tests.tools import need_root, need_tool
from tests.write.files import contents, files_of

CODE = bytes(range(1, 221)) * 2
"""What stands for syslinux's boot code."""
BIOS = BiosBoot(SyslinuxFiles("3.86", ()), CODE, CODE, lambda volume, _: volume.chunks)


def write(layout: Layout, path: Path, chunk: int = MIB) -> Path:
    with path.open("wb") as file:
        file.truncate(layout.size)
        for offset, piece in layout.pieces(chunk):
            file.seek(offset)
            file.write(piece)
    return path


def partition(path: Path, tmp_path: Path, length: int) -> Path:
    """Copy the partition out, for tools that know no offset."""
    volume = tmp_path / "volume"
    run(["dd", f"if={path}", f"of={volume}", "bs=1M", "skip=1", f"count={length // MIB}", "conv=sparse"])
    return volume


def table(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(["sfdisk", "--json", path]).stdout)["partitiontable"]
    return found


def assert_files(made: Contents, path: Path, tmp_path: Path) -> None:
    """Assert that mtools and our own reader find each file, byte for byte."""
    files = files_of(made)
    with FileReader(path) as disk:
        volume = SliceReader("p1", disk, START, (disk.size or 0) - START)
        found = {one.path: one.reader().read_at(0, one.size) for one in FatFileSystem(volume).files()}
    assert {name: found.get(name) for name in files} == files
    out = tmp_path / "out"
    out.mkdir()
    run(["mcopy", "-s", "-i", f"{path}@@{START}", "::", out])
    copied = {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*") if one.is_file()}
    assert {name: copied.get(name) for name in files} == files


@pytest.mark.parametrize("bios", [None, BIOS], ids=["UEFI", "UEFI and BIOS"])
def test_a_disk_for_uefi(bios: BiosBoot | None, tmp_path: Path) -> None:
    need_tool("sfdisk", "sgdisk", "fsck.vfat", "mcopy")
    made = contents(image_67(), tmp_path / "blobs", bios.files if bios else None)
    layout = disk_layout(made, bios=bios)
    path = write(layout, tmp_path / "disk")
    assert b"No errors" in run(["sfdisk", "-V", path]).stdout
    assert b"No problems found" in run(["sgdisk", "-v", path]).stdout
    found = table(path)
    assert found["label"] == "gpt"
    [one] = found["partitions"]
    assert (one["start"], one["name"], one["type"]) == (2048, "hobnail", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    assert one.get("attrs", "") == ("LegacyBIOSBootable" if bios else "")
    assert path.read_bytes()[:440] == (CODE if bios else bytes(440))
    volume = partition(path, tmp_path, one["size"] * 512)
    assert b"filesystem" not in run(["fsck.vfat", "-n", volume]).stderr
    assert_files(made, path, tmp_path)


def test_a_disk_for_bios_alone_has_an_mbr(tmp_path: Path) -> None:
    need_tool("sfdisk", "fsck.vfat", "mcopy")
    made = contents(image_40(), tmp_path / "blobs", SyslinuxFiles("6.04", (("mboot.c32", b"\x7fELF"),)))
    path = write(disk_layout(made, bios=BIOS), tmp_path / "disk")
    assert b"No errors" in run(["sfdisk", "-V", path]).stdout
    found = table(path)
    assert found["label"] == "dos"
    [one] = found["partitions"]
    assert (one["start"], one["type"], one["bootable"]) == (2048, "c", True)
    assert path.read_bytes()[:440] == CODE
    run(["fsck.vfat", "-n", partition(path, tmp_path, one["size"] * 512)])
    assert_files(made, path, tmp_path)


def test_a_disk_of_large_sectors(tmp_path: Path) -> None:
    """As the kernel sees it: a loop device with sectors of 4096 bytes."""
    need_root()
    need_tool("losetup", "sfdisk", "sgdisk", "fsck.vfat")
    made = contents(image_67(), tmp_path / "blobs")
    path = write(disk_layout(made, sector=4096), tmp_path / "disk")
    device = run(["losetup", "--find", "--show", "--sector-size", "4096", path]).stdout.decode().strip()
    try:
        assert b"No errors" in run(["sfdisk", "-V", device]).stdout
        assert b"No problems found" in run(["sgdisk", "-v", device]).stdout
        [one] = table(Path(device))["partitions"]
        assert (one["start"], one["type"]) == (256, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
    finally:
        run(["losetup", "--detach", device])
    run(["fsck.vfat", "-n", partition(path, tmp_path, one["size"] * 4096)])
    assert_files(made, path, tmp_path)
    with pytest.raises(UserError, match="sectors of 512 bytes only"):
        disk_layout(made, sector=4096, bios=BIOS)


def test_the_same_image_makes_the_same_bytes(tmp_path: Path) -> None:
    first = disk_layout(contents(image_67(), tmp_path / "a"))
    second = disk_layout(contents(image_67(), tmp_path / "b"))
    assert first.sha256() == second.sha256()
    paths = write(first, tmp_path / "1"), write(second, tmp_path / "2", chunk=4096)
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in paths}) == 1


def test_every_extent_lies_on_sectors(tmp_path: Path) -> None:
    made = contents(image_67(), tmp_path)
    for sector in (512, 4096):
        layout = disk_layout(made, sector=sector)
        assert [one for one in layout.extents if one.offset % sector or one.length % sector] == []
        assert layout.extents[-1].end == layout.size


def test_a_large_disk_is_not_filled(tmp_path: Path) -> None:
    """4 TB: more than an MBR can say, and a FAT that is no larger than of use."""
    need_tool("sgdisk")
    layout = disk_layout(contents(image_67(), tmp_path / "blobs"), size=4_000_787_030_016)
    assert layout.written < 12 * MIB
    path = write(layout, tmp_path / "disk")
    assert b"No problems found" in run(["sgdisk", "-v", path]).stdout


def test_a_small_disk_gets_fat16(tmp_path: Path) -> None:
    made = contents(image_67(), tmp_path / "blobs")
    path = write(disk_layout(made, size=24 * MIB), tmp_path / "disk")
    with FileReader(path) as disk:
        assert FatFileSystem(SliceReader("p1", disk, START, 22 * MIB)).kind is FatKind.FAT16
    assert_files(made, path, tmp_path)


def test_a_disk_that_is_too_small(tmp_path: Path) -> None:
    made = contents(image_67(), tmp_path)
    with pytest.raises(UserError, match=r"a disk of 3145728 bytes is too small.*it needs \d+ bytes") as caught:
        disk_layout(made, size=3 * MIB)
    needed = int(str(caught.value).split("it needs ")[1].split()[0])
    assert disk_layout(made, size=needed).size == needed
    with pytest.raises(UserError, match="too small"):
        disk_layout(made, size=needed - MIB)
    assert smallest_size(made) == 65 * MIB


def test_names_that_clash_on_fat(tmp_path: Path) -> None:
    names = {"vmkboot.gz": Role.KERNEL, "MBOOT.C32": Role.EXTRA}
    made = contents(image_40(names=names), tmp_path, SyslinuxFiles("6.04", (("mboot.c32", b"\x7fELF"),)))
    with pytest.raises(UserError, match=r"'mboot\.c32' and 'MBOOT\.C32' are one name on a FAT file system"):
        disk_layout(made, bios=BIOS)
