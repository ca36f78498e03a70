"""After wiping, wipefs and blkid find nothing: not on the disk, not in its old partitions."""

import subprocess
from pathlib import Path

import pytest

from hobnail.system.raw_device import RawDevice
from hobnail.write.wipe import signatures_of, wipe
from tests.blockdev import MIB, FakeDevice, loop_device
from tests.tools import need_tool

MAGICS = (
    (0, b"LUKS\xba\xbe"),
    (4 * MIB, b"SKUL\xba\xbe"),
    (2 * MIB, b"\x5e\xf1\xab\x2f"),
    (MIB, b"\x0d\xd0\x01\xc0"),
    (16 * MIB - 512, b"EFI PART"),
    (16 * MIB - 0x10000, b"\xfc\x4e\x2b\xa9"),
)


def test_magics_go_and_their_neighbours_stay() -> None:
    device = FakeDevice(16 * MIB)
    for offset, magic in MAGICS:
        device.data[offset : offset + len(magic)] = magic
    assert len(list(signatures_of(device, []))) == len(MAGICS)
    wipe(device, [])
    assert not list(signatures_of(device, []))
    assert device.data[2 * MIB : 2 * MIB + 5] == b"\0\0\0\0\xa5"
    assert device.data[2 * MIB - 1] == 0xA5


@pytest.mark.parametrize("size", [512, 4096, 5 * 512, MIB, MIB + 512, 2 * MIB + 512, 3 * MIB + 4096])
def test_odd_sizes(size: int) -> None:
    device = FakeDevice(size)
    wipe(device, [])
    assert not any(device.data[:MIB])
    assert not any(device.data[-MIB:])


def test_signatures_inside_of_partitions_go_too() -> None:
    device = FakeDevice(64 * MIB)
    start = 8 * MIB
    device.data[start + 0x10040 : start + 0x10048] = b"_BHRfS_M"
    assert [(at, str(one)) for at, one in signatures_of(device, [(start, 16 * MIB)])] == [(start, "btrfs")]
    wipe(device, [(start, 16 * MIB), (60 * MIB, 16 * MIB)])
    assert not list(signatures_of(device, [(start, 16 * MIB)]))


@pytest.mark.parametrize("maker", ["mkfs.ext4 -q", "mkfs.btrfs -q", "mkswap -q", "mkfs.vfat", "mkfs.xfs -q"])
def test_foreign_tools_find_nothing_afterwards(maker: str, tmp_path: Path) -> None:
    need_tool("wipefs", "blkid", maker.split()[0])
    with loop_device(tmp_path / "disk", 320 * MIB) as path:
        subprocess.run([*maker.split(), path], check=True, capture_output=True)
        with RawDevice(path) as device:
            assert list(signatures_of(device, []))
            wipe(device, [])
            device.flush()
        assert not subprocess.run(["wipefs", "-n", path], check=True, capture_output=True).stdout
        assert subprocess.run(["blkid", "-p", path], check=False, capture_output=True).returncode == 2
