"""The list of what an installer of ESXi 5.0 or later loads: its boot.cfg, and the files that it names.

Since 5.0 the installer is the image: boot.cfg at the root (BIOS) and in efi/boot (UEFI) name a kernel and modules on
the CD. The order is the vendor's and is never changed. Source: vmware/esx-boot, config.c (paths, prefix).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest

from hobnail.errors import MediumError
from hobnail.formats.bootcfg import BootConfig, BootModule, parse_boot_config
from hobnail.image.bank import MAX_BOOT_CONFIG
from hobnail.media.tree import Entry, Tree

BIOS_CONFIG = "boot.cfg"
UEFI_CONFIG = "efi/boot/boot.cfg"


@dataclass(frozen=True, slots=True)
class BootList:
    """A boot.cfg that names a kernel and modules, where it stands in the medium, and its text."""

    path: str
    text: str
    config: BootConfig
    tree: Tree

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"{self.tree.name}!{self.path}"

    @property
    def _prefix(self) -> str:
        return str(getattr(self.config, "prefix", ""))

    def file(self, module: BootModule) -> Entry:
        """Return the file that an item names. MediumError when it leads outside, is not there, or is empty."""
        path = self._resolve(module.path)
        entry = self.tree.find(path)
        if entry is None and self.path == UEFI_CONFIG:
            entry = self.tree.find(base_name(module.path))  # 9.1's published one lacks the slashes
        if entry is None:
            raise MediumError(
                f"it names {module.path}, and the medium has no such file",
                where=self.where,
                next_step="the medium is incomplete, or its boot.cfg was edited: fetch it again",
            )
        if entry.size == 0:
            what = f"{module.path} is an empty file: a boot loader takes that for missing"
            raise MediumError(what, where=self.where, next_step="fetch the medium again")
        return entry

    def _resolve(self, path: str) -> str:
        """Return the path in the tree: absolute from the root, else below prefix= or the folder of boot.cfg."""
        written = path
        if "://" not in path and not path.startswith(("/", "\\")):
            prefix = self._prefix or self.path.rpartition("/")[0]
            path = f"{prefix}/{path}"
        parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
        if "://" in path or ".." in parts:
            what = f"{written!r} (prefix {self._prefix!r}) points outside of the medium"
            raise MediumError(what, where=self.where, next_step="fetch the vendor's medium, or mend its boot.cfg")
        return "/".join(parts)


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
    config = parse_boot_config(data)
    if not (config.kernel and config.modules):
        return None
    return BootList(path, data.decode("latin-1"), config, tree)


def _first_difference(bios: BootConfig, uefi: BootConfig) -> str | None:
    """Return in words the first item that is not the same in both, whatever folder it is in."""
    for number, (left, right) in enumerate(zip_longest(_items(bios), _items(uefi), fillvalue="nothing")):
        if left.lower() != right.lower():
            item = f"module {number}" if number else "the kernel"
            return f"{item} is {left} in the one and {right} in the other"
    return None


def _items(config: BootConfig) -> list[str]:
    modules = (f"{base_name(module.path)} {module.options}".strip() for module in config.modules)
    return [base_name(config.kernel), *modules]


def base_name(path: str) -> str:
    """Return the last part of a path as boot.cfg writes them."""
    return path.replace("\\", "/").rpartition("/")[2]
