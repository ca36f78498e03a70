"""Which programs have a device open: a guest's emulator or a running dd need no O_EXCL, and no kernel tells of them.

Source: proc_pid_fd(5), proc_pid_fdinfo(5). Root sees all programs, others their own.
"""

import contextlib
import os
import stat
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hobnail.system.sysfs import lines, names_in, text

Numbers = tuple[int, int]
_PASSING = frozenset({"systemd-udevd", "(udev-worker)", "udevd", "udevadm"})
"""Look at every device that was written, and let go at once."""
_INTERVAL = 0.2


@dataclass(frozen=True, slots=True)
class Opener:
    """A program with a device, or with the file behind a loop device, open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid})"


@dataclass(frozen=True, slots=True)
class Openers:
    """Programs by the number of the block device, and by device and inode of the file that they may write."""

    of_device: dict[Numbers, list[Opener]] = field(default_factory=dict)
    of_file: dict[tuple[int, int], list[Opener]] = field(default_factory=dict)

    def among(self, devices: Collection[Numbers], files: Collection[tuple[int, int]] = ()) -> tuple[Opener, ...]:
        """Return the programs that have one of these open, each once."""
        found = [one for numbers in devices for one in self.of_device.get(numbers, ())]
        found += [one for file in files for one in self.of_file.get(file, ())]
        return tuple(dict.fromkeys(found))


def read_openers(root: Path = Path("/")) -> Openers:
    """Look at every program but ourselves. Below another `root` nothing is open."""
    found = Openers()
    for folder in map(root.joinpath, (f"proc/{name}" for name in names_in(root / "proc"))):
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            name = text(folder / "comm")
            if name not in _PASSING:
                _look(folder, Opener(int(folder.name), name or "a program"), found)
    return found


def openers_of(
    devices: Collection[Numbers], files: Collection[tuple[int, int]] = (), *, patience: float = 0.0
) -> tuple[Opener, ...]:
    """Return who has one of these open, after `patience` seconds in which those that only pass by let go."""
    end = time.monotonic() + patience
    while (found := read_openers().among(devices, files)) and time.monotonic() < end:
        time.sleep(_INTERVAL)
    return found


def _look(folder: Path, opener: Opener, found: Openers) -> None:
    for handle, status in _open_files(folder):
        is_block = stat.S_ISBLK(status.st_mode)
        if not is_block and not stat.S_ISREG(status.st_mode):
            continue
        flags = _flags(folder, handle)
        if flags & os.O_PATH:  # a name only
            continue
        if is_block:
            numbers = (os.major(status.st_rdev), os.minor(status.st_rdev))
            found.of_device.setdefault(numbers, []).append(opener)
        elif flags & os.O_ACCMODE:
            found.of_file.setdefault((status.st_dev, status.st_ino), []).append(opener)


def _open_files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each open file's number and what stat(2) says; nothing of programs that ended or are not ours to see."""
    with contextlib.suppress(OSError):
        for handle in os.listdir(folder / "fd"):
            with contextlib.suppress(OSError):
                link = folder / "fd" / handle
                if os.readlink(link).startswith("/"):  # no pipes and sockets
                    yield handle, link.stat()


def _flags(folder: Path, handle: str) -> int:
    for line in lines(folder / "fdinfo" / handle):
        if line.startswith("flags:"):
            return int(line.split()[1], 8)
    return 0
