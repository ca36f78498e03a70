"""What the store asks of the file system: a lock between processes, durable folders, failures with a next step."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hobnail.errors import SystemFailure

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MAKE_ROOM = "free space there (`hobnail image remove` does) or choose another folder for the store"
_NEXT_STEP = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "raise the limit on file sizes (ulimit -f)",
    errno.EROFS: "mount it for writing or choose another folder for the store",
    errno.EACCES: "run as the user who owns it or choose another folder for the store",
    errno.EPERM: "run as the user who owns it or choose another folder for the store",
    errno.EIO: "the disk may be failing: see the kernel's log, then choose another folder for the store",
}


def failure(error: OSError, folder: Path, doing: str, needed: int | None = None) -> SystemFailure:
    """Say what could not be done in `folder`, with the bytes that were `needed` and are free when it is full."""
    what = f"cannot {doing}: {error.strerror or error}"
    if error.filename is not None and str(error.filename) != str(folder):
        what += f": {error.filename}"
    if error.errno in _FULL:
        wanted = "" if needed is None else f"{needed} bytes needed, "
        what += f" ({wanted}{_free(folder)} free)"
    return SystemFailure(what, where=str(folder), next_step=_NEXT_STEP.get(error.errno or 0))


def _free(folder: Path) -> str:
    try:
        room = os.statvfs(folder)
    except OSError:
        return "an unknown number of bytes"
    return f"{room.f_bavail * room.f_frsize} bytes"


@contextmanager
def telling(folder: Path, doing: str) -> Iterator[None]:
    """Raise SystemFailure in place of any OSError inside."""
    try:
        yield
    except OSError as error:
        raise failure(error, folder, doing) from error


def lock_file(path: Path, *, wait: bool) -> int | None:
    """Take the exclusive flock on `path`, made if missing; its descriptor, or None when another holds it.

    The kernel lets go when the descriptor is closed and when its process dies, however it dies. OSError passes.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock `path` inside, against other processes and threads; False when not waiting and it is taken."""
    with telling(path.parent, "lock the store"):
        descriptor = lock_file(path, wait=wait)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def make_folder(path: Path, mode: int) -> None:
    """Make one folder with this `mode` whatever the umask; one that is there is left as it is."""
    try:
        path.mkdir()
    except FileExistsError:
        if not path.is_dir():
            raise
        return
    path.chmod(mode)


def sync_folder(path: Path) -> None:
    """Make the names in `path` survive a power cut (fsync(2): a file's own fsync does not cover its name)."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
