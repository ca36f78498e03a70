"""Devices that fail for real, and holders, by device-mapper: where the kernel has it. Elsewhere fakes have to do."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hobnail.errors import SystemFailure
from hobnail.system.block_devices import find_device, read_machine
from hobnail.system.raw_device import RawDevice, is_claimed
from hobnail.write.device_writer import HEAD, Job, write_device
from hobnail.write.layout import Extent, FilePart, Layout
from hobnail.write.safety import Danger, refusals
from tests.blockdev import MIB, loop_device
from tests.tools import need_root, need_tool

SIZE = 32 * MIB
SECTORS = SIZE // 512


@contextlib.contextmanager
def mapped(table: str) -> Iterator[Path]:
    """Make a device-mapper volume of a name of its own; skip where the kernel has no such targets."""
    need_root()
    need_tool("dmsetup")
    name = f"hobnail-test-{os.getpid()}"
    made = subprocess.run(
        ["dmsetup", "create", "--noudevsync", name, "--table", table], check=False, capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"this kernel makes no such device: {made.stderr.strip().splitlines()[0]}")
    try:
        subprocess.run(["dmsetup", "mknodes", name], check=False, capture_output=True)
        yield Path("/dev/mapper") / name
    finally:
        subprocess.run(["dmsetup", "remove", "--noudevsync", "--retry", name], check=True)


def job(path: Path) -> Job:
    path.write_bytes(Random("job").randbytes(20 * MIB))
    layout = Layout(SIZE, (Extent(0, 4096, b"table" * 800), Extent(2 * MIB, 20 * MIB, FilePart(path, 0, 20 * MIB))))
    head, body = layout.split(HEAD)
    return Job(head, body, layout.written)


def test_a_bad_place_on_the_disk(tmp_path: Path) -> None:
    """dm-error behind the first 12 MiB, for one MiB."""
    with loop_device(tmp_path / "disk", SIZE) as loop:
        bad, good = 12 * MIB // 512, 13 * MIB // 512
        table = f"0 {bad} linear {loop} 0\n{bad} {good - bad} error\n{good} {SECTORS - good} linear {loop} {good}"
        with mapped(table) as path, RawDevice(path) as device:
            with pytest.raises(SystemFailure, match=r"input/output error.*boots nothing now"):
                write_device(device, job(tmp_path / "file"), [], lambda step: None)
            assert not any(device.read_at(0, 4096))


def test_writes_that_are_lost(tmp_path: Path) -> None:
    """dm-flakey, always down, says that it wrote what lies behind 4 MiB, and did not."""
    with loop_device(tmp_path / "disk", SIZE) as loop:
        bad = 4 * MIB // 512
        flakey = f"{bad} {SECTORS - bad} flakey {loop} {bad} 0 3600 1 drop_writes"
        with (
            mapped(f"0 {bad} linear {loop} 0\n{flakey}") as path,
            RawDevice(path) as device,
            pytest.raises(SystemFailure, match=r"read back otherwise.*boots nothing now"),
        ):
            write_device(device, job(tmp_path / "file"), [], lambda step: None)


def test_a_volume_on_a_disk_holds_it(tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", SIZE) as loop, mapped(f"0 {SECTORS} linear {loop} 0") as path:
        machine = read_machine()
        found = refusals(machine, find_device(machine, loop), proof=loop.name)
        assert [one.danger for one in found] == [Danger.HELD]
        assert path.name in found[0].why
        assert is_claimed(loop)
        volume = refusals(machine, find_device(machine, path), proof=path.name)
        assert Danger.KIND in {one.danger for one in volume}
