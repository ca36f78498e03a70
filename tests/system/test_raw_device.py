"""The door to whole devices, on loop devices: claimed, direct, and honest about its end."""

import errno
import fcntl
import os
import subprocess
from pathlib import Path
from random import Random

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.system.raw_device import BLOCK, RawDevice, aligned_buffer, is_claimed
from tests.blockdev import MIB, loop_device
from tests.tools import need_tool


def test_writes_and_reads_past_the_cache(tmp_path: Path) -> None:
    data = Random("x").randbytes(MIB)
    with loop_device(tmp_path / "disk", 4 * MIB) as path, RawDevice(path) as device:
        assert (device.size, device.direct, device.is_there()) == (4 * MIB, True, True)
        buffer = aligned_buffer(MIB)
        buffer[:] = data
        device.write(buffer, MIB)
        device.flush()
        back = aligned_buffer(MIB)
        device.drop_cache()
        device.read_into(back, MIB)
        assert back == data
        assert device.read_at(MIB + 3, 1000) == data[3:1003]
    assert (tmp_path / "disk").read_bytes()[MIB : 2 * MIB] == data


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 0), (0, 1), (511, 2), (4095, 2), (4 * MIB - 5, 100), (4 * MIB, 1), (5 * MIB, 1)]
)
def test_reads_at_any_offset(offset: int, length: int, tmp_path: Path) -> None:
    data = Random("y").randbytes(4 * MIB + 512)[: 4 * MIB]
    (tmp_path / "disk").write_bytes(data)
    with loop_device(tmp_path / "disk") as path, RawDevice(path) as device:
        assert device.read_at(offset, length) == data[offset : offset + length]


def test_a_size_that_is_no_multiple_of_a_page(tmp_path: Path) -> None:
    data = Random("z").randbytes(5 * 512)
    (tmp_path / "disk").write_bytes(data)
    with loop_device(tmp_path / "disk") as path, RawDevice(path) as device:
        assert device.size == 5 * 512
        assert device.read_at(0, 9999) == data
        buffer = aligned_buffer(512)
        device.write(buffer, 4 * 512)
        assert device.read_at(4 * 512, 512) == bytes(512)


def test_nobody_else_can_claim_it(tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", 4 * MIB) as path:
        assert not is_claimed(path)
        with RawDevice(path):
            assert is_claimed(path)
            with pytest.raises(SystemFailure, match="in use"):
                RawDevice(path)
        assert not is_claimed(path)


def test_reading_only_claims_nothing(tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", 4 * MIB) as path, RawDevice(path, claim=False) as one:
        with RawDevice(path) as other:
            assert other.direct
        with pytest.raises(OSError, match="Bad file descriptor"):
            one.write(aligned_buffer(BLOCK), 0)


def test_it_cannot_be_mounted_meanwhile(tmp_path: Path) -> None:
    need_tool("mkfs.ext4", "mount")
    with loop_device(tmp_path / "disk", 16 * MIB) as path:
        subprocess.run(["mkfs.ext4", "-q", path], check=True)
        with RawDevice(path):
            done = subprocess.run(["mount", path, tmp_path], check=False, capture_output=True, text=True)
            assert done.returncode
            assert not os.path.ismount(tmp_path)


def test_the_end_of_a_device(tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", 4 * MIB) as path, RawDevice(path) as device:
        with pytest.raises(OSError, match=r"space|ends here") as caught:
            device.write(aligned_buffer(8192), 4 * MIB - 4096)
        assert caught.value.errno == errno.ENOSPC
        with pytest.raises(OSError, match="ends here"):
            device.read_into(aligned_buffer(8192), 4 * MIB - 4096)


def test_a_device_that_shrinks(tmp_path: Path) -> None:
    """The file behind is cut: the kernel reports input/output errors, and we an offset."""
    file = tmp_path / "disk"
    with loop_device(file, 4 * MIB) as path, RawDevice(path) as device:
        os.truncate(file, MIB)
        subprocess.run(["losetup", "-c", path], check=True)
        with pytest.raises(OSError, match=r"space|ends here|Input/output"):
            device.write(aligned_buffer(MIB), 2 * MIB)
        assert device.is_there()


def test_a_read_only_device(tmp_path: Path) -> None:
    with (
        loop_device(tmp_path / "disk", 4 * MIB, "-r") as path,
        pytest.raises(UserError, match="read-only"),
    ):
        RawDevice(path)


@pytest.mark.parametrize("path", ["/dev/null", "/proc/version", "/nonexistent"])
def test_what_is_no_block_device(path: str) -> None:
    with pytest.raises(UserError):
        RawDevice(Path(path), claim=False)


def test_without_direct_io_it_goes_through_the_cache(tmp_path: Path) -> None:
    """Some devices take the flag and refuse the write; unaligned ones are refused alike."""
    with loop_device(tmp_path / "disk", 4 * MIB) as path, RawDevice(path) as device:
        unaligned = memoryview(bytearray(8192 + 1))[1:]
        device.write(unaligned, 100)
        assert not device.direct
        assert not fcntl.fcntl(device._fd, fcntl.F_GETFL) & os.O_DIRECT
        device.flush()
        device.drop_cache()
        assert device.read_at(100, 8192) == bytes(8192)


def test_closed_twice(tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", 4 * MIB) as path:
        device = RawDevice(path)
        device.close()
        device.close()
        assert not device.is_there()
