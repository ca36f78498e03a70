"""The layout of a bootable disk or stick: a partition table and one FAT volume with all files.

UEFI (and BIOS beside it) gets a GPT with an EFI system partition; what only BIOS can boot (up to ESXi 4.1) an MBR
with an active partition, since firmware of that age may know no other. The partition begins at 1 MiB and is no larger
than is of use: tables of a FAT volume that fills a large disk would take longer to write than the image.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from hobnail.errors import UserError
from hobnail.formats.fat_geometry import FatKind
from hobnail.formats.fat_write import MIB, Chunk, FatItem, Volume, make_volume, volume_size_for
from hobnail.formats.gpt_write import (
    FAT16_LBA,
    FAT32_LBA,
    LEGACY_BOOTABLE,
    GptPartition,
    gpt,
    mbr_only,
    table_sectors,
)
from hobnail.write.contents import Contents, SyslinuxFiles
from hobnail.write.layout import Extent, FilePart, Layout

START = MIB
"""Bytes before the partition; as many are kept free at the end, for the second GPT."""
MOST_OF_USE = 2 << 30
"""Bytes of the partition on a disk that has more, unless the image needs more."""
SPARE = 4 * MIB
"""Bytes that stay free in the smallest partition: a boot loader's installer needs some, and people edit boot.cfg."""
SMALLEST = {512: 63 * MIB, 4096: 318 * MIB}
"""Sector size -> bytes of the smallest partition that we make by ourselves: FAT32, which UEFI asks for."""
LABEL = "HOBNAIL"
NAME = "hobnail"


@dataclass(frozen=True, slots=True)
class BiosBoot:
    """What makes a disk boot by BIOS: a fitting syslinux. `install` runs its installer on a volume's chunks.

    Given the volume and the files in it (their bytes are not needed), it returns all chunks as they are then.
    """

    files: SyslinuxFiles
    mbr: bytes  # boot code for a disk with an MBR
    gptmbr: bytes  # for one with a GPT
    install: Callable[[Volume, tuple[FatItem, ...]], tuple[Chunk, ...]]


def smallest_size(contents: Contents, *, sector: int = 512) -> int:
    """Return the bytes of the smallest disk that we make for these files."""
    return volume_size_for(_items(contents), sector=sector, smallest=SMALLEST[sector], spare=SPARE) + 2 * START


def disk_layout(
    contents: Contents, *, size: int | None = None, sector: int = 512, bios: BiosBoot | None = None
) -> Layout:
    """Lay out a disk of `size` bytes (default: the smallest) in sectors of 512 or 4096 bytes.

    Ids are derived from the files: the same contents and size make the same bytes. Streams: no file is read yet.
    UserError when the disk is too small, a file is too large for FAT, or names clash on it.
    """
    if bios is not None and sector != min(SMALLEST):
        raise UserError("BIOS boots from disks with sectors of 512 bytes only", next_step="boot this one by UEFI")
    items = _items(contents)
    asked = smallest_size(contents, sector=sector) if size is None else size
    size = asked // sector * sector
    length = _partition_length(items, asked, sector)
    ids = _ids(contents.digest)
    volume = make_volume(
        items,
        size=length,
        sector=sector,
        hidden=START // sector,
        volume_id=int.from_bytes(contents.digest[:4], "big"),
        label=LABEL,
    )
    chunks = volume.chunks if bios is None else bios.install(volume, items)
    extents = [Extent(START + chunk.offset, chunk.length, chunk.data) for chunk in chunks]
    for file in contents.files:
        if file.size:
            place, room = START + volume.places[file.path], -(-file.size // sector) * sector
            part = file.source if isinstance(file.source, bytes) else FilePart(file.source, 0, file.size, file.sha256)
            extents.append(Extent(place, room, part))
    extents += _tables(contents, volume, size, ids, bios)
    return Layout(size, tuple(sorted(extents, key=lambda extent: extent.offset)))


def _items(contents: Contents) -> tuple[FatItem, ...]:
    return tuple(FatItem(file.path, file.size) for file in contents.files)


def _partition_length(items: tuple[FatItem, ...], asked: int, sector: int) -> int:
    """Return the partition's bytes on a disk of `asked` bytes, in whole MiB. UserError when that is too small."""
    room = (asked // sector * sector - 2 * START) // MIB * MIB
    needed = volume_size_for(items, sector=sector, smallest=0, spare=SPARE)
    if room < needed:
        raise UserError(
            f"a disk of {asked} byte{'' if asked == 1 else 's'} is too small for this image",
            next_step=f"it needs {needed + 2 * START} bytes ({(needed + 2 * START) // MIB} MiB) or more",
        )
    return min(room, max(needed, MOST_OF_USE))


def _tables(
    contents: Contents, volume: Volume, size: int, ids: tuple[UUID, UUID], bios: BiosBoot | None
) -> list[Extent]:
    sector = volume.shape.sector
    start, end = START // sector, START // sector + volume.shape.sectors
    if not contents.uefi:
        kind = FAT32_LBA if volume.shape.kind is FatKind.FAT32 else FAT16_LBA
        signature = ids[0].int & 0xFFFFFFFF
        code = bios.mbr if bios is not None else b""
        head = mbr_only(start=start, end=end, kind=kind, signature=signature, sector=sector, boot_code=code)
        return [Extent(0, len(head), head)]
    partition = GptPartition(start, end, ids[1], NAME, LEGACY_BOOTABLE if bios is not None else 0)
    code = bios.gptmbr if bios is not None else b""
    head, tail = gpt(ids[0], partition, sectors=size // sector, sector=sector, boot_code=code)
    assert len(tail) == (table_sectors(sector) + 1) * sector
    return [Extent(0, len(head), head), Extent(size - len(tail), len(tail), tail)]


def _ids(digest: bytes) -> tuple[UUID, UUID]:
    """Return the ids of the disk and of its partition."""
    return UUID(bytes=digest[:16], version=4), UUID(bytes=digest[16:], version=4)
