"""The boot bank: the partition of a disk image that holds the hypervisor's kernel and modules."""

from collections.abc import Iterable
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.bootcfg import BootConfig, parse_boot_config
from hobnail.formats.fat import FatFile, FatFileSystem
from hobnail.formats.partition import Partition, partitions
from hobnail.image.disk import DiskImage
from hobnail.image.generations import LATER, Layout, layout_of

FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E})
MAX_BOOT_CONFIG = 1 << 20
"""Bytes; a boot.cfg has some hundred."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A boot bank."""

    layout: Layout
    partition: Partition
    files: tuple[FatFile, ...]  # of its root, in the directory's order
    disk: DiskImage

    @property
    def origin(self) -> tuple[str, ...]:
        """The places that lead to it in the medium, outermost first."""
        return (*self.disk.origin, f"partition {self.partition.number}")

    def file(self, name: str) -> FatFile | None:
        """Return a file of the root, without regard to case."""
        return next((file for file in self.files if file.name.casefold() == name.casefold()), None)

    def boot_config(self) -> BootConfig | None:
        """Read boot.cfg; None when the bank has none. MediumError when it cannot be one by its size."""
        file = self.file("boot.cfg")
        if file is None:
            return None
        if file.size > MAX_BOOT_CONFIG:
            raise MediumError(f"a boot.cfg of {file.size} bytes", where=file.reader().name)
        return parse_boot_config(file.reader().read_at(0, file.size))


def find_bank(disk: DiskImage) -> Bank:
    """Return the first FAT partition whose root holds the kernel of a known generation.

    MediumError when there is none, and when the partition table before it is damaged. The table of a disk image that
    is not compressed is read to its end first, which costs nothing there.
    """
    table: Iterable[Partition] = partitions(disk.reader)
    if disk.reader.size is not None:
        table = list(table)
    problems: list[MediumError] = []
    seen: list[str] = []
    for partition in table:
        if partition.type not in FAT_TYPES:
            continue
        try:
            entries = FatFileSystem(partition.reader(disk.reader)).entries()
        except MediumError as error:
            problems.append(error)
            continue
        files = tuple(entry for entry in entries if isinstance(entry, FatFile))
        names = frozenset(file.name.lower() for file in files)
        layout = layout_of(names)
        if layout is not None:
            return Bank(layout, partition, files, disk)
        _refuse_later_generation(names, disk.reader.name)
        seen.append(f"partition {partition.number} with {len(files)} files")
    if problems:
        raise problems[0]
    raise MediumError(
        f"no boot bank: none of {', '.join(seen) or 'no FAT partitions'} holds a kernel of ESX 3i, ESXi 4.0 or 4.1",
        where=disk.reader.name,
    )


def _refuse_later_generation(names: frozenset[str], where: str) -> None:
    """MediumError when the file names are those of an installed ESXi 5.0 or later."""
    if LATER & names:
        raise MediumError(
            f"{', '.join(sorted(LATER & names))}: this is an installed disk of ESXi 5.0 or later",
            where=where,
            next_step="import the installer ISO of that release instead",
        )
