"""An installer or stateless ISO from a boot plan: BIOS and UEFI, from a CD and from a stick, each file once.

    front       descriptors, folders, ISOLINUX and its configuration (iso_tree)
    FAT volume  mboot.efi, boot.cfg, the modules (the same volume as on a stick)

UEFI boots the FAT volume: it is the catalogue's UEFI entry, for a CD, and a partition of type EFh, for a stick. The
ISO's own records of the modules point into the volume, where files lie in one piece on sectors of 2048 bytes. So no
driver for ISO 9660 is needed under UEFI: the vendor's efiboot.img brings one, which finds its CD by way of the drive
and was never seen to work from a stick. An image for BIOS only has the modules behind the front, without FAT.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hobnail.formats.fat_write import MIB, FatItem, Volume, make_volume, volume_size_for
from hobnail.write.contents import ContentFile
from hobnail.write.iso_boot import Area, add_uefi_entry, esp_place, write_partitions
from hobnail.write.iso_names import plain_names
from hobnail.write.iso_records import FIRST_DESCRIPTOR, SECTOR, Front, Place
from hobnail.write.iso_tree import CATALOGUE, ISOLINUX, TreeSpec, build_tree
from hobnail.write.layout import Extent, FilePart, Layout

DISK_SECTOR = 512
EFI_IMAGE = "efiboot.img"
SMALLEST_FAT = 136 * MIB
"""Bytes of the smallest volume whose clusters are no smaller than the ISO's sectors, for FAT32: 65541 of 2048."""
FAT_LABEL = "HOBNAIL"


@dataclass(frozen=True, slots=True)
class Disc:
    """What an ISO is to hold."""

    volume_id: str  # up to 16 characters, A-Z, 0-9 and _
    digest: bytes  # of all that is booted: what ids are made from
    files: Sequence[ContentFile]  # the large ones, in the order in which a host loads them
    small: Mapping[str, bytes]  # by path, of the ISO only; with isolinux.bin it boots by BIOS
    uefi: bool
    efi_image: bytes = field(default=b"", repr=False)  # the vendor's efiboot.img, to be UEFI's entry on a CD


def iso_layout(disc: Disc) -> Layout:
    """Return where every byte of the ISO goes. The same disc makes the same layout.

    UserError for names that FAT or a CD cannot hold, and for files that are too large.
    """
    disk_id = int.from_bytes(disc.digest[:4]) or 1
    small = dict(disc.small) | ({EFI_IMAGE: disc.efi_image} if disc.efi_image else {})
    paths = [file.path for file in disc.files]
    names = plain_names([*small, *paths, CATALOGUE])
    front = Front(build_tree(TreeSpec(small, paths, names, disc.volume_id, disk_id)))
    start = _rounded(len(front.data), MIB)
    if disc.uefi:
        volume = _volume(disc, start)
        places, chunks, end = volume.places, _chunks(volume, start), start + volume.size
        esp = Area(start, end)
    else:
        places, used = _in_a_row(disc.files)
        chunks, end, esp = [], start + _rounded(used, MIB), None
    extents = [*chunks, *(_extent(file, start + places[file.path]) for file in disc.files if file.size)]
    front.set_volume(end // SECTOR)
    placed = {file.path: _place(file, start, places) for file in disc.files}
    front.set_places(placed, {path: name.stand_in for path, name in names.items()})
    front.rename({name.stand_in: name.identifier for name in names.values()})
    if esp is not None:
        image = front.places()[EFI_IMAGE] if disc.efi_image else esp_place(esp)
        add_uefi_entry(front, image, after_bios=ISOLINUX in small)
    first = Area(FIRST_DESCRIPTOR * SECTOR, end if esp is None else start)
    write_partitions(front, first, esp, disk_id)
    head = Extent(0, len(front.data), bytes(front.data))
    return Layout(end, (head, *sorted(extents, key=lambda extent: extent.offset)))


def _volume(disc: Disc, start: int) -> Volume:
    items = [FatItem(file.path, file.size) for file in disc.files]
    size = volume_size_for(items, sector=DISK_SECTOR, smallest=SMALLEST_FAT)
    volume_id = int.from_bytes(disc.digest[4:8])
    own = {"sector": DISK_SECTOR, "hidden": start // DISK_SECTOR, "volume_id": volume_id}
    return make_volume(items, size=size, label=FAT_LABEL, **own)


def _chunks(volume: Volume, start: int) -> list[Extent]:
    return [Extent(start + chunk.offset, chunk.length, chunk.data) for chunk in volume.chunks]


def _in_a_row(files: Iterable[ContentFile]) -> tuple[Mapping[str, int], int]:
    """Return the offset of each file, one after the other on sectors, and where the last one ends."""
    places, at = {}, 0
    for file in files:
        places[file.path] = at
        at += _rounded(file.size, SECTOR)
    return places, at


def _place(file: ContentFile, start: int, places: Mapping[str, int]) -> Place:
    offset = start + places[file.path] if file.size else 0
    if offset % SECTOR:
        raise AssertionError(f"{file.path} lies at {offset}, which no sector of a CD begins with")
    return Place(offset // SECTOR, file.size)


def _extent(file: ContentFile, offset: int) -> Extent:
    source = file.source
    content = source if isinstance(source, bytes) else FilePart(source, 0, file.size, file.sha256)
    return Extent(offset, _rounded(file.size, SECTOR), content)


def _rounded(size: int, unit: int) -> int:
    return -(-size // unit) * unit
