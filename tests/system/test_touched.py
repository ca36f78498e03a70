"""What changes when a device is written: a table of loop devices on files, disks, partitions and each other."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.system.block_devices import Kind, Machine, read_machine
from hobnail.system.loop_backing import Backing, same_bytes
from hobnail.system.touched import touched_by
from hobnail.write.safety import Danger, refusals
from tests.system.machines import FakeMachine
from tests.system.test_block_devices import USB

ON_A_PARTITION = {
    "loop0": [["loop0"], ["loop0", "sdb1"], ["loop0", "sdb1", "dm-0"], ["loop0", "sdb1", "sdb"]],
    "sdb": [["sdb"], ["sdb", "sdb1"], ["sdb", "sdb2"], ["sdb", "sdb1", "dm-0"], ["sdb", "sdb1", "loop0"]],
    "sdb2": [["sdb2"]],
}


@pytest.mark.parametrize("name", ON_A_PARTITION)
def test_a_loop_on_a_partition(name: str, tmp_path: Path) -> None:
    fake = FakeMachine(tmp_path)
    disk = fake.disk("sdb", USB, 20480)
    first = fake.partition(disk, 1, 2048, 2048)
    fake.partition(disk, 2, 8192, 2048)
    fake.holds(first, fake.disk("dm-0", "virtual", 2048, {"dm/name": "v"}))
    fake.disk("loop0", "virtual", 2048, {"loop/backing_file": "/dev/sdb1"})
    machine = read_machine(fake.root)
    assert [[one.name for one in way] for way in touched_by(machine, machine.devices[name])] == ON_A_PARTITION[name]


def test_a_loop_on_the_system_disk(tmp_path: Path) -> None:
    fake = FakeMachine(tmp_path)
    disk = fake.disk("sdb", USB, 20480)
    fake.partition(disk, 1, 2048, 2048)
    fake.mount("/dev/sdb1", "/", "ext4")
    fake.disk("loop0", "virtual", 2048, {"loop/backing_file": "/dev/sdb"})
    machine = read_machine(fake.root)
    reasons = refusals(machine, machine.devices["loop0"], proof="loop0")
    assert [one.danger for one in reasons] == [Danger.SYSTEM]
    assert reasons[0].why == "this system runs from it: / (sdb > sdb1)"


def test_twins_by_any_name_without_root(tmp_path: Path) -> None:
    """Where the kernel may not be asked, the files are looked at."""
    fake = FakeMachine(tmp_path)
    (tmp_path / "image").write_bytes(b"x")
    os.link(tmp_path / "image", tmp_path / "link")
    (tmp_path / "other").write_bytes(b"x")
    for number, name in enumerate(("image", "link", "other", "gone")):
        fake.disk(f"loop{number}", "virtual", 2048, {"loop/backing_file": f"/{name}"})
    devices = read_machine(fake.root).devices
    assert [devices[f"loop{number}"].twins for number in range(4)] == [("loop1",), ("loop0",), (), ()]


def test_devices_that_stand_on_each_other_end(tmp_path: Path) -> None:
    fake = FakeMachine(tmp_path)
    fake.disk("loop0", "virtual", 2048)
    one = read_machine(fake.root).devices["loop0"]
    first = replace(one, slaves=("loop1",), holders=("loop1",))
    second = replace(one, name="loop1", slaves=("loop0",), holders=("loop0",), kind=Kind.LOOP)
    machine = Machine({"loop0": first, "loop1": second})
    assert [[device.name for device in way] for way in touched_by(machine, first)] == [["loop0"], ["loop0", "loop1"]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Backing((1, 2)), Backing((1, 2)), True),
        (Backing((1, 2)), Backing((1, 3)), False),
        (Backing((5, 2), (8, 0)), Backing((9, 7), (8, 0)), True),
        (Backing((5, 2), (8, 0)), Backing((5, 3), (8, 1)), False),
        (None, None, False),
    ],
)
def test_same_bytes(one: Backing | None, other: Backing | None, same: bool) -> None:
    assert same_bytes(one, other) is same
