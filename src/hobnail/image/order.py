"""Which files of a boot bank are loaded, in which order, and which are left out and why.

The order is the vendor's and is never sorted: boot.cfg's where the bank has one, the generation's table otherwise.
"""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.bootcfg import BootConfig, BootModule
from hobnail.formats.fat import FatFile
from hobnail.image.bank import Bank
from hobnail.image.generations import ESSENTIAL, NOT_LOADED, Slot
from hobnail.image.model import LeftOut, Role

GZIP_MAGIC = b"\x1f\x8b"
ELF_MAGIC = b"\x7fELF"


@dataclass(frozen=True, slots=True)
class Placed:
    """A file of the bank in its place of the boot order."""

    name: str
    role: Role
    file: FatFile


HOLLOW = (
    "holds nothing, and syslinux's mboot.c32 resets the machine at a module that unpacks to nothing",
    "tried with syslinux 6.04",
)
LARGEST_HOLLOW = 300
"""Bytes of a gzip file without content: 18, a name of up to 255, and an empty deflate block."""


@dataclass(frozen=True, slots=True)
class BootOrder:
    """What is loaded, kernel first, and what is not."""

    kernel: Placed
    kernel_options: str
    modules: tuple[Placed, ...]
    left_out: tuple[LeftOut, ...]


def boot_order(bank: Bank, config: BootConfig | None, warn: Callable[[str], None]) -> BootOrder:
    """Put the files of a bank in order.

    MediumError when a file that boot.cfg names, or one without which no host comes up, is missing, and when a file
    to be loaded is empty (the boot loader takes that for missing).
    """
    picker = _Picker(bank)
    kernel_name = _base_name(config.kernel if config else "") or bank.layout.kernel
    kernel = picker.take(Slot(kernel_name, Role.KERNEL), "the kernel")
    listed = [picker.listed(module, warn) for module in config.modules] if config else []
    usual = [picker.usual(slot) for slot in bank.layout.modules]
    modules = [placed for placed in (*listed, *usual) if placed is not None]
    left_out = [fact for fact in NOT_LOADED if bank.file(fact.name)]
    for file in picker.rest():
        extra = _extra(file)
        if isinstance(extra, LeftOut):
            left_out.append(extra)
        else:
            modules.append(extra)
            warn(f"{extra.name} is none of this generation's own files; it is loaded after those")
    hollow = [placed for placed in modules if _unpacks_to_nothing(placed.file)]
    left_out += [LeftOut(placed.name, *HOLLOW) for placed in hollow]
    kept = tuple(placed for placed in modules if placed not in hollow)
    return BootOrder(kernel, config.kernel_options if config else "", kept, tuple(left_out))


class _Picker:
    """Takes each file of the bank once."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._taken: set[str] = set()
        self._slots = {slot.name: slot for slot in bank.layout.modules}
        self._not_loaded = {fact.name for fact in NOT_LOADED}

    def take(self, slot: Slot, what: str) -> Placed:
        """Take a file that has to be there; MediumError when it is missing or empty."""
        file = self._bank.file(slot.name)
        where = self._bank.partition.reader(self._bank.disk.reader).name
        if file is None:
            raise MediumError(f"{slot.name} is missing, {what}", where=where)
        if file.size == 0:
            raise MediumError(f"{slot.name} is empty: a boot loader takes that for missing", where=where)
        self._taken.add(file.name.lower())
        return Placed(slot.name, slot.role, file)

    def listed(self, module: BootModule, warn: Callable[[str], None]) -> Placed | None:
        """Take a module of boot.cfg; None for what is never loaded and for one that was taken already."""
        name = _base_name(module.path)
        if name in self._not_loaded or name in self._taken:
            return None
        if module.options:
            warn(f"the options {module.options!r} of module {name} in boot.cfg are not kept")
        return self.take(self._slots.get(name, Slot(name, Role.EXTRA)), "which boot.cfg names")

    def usual(self, slot: Slot) -> Placed | None:
        """Take a module of the generation's table unless boot.cfg had it; None when it may be missing and is."""
        file = self._bank.file(slot.name)
        missing = file is None or (file.size == 0 and slot.role is Role.CUSTOM)  # 4.0 ships it empty
        if slot.name in self._taken or (missing and slot.role not in ESSENTIAL):
            return None
        return self.take(slot, f"without which {self._bank.layout.product} does not come up")

    def rest(self) -> list[FatFile]:
        """Return what is left, in the directory's order, without what is known not to be loaded."""
        known = self._taken | self._not_loaded
        return [file for file in self._bank.files if file.name.lower() not in known]


def _extra(file: FatFile) -> Placed | LeftOut:
    """Place a file that no table knows: every module is gzip'd, whatever its name (esx-boot, load.c)."""
    if file.size == 0:
        return LeftOut(_display_name(file), "an empty file", "esx-boot, load.c")
    if file.reader().read_at(0, 2) != GZIP_MAGIC:
        return LeftOut(_display_name(file), "no module: not compressed by gzip", "esx-boot, load.c")
    return Placed(_display_name(file), Role.EXTRA, file)


def _unpacks_to_nothing(file: FatFile) -> bool:
    """Whether a module is the gzip of nothing: 20 bytes, more with a name in its header (RFC 1952, section 2.3)."""
    if file.size > LARGEST_HOLLOW:
        return False
    try:
        return gzip.decompress(file.reader().read_at(0, file.size)) == b""
    except (OSError, EOFError, zlib.error):
        return False


def kernel_doubt(head: bytes) -> str | None:
    """Return what is odd about a kernel's first four bytes: it has to be ELF, gzip'd or not (Multiboot)."""
    if head.startswith(GZIP_MAGIC) or head == ELF_MAGIC:
        return None
    return f"neither gzip nor ELF (it starts with {head.hex(' ')}): it may not boot"


def _base_name(path: str) -> str:
    """Return the file name of a path in boot.cfg, in lower case as boot banks have it."""
    return path.replace("\\", "/").rpartition("/")[2].lower()


def _display_name(file: FatFile) -> str:
    """Return a file's name, in lower case where FAT knows it only in upper case."""
    return file.name.lower() if file.name.isupper() else file.name
