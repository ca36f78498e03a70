"""What a loop device really stands on: the file or the block device behind it, by number and not by name.

A name leads astray: two loop devices may have one file by different names, and a node made with mknod may be another
name of a disk. Sources: linux drivers/block/loop.c (loop_get_status), include/uapi/linux/loop.h; loop(4).
"""

import fcntl
import os
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from hobnail.system.sysfs import text

Numbers = tuple[int, int]
_GET_STATUS64 = 0x4C05
_STATUS = struct.Struct("<3Q208x")  # lo_device, lo_inode, lo_rdevice, and what is not asked for


@dataclass(frozen=True, slots=True)
class Backing:
    """`file`: device and inode as stat(2) has them; `device`: its numbers where it is a block device."""

    file: tuple[int, int]
    device: Numbers | None = None


def backing_of(root: Path, folder: Path, node: Path) -> Backing | None:
    """Return what the loop device with this folder in /sys/block stands on; None where that cannot be known.

    The kernel is asked, which takes the right to open the node; else the file that sysfs names is looked at, as far
    as it still has that name. Below another `root` nothing is opened.
    """
    name = text(folder / "loop/backing_file")
    if not name:
        return None
    found = _asked(node) if root == Path("/") else None
    return found or _looked_at(root / name.lstrip("/"))


def same_bytes(one: Backing | None, other: Backing | None) -> bool:
    """Whether two loop devices stand on the same file or device."""
    if one is None or other is None:
        return False
    return one.file == other.file or (one.device is not None and one.device == other.device)


def _asked(node: Path) -> Backing | None:
    status = bytearray(_STATUS.size)
    try:
        handle = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            fcntl.ioctl(handle, _GET_STATUS64, status)
        finally:
            os.close(handle)
    except OSError:
        return None
    device, inode, special = (int(value) for value in _STATUS.unpack(status))
    # for a file kernels say 0, or the file system's number once more
    numbers = None if special in (0, device) else (os.major(special), os.minor(special))
    return Backing((device, inode), numbers)


def _looked_at(path: Path) -> Backing | None:
    try:
        status = path.stat()
    except OSError:
        return None
    is_block = stat.S_ISBLK(status.st_mode)
    numbers = (os.major(status.st_rdev), os.minor(status.st_rdev)) if is_block else None
    return Backing((status.st_dev, status.st_ino), numbers)
