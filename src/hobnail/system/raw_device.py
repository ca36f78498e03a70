"""The door through which whole devices are written and read back: nobody else's while it is open.

O_EXCL on a block device is the kernel's claim (open(2)): it is refused while the device or a partition of it is
mounted, swapped to or held by LVM, RAID or ZFS, and while we hold it none of these can begin. O_DIRECT goes past the
page cache, so that what is read back comes from the device; where it is refused the cache is dropped instead.
"""

import contextlib
import errno
import fcntl
import mmap
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from hobnail.errors import SystemFailure, UserError

BLOCK = 4096
"""Alignment in bytes of offsets, lengths and buffers: no device wants more."""
_BLKROGET, _BLKRRPART, _BLKFLSBUF = 0x125E, 0x125F, 0x1261  # linux/fs.h
_IN_ONE_GO = 8 << 20
WRITE_PROTECTED = "look for a write-protection switch on it"


class RawDevice:
    """An open block device, claimed for us. Also a Reader: any offset and length can be read."""

    def __init__(self, path: Path, *, claim: bool = True) -> None:
        """Open for writing (with `claim`) or only for reading.

        UserError when it is no block device or may not be opened, SystemFailure when somebody else has claimed it.
        """
        self.name = str(path)
        how = os.O_RDWR | os.O_EXCL if claim else os.O_RDONLY
        try:
            self._fd = os.open(path, how | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise _not_opened(self.name, error) from error
        try:
            status = os.fstat(self._fd)
            if not stat.S_ISBLK(status.st_mode):
                raise UserError("is no block device", where=self.name)
            if claim and any(fcntl.ioctl(self._fd, _BLKROGET, bytes(4))):  # it can be opened for writing all the same
                raise UserError("is read-only", where=self.name, next_step=WRITE_PROTECTED)
            self.device_number = (os.major(status.st_rdev), os.minor(status.st_rdev))
            self.size = os.lseek(self._fd, 0, os.SEEK_END)
            self.direct = self._set_direct(on=claim)
        except BaseException:
            os.close(self._fd)
            raise

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of an aligned buffer. OSError as the kernel has it; ENOSPC when the device ends before."""
        while data:
            try:
                done = os.pwrite(self._fd, data, offset)
            except OSError as error:
                if self.direct and error.errno == errno.EINVAL:  # takes no direct writes after all
                    self.direct = self._set_direct(on=False)
                    continue
                raise
            if done == 0:
                raise OSError(errno.ENOSPC, "the device ends here")
            data, offset = data[done:], offset + done

    def read_into(self, data: memoryview, offset: int) -> None:
        """Fill an aligned buffer. OSError as the kernel has it; ENODATA when the device ends before."""
        while data:
            done = os.preadv(self._fd, [data], offset)
            if done == 0:
                raise OSError(errno.ENODATA, "the device ends here")
            data, offset = data[done:], offset + done

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes; fewer at the end. SystemFailure when the device cannot be read there."""
        length = max(0, min(length, self.size - offset))
        first = offset // BLOCK * BLOCK
        end = min(-(-(offset + length) // BLOCK) * BLOCK, self.size)
        view = aligned_buffer(max(end - first, BLOCK))
        at = first
        try:
            for at in range(first, end if length else first, _IN_ONE_GO):
                self.read_into(view[at - first : min(at + _IN_ONE_GO, end) - first], at)
        except OSError as error:
            raise SystemFailure(f"cannot be read: {error.strerror}", where=self.name, offset=at) from error
        return bytes(view[offset - first :][:length])

    def flush(self) -> None:
        """Wait until all that was written is on the device. OSError when it is not."""
        os.fsync(self._fd)

    def drop_cache(self) -> None:
        """Make later reads come from the device: what direct reads do, others need root for."""
        os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)
        with contextlib.suppress(OSError):  # not root, or a device that has no such call
            fcntl.ioctl(self._fd, _BLKFLSBUF, 0)

    def read_partition_table(self) -> bool:
        """Have the kernel look at the partition table again; False when it cannot (no partitions on such devices)."""
        try:
            fcntl.ioctl(self._fd, _BLKRRPART, 0)
        except OSError:
            return False
        return True

    def measured(self) -> int:
        """Return its size as it is now: 0 when it was pulled out."""
        try:
            return os.lseek(self._fd, 0, os.SEEK_END)
        except OSError:
            return 0

    def is_there(self) -> bool:
        """Whether the device still is."""
        return self.measured() > 0

    def close(self) -> None:
        """Give the claim back; a second time does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _set_direct(self, *, on: bool) -> bool:
        """Switch O_DIRECT (and O_NONBLOCK off); return whether it is on."""
        flags = fcntl.fcntl(self._fd, fcntl.F_GETFL) & ~(os.O_DIRECT | os.O_NONBLOCK)
        try:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags | (os.O_DIRECT if on else 0))
        except OSError:  # EINVAL: the device takes none
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags)
            return False
        return on


def aligned_buffer(size: int) -> memoryview:
    """Return memory that begins at a page, private to us (shared pages cannot be huge ones, which pin faster)."""
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without huge pages
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(memory)


def is_claimed(path: Path) -> bool:
    """Whether somebody has claimed a device; False where that cannot be found out. Opens it for reading only."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def _not_opened(name: str, error: OSError) -> SystemFailure | UserError:
    words = error.strerror or str(error)
    match error.errno:
        case errno.EPERM | errno.EACCES:
            return UserError(
                f"cannot be opened: {words}", where=name, next_step="run it as root (sudo), outside of containers"
            )
        case errno.EBUSY:
            return SystemFailure("is in use: something has claimed it", where=name, next_step=f"lsof {name} may tell")
        case errno.EROFS:
            return UserError("is read-only", where=name, next_step=WRITE_PROTECTED)
        case errno.ENOMEDIUM | errno.ENXIO:
            return UserError("holds no medium", where=name, next_step="put one in")
        case _:
            return UserError(f"cannot be opened: {words}", where=name)
