"""What is refused, why, and what to do: a line of the table for each danger, and ways through LVM, RAID and LUKS."""

from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.errors import UserError
from hobnail.system.block_devices import BlockDevice, Kind, Machine
from hobnail.system.device_identity import Identity
from hobnail.write.safety import RAW_SECTORS, Danger, is_system_place, refusals, refuse

GB = 10**9
STICK = BlockDevice(
    name="sdb",
    path=Path("/dev/sdb"),
    device_number=(8, 16),
    kind=Kind.DISK,
    size=31 * GB,
    sector_size=512,
    read_only=False,
    removable=True,
    identity=Identity("Kingston", "DataTraveler 3.0", "60A44C41", "usb"),
)
DISK = replace(STICK, name="sda", path=Path("/dev/sda"), removable=False, identity=Identity(serial="WD-1"))


def part(disk: BlockDevice, number: int = 1) -> BlockDevice:
    name = f"{disk.name}{number}"
    return replace(disk, name=name, path=Path(f"/dev/{name}"), kind=Kind.PARTITION, part_of=disk.name, partitions=())


def volume(name: str, kind: Kind, label: str = "") -> BlockDevice:
    return replace(DISK, name=name, path=Path(f"/dev/{name}"), kind=kind, label=label, identity=Identity())


def machine(*devices: BlockDevice) -> Machine:
    return Machine({device.name: device for device in devices})


ALONE: tuple[tuple[BlockDevice, set[Danger]], ...] = (
    (STICK, set()),
    (DISK, {Danger.FIXED}),
    (replace(STICK, read_only=True), {Danger.READ_ONLY}),
    (replace(STICK, sector_size=4096), set()),
    (replace(STICK, sector_size=520), {Danger.SECTOR_SIZE}),
    (replace(STICK, mounts=("/media/key",)), {Danger.MOUNTED}),
    (replace(STICK, mounts=("/",)), {Danger.SYSTEM}),
    (replace(STICK, mounts=("/boot/efi",)), {Danger.SYSTEM}),
    (replace(STICK, swap=True), {Danger.SYSTEM}),
    (replace(STICK, pool="tank"), {Danger.HELD}),
    (replace(STICK, pool="rpool (mounted on /)"), {Danger.SYSTEM}),
    (replace(STICK, holders=("dm-0",)), {Danger.HELD}),
    (replace(STICK, kind=Kind.CD), {Danger.KIND}),
    (replace(STICK, kind=Kind.PMEM), {Danger.KIND}),
    (replace(STICK, kind=Kind.RAM), {Danger.KIND}),
    (replace(STICK, kind=Kind.MAPPER), {Danger.KIND}),
    (replace(STICK, kind=Kind.RAID, slaves=("sda", "sdc")), {Danger.KIND}),
    (replace(STICK, size=GB), {Danger.TOO_SMALL}),
)


@pytest.mark.parametrize(("device", "dangers"), ALONE, ids=lambda value: str(value)[:40])
def test_each_danger(device: BlockDevice, dangers: set[Danger]) -> None:
    found = refusals(machine(device), device, size=2 * GB)
    assert {one.danger for one in found} == dangers
    assert all(one.why and one.next_step for one in found)


def test_a_medium_s_own_bytes_are_for_sectors_of_512_bytes() -> None:
    device = replace(STICK, sector_size=4096)
    (reason,) = refusals(machine(device), device, sectors=RAW_SECTORS)
    assert reason.danger is Danger.SECTOR_SIZE
    assert "made for 512" in reason.why


def test_every_reason_is_said_at_once() -> None:
    device = replace(DISK, read_only=True, size=1, mounts=("/mnt",))
    with pytest.raises(UserError) as caught:
        refuse(device, refusals(machine(device), device, size=GB))
    text = str(caught.value)
    for words in (
        "/dev/sda: is not written to",
        "on /mnt: umount /mnt",
        "read-only",
        "too small",
        "--serial",
    ):
        assert words in text
    assert "\n" not in text


def test_nothing_to_refuse() -> None:
    refuse(STICK, ())


