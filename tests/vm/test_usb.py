"""Sticks: a Linux guest with USB disks, its kernel's own partitions, claims and failures.

Without the guest's kernel (tools/guest-kernel) these tests are skipped, and fail in CI.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import hobnail
from tests.vm.later import fill_later_store
from tests.vm.linux_guest import SHARE, Stick, need_guest, run_in_guest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

SIZE = 72 << 20
GUEST_SECONDS = 400.0
SCRIPT = Path(__file__).parent / "usb_in_guest.py"


@dataclass(frozen=True)
class Lab:
    """What the guest told, and the sticks as it left them."""

    told: dict[str, Any]
    sticks: list[Path]
    folder: Path

    def said(self, name: str) -> str:
        """Return a refused command's words."""
        assert self.told[name]["status"] == 2, self.told[name]
        return str(self.told[name]["err"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    need_guest()
    folder = tmp_path_factory.mktemp("usb")
    fill_later_store(folder / SHARE, "8.0", {})
    sticks = [folder / f"stick{number}" for number in (1, 2, 3)]
    for path in sticks:
        with open(path, "wb") as file:
            file.truncate(SIZE)
    given = [Stick(path, f"STICK-{number}", number != 2) for number, path in enumerate(sticks, 1)]
    run_in_guest(folder, SCRIPT, [], GUEST_SECONDS, sticks=given)
    return Lab(json.loads((folder / SHARE / "told.json").read_text()), sticks, folder)


def test_sticks_are_known(lab: Lab) -> None:
    text = lab.told["text"]
    assert "QEMU QEMU HARDDISK  75.5 MB  usb, removable  serial STICK-1" in text
    assert "QEMU QEMU HARDDISK  75.5 MB  usb  serial STICK-2" in text
    assert "writing    yes: hobnail write usb" in text
    assert "writing    yes, when its serial number is typed" in text


def test_what_a_stick_holds_and_is_used_for(lab: Lab) -> None:
    listed = lab.told["listed"]
    (stick,) = (block for block in listed.split("\n\n") if "STICK-1" in block)
    assert "1 is swap space\n" in stick
    assert "holds      PMBR on sd" in stick
    assert "swap on sd" in stick
    assert "writing    no: this system runs from it" in stick


def test_a_stick_is_written_and_its_partition_seen(lab: Lab) -> None:
    assert lab.told["write"]["status"] == 0, lab.told["write"]
    facts = json.loads(lab.told["write"]["out"])
    assert (facts["serial"], facts["verified"], facts["direct"]) == ("STICK-1", True, True)
    assert f"{Path(facts['device']).name}1" in lab.told["partitions"].split()
    assert lab.told["again"]["status"] == 0
    assert "swap on" in lab.told["again"]["err"], "what is lost on the partition was not seen"


def test_the_sticks_are_what_write_disk_makes(lab: Lab) -> None:
    """And disk images boot: test_write_disk."""
    image = lab.folder / "image"
    hobnail("write", "disk", image, "--size", str(SIZE), store=lab.folder / SHARE / "store")
    for path in lab.sticks[:2]:
        assert subprocess.run(["cmp", path, image], check=False).returncode == 0


def test_refusals(lab: Lab) -> None:
    assert "'STICK-2' is not its serial number" in lab.said("other serial")
    assert "this system runs from it: swap space" in lab.said("swapped to")
    assert "it is a partition of" in lab.said("partition")
    assert "nobody can be asked" in lab.said("fixed")
    assert lab.told["fixed, named"]["status"] == 0
    assert "No such file" in lab.said("gone")


def test_pulled_out(lab: Lab) -> None:
    told = lab.told["pulled out"]
    assert told["status"] == 1
    assert "it was pulled out" in told["err"]
    assert "NOT finished: it boots nothing now" in told["err"]
    with open(lab.sticks[2], "rb") as file:
        assert not any(file.read(1 << 20))


def test_device_mapper(lab: Lab) -> None:
    """tests/write/test_device_mapper.py on a kernel that has it."""
    told = lab.told["device mapper"]
    assert told["status"] == 0, told["out"]
    assert "3 passed" in told["out"], told["out"]
