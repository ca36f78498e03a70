"""Files as memory that several transfers share, so that the kernel copies from the page cache into packets.

Nothing here or in its callers reads the mapped bytes in user space: where a file is cut short while it is served, a
send then fails with EFAULT, which ends one transfer, instead of SIGBUS, which would end the server.
"""

import errno
import mmap
import os
from pathlib import Path
from weakref import WeakValueDictionary

_Key = tuple[int, int, int, int]


class MappedFiles:
    """Gives views of files; hosts that boot together fetch the same files and share one mapping.

    A mapping ends with the last view of it, so that files removed from the store free their space.
    """

    def __init__(self) -> None:
        self._in_use: WeakValueDictionary[_Key, memoryview] = WeakValueDictionary()

    def view(self, path: Path, size: int) -> memoryview:
        """Return the file's bytes. OSError when it cannot be opened or has not `size` bytes.

        A file that was replaced meanwhile is mapped anew.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if status.st_size != size:
                raise OSError(errno.EIO, f"the file has {status.st_size} bytes, {size} were expected", str(path))
            key = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            view = self._in_use.get(key)
            if view is None:
                view = self._in_use[key] = _map(descriptor, size)
            return view
        finally:
            os.close(descriptor)


def _map(descriptor: int, size: int) -> memoryview:
    if size == 0:
        return memoryview(b"")
    mapped = mmap.mmap(descriptor, size, access=mmap.ACCESS_READ)
    mapped.madvise(mmap.MADV_WILLNEED)
    return memoryview(mapped)
