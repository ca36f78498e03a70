"""BIOS boot by syslinux: choosing what fits an image, and running its installer on a volume that is not there yet.

The installer writes the places of ldlinux.sys's sectors into ldlinux.sys and the boot sector, so it must see the file
system. It is given a sparse file with the volume's tables and folders and none of the files' bytes (some MB at most,
however large the image); what it changed is then taken from there. Nothing of syslinux is linked or shipped.

Sources: facts 5 and 8b (VMware's mboot.c32 of 5.0 and later is COM32R, which syslinux 5.00 gave up; VMware names
3.86); boot-traces, section 1 (USB FAT with 3.86, with 6.04).
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot.loaders import Abi, Candidate, Kind
from hobnail.errors import SystemFailure
from hobnail.formats.fat import FatDirectory, FatFile, FatFileSystem
from hobnail.formats.fat_geometry import FatKind
from hobnail.formats.fat_write import Chunk, FatItem, Volume
from hobnail.formats.fat_write_geometry import BACKUP_SECTOR
from hobnail.formats.reader import read_exactly
from hobnail.image.model import Image
from hobnail.media.file import FileReader
from hobnail.system.commands import run
from hobnail.system.syslinux import Installer
from hobnail.write.contents import SyslinuxFiles
from hobnail.write.disk_layout import BiosBoot

WHERE_3_86 = (
    "take `syslinux` of syslinux 3.86 (kernel.org's archive, utils/boot/syslinux/3.xx) "
    "and name its folder with --loaders"
)
INSTALL = "apt-get install syslinux syslinux-common mtools"
MODULES = ("mboot.c32", "libcom32.c32")
"""What syslinux 5.00 and later need to start a Multiboot kernel; ldlinux.c32 its installer brings itself."""
OURS = frozenset({"ldlinux.sys", "ldlinux.c32"})
"""What an installer adds to the root."""
FIXED = {"SOURCE_DATE_EPOCH": "315532800", "TZ": "UTC"}
"""The FAT epoch: mtools, by which the installer writes, takes the time from here (1 January 1980)."""
NO_ROOM = "No space left on device"
"""glibc's words for ENOSPC: the installer runs with LC_ALL=C.UTF-8."""
VMWARE = b"boot.cfg"
"""Stands in VMware's own mboot.c32 and in no syslinux's: that one takes `-c boot.cfg` and no list of modules."""


@dataclass(frozen=True, slots=True)
class Found:
    """What this machine has: programs, modules in order of preference, boot code by name; and where was looked."""

    installers: tuple[Installer, ...]
    modules: tuple[Candidate, ...]
    boot_code: Callable[[str], bytes | None]
    places: str


def bios_boot_for(image: Image, found: Found) -> BiosBoot | str:
    """Return what makes disks of this image boot by BIOS, or what is lacking and what to do, for people."""
    own_mboot = bool(image.boot_config)
    if own_mboot and image.architecture == "arm64":
        return f"{image.title} is for Arm64: it boots by UEFI only"
    if own_mboot and all(module.name != "mboot.c32" for module in image.loaders):
        return f"{image.title} has no mboot.c32: it boots by UEFI only"
    chosen = _for_the_medium_s_mboot(found) if own_mboot else _with_own_modules(found)
    if isinstance(chosen, str):
        return chosen
    installer, files = chosen
    name = "gptmbr.bin" if any(module.name == "mboot.efi" for module in image.loaders) else "mbr.bin"
    code = {which: found.boot_code(which) for which in ("mbr.bin", "gptmbr.bin")}
    if code[name] is None:
        return f"syslinux's {name} is not installed: apt-get install syslinux-common"
    return BiosBoot(
        files=SyslinuxFiles(installer.release, files),
        mbr=code["mbr.bin"] or b"",
        gptmbr=code["gptmbr.bin"] or b"",
        install=lambda volume, items: install(installer, volume, items),
    )


def _for_the_medium_s_mboot(found: Found) -> tuple[Installer, tuple[tuple[str, bytes], ...]] | str:
    old = [one for one in found.installers if not one.takes_elf]
    best = next((one for one in old if one.release == "3.86"), old[0] if old else None)
    if best is not None:
        return best, ()
    if found.installers:
        newest = found.installers[0].release
        return f"syslinux {newest} cannot load the medium's mboot.c32 (`Failed to load COM32 file`): {WHERE_3_86}"
    return f"syslinux 3.86, which the medium's mboot.c32 needs, is not in {found.places}: {WHERE_3_86}"


