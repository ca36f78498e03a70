"""The loaders that a medium of 5.0 or later brings, under the names that hosts ask for.

`efi/boot/bootx64.efi` of the tree is mboot.efi; the one of that name in efiboot.img only goes on with it (esx-boot,
isobounce). Names are confirmed by content: the machine type of a UEFI program, the magic of a .c32. What starts a CD
(isolinux.bin, efiboot.img) no host asks for; it is kept for `hobnail write iso`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hobnail.errors import MediumError
from hobnail.formats.elf import read_elf
from hobnail.formats.gzip import MAGIC, GzipReader
from hobnail.formats.program import Program, program_of
from hobnail.formats.reader import Reader
from hobnail.media.tree import Entry, Tree

UEFI_LOADERS: Mapping[str, str] = {"efi/boot/bootx64.efi": "x86_64", "efi/boot/bootaa64.efi": "arm64"}
"""Path of mboot.efi in a medium (UEFI 2.10, 3.5.1.1) -> architecture."""
OTHER_UEFI = ("efi/boot/safeboot.efi", "efi/boot/crypto*.efi")
BIOS_LOADERS = ("mboot.c32", "safeboot.c32")
CD_LOADERS: Mapping[str, int] = {"isolinux.bin": 1 << 20, "efiboot.img": 64 << 20}
"""What firmware starts from a CD -> bytes that it has at most; the vendor's have 14 kB and 1 MiB (facts 1.5)."""
MAX_KERNEL_HEAD = 1 << 20
"""Bytes of the kernel that are unpacked to read its ELF header."""


@dataclass(frozen=True, slots=True)
class MediumLoader:
    """A loader of the medium."""

    name: str  # by which hosts ask for it
    file: Entry


def architecture_of(tree: Tree, kernel: Reader) -> str:
    """Return "x86_64" or "arm64": what the kernel is made for, else what the medium's mboot.efi is."""
    machine = _machine(kernel)
    if machine in ("i386", "x86_64"):
        return "x86_64"  # tboot.b00 is entered in 32-bit mode
    if machine == "arm64":
        return machine
    present = [name for path, name in UEFI_LOADERS.items() if tree.find(path)]
    return "arm64" if present == ["arm64"] else "x86_64"


def medium_loaders(tree: Tree, architecture: str, warn: Callable[[str], None]) -> tuple[MediumLoader, ...]:
    """Return the medium's loaders for an architecture; warns about what is lacking or is not what its name says."""
    loaders = [loader for loader in _candidates(tree, architecture) if _fits(loader, architecture, warn)]
    names = {loader.name for loader in loaders}
    if "mboot.efi" not in names:
        warn("the medium has no mboot.efi (efi/boot/bootx64.efi): its image cannot be booted by UEFI")
    if "mboot.c32" not in names and architecture == "x86_64":
        warn("the medium has no mboot.c32: its image cannot be booted by BIOS")
    return tuple(loaders)


def _candidates(tree: Tree, architecture: str) -> Iterator[MediumLoader]:
    for path, made_for in UEFI_LOADERS.items():
        if made_for == architecture and (file := tree.find(path)):
            yield MediumLoader("mboot.efi", file)
    for file in tree.files():
        path = file.path.lower()
        if any(fnmatchcase(path, pattern) for pattern in OTHER_UEFI):
            yield MediumLoader(path.rpartition("/")[2], file)
    for name in BIOS_LOADERS:
        if architecture == "x86_64" and (file := tree.find(name)):
            yield MediumLoader(name, file)
    for name in CD_LOADERS:
        if (file := tree.find(name)) is not None:
            yield MediumLoader(name, file)


def _fits(loader: MediumLoader, architecture: str, warn: Callable[[str], None]) -> bool:
    """Whether the content is what the name says; else a host would hang on it."""
    if loader.name in CD_LOADERS:
        return _fits_a_cd(loader, warn)
    program = program_of(loader.file.reader())
    fits = program in (Program.COM32R, Program.ELF) if loader.name.endswith(".c32") else False
    if loader.name.endswith(".efi"):
        fits = program.architecture == architecture
    if not fits:
        warn(f"{loader.file.path} is not kept as a loader: it is {program}, the image is for {architecture}")
    return fits


def _fits_a_cd(loader: MediumLoader, warn: Callable[[str], None]) -> bool:
    limit = CD_LOADERS[loader.name]
    if 0 < loader.file.size <= limit:
        return True
    warn(f"{loader.file.path} is not kept as a loader: it has {loader.file.size} bytes, 1 to {limit} are expected")
    return False


def _machine(kernel: Reader) -> str | None:
    try:
        packed = kernel.read_at(0, len(MAGIC)) == MAGIC
        return read_elf(GzipReader(kernel.name, kernel, limit=MAX_KERNEL_HEAD) if packed else kernel).machine
    except MediumError:
        return None  # warned about by `Found.warnings`
