"""MBR partition tables with extended partitions, numbered as fdisk numbers them.

Sources: util-linux libfdisk/src/dos.c (numbering, empty links left out, a second extended partition not followed) and
the kernel's block/partitions/msdos.c (status byte). Sectors are 512 bytes: dd images of a disk know no other.
The chain of extended boot records (EBR) is walked only as far as the caller asks, so that a compressed disk image
need not be decoded past the partition that is wanted.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader, SliceReader, read_exactly

SECTOR = 512
TABLE = 446
"""Offset of the four entries in an MBR or EBR."""
ENTRY = struct.Struct("<B3xB3xII")  # status, first CHS, type, last CHS, first sector, number of sectors
EXTENDED_TYPES = frozenset({0x05, 0x0F, 0x85})
GPT_PROTECTIVE = 0xEE
FIRST_LOGICAL = 5
MAX_LOGICAL = 128
"""More than any tool makes (fdisk stops at 60), and an end to hostile chains."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One used entry of the table; the extended partition itself counts as one."""

    number: int  # fdisk's: primary 1-4, logical from 5 in chain order
    type: int  # partition type byte: 0x04 and 0x06 FAT16, 0x05 extended, 0xfc VMware core dump …
    bootable: bool
    start_lba: int  # absolute, in sectors of 512 bytes
    sectors: int

    @property
    def start(self) -> int:
        """First byte, from the start of the disk."""
        return self.start_lba * SECTOR

    @property
    def length(self) -> int:
        """Length in bytes."""
        return self.sectors * SECTOR

    @property
    def end_lba(self) -> int:
        """The sector after the last."""
        return self.start_lba + self.sectors

    @property
    def is_extended(self) -> bool:
        """Whether it only holds logical partitions."""
        return self.type in EXTENDED_TYPES

    def reader(self, disk: Reader) -> SliceReader:
        """Return the partition's bytes; its name is the disk's with `!p5`."""
        return SliceReader(f"{disk.name}!p{self.number}", disk, self.start, self.length)


def partitions(disk: Reader) -> Iterator[Partition]:
    """Yield the used partitions: first the primary ones by number, then the logical ones in chain order.

    Reads the MBR at the first step and one EBR for each logical partition. MediumError, with the byte of the entry,
    where there is no table, a partition passes the end of the disk (when its size is known), lies outside of its
    extended partition or over another one, or the chain does not end.
    """
    table = _Table(disk)
    primaries = table.primaries()
    yield from primaries
    extended = next((p for p in primaries if p.is_extended), None)
    if extended is not None:
        yield from table.logicals(extended)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry as it stands in the table; `first` counts from a base that depends on where the entry stands."""

    index: int
    offset: int  # byte on the disk
    status: int
    type: int
    first: int
    sectors: int


class _Table:
    """The walk through one disk's table; remembers what is taken."""

    def __init__(self, disk: Reader) -> None:
        self._disk = disk
        self._taken: list[Partition] = []

    def primaries(self) -> list[Partition]:
        """Return the used entries of the MBR, checked."""
        found = []
        for entry in self._entries(0, "partition table"):
            if entry.status not in (0x00, 0x80):
                raise self._error(f"status byte 0x{entry.status:02x} is no partition's: no table here", entry.offset)
            if entry.type == GPT_PROTECTIVE:
                raise self._error("the disk has a GUID partition table, an MBR is expected", entry.offset)
            if entry.sectors:
                found.append(self._take(entry, number=entry.index + 1, base=0))
        return found

    def logicals(self, extended: Partition) -> Iterator[Partition]:
        """Yield the logical partitions of the chain that starts in the extended partition's first sector."""
        self._taken.remove(extended)
        ebr, number, visited = extended.start_lba, FIRST_LOGICAL, set[int]()
        while ebr not in visited and len(visited) < MAX_LOGICAL:
            visited.add(ebr)
            used = [entry for entry in self._entries(ebr, "extended boot record") if entry.sectors]
            data = next((entry for entry in used if entry.type not in EXTENDED_TYPES), None)
            link = next((entry for entry in used if entry.type in EXTENDED_TYPES), None)
            if data is not None:
                yield self._take(data, number, base=ebr, within=extended)
                number += 1
            if link is None:
                return
            ebr = extended.start_lba + link.first
            if ebr >= extended.end_lba:
                raise self._error(f"link to sector {ebr}, past the extended partition", link.offset)
        if ebr in visited:
            raise self._error("the chain of extended boot records is a loop", ebr * SECTOR)
        raise self._error(f"more than {MAX_LOGICAL} extended boot records", ebr * SECTOR)

    def _entries(self, sector: int, what: str) -> list[_Entry]:
        """Read the four entries in a sector that must end with the signature 55 AA."""
        offset = sector * SECTOR
        data = read_exactly(self._disk, offset, SECTOR)
        if data[510:] != b"\x55\xaa":
            raise self._error(f"no {what} here: signature {data[510:].hex(' ')}, 55 aa expected", offset + 510)
        places = [TABLE + i * ENTRY.size for i in range(4)]
        return [_Entry(i, offset + place, *ENTRY.unpack_from(data, place)) for i, place in enumerate(places)]

    def _take(self, entry: _Entry, number: int, base: int, within: Partition | None = None) -> Partition:
        """Turn an entry into a partition that lies on the disk, in its extended partition and over no other."""
        found = Partition(number, entry.type, entry.status == 0x80, base + entry.first, entry.sectors)
        span = f"partition {number} (sectors {found.start_lba} to {found.end_lba - 1})"
        size = self._disk.size
        if found.start_lba <= base:
            raise self._error(f"{span} covers its own table in sector {base}", entry.offset)
        if size is not None and found.end_lba * SECTOR > size:
            raise self._error(f"{span} passes the end of the disk, which has {size} bytes", entry.offset)
        if within is not None and found.end_lba > within.end_lba:
            raise self._error(f"{span} passes the end of extended partition {within.number}", entry.offset)
        for other in self._taken:
            if found.start_lba < other.end_lba and other.start_lba < found.end_lba:
                raise self._error(f"{span} overlaps partition {other.number}", entry.offset)
        self._taken.append(found)
        return found

    def _error(self, what: str, offset: int) -> MediumError:
        return MediumError(what, where=self._disk.name, offset=offset)
