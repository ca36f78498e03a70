"""Contents: the files of a stick, disk or ISO, from a boot plan.

From ESXi 5.0 on all files of the image stand in the root and boot.cfg names them with a slash in front, as on the
medium: so one boot.cfg serves mboot.efi, whose folder is EFI/BOOT, and mboot.c32, whose folder is the root (facts 1.5
and 4.1; boot-traces, section 1, "USB FAT"). Up to 4.1 everything stands in syslinux.cfg's APPEND line.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hobnail.boot import mboot_config
from hobnail.boot.content import BytesContent, Content
from hobnail.boot.plan import BootPlan
from hobnail.errors import UserError
from hobnail.formats.bootcfg import BootConfigText, BootModule
from hobnail.image.model import Module
from hobnail.write.syslinux_config import render as render_syslinux

BOOT_FOLDER = "EFI/BOOT"
BOOT_CONFIG = "boot.cfg"
UEFI_NAMES = {"x86_64": ("BOOTX64.EFI", "crypto64.efi"), "arm64": ("BOOTAA64.EFI", "cryptoaa64.efi")}
"""Architecture -> what firmware starts (UEFI 2.10, 3.5.1.1), and what mboot.efi looks for beside itself."""


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file to be written: its path from the root, and its bytes or the file that has them."""

    path: str
    size: int  # bytes
    sha256: str  # 64 hex digits
    source: bytes | Path


@dataclass(frozen=True, slots=True)
class SyslinuxFiles:
    """What BIOS needs besides the image: `modules` are the .c32 files of a syslinux release, by name."""

    release: str
    modules: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """All files, in the order in which a host loads them; `plan` is what they were made from."""

    plan: BootPlan
    files: tuple[ContentFile, ...]
    uefi: bool  # it can be booted by UEFI
    bios: bool  # it can be booted by BIOS, when a boot loader is installed that reads syslinux.cfg

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def digest(self) -> bytes:
        """SHA-256 over all names and bytes: what ids are derived from, so that the same files have the same ids."""
        lines = (f"{file.sha256} {file.size} {file.path}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).digest()


def contents_of(
    plan: BootPlan, content: Callable[[Module], Content], syslinux: SyslinuxFiles | None = None
) -> Contents:
    """Return the files of a plan. `content` finds a module's bytes; without `syslinux` BIOS is left out.

    The kernel is not told BOOTIF: nobody boots this through a network card. UserError when the image can then not be
    booted at all, or a name cannot stand where it must.
    """
    plan = replace(plan, mac=None)
    loaders = {module.name: module for module in plan.image.loaders}
    uefi = bool(plan.image.boot_config) and "mboot.efi" in loaders
    bios = syslinux is not None and (not plan.image.boot_config or "mboot.c32" in loaders)
    if not uefi and not bios:
        raise UserError(
            f"{plan.image.title} has no mboot.efi, so it boots by BIOS only, and that needs syslinux",
            next_step="see which is lacking: hobnail write disk --help",
        )
    files = list(_uefi_files(plan, loaders, content)) if uefi else []
    if bios and syslinux is not None:
        files += [
            _of_bytes(name, data) for name, data in (("syslinux.cfg", render_syslinux(plan)), *syslinux.modules)
        ]
        if plan.image.boot_config:
            files.append(_of_bytes(BOOT_CONFIG, rooted_boot_config(plan)))
            files.append(_of_module("mboot.c32", loaders["mboot.c32"], content))
    files += [_of_module(module.name, module, content) for module in (plan.image.kernel, *plan.modules)]
    return Contents(plan, tuple(files), uefi, bios)


def rooted_boot_config(plan: BootPlan) -> bytes:
    """Return the plan's boot.cfg with names that lead from the root, wherever the file itself stands."""
    text = BootConfigText.parse(mboot_config.render(plan))
    modules = (BootModule(f"/{module.path}", module.options) for module in text.modules)
    return text.with_value("kernel", f"/{text.kernel}").with_modules(modules).render()


def _uefi_files(
    plan: BootPlan, loaders: dict[str, Module], content: Callable[[Module], Content]
) -> Iterator[ContentFile]:
    first, crypto = UEFI_NAMES["arm64" if plan.image.architecture == "arm64" else "x86_64"]
    yield _of_module(f"{BOOT_FOLDER}/{first}", loaders["mboot.efi"], content)
    if crypto in loaders:
        yield _of_module(f"{BOOT_FOLDER}/{crypto}", loaders[crypto], content)
    yield _of_bytes(f"{BOOT_FOLDER}/{BOOT_CONFIG}", rooted_boot_config(plan))


def _of_module(path: str, module: Module, content: Callable[[Module], Content]) -> ContentFile:
    found = content(module)
    if isinstance(found, BytesContent):
        return _of_bytes(path, found.data)
    return ContentFile(path, found.size, module.sha256, found.path)


def _of_bytes(path: str, data: bytes) -> ContentFile:
    return ContentFile(path, len(data), hashlib.sha256(data).hexdigest(), data)