def _with_own_modules(found: Found) -> tuple[Installer, tuple[tuple[str, bytes], ...]] | str:
    why = f"syslinux is not in {found.places}: {INSTALL}"
    for installer in sorted(found.installers, key=lambda one: not one.takes_elf):
        abi = Abi.ELF if installer.takes_elf else Abi.COM32R
        names = MODULES if installer.takes_elf else MODULES[:1]
        files = [(name, _module(found.modules, name, abi)) for name in names]
        lacking = [name for name, data in files if data is None]
        if not lacking:
            return installer, tuple((name, data) for name, data in files if data is not None)
        why = f"syslinux {installer.release} is here, its {' and '.join(lacking)} is not in {found.places}: {INSTALL}"
    return why


def _module(candidates: Sequence[Candidate], name: str, abi: Abi) -> bytes | None:
    for one in candidates:
        if one.name == name and one.known.kind is Kind.MODULE and one.known.abi is abi:
            data = one.path.read_bytes()
            if name != "mboot.c32" or VMWARE not in data:
                return data
    return None


def install(installer: Installer, volume: Volume, items: Sequence[FatItem]) -> tuple[Chunk, ...]:
    """Run the installer on the volume's tables and folders; return all chunks as they are then, its files' too.

    SystemFailure when the program fails or leaves another file system than it was given, or there is no room for
    temporary files.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="hobnail-") as folder:
            return _installed(installer, volume, items, Path(folder))
    except OSError as error:
        raise _no_room(error.strerror or str(error)) from error


def _installed(installer: Installer, volume: Volume, items: Sequence[FatItem], folder: Path) -> tuple[Chunk, ...]:
    path = folder / "volume.img"
    with path.open("wb") as file:
        file.truncate(volume.size)
        for chunk in volume.chunks:
            file.seek(chunk.offset)
            file.write(chunk.data)
    _run(installer, path)
    with FileReader(path) as reader:
        chunks = [_again(reader, chunk) for chunk in volume.chunks]
        if volume.shape.kind is FatKind.FAT32:
            chunks[0] = _with_backup(chunks[0], volume.shape.sector)
        for added in _added(reader, volume, items, installer):
            data = read_exactly(reader, added.extents[0].start, added.size)
            sector = volume.shape.sector
            chunks.append(Chunk(added.extents[0].start, -(-added.size // sector) * sector, data))
    return tuple(sorted(chunks, key=lambda chunk: chunk.offset))


def _run(installer: Installer, volume: Path) -> None:
    """Run it with our folder for its own temporary files, which it leaves behind when it fails."""
    try:
        run([installer.path, volume], env={**FIXED, "TMPDIR": str(volume.parent)})
    except SystemFailure as error:
        if NO_ROOM in error.what:
            raise _no_room(NO_ROOM) from error
        if "mcopy" in error.what:
            error.next_step = "it writes by mtools: apt-get install mtools"
        raise


def _no_room(why: str) -> SystemFailure:
    return SystemFailure(
        f"a temporary file for BIOS boot cannot be written: {why}",
        where=_temporary(),
        next_step="free some MB there, or set TMPDIR to another folder",
    )


def _temporary() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:  # neither TMPDIR nor any of the usual places can be written to
        return "TMPDIR"


def _again(reader: FileReader, chunk: Chunk) -> Chunk:
    data = read_exactly(reader, chunk.offset, chunk.length)
    return Chunk(chunk.offset, chunk.length, data.rstrip(b"\0"))


def _with_backup(reserved: Chunk, sector: int) -> Chunk:
    """Put the new boot sector in the place of its backup too, which installers leave as it was."""
    data = bytearray(reserved.data.ljust((BACKUP_SECTOR + 1) * sector, b"\0"))
    data[BACKUP_SECTOR * sector : (BACKUP_SECTOR + 1) * sector] = data[:sector]
    return Chunk(reserved.offset, reserved.length, bytes(data))


def _added(reader: FileReader, volume: Volume, items: Sequence[FatItem], installer: Installer) -> list[FatFile]:
    """Return the installer's files, after a look whether ours are where they were."""
    system = FatFileSystem(reader)
    added = [one for one in system.entries() if one.name.lower() in OURS]
    found = {one.path: one for one in system.files()}
    whole = all(
        item.path in found and [extent.start for extent in found[item.path].extents[:1]] == _start(volume, item)
        for item in items
    )
    in_one_piece = all(isinstance(one, FatFile) and len(one.extents) == 1 for one in added)
    if not whole or not added or not in_one_piece or len(found) != len(items) + len(added):
        raise SystemFailure(
            f"syslinux {installer.release} left another file system than it was given", where=str(installer.path)
        )
    return [one for one in added if not isinstance(one, FatDirectory)]


def _start(volume: Volume, item: FatItem) -> list[int]:
    return [volume.places[item.path]] if item.size else []
