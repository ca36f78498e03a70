"""The block devices of this machine, as the kernel shows them in sysfs: no root needed, only loop devices are opened.

Sources: Linux Documentation/ABI/stable/sysfs-block and testing/sysfs-block, block/genhd.c, block/partitions/core.c.
Every file is read below `root`, so that a tree of files can stand for a machine.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hobnail.errors import SystemFailure, UserError
from hobnail.system.device_identity import Identity, identity_of
from hobnail.system.device_uses import Uses, read_uses
from hobnail.system.loop_backing import Backing, backing_of, same_bytes
from hobnail.system.sysfs import names_in, number, text

LIST_THEM = "`hobnail devices` lists what is there"
SYSFS_SECTOR = 512
"""sysfs counts sizes and starts so, whatever the device's own sectors are."""


class Kind(StrEnum):
    """What a block device is; the values are words for people."""

    DISK = "disk"
    PARTITION = "partition"
    LOOP = "loop device"
    MAPPER = "device-mapper volume"
    RAID = "software RAID"
    RAM = "RAM disk"
    CD = "CD drive"
    FLOPPY = "diskette drive"
    NETWORK = "network block device"
    PMEM = "PMem namespace"
    VOLUME = "ZFS volume"
    CACHE = "bcache device"


_STEM = re.compile(r"[a-z]+(?=[0-9_-])")
_PREFIXES = {
    "dm": Kind.MAPPER,
    "loop": Kind.LOOP,
    "md": Kind.RAID,
    "sr": Kind.CD,
    "fd": Kind.FLOPPY,
    "nbd": Kind.NETWORK,
    "rbd": Kind.NETWORK,
    "drbd": Kind.NETWORK,
    "zram": Kind.RAM,
    "ram": Kind.RAM,
    "pmem": Kind.PMEM,
    "zd": Kind.VOLUME,
    "bcache": Kind.CACHE,
}


@dataclass(frozen=True, slots=True)
class BlockDevice:
    """One block device. Sizes and `start` in bytes; names are the kernel's (`sda1`), without `/dev`."""

    name: str
    path: Path
    device_number: tuple[int, int]
    kind: Kind
    size: int
    sector_size: int  # logical: the unit of its addresses
    read_only: bool
    removable: bool  # the medium can be taken out: sticks and card readers; not what is merely plugged in
    identity: Identity
    partitions: tuple[str, ...] = ()  # by their place on the disk
    part_of: str = ""  # the disk of a partition
    start: int = 0  # of a partition
    holders: tuple[str, ...] = ()  # devices that stand on this one
    slaves: tuple[str, ...] = ()  # devices that this one stands on
    label: str = ""  # the name of a device-mapper volume, the file behind a loop device
    mounts: tuple[str, ...] = ()
    swap: bool = False
    pool: str = ""  # the ZFS pool that it is part of
    backing: Backing | None = None  # of a loop device: what it stands on
    twins: tuple[str, ...] = ()  # other loop devices on the same file
    sequence: int = 0  # the kernel's number of this medium in this drive, another one for each; 0: not known

    @property
    def title(self) -> str:
        """Vendor and model, as far as known."""
        return " ".join(part for part in (self.identity.vendor, self.identity.model) if part)

    @property
    def proof(self) -> str:
        """What a person types to show that this device is meant: the serial number, else its name."""
        return self.identity.serial or self.name


@dataclass(frozen=True, slots=True)
class Machine:
    """All block devices at one moment."""

    devices: Mapping[str, BlockDevice]

    def disks(self) -> Iterator[BlockDevice]:
        """Yield what is no partition, by name."""
        return (self.devices[name] for name in sorted(self.devices, key=_order) if not self.devices[name].part_of)

    def partitions_of(self, device: BlockDevice) -> tuple[BlockDevice, ...]:
        """Return a disk's partitions by their place."""
        return tuple(self.devices[name] for name in device.partitions)

    def standing_on(self, device: BlockDevice) -> Iterator[tuple[BlockDevice, ...]]:
        """Yield the ways up from a device: (device,), (device, partition), (device, partition, LVM volume) …

        One way to each device, though an LVM volume may stand on two partitions of one disk.
        """
        seen = {device.name}
        waiting: list[tuple[BlockDevice, ...]] = [(device,)]
        while waiting:
            way = waiting.pop(0)
            yield way
            for name in (*way[-1].partitions, *way[-1].holders):
                above = self.devices.get(name)
                if above is not None and name not in seen:
                    seen.add(name)
                    waiting.append((*way, above))

    def with_number(self, device_number: tuple[int, int]) -> BlockDevice | None:
        """Return the device with these major and minor numbers."""
        return next((one for one in self.devices.values() if one.device_number == device_number), None)


def read_machine(root: Path = Path("/")) -> Machine:
    """Read all block devices that have a size. SystemFailure where there is no sysfs."""
    folder = root / "sys/block"
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise SystemFailure(f"cannot be read: {error.strerror}", where=str(folder)) from error
    found: dict[str, BlockDevice] = {}
    uses = read_uses(root)
    for name in names:
        if number(folder / name / "size") and not number(folder / name / "hidden"):
            for device in _with_partitions(root, folder / name, uses):
                found[device.name] = device
    return Machine(_with_twins(_with_loops(found)))


