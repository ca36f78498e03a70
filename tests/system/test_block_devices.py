"""Machines as trees of files, and this one as lsblk sees it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.system.block_devices import Kind, find_device, read_machine
from hobnail.system.device_uses import read_uses
from tests.blockdev import MIB, loop_device
from tests.system.machines import FakeMachine
from tests.tools import need_root, need_tool

USB = "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host4/target4:0:0/4:0:0:0"
SATA = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0"
SAS = "pci0000:00/0000:00:18.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0"


@pytest.fixture
def fake(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_a_stick(fake: FakeMachine) -> None:
    files = {"removable": "1", "device/vendor": "Kingston", "device/model": "DataTraveler 3.0"}
    disk = fake.disk("sdb", USB, 60_555_264, files)
    fake.partition(disk, 1, 2048, 60_553_216)
    fake.write("sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/serial", "60A44C413FAEF1B0A9A7031C")
    fake.write("sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/idVendor", "0951")
    fake.mount("/dev/sdb1", "/media/my\\040key", "vfat")
    machine = read_machine(fake.root)
    stick = machine.devices["sdb"]
    assert (stick.title, stick.identity.serial) == ("Kingston DataTraveler 3.0", "60A44C413FAEF1B0A9A7031C")
    assert (stick.identity.transport, stick.removable, stick.size) == ("usb", True, 60_555_264 * 512)
    assert stick.partitions == ("sdb1",)
    (part,) = machine.partitions_of(stick)
    assert (part.start, part.part_of, part.kind) == (MIB, "sdb", Kind.PARTITION)
    assert part.mounts == ("/media/my key",)
    assert [device.name for device in machine.disks()] == ["sdb"]


@pytest.mark.parametrize(
    ("name", "place", "files", "transport", "kind"),
    [
        ("sda", SATA, {}, "sata", Kind.DISK),
        ("sda", SAS, {}, "sas", Kind.DISK),
        ("nvme0n1", "pci0000:00/0000:01:00.0/nvme/nvme0", {"device/serial": "S4X"}, "nvme", Kind.DISK),
        ("vda", "pci0000:00/0000:00:02.0/virtio1", {"serial": "S4X"}, "virtio", Kind.DISK),
        ("mmcblk0", "pci0000:00/mmc_host/mmc0/mmc0:0001", {}, "mmc", Kind.DISK),
        ("pmem0s", "LNXSYSTM:00/ndbus0/region0/btt0.1", {}, "nvdimm", Kind.PMEM),
        ("pmem0.1", "LNXSYSTM:00/ndbus0/region0/namespace0.1", {}, "nvdimm", Kind.PMEM),
        ("loop3", "virtual", {"loop/backing_file": "/tmp/a"}, "", Kind.LOOP),
        ("dm-0", "virtual", {"dm/name": "vg-root"}, "", Kind.MAPPER),
        ("md127", "virtual", {}, "", Kind.RAID),
        ("md_d0", "virtual", {}, "", Kind.RAID),
        ("zram0", "virtual", {}, "", Kind.RAM),
        ("ram1", "virtual", {}, "", Kind.RAM),
        ("zd16", "virtual", {}, "", Kind.VOLUME),
        ("nbd0", "virtual", {}, "", Kind.NETWORK),
        ("bcache0", "virtual", {}, "", Kind.CACHE),
        ("sr0", SATA, {}, "sata", Kind.CD),
        ("cciss!c0d0", "pci0000:00", {}, "", Kind.DISK),
    ],
)
def test_kinds_and_transports(
    fake: FakeMachine, name: str, place: str, files: dict[str, str], transport: str, kind: Kind
) -> None:
    fake.disk(name, place, 2048, files)
    (device,) = read_machine(fake.root).disks()
    assert (device.identity.transport, device.kind) == (transport, kind)
    assert device.path == Path("/dev") / name.replace("!", "/")
    assert device.identity.serial == ("S4X" if "S4X" in files.values() else "")


def test_serial_numbers_from_udev_and_from_page_80h(fake: FakeMachine) -> None:
    fake.disk("sda", SATA, 2048, {"device/vendor": "ATA", "device/model": "SAMSUNG MZ7", "device/serial": "worse"})
    fake.udev("sda", ID_SERIAL_SHORT="S3YJNX0K", ID_SERIAL="SAMSUNG_MZ7_S3YJNX0K")
    other = fake.disk("sdb", SAS, 2048)
    (other / "device").mkdir()
    (other / "device/vpd_pg80").write_bytes(b"\x00\x80\x00\x08  WD-0815\xff")
    machine = read_machine(fake.root)
    assert machine.devices["sda"].identity.serial == "S3YJNX0K"
    assert machine.devices["sda"].title == "SAMSUNG MZ7"
    assert machine.devices["sdb"].identity.serial == "WD-081"


def test_names_cannot_move_the_cursor(fake: FakeMachine) -> None:
    fake.disk("sda", USB, 2048, {"device/model": "Evil\x1b[2J\x07 stick", "device/vendor": "\u202eX"})
    (device,) = read_machine(fake.root).disks()
    assert device.title.isprintable()


def test_root_on_lvm_is_seen_from_the_disk(fake: FakeMachine) -> None:
    disk = fake.disk("sda", SATA, 10_000_000)
    member = fake.partition(disk, 2, 4096, 9_000_000)
    volume = fake.disk("dm-0", "virtual", 8_000_000, {"dm/name": "vg-root"})
    fake.holds(member, volume)
    fake.mount("/dev/mapper/vg-root", "/", "ext4", "259:3")
    fake.swaps("/dev/dm-0")
    machine = read_machine(fake.root)
    ways = [[one.name for one in way] for way in machine.standing_on(machine.devices["sda"])]
    assert ways == [["sda"], ["sda", "sda2"], ["sda", "sda2", "dm-0"]]
    root = machine.devices["dm-0"]
    assert (root.mounts, root.swap, root.label, root.slaves) == (("/",), True, "vg-root", ("sda2",))


def test_every_device_of_a_btrfs_is_mounted(fake: FakeMachine) -> None:
    disks = [fake.disk(name, SATA.replace("ata1", f"ata{n}"), 2048) for n, name in enumerate(("sda", "sdb", "sdc"))]
    for disk in disks[:2]:
        place = fake.root / "sys/fs/btrfs/4f1c/devices" / disk.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(disk)
    fake.mount("/dev/sda", "/data", "btrfs", "0:33")
    devices = read_machine(fake.root).devices
    assert [devices[name].mounts for name in ("sda", "sdb", "sdc")] == [("/data",), ("/data",), ()]


ZPOOL = """  pool: rpool
 state: ONLINE
