"""The list of what an installer of ESXi 5.0 or later loads: its boot.cfg, and the files that it names.

Since 5.0 the installer is the image: boot.cfg at the root (BIOS) and in efi/boot (UEFI) name a kernel and modules on
the CD. The order is the vendor's and is never changed. Source: vmware/esx-boot, config.c (paths, prefix).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest

from hobnail.errors import MediumError
from hobnail.formats.bootcfg import BootConfigText
from hobnail.formats.bootcfg_paths import base_name, directory_of, resolve, tidy
from hobnail.image.bank import MAX_BOOT_CONFIG
from hobnail.media.tree import Entry, Tree

BIOS_CONFIG = "boot.cfg"
UEFI_CONFIG = "efi/boot/boot.cfg"


@dataclass(frozen=True, slots=True)
class BootList:
    """A boot.cfg that names a kernel and modules, where it stands in the medium, and its text."""

    path: str
    text: str
    config: BootConfigText
    tree: Tree

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"{self.tree.name}!{self.path}"

    def file(self, path: str) -> Entry:
        """Return the file that boot.cfg means. MediumError when it lies outside, is not there, or is empty."""
        prefix = self.config.value("prefix")
        resolved = resolve(path, prefix, directory_of(self.path))
        if "://" in resolved or ".." in resolved.split("/"):
            what = f"{path!r} (prefix {prefix!r}) points outside of the medium"
            raise MediumError(what, where=self.where, next_step="fetch the vendor's medium, or mend its boot.cfg")
        entry = self.tree.find(resolved)
        if entry is None and self.path == UEFI_CONFIG:
            entry = self.tree.find(base_name(resolved))  # 9.1's published one lacks the slashes
        if entry is None:
            raise MediumError(
                f"it names {path}, and the medium has no such file",
                where=self.where,
                next_step="the medium is incomplete, or its boot.cfg was edited: fetch it again",
            )
        if entry.size == 0:
            what = f"{path} is an empty file: a boot loader takes that for missing"
            raise MediumError(what, where=self.where, next_step="fetch the medium again")
        return entry


def read_boot_list(tree: Tree, warn: Callable[[str], None]) -> BootList | None:
    """Return the boot.cfg at the root, else UEFI's; None when neither names a kernel and modules.

    Warns when both are there and name different files. MediumError for one that cannot be a boot.cfg.
    """
    bios, uefi = _read(tree, BIOS_CONFIG), _read(tree, UEFI_CONFIG)
    if bios is None or uefi is None:
        return bios or uefi
    difference = _first_difference(bios.config, uefi.config)
    if difference is not None:
        warn(f"{BIOS_CONFIG} and {UEFI_CONFIG} differ: {difference}; {BIOS_CONFIG} is used for both")
    return bios


def _read(tree: Tree, path: str) -> BootList | None:
    entry = tree.find(path)
    if entry is None:
        return None
    where = f"{tree.name}!{path}"
    if entry.size > MAX_BOOT_CONFIG:
        raise MediumError(f"a boot.cfg of {entry.size} bytes", where=where)
    data = entry.reader().read_at(0, entry.size)
    if b"\0" in data:
        raise MediumError("a boot.cfg with a NUL in it", where=where, offset=data.index(b"\0"))
    config = BootConfigText.parse(data)
    if not (config.kernel and config.modules):
        return None
    return BootList(path, data.decode("latin-1"), config, tree)


def _first_difference(bios: BootConfigText, uefi: BootConfigText) -> str | None:
    """Return in words the first item that is not the same in both, whatever folder it is in."""
    for number, (left, right) in enumerate(zip_longest(_items(bios), _items(uefi), fillvalue="nothing")):
        if left.lower() != right.lower():
            item = f"module {number}" if number else "the kernel"
            return f"{item} is {left} in the one and {right} in the other"
    return None


def _items(config: BootConfigText) -> list[str]:
    modules = (f"{base_name(tidy(module.path))} {module.options}".strip() for module in config.modules)
    return [base_name(tidy(config.kernel)), *modules]
