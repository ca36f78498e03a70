"""A FAT16 or FAT32 volume with files in it, as values: the bytes of its tables and folders, and where each file lies.

Nothing is written here and no file's bytes are needed: whoever writes puts them at `Volume.places`. Every file lies
in one piece, in the order given; folders come first. Times are fixed and the volume's id is given, so that the same
files make the same bytes. Source: Microsoft, FAT: General Overview of On-Disk Format 1.03.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import byteorder

from hobnail.errors import UserError
from hobnail.formats.fat_directory import DIRECTORY, LABEL, SHORT
from hobnail.formats.fat_geometry import ENTRY_SIZE, FatKind
from hobnail.formats.fat_write_geometry import (
    BACKUP_SECTOR,
    FATS,
    FEWEST_16,
    FSINFO_SECTOR,
    MEDIA,
    ROOT_ENTRIES_16,
    WriteGeometry,
    boot_sector,
    fsinfo_sector,
    geometry_for,
)
from hobnail.formats.fat_write_names import ARCHIVE, check_name, entries, entry_count, short_names, with_times

LARGEST_FILE = 0xFFFFFFFF
"""Bytes of a file, at most."""
SPARE_ENTRIES = 16
"""Free entries in the root, so that a boot loader's installer can add its files without more room."""
MIB = 1 << 20
SMALLEST_CLUSTERS = FEWEST_16 + 256
"""Sectors of the smallest FAT16 that we make, with room for its tables."""
_END_32, _END_16 = 0x0FFFFFFF, 0xFFFF


