"""Where this machine has syslinux: its installer, known by content, and its boot code for a disk's first sector."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hobnail.system.commands import SYSTEM_FOLDERS
from hobnail.system.loaders import PLACES

PROGRAM = "syslinux"
BOOT_CODE_PLACES = (
    Path("/usr/lib/syslinux/mbr"),  # Debian and Ubuntu, package syslinux-common
    Path("/usr/lib/SYSLINUX"),  # the same, package syslinux
    *PLACES,
)
BOOT_CODE_LIMIT = 440
"""Bytes before the disk's signature and table in an MBR."""
LARGEST_PROGRAM = 8 << 20

_RELEASE = re.compile(rb"\bSYSLINUX (\d{1,2}\.\d{2})\b")


@dataclass(frozen=True, slots=True)
class Installer:
    """A syslinux program: it writes ldlinux.sys into a FAT volume and says in the boot sector where that lies."""

    path: Path
    release: str  # "3.86"

    @property
    def takes_elf(self) -> bool:
        """Whether its modules are ELF files (5.00 and later) and not COM32R."""
        return int(self.release.partition(".")[0]) >= 5


def installers(folder: Path | None = None) -> Iterator[Installer]:
    """Yield the installers in `folder`, and nowhere else when it is given; otherwise the one on the PATH."""
    if folder is not None:
        found = sorted(folder.iterdir()) if folder.is_dir() else []
    else:
        path = f"{os.environ.get('PATH', '/usr/bin:/bin')}:{SYSTEM_FOLDERS}"
        program = shutil.which(PROGRAM, path=path)
        found = [Path(program)] if program else []
    for one in found:
        release = _release(one)
        if release is not None:
            yield Installer(one.resolve(), release)


def boot_code(name: str, folder: Path | None = None) -> bytes | None:
    """Return mbr.bin or gptmbr.bin from `folder` or the distribution's; None when there is none that fits a disk."""
    for place in BOOT_CODE_PLACES if folder is None else (folder, *BOOT_CODE_PLACES):
        try:
            data = (place / name).read_bytes()
        except OSError:
            continue
        if 0 < len(data) <= BOOT_CODE_LIMIT:
            return data
    return None


def _release(path: Path) -> str | None:
    """Return the release of the SYSLINUX that a program installs; None for any other file."""
    try:
        if not path.is_file() or not os.access(path, os.X_OK) or path.stat().st_size > LARGEST_PROGRAM:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    match = _RELEASE.search(data) if data.startswith(b"\x7fELF") else None
    return match[1].decode() if match else None
