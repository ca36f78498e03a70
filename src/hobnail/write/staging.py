"""Files that appear whole or not at all: written beside their place, then moved there."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from hobnail.errors import SystemFailure, UserError

FREE_SPACE = "free space there, or choose another folder"
_NEXT_STEP = {
    errno.ENOSPC: FREE_SPACE,
    errno.EDQUOT: FREE_SPACE,
    errno.EFBIG: "that file system or `ulimit -f` allows no such large file: choose another folder",
}
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What link() says where there are no hard links (EPERM on FAT, by man 2 link; others on network file systems)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The file that is being written, and its name meanwhile."""

    path: Path
    file: FileIO


def stage_path(path: Path) -> Path:
    """Return the name under which `path` is written: beside it, hidden, and this process's own."""
    return path.parent / f".{path.name}.hobnail-{os.getpid()}"


@contextmanager
def staged(path: Path, *, force: bool, private: bool = False) -> Iterator[Stage]:
    """Give a new file that takes its place when the block ends well; whatever goes wrong, nothing is left.

    `private`: only its owner may read it, from its first byte on. A file that appears at the place meanwhile is kept
    unless `force`: UserError. SystemFailure for all that the machine cannot do, in the block too.
    """
    stage = stage_path(path)
    ours = True
    try:
        try:
            descriptor = os.open(
                stage, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600 if private else 0o666
            )
        except FileExistsError as error:
            ours = False
            raise left_behind(stage) from error
        with FileIO(descriptor, "r+") as file:
            yield Stage(stage, file)
            os.fsync(file.fileno())
        _put_in_place(stage, path, force)
    except OSError as error:
        raise cannot_be_written(path, error) from error
    finally:
        if ours:
            with suppress(OSError):
                stage.unlink()


def left_behind(stage: Path) -> SystemFailure:
    """Return what is said when our name for the time of writing is taken: by a process that has our number."""
    return SystemFailure(
        "is in the way: an earlier run that was killed left it, or one in another container is writing it",
        where=str(stage),
        next_step="remove it if no `hobnail` is running there",
    )


def appeared(path: Path, next_step: str = "choose another name, or add --force") -> UserError:
    """Return what is said of a file that was not there when we began, and is when we are done."""
    what = "has appeared meanwhile, and is kept: what was written is not"
    return UserError(what, where=str(path), next_step=next_step)


def cannot_be_written(path: Path, error: OSError) -> SystemFailure:
    """Return what is said of an error of the system, with what to do."""
    return SystemFailure(
        f"cannot be written: {error.strerror or error}",
        where=str(path),
        next_step=_NEXT_STEP.get(error.errno or 0, "check the folder's owner and its disk"),
    )


def check_room(folder: Path, needed: int) -> None:
    """SystemFailure before minutes of writing that cannot end well: `needed` bytes are not free."""
    try:
        room = os.statvfs(folder)
    except OSError as error:
        raise cannot_be_written(folder, error) from error
    free = room.f_bavail * room.f_frsize
    if free < needed:
        raise SystemFailure(f"{needed} bytes are needed, {free} are free", where=str(folder), next_step=FREE_SPACE)


def _put_in_place(stage: Path, path: Path, force: bool) -> None:
    if force:
        stage.replace(path)
        return
    try:
        os.link(stage, path)  # unlike a renaming it replaces nothing
    except FileExistsError as error:
        raise appeared(path) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _reserve(path)
        try:
            stage.replace(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _reserve(path: Path) -> None:
    """Make an empty file, which is ours to replace; where there are no links, nothing else replaces nothing."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        raise appeared(path) from error