def test_a_partition_names_its_disk() -> None:
    piece = part(STICK)
    (reason,) = refusals(machine(replace(STICK, partitions=("sdb1",)), piece), piece)
    assert (reason.danger, reason.next_step) == (Danger.PARTITION, "give /dev/sdb")


@pytest.mark.parametrize(
    ("proof", "removable", "dangers"),
    [
        ("", True, set()),
        ("", False, {Danger.FIXED}),
        ("60A44C41", False, set()),
        ("60A44C41", True, set()),
        ("60A44C4", False, {Danger.OTHER}),
        ("60A44C4", True, {Danger.OTHER}),
        ("sdb", False, {Danger.OTHER}),
    ],
)
def test_the_serial_number(proof: str, removable: bool, dangers: set[Danger]) -> None:
    device = replace(STICK, removable=removable)
    assert {one.danger for one in refusals(machine(device), device, proof=proof)} == dangers


def test_without_a_serial_number_the_name_is_typed() -> None:
    device = replace(DISK, identity=Identity())
    assert not refusals(machine(device), device, proof="sda")
    (reason,) = refusals(machine(device), device)
    assert "name (it has no serial number)" in reason.next_step


def test_root_on_lvm_on_luks_on_raid() -> None:
    disk = replace(DISK, partitions=("sda1", "sda2"))
    member = replace(part(disk, 2), holders=("md0",))
    raid = replace(volume("md0", Kind.RAID), holders=("dm-0",), slaves=("sda2", "sdb2"))
    luks = replace(volume("dm-0", Kind.MAPPER, "crypt"), holders=("dm-1",))
    root = replace(volume("dm-1", Kind.MAPPER, "vg-root"), mounts=("/",))
    here = machine(disk, part(disk), member, raid, luks, root)
    reasons = refusals(here, disk, proof="WD-1")
    assert [one.danger for one in reasons] == [Danger.SYSTEM]
    assert "/ (sda2 > md0 > crypt dm-0 > vg-root dm-1)" in reasons[0].why


def test_swap_on_lvm_and_a_held_partition() -> None:
    disk = replace(STICK, partitions=("sdb1",))
    member, swap = replace(part(disk), holders=("dm-0",)), volume("dm-0", Kind.MAPPER, "vg-s")
    here = machine(disk, member, replace(swap, swap=True))
    (reason,) = refusals(here, disk)
    assert (reason.danger, "swap space" in reason.why) == (Danger.SYSTEM, True)
    assert reason.next_step.startswith("swapoff /dev/dm-0, or take another")
    idle = machine(disk, member, swap)
    (reason,) = refusals(idle, disk)
    assert (reason.danger, "vg-s (dm-0)" in reason.why) == (Danger.HELD, True)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.RAID, "mdadm --stop /dev/x"),
        (Kind.LOOP, "losetup -d /dev/x"),
        (Kind.CACHE, "bcache/stop"),
        (Kind.MAPPER, "dmsetup remove"),
        (None, "stop what uses /dev/x"),
    ],
)
def test_holders_say_how_they_let_go(kind: Kind | None, words: str) -> None:
    disk = replace(STICK, holders=("x",))
    here = machine(disk, volume("x", kind)) if kind else machine(disk)
    (reason,) = refusals(here, disk)
    assert words in reason.next_step


def test_devices_that_hold_each_other_end() -> None:
    one, other = replace(STICK, holders=("loop0",)), replace(volume("loop0", Kind.LOOP), holders=("sdb",))
    assert {reason.danger for reason in refusals(machine(one, other), one)} == {Danger.HELD}


@pytest.mark.parametrize(
    ("place", "expected"),
    [("/", True), ("/boot", True), ("/boot/efi", True), ("/bootleg", False), ("/mnt", False), ("/var/lib/x", True)],
)
def test_system_places(place: str, expected: bool) -> None:
    assert is_system_place(place) is expected


def test_other_kinds_for_other_writers() -> None:
    device = replace(STICK, kind=Kind.PMEM)
    assert not refusals(machine(device), device, kinds=frozenset({Kind.PMEM}))
    assert refusals(machine(STICK), STICK, kinds=frozenset({Kind.PMEM}))
