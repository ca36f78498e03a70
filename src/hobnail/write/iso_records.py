"""What pycdlib leaves open in the front of an ISO 9660 image, put right in its bytes.

Where the large files lie, their plain names, the size of the volume, and every date: pycdlib writes the time of day
in this machine's zone, and the same files are to make the same bytes. Sources: ECMA-119 8.4 (volume descriptors),
9.1 (directory records); SUSP 1.12, 5.1 (CE); Rock Ridge 1.12, 4.1.6 (TF); Joliet specification (names in UCS-2).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hobnail.errors import SystemFailure

SECTOR = 2048
FIRST_DESCRIPTOR = 16
PRIMARY, SUPPLEMENTARY, TERMINATOR = 1, 2, 255
ROOT_RECORD, SPACE_SIZE = 156, 80
CREATED, MODIFIED, EFFECTIVE = 813, 830, 864
FIXED_DATE = b"1980010100000000\0"
"""1 January 1980, midnight, UTC: the first date that FAT has, too (ECMA-119 8.4.26.1)."""
FIXED_RECORD_DATE = bytes([80, 1, 1, 0, 0, 0, 0])
FOLDER_FLAG = 0x02
MOST_CONTINUATIONS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies: its first sector of 2048 bytes, and its length in bytes."""

    sector: int
    size: int


@dataclass(frozen=True, slots=True)
class _Record:
    """A directory record: its path of identifiers joined by "/", and its offset in the image."""

    path: str
    offset: int
    folder: bool


class Front:
    """The front of an image while it is put right. `data` are its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def places(self) -> dict[str, Place]:
        """Return where each file lies, by its Joliet path."""
        return {record.path: self._place(record) for record in self._records(SUPPLEMENTARY) if not record.folder}

    def set_places(self, placed: Mapping[str, Place], plain: Mapping[str, str]) -> None:
        """Enter where files lie; `plain` has their plain paths. SystemFailure when a file has no record."""
        self._enter(SUPPLEMENTARY, placed)
        self._enter(PRIMARY, {plain[path].lstrip("/"): place for path, place in placed.items()})

    def rename(self, names: Mapping[str, str]) -> None:
        """Give files another plain name of the same length: path -> name."""
        wanted = {path.lstrip("/"): name.encode("ascii") for path, name in names.items()}
        for record in self._records(PRIMARY):
            name = wanted.get(record.path)
            if name is not None:
                self.data[record.offset + 33 : record.offset + 33 + len(name)] = name

    def set_volume(self, sectors: int) -> None:
        """Enter how long the whole volume is, and the fixed date in all that has one."""
        for at in self._descriptors(PRIMARY, SUPPLEMENTARY):
            struct.pack_into("<I", self.data, at + SPACE_SIZE, sectors)
            struct.pack_into(">I", self.data, at + SPACE_SIZE + 4, sectors)
            for date in (CREATED, MODIFIED, EFFECTIVE):
                self.data[at + date : at + date + len(FIXED_DATE)] = FIXED_DATE
            self._date_record(at + ROOT_RECORD)
        for kind in (PRIMARY, SUPPLEMENTARY):
            for record in self._records(kind, dots=True):
                self._date_record(record.offset)

    def catalogue(self) -> int:
        """Return the offset of the El Torito catalogue, which the boot record names (El Torito, figure 7)."""
        (at,) = self._descriptors(0)
        sector: int = struct.unpack_from("<I", self.data, at + 71)[0]
        return sector * SECTOR

    def _enter(self, kind: int, placed: Mapping[str, Place]) -> None:
        left = dict(placed)
        for record in self._records(kind):
            place = left.pop(record.path, None)
            if place is not None:
                for at, number in ((2, place.sector), (10, place.size)):
                    struct.pack_into("<I", self.data, record.offset + at, number)
                    struct.pack_into(">I", self.data, record.offset + at + 4, number)
        if left:
            raise SystemFailure(f"pycdlib made no record for {', '.join(left)}", next_step="report this")

    def _place(self, record: _Record) -> Place:
        sector, size = struct.unpack_from("<I4xI", self.data, record.offset + 2)
        return Place(sector, size)

    def _descriptors(self, *kinds: int) -> Iterator[int]:
        """Yield the offset of each volume descriptor of these types."""
        at = FIRST_DESCRIPTOR * SECTOR
        while self.data[at] != TERMINATOR:
            if self.data[at] in kinds:
                yield at
            at += SECTOR

    def _records(self, kind: int, *, dots: bool = False) -> Iterator[_Record]:
        """Yield the records of all folders; with `dots` those for `.` and `..` too."""
        for at in self._descriptors(kind):
            folders = [_Record("", at + ROOT_RECORD, True)]
            while folders:
                for record in self._folder(folders.pop(), kind == SUPPLEMENTARY):
                    special = record.path.endswith(("\0", "\1"))
                    if dots or not special:
                        yield record
                    if record.folder and not special:
                        folders.append(record)

    def _folder(self, folder: _Record, joliet: bool) -> Iterator[_Record]:
        """Yield a folder's records. None crosses a sector's end: zeros fill it up (ECMA-119 6.8.1.1)."""
        place = self._place(folder)
        at, end = place.sector * SECTOR, place.sector * SECTOR + place.size
        while at < end:
            length = self.data[at]
            if length == 0:
                at += SECTOR - at % SECTOR
                continue
            name = bytes(self.data[at + 33 : at + 33 + self.data[at + 32]])
            text = name.decode("ascii") if len(name) == 1 or not joliet else name.decode("utf-16-be")
            path = f"{folder.path}/{text}" if folder.path else text
            yield _Record(path, at, bool(self.data[at + 25] & FOLDER_FLAG))
            at += length

    def _date_record(self, at: int) -> None:
        self.data[at + 18 : at + 25] = FIXED_RECORD_DATE
        name = self.data[at + 32]
        self._date_system_use(at + 33 + name + (name + 1) % 2, at + self.data[at])

    def _date_system_use(self, at: int, end: int) -> None:
        """Set the dates of a record's Rock Ridge fields, and of those that are continued elsewhere."""
        for _ in range(MOST_CONTINUATIONS):
            continued = None
            while at + 4 <= end and self.data[at + 2] >= 4:
                sign, length = bytes(self.data[at : at + 2]), self.data[at + 2]
                if sign == b"TF":
                    count = (length - 5) // len(FIXED_RECORD_DATE)
                    self.data[at + 5 : at + length] = FIXED_RECORD_DATE * count
                elif sign == b"CE":
                    sector, offset, size = struct.unpack_from("<I4xI4xI", self.data, at + 4)
                    continued = (sector * SECTOR + offset, sector * SECTOR + offset + size)
                at += length
            if continued is None:
                return
            at, end = continued
