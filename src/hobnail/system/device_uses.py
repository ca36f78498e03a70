"""What devices are in use for: mounted, swapped to, part of a btrfs or a ZFS pool.

Sources: proc(5) (mountinfo, swaps); linux fs/btrfs/sysfs.c (a folder for each mounted file system, with its devices);
zpool-status(8).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hobnail.errors import SystemFailure
from hobnail.system.commands import run
from hobnail.system.sysfs import lines, names_in, text

Numbers = tuple[int, int]
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Uses:
    """Uses by device number; ZFS pools by the device's path."""

    mounted: Mapping[Numbers, tuple[str, ...]] = field(default_factory=dict)
    swaps: frozenset[Numbers] = frozenset()
    pools: Mapping[str, str] = field(default_factory=dict)

    def mounts(self, numbers: Numbers) -> tuple[str, ...]:
        """Return where a device is mounted."""
        return self.mounted.get(numbers, ())

    def pool(self, name: str, label: str = "") -> str:
        """Return the ZFS pool that a device is part of, by its name or its device-mapper name."""
        return self.pools.get(f"/dev/{name}") or (self.pools.get(f"/dev/mapper/{label}", "") if label else "")


def read_uses(root: Path, zpool: Callable[[], str] | None = None) -> Uses:
    """Read all uses. `zpool` returns what `zpool status -LP` prints; default: ask it where root is this machine."""
    by_path = _numbers_by_path(root)
    mounted: dict[Numbers, list[str]] = {}
    btrfs = _btrfs_devices(root)
    zfs_mounts: dict[str, str] = {}
    for line in lines(root / "proc/self/mountinfo"):
        fields = line.split(" ")
        if len(fields) < 10 or "-" not in fields:
            continue
        kind, source = fields[fields.index("-") + 1 : fields.index("-") + 3]
        where = _unescaped(fields[4])
        if kind == "zfs":
            zfs_mounts.setdefault(source.split("/")[0], where)
        device = by_path.get(_unescaped(source))
        for numbers in {_pair(fields[2]), *([device] if device else []), *btrfs.get(device or (0, 0), ())}:
            places = mounted.setdefault(numbers, [])
            if where not in places:
                places.append(where)
    swapped = [_unescaped(line.split()[0]) for line in lines(root / "proc/swaps")[1:] if line]
    swaps = frozenset(by_path[path] for path in swapped if path in by_path)
    pools = _pools((zpool or _ask_zpool)() if zpool or root == Path("/") else "", zfs_mounts)
    return Uses({numbers: tuple(places) for numbers, places in mounted.items()}, swaps, pools)


def _numbers_by_path(root: Path) -> dict[str, Numbers]:
    """Return the number of every block device by its path, those of device-mapper by their names too."""
    found = {}
    for name in names_in(root / "sys/class/block"):
        folder = root / "sys/class/block" / name.replace("/", "!")
        numbers = _pair(text(folder / "dev"))
        found[f"/dev/{name}"] = numbers
        if mapper := text(folder / "dm/name"):
            found[f"/dev/mapper/{mapper}"] = numbers
    return found


def _btrfs_devices(root: Path) -> dict[Numbers, tuple[Numbers, ...]]:
    """Return, for each device of a mounted btrfs, all of its devices: mountinfo names one of them."""
    groups: dict[Numbers, tuple[Numbers, ...]] = {}
    for uuid in names_in(root / "sys/fs/btrfs"):
        folder = root / "sys/fs/btrfs" / uuid / "devices"
        numbers = tuple(_pair(text(folder / name.replace("/", "!") / "dev")) for name in names_in(folder))
        groups |= dict.fromkeys(numbers, numbers)
    return groups


def _ask_zpool() -> str:
    """Return what zpool says; "" where there is none, or it cannot ask the kernel."""
    try:
        return run(["zpool", "status", "-LP"]).stdout.decode("utf-8", "replace")
    except SystemFailure:
        return ""


def _pools(status: str, mounts: Mapping[str, str]) -> dict[str, str]:
    """Return the pool of each device that `zpool status -LP` lists, with where it is mounted."""
    pool, found = "", {}
    for line in status.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] == "pool:":
            pool = words[1]
        elif words and words[0].startswith("/dev/"):
            found[words[0]] = f"{pool} (mounted on {mounts[pool]})" if pool in mounts else pool
    return found


def _pair(word: str) -> Numbers:
    major, _, minor = word.partition(":")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)


def _unescaped(word: str) -> str:
    """Undo the kernel's octal escapes for blanks, tabs, newlines and backslashes."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), word)