def find_device(machine: Machine, path: Path) -> BlockDevice:
    """Return the device that a path leads to, links (`/dev/disk/by-id/…`) followed.

    UserError when there is nothing, no block device, or a drive without a medium.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise UserError(f"{error.strerror}", where=str(path), next_step=LIST_THEM) from error
    if stat.S_ISREG(status.st_mode):
        raise UserError("is a file, no device", where=str(path), next_step="`hobnail write disk` writes files")
    if not stat.S_ISBLK(status.st_mode):
        raise UserError("is no block device", where=str(path), next_step=LIST_THEM)
    numbers = (os.major(status.st_rdev), os.minor(status.st_rdev))
    device = machine.with_number(numbers)
    if device is None:
        raise UserError("has no size: there is no medium in it, or it is gone", where=str(path), next_step=LIST_THEM)
    return device


def _with_partitions(root: Path, folder: Path, uses: Uses) -> Iterator[BlockDevice]:
    partitions = [path for path in _children(folder) if (path / "partition").exists()]
    partitions.sort(key=lambda path: number(path / "start"))
    disk = _disk(root, folder, tuple(_plain(path.name) for path in partitions), uses)
    yield disk
    for path in partitions:
        yield _partition(path, disk, uses)


def _disk(root: Path, folder: Path, partitions: tuple[str, ...], uses: Uses) -> BlockDevice:
    numbers, name = _numbers(folder), _plain(folder.name)
    label = text(folder / "dm/name") or text(folder / "loop/backing_file")
    kind = _kind(folder, name)
    return BlockDevice(
        name=name,
        path=Path("/dev") / name,
        device_number=numbers,
        kind=kind,
        size=number(folder / "size") * SYSFS_SECTOR,
        sector_size=number(folder / "queue/logical_block_size") or SYSFS_SECTOR,
        read_only=bool(number(folder / "ro")),
        removable=bool(number(folder / "removable")),
        identity=identity_of(root, folder, numbers),
        partitions=partitions,
        holders=names_in(folder / "holders"),
        slaves=names_in(folder / "slaves"),
        label=label,
        mounts=uses.mounts(numbers),
        swap=numbers in uses.swaps,
        pool=uses.pool(name, label),
        backing=backing_of(root, folder, Path("/dev") / name) if kind is Kind.LOOP else None,
        sequence=number(folder / "diskseq"),
    )


def _partition(folder: Path, disk: BlockDevice, uses: Uses) -> BlockDevice:
    numbers, name = _numbers(folder), _plain(folder.name)
    return BlockDevice(
        name=name,
        path=Path("/dev") / name,
        device_number=numbers,
        kind=Kind.PARTITION,
        size=number(folder / "size") * SYSFS_SECTOR,
        sector_size=disk.sector_size,
        read_only=bool(number(folder / "ro")),
        removable=disk.removable,
        identity=disk.identity,
        part_of=disk.name,
        start=number(folder / "start") * SYSFS_SECTOR,
        holders=names_in(folder / "holders"),
        mounts=uses.mounts(numbers),
        swap=numbers in uses.swaps,
        pool=uses.pool(name),
    )


def _with_loops(found: dict[str, BlockDevice]) -> dict[str, BlockDevice]:
    """Count a loop device on a block device as its holder: the kernel does not."""
    by_path = {str(device.path): device.name for device in found.values()}
    by_number = {device.device_number: device.name for device in found.values()}
    for loop in [device for device in found.values() if device.kind is Kind.LOOP]:
        numbers = loop.backing.device if loop.backing is not None else None
        below = by_number.get(numbers) if numbers is not None else by_path.get(loop.label)
        if below is not None and below != loop.name:
            device = found[below]
            found[below] = replace(device, holders=(*device.holders, loop.name))
            found[loop.name] = replace(found[loop.name], slaves=(below,))
    return found


def _with_twins(found: dict[str, BlockDevice]) -> dict[str, BlockDevice]:
    """Let loop devices on the same file know of each other; those on the same device are its holders."""
    loops = [device for device in found.values() if device.backing is not None and not device.slaves]
    for loop in loops:
        twins = tuple(one.name for one in loops if one is not loop and same_bytes(one.backing, loop.backing))
        found[loop.name] = replace(loop, twins=twins)
    return found


def _kind(folder: Path, name: str) -> Kind:
    if (folder / "dm").is_dir():
        return Kind.MAPPER
    stem = _STEM.match(name)
    return _PREFIXES.get(stem[0], Kind.DISK) if stem else Kind.DISK


def _numbers(folder: Path) -> tuple[int, int]:
    major, _, minor = text(folder / "dev").partition(":")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []  # pulled out while we look


def _plain(name: str) -> str:
    """Return a name as it stands in /dev: sysfs writes `!` for `/` (`cciss!c0d0`)."""
    return name.replace("!", "/")


def _order(name: str) -> tuple[str, int, str]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0), name
