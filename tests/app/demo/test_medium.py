"""The synthetic media, checked by the tools that know the formats: sfdisk, fsck.vfat, mtools, bzip2, tar, isoinfo."""

import bz2
import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.medium import MediumSpec, bank_for, make_disk, make_medium, small_file
from hobnail.app.demo.packing import Names
from hobnail.errors import SystemFailure
from hobnail.image.model import Generation
from hobnail.system.commands import run
from tests.tools import need_tool

KERNEL = small_file("kernel")
BUILDS = {
    Generation.ESX35: ("3.5.0", "123629"),
    Generation.ESXI40: ("4.0.0", "208167"),
    Generation.ESXI41: ("4.1.0", "260247"),
}
TABLE = [  # as `fdisk -lu` shows 4.0's: number, type, first sector, last sector, bootable
    (1, "5", 8192, 1843199, False),
    (4, "4", 32, 8191, True),
    (5, "6", 8224, 520191, False),
    (6, "6", 520224, 1032191, False),
    (7, "fc", 1032224, 1257471, False),
    (8, "6", 1257504, 1843199, False),
]
VOLUMES = {4: "Hypervisor0", 5: "Hypervisor1", 6: "Hypervisor2", 8: "Hypervisor3"}


def spec_of(generation: Generation, names: Names = "both") -> MediumSpec:
    version, build = BUILDS[generation]
    bank = bank_for(generation, KERNEL, version=version, build=build, filler=small_file)
    cd = {"more/file": b"x"}
    return MediumSpec(generation, version, build, bank, {"mboot.c32": b"loader"}, {"tools": b"locker"}, cd, names)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("sfdisk", "mkfs.fat", "fsck.vfat", "mcopy", "mdir")
    folder = tmp_path_factory.mktemp("disk")
    make_disk(spec_of(Generation.ESXI40), folder / "dd", folder)
    assert [entry.name for entry in folder.iterdir()] == ["dd"]
    return folder / "dd"


def test_the_partition_table_is_that_of_4_0(disk: Path) -> None:
    assert disk.stat().st_size == 943_718_400
    shown = json.loads(run(["sfdisk", "--json", disk]).stdout)["partitiontable"]["partitions"]
    found = [
        (int(p["node"][len(str(disk)) :]), p["type"], p["start"], p["start"] + p["size"] - 1, "bootable" in p)
        for p in shown
    ]
    assert found == TABLE
    assert b"No errors detected." in run(["sfdisk", "--verify", disk]).stdout


def test_the_boot_records_stand_a_track_before_their_partitions(disk: Path) -> None:
    with disk.open("rb") as file:
        for sector in (0, 8192, 520192, 1032192, 1257472):
            file.seek(sector * 512 + 510)
            assert file.read(2) == b"\x55\xaa", sector


def test_the_image_takes_little_room(disk: Path) -> None:
    assert disk.stat().st_blocks * 512 < 4 << 20


@pytest.mark.parametrize("number", VOLUMES)
def test_the_volumes_are_clean(disk: Path, number: int, tmp_path: Path) -> None:
    start, end = next((row[2], row[3]) for row in TABLE if row[0] == number)
    with disk.open("rb") as file, (tmp_path / "volume").open("wb") as volume:
        file.seek(start * 512)
        volume.write(file.read(8 << 20))
        volume.truncate((end + 1 - start) * 512)
    checked = run(["fsck.vfat", "-n", "-v", tmp_path / "volume"]).stdout.decode()
    assert re.search(r"(\d+) reserved sectors?", checked)
    assert "FATs, 16 bit entries" in checked
    assert f"{start} hidden sectors" in checked
    label = run(["mlabel", "-s", "-i", f"{disk}@@{start * 512}", "::"]).stdout.decode()
    assert VOLUMES[number].casefold() in label.casefold()


def test_the_files_stand_in_their_volumes(disk: Path) -> None:
    spec = spec_of(Generation.ESXI40)
    for number, files in ((4, spec.loader), (5, spec.bank), (6, {}), (8, spec.locker)):
        start = next(row[2] for row in TABLE if row[0] == number)
        volume = f"{disk}@@{start * 512}"
        listed = run(["mdir", "-b", "-i", volume, "::"]).stdout.decode().split()
        assert listed == [f"::/{name}" for name in files]
        for name, data in files.items():
            assert run(["mtype", "-i", volume, f"::{name}"]).stdout == data


class Cd:
    """A CD as isoinfo reads it."""

    def __init__(self, iso: Path, names: Names) -> None:
        self._flags = {"plain": [], "rockridge": ["-R"], "joliet": ["-J"], "both": ["-R"]}[names]
        self._iso, self._names = iso, names
        self.listed = run(["isoinfo", *self._flags, "-f", "-i", iso]).stdout.decode().split()
        self.about = run(["isoinfo", "-d", "-i", iso]).stdout.decode()

    def read(self, name: str) -> bytes:
        path = f"/{name.upper()};1" if self._names == "plain" else f"/{name}"
        assert path in self.listed
        return run(["isoinfo", *self._flags, "-i", self._iso, "-x", path]).stdout


