"""FAT12, FAT16 and FAT32 volumes, read-only, over any reader: no mount, no root.

The tables and directories are read as they are needed, and a file's place is known before its bytes are read, so that
an importer can take files in disk order from a compressed image. Listing a directory checks the chain of each file in
it: loops, cross links and chains that are too short end as MediumError with the file's name and a byte in the volume.

ESXi's boot banks hold a UUID in the volume's second sector; it lies in the reserved area and is never looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hobnail.errors import MediumError
from hobnail.formats.extents import Extent, ExtentReader
from hobnail.formats.fat_chain import AllocationTable
from hobnail.formats.fat_directory import DirectoryEntry, parse_directory
from hobnail.formats.fat_geometry import ENTRY_SIZE, FatKind, read_geometry
from hobnail.formats.reader import Reader, read_exactly

MAX_DIRECTORY = 65536 * ENTRY_SIZE
"""Bytes of the greatest directory (FAT specification, also Linux)."""
MAX_PATH = 4096
"""Characters of the longest path; ends hostile nests of directories."""


@dataclass(frozen=True, slots=True)
class FatFile:
    """A file and where its bytes lie."""

    name: str
    path: str  # from the volume's root, parts joined by "/", no leading one
    size: int  # in bytes
    extents: tuple[Extent, ...]  # in bytes from the volume's start, in the file's order
    volume: Reader = field(repr=False)

    def reader(self) -> ExtentReader:
        """Return the file's bytes; the name is the volume's, `!` and the path."""
        return ExtentReader(f"{self.volume.name}!{self.path}", self.volume, self.extents)


@dataclass(frozen=True, slots=True)
class FatDirectory:
    """A directory; `FatFileSystem.entries(path)` lists it."""

    name: str
    path: str
    extents: tuple[Extent, ...] = field(repr=False)


class FatFileSystem:
    """A FAT volume. MediumError at once when the boot sector is none of a FAT volume, later when damage is met."""

    def __init__(self, volume: Reader) -> None:
        self._volume = volume
        self._geometry = read_geometry(volume)
        self._table = AllocationTable(volume, self._geometry)
        self._listings: dict[str, tuple[FatFile | FatDirectory, ...]] = {}
        self._label = self._geometry.label
        self._root: FatDirectory | None = None

    @property
    def kind(self) -> FatKind:
        """Width of the table: FAT12, FAT16 or FAT32."""
        return self._geometry.kind

    @property
    def label(self) -> str:
        """The label in the root directory, else the boot sector's; empty when there is none."""
        self.entries()
        return self._label

    def entries(self, path: str = "") -> tuple[FatFile | FatDirectory, ...]:
        """Return what a directory holds, in its own order; MediumError when there is no such directory."""
        directory = self._root_directory()
        for part in filter(None, path.split("/")):
            directory = self._step(directory, part, path)
        return self._list(directory)

    def files(self) -> Iterator[FatFile]:
        """Yield all files, a directory's own before those of its subdirectories."""
        waiting = [self._root_directory()]
        while waiting:
            for entry in self._list(waiting.pop()):
                match entry:
                    case FatFile():
                        yield entry
                    case FatDirectory():
                        waiting.append(entry)

    def _root_directory(self) -> FatDirectory:
        """Return the root: a fixed place on FAT12 and FAT16, a chain on FAT32."""
        if self._root is None:
            geometry = self._geometry
            if geometry.kind is FatKind.FAT32:
                extents = self._table.whole_chain("the root directory", geometry.root_cluster, MAX_DIRECTORY)
            else:
                extents = (Extent(geometry.root_start, geometry.root_size),)
            self._root = FatDirectory("", "", extents)
        return self._root

    def _step(self, directory: FatDirectory, part: str, path: str) -> FatDirectory:
        """Return a subdirectory; names are compared without case, as FAT does."""
        for entry in self._list(directory):
            if entry.name.casefold() == part.casefold() and isinstance(entry, FatDirectory):
                return entry
        raise MediumError(f"no directory {path!r}", where=self._volume.name)

    def _list(self, directory: FatDirectory) -> tuple[FatFile | FatDirectory, ...]:
        """Read a directory once; the chains of what it holds are walked and claimed by this."""
        known = self._listings.get(directory.path)
        if known is None:
            known = tuple(self._read(directory))
            self._listings[directory.path] = known
        return known

    def _read(self, directory: FatDirectory) -> Iterator[FatFile | FatDirectory]:
        data = b"".join(read_exactly(self._volume, extent.start, extent.length) for extent in directory.extents)
        place = f"{self._volume.name}!{directory.path}"
        seen = set[str]()
        for entry in parse_directory(data, place, wide=self.kind is FatKind.FAT32):
            if entry.is_label:
                self._label = self._label if directory.path else entry.name
                continue
            if entry.name.casefold() in seen:
                raise MediumError(f"two entries have the name {entry.name!r}", where=place)
            seen.add(entry.name.casefold())
            yield self._found(directory, entry)

    def _found(self, directory: FatDirectory, entry: DirectoryEntry) -> FatFile | FatDirectory:
        """Find out where an entry's bytes lie."""
        path = f"{directory.path}/{entry.name}" if directory.path else entry.name
        if len(path) > MAX_PATH:
            raise MediumError(f"directories lie too deep: {path[:40]}…", where=self._volume.name)
        if entry.is_directory:
            return FatDirectory(entry.name, path, self._table.whole_chain(path, entry.first_cluster, MAX_DIRECTORY))
        extents = self._table.chain(path, entry.first_cluster, entry.size)
        return FatFile(entry.name, path, entry.size, extents, self._volume)