@dataclass(frozen=True, slots=True)
class FatItem:
    """A file to be: its path from the root, parts joined by "/", and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """`length` bytes from `offset` on, in bytes from the volume's start: `data`, then zeros."""

    offset: int
    length: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume to be written: its tables and folders, and where each file goes, by path."""

    shape: WriteGeometry
    chunks: tuple[Chunk, ...]
    places: Mapping[str, int]

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.shape.sectors * self.shape.sector


@dataclass(slots=True)
class _Folder:
    """A folder while the volume is laid out."""

    path: str
    parent: "_Folder | None"
    folders: dict[str, "_Folder"] = field(default_factory=dict)
    files: list[FatItem] = field(default_factory=list)
    cluster: int = 0

    @property
    def names(self) -> list[str]:
        return [*self.folders, *(item.path.rpartition("/")[2] for item in self.files)]

    @property
    def entry_count(self) -> int:
        """Entries with those for `.` and `..`, or for the label and what an installer adds."""
        return sum(map(entry_count, self.names)) + (2 if self.parent else 1 + SPARE_ENTRIES)

    def walk(self) -> Iterator["_Folder"]:
        """Yield this folder and all below, parents first."""
        yield self
        for folder in self.folders.values():
            yield from folder.walk()


def volume_size_for(items: Sequence[FatItem], *, sector: int, smallest: int, spare: int = 0) -> int:
    """Return the bytes of the smallest volume, in whole MiB from `smallest` on, that has `spare` bytes to spare.

    UserError for items that no FAT volume can hold.
    """
    root = _tree(items)
    least = max(smallest, sum(item.size for item in items) + spare, SMALLEST_CLUSTERS * sector)
    size = -(-least // MIB) * MIB
    while True:
        shape = _shape(root, size, sector)
        lacking = _clusters(root, items, shape) + -(-spare // shape.cluster_size) - shape.clusters
        if lacking <= 0:
            return size
        size += -(-lacking * shape.cluster_size // MIB) * MIB


def make_volume(
    items: Sequence[FatItem], *, size: int, sector: int, hidden: int, volume_id: int, label: str
) -> Volume:
    """Lay out a volume of `size` bytes that begins after `hidden` sectors of its disk.

    UserError when the files do not fit, two names are one on FAT, or a name or a size cannot be.
    """
    root = _tree(items)
    shape = _shape(root, size, sector)
    used = _clusters(root, items, shape)
    if used > shape.clusters:
        raise UserError(
            f"{used * shape.cluster_size} bytes are needed in clusters of {shape.cluster_size}, "
            f"{shape.clusters * shape.cluster_size} are there",
            next_step=f"give it {volume_size_for(items, sector=sector, smallest=size) // MIB} MiB or more",
        )
    table = _Table(shape)
    for folder in root.walk():
        if folder.parent is not None or shape.kind is FatKind.FAT32:
            folder.cluster = table.take(folder.entry_count * ENTRY_SIZE)
    first = {item.path: table.take(item.size) for item in items}
    chunks = [_reserved(shape, used, hidden, volume_id, label)]
    fat = table.data()
    fat_bytes = shape.fat_sectors * shape.sector
    chunks += [Chunk(shape.fat_start + number * fat_bytes, fat_bytes, fat) for number in range(FATS)]
    chunks += [_folder_chunk(folder, shape, first, label) for folder in root.walk()]
    chunks.sort(key=lambda chunk: chunk.offset)
    return Volume(
        shape, tuple(chunks), {path: shape.offset_of(cluster) for path, cluster in first.items() if cluster}
    )


def _tree(items: Sequence[FatItem]) -> _Folder:
    root = _Folder("", None)
    for item in items:
        if item.size > LARGEST_FILE:
            raise UserError(f"the file has {item.size} bytes, FAT holds {LARGEST_FILE} at most", where=item.path)
        folder = root
        *parts, name = item.path.split("/")
        for part in parts:
            check_name(part, item.path)
            folder = folder.folders.setdefault(part, _Folder(f"{folder.path}{part}/", folder))
        check_name(name, item.path)
        folder.files.append(item)
    for folder in root.walk():
        short_names(folder.names, folder.path or "/")  # tells of names that clash
    return root


def _shape(root: _Folder, size: int, sector: int) -> WriteGeometry:
    return geometry_for(size, sector, max(ROOT_ENTRIES_16, root.entry_count))


def _clusters(root: _Folder, items: Sequence[FatItem], shape: WriteGeometry) -> int:
    folders = [folder for folder in root.walk() if folder.parent is not None or shape.kind is FatKind.FAT32]
    sizes = [folder.entry_count * ENTRY_SIZE for folder in folders] + [item.size for item in items]
    return sum(-(-size // shape.cluster_size) for size in sizes)


class _Table:
    """The allocation table while clusters are taken, one after the other from 2 on."""

    def __init__(self, shape: WriteGeometry) -> None:
        self._shape = shape
        self._wide = shape.kind is FatKind.FAT32
        end = _END_32 if self._wide else _END_16
        self._end = end
        self._entries = array("I" if self._wide else "H", [end & ~0xFF | MEDIA, end])

    def take(self, size: int) -> int:
        """Take the clusters of `size` bytes as one chain and return the first; 0 when there are none to take."""
        count = -(-size // self._shape.cluster_size)
        if count == 0:
            return 0
        first = len(self._entries)
        self._entries.extend(range(first + 1, first + count))
        self._entries.append(self._end)
        return first

    def data(self) -> bytes:
        """Return the used part of the table."""
        if byteorder == "big":
            self._entries.byteswap()
        return self._entries.tobytes()


def _reserved(shape: WriteGeometry, used: int, hidden: int, volume_id: int, label: str) -> Chunk:
    first = boot_sector(shape, hidden=hidden, volume_id=volume_id, label=label)
    length = shape.reserved * shape.sector
    if shape.kind is FatKind.FAT16:
        return Chunk(0, length, first)
    data = bytearray((BACKUP_SECTOR + FSINFO_SECTOR + 1) * shape.sector)
    for at in (0, BACKUP_SECTOR):
        pair = first + fsinfo_sector(shape, used)
        data[at * shape.sector : at * shape.sector + len(pair)] = pair
    return Chunk(0, length, bytes(data))


def _folder_chunk(folder: _Folder, shape: WriteGeometry, first: Mapping[str, int], label: str) -> Chunk:
    """Return a folder's entries: the label or `.` and `..`, then folders and files."""
    data = bytearray()
    if folder.parent is None:
        data += with_times(SHORT.pack(label.ljust(11).encode()[:8], label.ljust(11).encode()[8:], LABEL, 0, 0, 0, 0))
    else:
        for dots, cluster in ((b".", folder.cluster), (b"..", folder.parent.cluster if folder.parent.parent else 0)):
            numbers = (cluster >> 16, cluster & 0xFFFF)
            data += with_times(SHORT.pack(dots.ljust(8), b"   ", DIRECTORY, 0, *numbers, 0))
    aliases = iter(short_names(folder.names, folder.path))
    for name, below in folder.folders.items():
        data += entries(name, next(aliases), attributes=DIRECTORY, cluster=below.cluster, size=0)
    for item in folder.files:
        name, cluster = item.path.rpartition("/")[2], first[item.path]
        data += entries(name, next(aliases), attributes=ARCHIVE, cluster=cluster, size=item.size)
    if folder.cluster == 0:
        return Chunk(shape.root_start, shape.root_entries * ENTRY_SIZE, bytes(data))
    room = -(-folder.entry_count * ENTRY_SIZE // shape.cluster_size) * shape.cluster_size
    return Chunk(shape.offset_of(folder.cluster), room, bytes(data))