config:

\tNAME                 STATE     READ WRITE CKSUM
\trpool                ONLINE       0     0     0
\t  mirror-0           ONLINE       0     0     0
\t    /dev/sda3        ONLINE       0     0     0
\t    /dev/mapper/luks ONLINE       0     0     0

  pool: tank
\tNAME                 STATE     READ WRITE CKSUM
\ttank                 ONLINE       0     0     0
\t  /dev/sdc           ONLINE       0     0     0
"""


def test_zfs_pools(fake: FakeMachine) -> None:
    fake.mount("rpool/ROOT/debian", "/", "zfs", "0:30")
    uses = read_uses(fake.root, lambda: ZPOOL)
    assert uses.pool("sda3") == "rpool (mounted on /)"
    assert uses.pool("dm-4", "luks") == "rpool (mounted on /)"
    assert uses.pool("sdc") == "tank"
    assert uses.pool("sdb") == ""


def test_a_loop_on_a_disk_is_a_holder_of_it(fake: FakeMachine) -> None:
    fake.disk("sdb", USB, 2048)
    fake.disk("loop0", "virtual", 2048, {"loop/backing_file": "/dev/sdb"})
    assert read_machine(fake.root).devices["sdb"].holders == ("loop0",)


def test_drives_without_a_medium_and_hidden_paths_are_left_out(fake: FakeMachine) -> None:
    fake.disk("sdb", USB, 0)
    fake.disk("nvme0c0n1", "virtual", 2048, {"hidden": "1"})
    assert not list(read_machine(fake.root).disks())


def test_no_sysfs(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="cannot be read"):
        read_machine(tmp_path)


def test_a_disk_that_goes_while_we_look(fake: FakeMachine) -> None:
    folder = fake.disk("sdb", USB, 2048)
    (folder / "dev").unlink()
    (folder / "removable").unlink()
    (device,) = read_machine(fake.root).disks()
    assert device.device_number == (0, 0)


def test_this_machine_is_as_lsblk_says(tmp_path: Path) -> None:
    need_tool("lsblk")
    with loop_device(tmp_path / "disk", 16 * MIB):
        listed = subprocess.run(
            ["lsblk", "-b", "-J", "-o", "PATH,SIZE,RO,RM,TYPE,MAJ:MIN,PKNAME"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        ours = read_machine().devices.values()
    theirs: dict[str, tuple[int, bool, str]] = {}

    def walk(entries: list[dict[str, object]]) -> None:
        for one in entries:
            if one["size"]:
                assert isinstance(one["size"], int)
                theirs[str(one["path"])] = (one["size"], bool(one["ro"]), str(one["maj:min"]).strip())
            children = one.get("children", [])
            assert isinstance(children, list)
            walk(children)

    walk(json.loads(listed)["blockdevices"])
    found = {
        str(one.path): (one.size, one.read_only, f"{one.device_number[0]}:{one.device_number[1]}") for one in ours
    }
    common = found.keys() & theirs.keys()  # others' loop devices come and go between the two
    assert any("loop" in name for name in common)
    assert {name: found[name] for name in common} == {name: theirs[name] for name in common}


def test_links_are_followed(tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", 16 * MIB) as path:
        link = tmp_path / "by-id-stick"
        link.symlink_to(path)
        device = find_device(read_machine(), link)
        assert device.path == path
        assert device.label == str(tmp_path / "disk")


@pytest.mark.parametrize("what", ["file", "folder", "nothing", "character"])
def test_what_is_no_device(what: str, tmp_path: Path) -> None:
    path = Path("/dev/null") if what == "character" else tmp_path / what
    if what == "file":
        path.write_bytes(b"")
    elif what == "folder":
        path.mkdir()
    with pytest.raises(UserError) as caught:
        find_device(read_machine(), path)
    assert caught.value.next_step


def test_swap_space_on_this_machine(tmp_path: Path) -> None:
    need_root()
    need_tool("mkswap", "swapon", "swapoff")
    with loop_device(tmp_path / "disk", 16 * MIB) as path:
        subprocess.run(["mkswap", "-q", path], check=True, capture_output=True)
        if subprocess.run(["swapon", path], check=False, capture_output=True).returncode:
            pytest.skip("swapon is not allowed here (a container)")
        try:
            assert find_device(read_machine(), path).swap
        finally:
            subprocess.run(["swapoff", path], check=True)
    assert os.path.exists("/proc/swaps")