def make(generation: Generation, names: Names, folder: Path) -> tuple[MediumSpec, Cd]:
    need_tool("xorriso", "isoinfo", "bzip2", "tar", "mkfs.fat", "mcopy")
    spec = spec_of(generation, names)
    make_medium(spec, folder / "medium.iso", folder)
    assert [entry.name for entry in folder.iterdir()] == ["medium.iso"]
    return spec, Cd(folder / "medium.iso", names)


def check_disk(packed: bytes, spec: MediumSpec) -> None:
    """It is one bzip2 stream of the size of a disk; its first files are looked at."""
    decoder = bz2.BZ2Decompressor()
    head = decoder.decompress(packed, max_length=8 << 20)
    assert packed[:4] == b"BZh9"
    assert head[510:512] == b"\x55\xaa"
    assert spec.bank["license.tgz"] in head
    assert b"Hypervisor1" in head[4210688:]


def members(archive: bytes) -> dict[str, tuple[str, bytes]]:
    """The files of a .tgz as tar reads them, with mode and owner."""
    listed = run(["tar", "-tvzf", "-", "--numeric-owner"], stdin=archive).stdout.decode().splitlines()
    assert archive[4:8] == bytes(4), "gzip without a time"
    return {
        line.split()[-1]: (
            " ".join(line.split()[:2]),
            run(["tar", "-xzOf", "-", line.split()[-1]], stdin=archive).stdout,
        )
        for line in listed
        if not line.endswith("/")
    }


INSTALLER = "usr/lib/vmware/installer"


def test_3_5_with_plain_names(tmp_path: Path) -> None:
    spec, cd = make(Generation.ESX35, "plain", tmp_path)
    assert "Rock Ridge signatures" not in cd.about
    assert "NO Joliet present" in cd.about
    found = members(cd.read("install.tgz"))
    dd = f"{INSTALLER}/VMware-VMvisor-big-3.5.0-123629.i386.dd.bz2"
    assert {name: about for name, (about, _) in found.items()} == {
        "sbin/install": "-rwxr-xr-x 201/201",
        dd: "-rwxr-xr-x 201/201",
    }
    check_disk(found[dd][1], spec)
    assert b"ThinESX Installer" in cd.read("isolinux.cfg")
    assert cd.read("vmkernel.gz") == KERNEL
    assert {f"/{name.upper()};1" for name in ("binmod.tgz", "ienviron.tgz", "cim.tgz", "mboot.c32")} <= set(cd.listed)


def test_4_0_with_rock_ridge_and_joliet(tmp_path: Path) -> None:
    spec, cd = make(Generation.ESXI40, "both", tmp_path)
    assert "Rock Ridge signatures version 1 found" in cd.about
    assert "Joliet with UCS level 3 found" in cd.about
    assert "El Torito VD version 1 found" in cd.about
    found = members(cd.read("image.tgz"))
    (dd,) = found
    assert dd == f"{INSTALLER}/VMware-VMvisor-big-4.0.0-208167-x86_64.dd.bz2"
    check_disk(found[dd][1], spec)
    assert b"VMware ESXi 4.0.0" in cd.read("README.txt")
    assert cd.read("vmkboot.gz") == KERNEL
    assert cd.read("vmkernel.gz") == spec.bank["vmk.gz"]
    assert cd.read("more/file") == b"x"


def test_4_1_with_joliet(tmp_path: Path) -> None:
    spec, cd = make(Generation.ESXI41, "joliet", tmp_path)
    assert "Rock Ridge signatures" not in cd.about
    packed, md5 = cd.read("imagedd.bz2"), cd.read("imagedd.md5")
    assert len(md5) == 74
    assert md5.decode() == f"{hashlib.md5(packed).hexdigest()}  VMware-VMvisor-big-260247-x86_64.dd.bz2\n"
    check_disk(packed, spec)
    assert cd.read("vmkboot.gz") == KERNEL
    assert cd.read("sys.vgz") == spec.bank["s.z"]


def test_a_bank_has_the_vendors_names() -> None:
    banks = {generation: spec_of(generation).bank for generation in BUILDS}
    assert " ".join(banks[Generation.ESX35]) == "vmkernel.gz binmod.tgz environ.tgz cim.tgz oem.tgz license.tgz"
    assert banks[Generation.ESXI41]["boot.cfg"].decode().splitlines() == [
        "kernel=b.z",
        "kernelopt=",
        "modules=k.z --- s.z --- c.z --- oem.tgz --- license.tgz --- m.z --- state.tgz",
        "build=4.1.0-260247",
        "updated=2",
        "bootstate=0",
    ]
    assert banks[Generation.ESXI40]["vmkboot.gz"] == banks[Generation.ESXI41]["b.z"] == KERNEL
    assert gzip.decompress(banks[Generation.ESXI40]["mod.tgz"]) == bytes(10240)


def test_a_file_that_does_not_fit(tmp_path: Path) -> None:
    spec = spec_of(Generation.ESXI40)
    too_large = replace(spec, loader={"large": bytes(5 << 20)})
    with pytest.raises(SystemFailure, match="Disk full"):
        make_disk(too_large, tmp_path / "dd", tmp_path)
