"""The verdicts of `hobnail devices` on machines as trees of files."""

from pathlib import Path

import pytest

from hobnail.app.devices import DeviceReport, list_devices
from hobnail.cli.devices import _as_json, _namespace, _report
from hobnail.write.safety import Danger
from tests.system.machines import FakeMachine
from tests.system.test_block_devices import SAS, SATA, USB
from tests.system.test_pmem_namespaces import kernel

SECTORS_PER_GB = 10**9 // 512


def one(machine: FakeMachine) -> DeviceReport:
    (report,) = list_devices(machine.root).devices
    return report


@pytest.mark.parametrize(
    ("name", "place", "gigabytes", "listed", "words"),
    [
        ("sdb", USB, 31, True, "USB disks are listed"),
        ("sdb", USB, 4, True, "7.0 and later want 8 GB"),
        ("sda", SATA, 500, True, "where the release has a driver for its sata controller"),
        ("sda", SAS, 16, True, "7.0 and later want 32 GB"),
        ("sda", SATA, 0.5, None, "every release wants 1 GB"),
        ("nvme0n1", "pci0000:00/0000:01:00.0/nvme/nvme0", 500, True, "nvme controller"),
        ("vda", "pci0000:00/virtio1", 50, None, "nothing public tells for virtio"),
        ("mmcblk0", "pci0000:00/mmc_host/mmc0/mmc0:0001", 50, None, "nothing public tells for mmc"),
        ("pmem0", "LNXSYSTM:00/ndbus0/region0/namespace0.0", 50, False, "persistent memory is never listed"),
        ("loop0", "virtual", 50, False, "exists only in this Linux"),
        ("dm-0", "virtual", 50, False, "exists only in this Linux"),
        ("md0", "virtual", 50, False, "exists only in this Linux"),
        ("zram0", "virtual", 50, False, "exists only in this Linux"),
        ("sr0", SATA, 4, False, "no target"),
    ],
)
def test_what_the_installer_lists(
    tmp_path: Path, name: str, place: str, gigabytes: float, listed: bool | None, words: str
) -> None:
    machine = FakeMachine(tmp_path)
    machine.disk(name, place, int(gigabytes * SECTORS_PER_GB) + 1)
    view = one(machine).installer
    assert (view.listed, words in view.why) == (listed, True), view


def test_a_stick_and_its_line(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    disk = machine.disk("sdb", USB, 31 * SECTORS_PER_GB, {"removable": "1", "device/model": "DataTraveler 3.0"})
    part = machine.partition(disk, 1, 2048, SECTORS_PER_GB)
    machine.mount(f"/dev/{part.name}", "/media/key", "vfat")
    lines = list(_report(one(machine), root=False))
    assert lines[0] == "/dev/sdb  DataTraveler 3.0  31.0 GB  usb, removable  no serial number"
    assert "  partition  sdb1  1.0 GB at byte 1048576" in lines
    assert "  in use     sdb1 mounted on /media/key" in lines
    assert "  writing    no: it is mounted on /media/key (sdb1) (umount /media/key)" in lines
    assert "  installer  lists it: USB disks are listed" in lines


def test_pmem_in_each_mode(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    place = "LNXSYSTM:00/ndbus0/region0"
    machine.disk("pmem0s", f"{place}/btt0.0", 2 * SECTORS_PER_GB, {"queue/logical_block_size": "4096"})
    machine.disk("pmem0.1", f"{place}/pfn0.0", 2 * SECTORS_PER_GB)
    kernel(
        tmp_path,
        {
            "namespace0.0/size": "1073741824",
            "namespace0.0/mode": "safe",
            "namespace0.0/holder": "btt0.0",
            "btt0.0/block/pmem0s/x": "",
            "namespace0.1/size": "1073741824",
            "namespace0.1/mode": "memory",
            "namespace0.1/holder": "pfn0.0",
            "pfn0.0/block/pmem0.1/x": "",
            "namespace0.2/size": "1073741824",
            "namespace0.2/mode": "dax",
            "namespace0.2/holder": "dax0.0",
            "dax0.0/dax/dax0.0/x": "",
        },
    )
    listing = list_devices(tmp_path)
    fsdax, sector = listing.devices
    assert (sector.device.name, sector.namespace and sector.namespace.mode) == ("pmem0s", "sector")
    assert not sector.refusals
    assert "  writing    yes: hobnail write pmem /dev/pmem0s" in list(_report(sector, root=False))
    assert [reason.danger for reason in fsdax.refusals] == [Danger.KIND]
    assert "ndctl create-namespace -f -e namespace0.1 -m sector -l 4096" in fsdax.installer.instead
    assert "boot from the network" in fsdax.installer.instead
    (devdax,) = listing.namespaces
    assert (devdax.name, devdax.mode, devdax.node) == ("namespace0.2", "devdax", "dax0.0")
    assert any("it is no block device" in line for line in _namespace(devdax))
    facts = _as_json(listing)
    assert [entry["installer"]["lists"] for entry in facts["devices"]] == [False, False]
    assert facts["namespaces"][0]["mode"] == "devdax"


def test_an_lvm_volume_on_two_partitions_is_said_once(tmp_path: Path) -> None:
    machine = FakeMachine(tmp_path)
    disk = machine.disk("sda", SATA, 31 * SECTORS_PER_GB)
    volume = machine.disk("dm-0", "virtual", SECTORS_PER_GB, {"dm/name": "vg-root"})
    for number in (1, 2):
        machine.holds(machine.partition(disk, number, number * 10**6, 10**6), volume)
    machine.mount("/dev/mapper/vg-root", "/", "ext4")
    reports = {report.device.name: report for report in list_devices(tmp_path).devices}
    assert [one.danger for one in reports["sda"].refusals] == [Danger.SYSTEM, Danger.FIXED]
    assert reports["sda"].uses == (
        "sda1 is held by dm-0",
        "sda2 is held by dm-0",
        "vg-root (dm-0) mounted on /",
    )
    assert "it is a device-mapper volume on sda1, sda2" in reports["dm-0"].refusals[0].why
