"""Who else uses a device: programs that have claimed it, and those that merely have it open."""

import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from hobnail.image.generations import CARRIERS
from hobnail.system.block_devices import BlockDevice, Machine
from hobnail.system.device_openers import Numbers, Opener
from hobnail.system.raw_device import is_claimed
from hobnail.system.touched import touched_by
from hobnail.write.safety import Danger, Refusal

KNOWN = frozenset({Danger.SYSTEM, Danger.MOUNTED, Danger.HELD})
"""Reasons that tell already who uses a device."""
Ask = Callable[[Collection[Numbers], Collection[tuple[int, int]]], tuple[Opener, ...]]


def claims(machine: Machine, device: BlockDevice, openers: Ask, *, ours: bool = False) -> tuple[Refusal, ...]:
    """Return the reasons that only programs give; `openers` tells who has devices and files open.

    `ours`: we have claimed it, so that nobody else has.
    """
    touched = [way[-1] for way in touched_by(machine, device)]
    files = [one.backing.file for one in touched if one.backing is not None and one.backing.device is None]
    found = openers([one.device_number for one in touched], files)
    programs = ", ".join(map(str, found))
    if not ours and is_claimed(device.path):
        why = "a program holds it (claimed with O_EXCL)"
        tell = f"`lsof {device.path}` or `fuser -v {device.path}` tells which"
        return (Refusal(Danger.HELD, *((f"{why}: {programs}", "end that first") if found else (why, tell))),)
    if found:
        return (Refusal(Danger.HELD, f"{programs} {'has' if len(found) == 1 else 'have'} it open", "end that first"),)
    return ()


def source_refusals(machine: Machine, device: BlockDevice, source: Path) -> tuple[Refusal, ...]:
    """Return why a device may not be written from a file or device: it would be read from what is overwritten."""
    touched = [way[-1] for way in touched_by(machine, device)]
    numbers = {one.device_number for one in touched}
    files = {one.backing.file for one in touched if one.backing is not None}
    for path in _parts(source):
        try:
            status = path.stat()
        except OSError:
            continue  # whoever reads it says so
        for why, is_so in (
            (f"{path} is the same device", _pair(status.st_rdev) in numbers and path.is_block_device()),
            (f"it stands on {path}", (status.st_dev, status.st_ino) in files),
            (f"{path} lies on it", _pair(status.st_dev) in numbers),
        ):
            if is_so:
                return (Refusal(Danger.SOURCE, f"{why}, which is to be read", "copy it to another disk first"),)
    return ()


def _parts(source: Path) -> Iterator[Path]:
    yield source
    if source.is_dir():
        yield from (source / name for name in CARRIERS)
        yield from (source / name for name in _names(source))


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _pair(number: int) -> tuple[int, int]:
    return os.major(number), os.minor(number)
