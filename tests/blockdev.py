"""Loop devices for tests, each its own and detached at the end; and devices that fail, at the door of system/."""

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hobnail.write.wipe import BLOCK
from tests.tools import need_root, need_tool

MIB = 1 << 20


@contextlib.contextmanager
def loop_device(path: Path, size: int = 0, *options: str) -> Iterator[Path]:
    """Attach a file, made with `size` bytes where that is given, to a loop device of its own."""
    need_root()
    need_tool("losetup")
    if size:
        with open(path, "ab") as file:
            file.truncate(size)
    made = subprocess.run(["losetup", "--show", "-f", *options, path], check=True, capture_output=True, text=True)
    device = Path(made.stdout.strip())
    try:
        yield device
    finally:
        subprocess.run(["losetup", "-d", device], check=True, capture_output=True)


class FakeDevice:
    """A device in memory that can be pulled out, be full, fail, or lie. `fails_at`: bytes written before it does."""

    def __init__(
        self, size: int, *, fails_at: int | None = None, code: int = errno.EIO, lies_at: int | None = None
    ) -> None:
        self.name = "/dev/fake"
        self.size = size
        self.data = bytearray(b"\xa5" * size)
        self.direct = True
        self.there = True
        self.flushes = 0
        self.writes: list[tuple[int, int]] = []
        self.tables_read = 0
        self._fails_at, self._code, self._lies_at = fails_at, code, lies_at
        self._written = 0

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(self.data[offset : offset + length])

    def read_into(self, data: memoryview, offset: int) -> None:
        self._check()
        assert offset % 512 == 0
        assert len(data) % 512 == 0
        data[:] = self.data[offset : offset + len(data)]
        if self._lies_at is not None and offset <= self._lies_at < offset + len(data):
            data[self._lies_at - offset] ^= 1

    def write(self, data: memoryview, offset: int) -> None:
        self._check()
        assert offset % 512 == 0
        assert len(data) % 512 == 0
        if self._fails_at is not None and self._written + len(data) > self._fails_at:
            self.there = self._code != errno.ENODEV
            raise OSError(self._code, os.strerror(self._code))
        if offset + len(data) > self.size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.data[offset : offset + len(data)] = data
        self._written += len(data)
        self.writes.append((offset, len(data)))

    def flush(self) -> None:
        self._check()
        self.flushes += 1

    def drop_cache(self) -> None:
        pass

    def read_partition_table(self) -> bool:
        self.tables_read += 1
        return self.there

    def is_there(self) -> bool:
        return self.there

    def _check(self) -> None:
        if not self.there:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    @property
    def bootable(self) -> bool:
        """Whether the first block has anything in it."""
        return any(self.data[:BLOCK])
