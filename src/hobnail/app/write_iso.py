"""`write iso`: a CD image of one boot plan, with what of the medium's or this machine's loaders it needs."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hobnail.app.write import Wanted, chosen_plan
from hobnail.boot.content import BytesContent, Content
from hobnail.boot.plan import FROM_THE_BANK, BootPlan
from hobnail.errors import SystemFailure, UserError
from hobnail.image.model import Module, Role
from hobnail.store import Store
from hobnail.system.loaders import PLACES
from hobnail.write.disk import check_target, write_image
from hobnail.write.iso import iso_layout
from hobnail.write.iso_bios import FOR_ELF, BiosFiles, from_syslinux, from_the_medium
from hobnail.write.iso_contents import KICKSTART_OPTION, Extras, disc_for, for_cd
from hobnail.write.iso_tree import ISOLINUX, can_be_hybrid

EFI_IMAGE = "efiboot.img"
ISOLINUX_PLACES = (Path("/usr/lib/ISOLINUX"), *PLACES)
"""Debian and Ubuntu have isolinux.bin in the first (package isolinux), others beside the modules."""
LARGEST_KICKSTART = 1 << 20
LARGEST_LOADER = 4 << 20
UefiEntry = Literal["fat", "medium"]
Report = Callable[[int, int], None]
"""(bytes done, bytes in all)."""


@dataclass(frozen=True, slots=True)
class IsoWanted:
    """What the person asked for besides the plan."""

    plan: Wanted
    kickstart: str = ""  # the path of a file, or a URL
    uefi_entry: UefiEntry = "fat"
    force: bool = False


@dataclass(frozen=True, slots=True)
class WrittenIso:
    """What was written."""

    path: Path
    size: int  # bytes
    sha256: str  # 64 hex digits
    plan: BootPlan = field(repr=False)
    uefi: bool = False
    bios_lacks: str = ""  # why BIOS cannot boot it; empty: it can
    bios_stick_lacks: str = ""  # the same for a stick made of it

    @property
    def boots(self) -> tuple[str, ...]:
        """By which firmware, from what, in words."""
        uefi = ("UEFI from a CD and from a stick",) if self.uefi else ()
        if self.bios_lacks:
            return uefi
        return (*uefi, "BIOS from a CD" if self.bios_stick_lacks else "BIOS from a CD and from a stick")


def write_iso(store: Store, target: Path, wanted: IsoWanted, report: Report) -> WrittenIso:
    """Write an ISO of what is wanted.

    UserError when no firmware could boot it, the target is there already, or the ks file cannot be used;
    SystemFailure when it cannot be written, or a file of the store is lost. Either leaves nothing behind.
    """
    check_target(target, force=wanted.force)
    option, kickstart = _kickstart(wanted)
    options = replace(wanted.plan.options, kickstart=option)
    chosen = chosen_plan(store, replace(wanted.plan, options=options))
    plan = for_cd(chosen.plan)
    if option and f"ks={option}" not in plan.kernel_options.split():
        raise UserError("--ks is for an installer, and the settings say mode stateless", where=wanted.kickstart)
    bios = _bios(plan, chosen.content, wanted.plan.loaders)
    efi_image = _efi_image(plan, chosen.content) if wanted.uefi_entry == "medium" else b""
    disc = disc_for(plan, chosen.content, Extras(bios, kickstart, efi_image))
    layout = iso_layout(disc)
    private = bool(kickstart) or any(module.role is Role.OVERLAY for module in plan.modules)  # hashes, a host's keys
    image = write_image(
        layout, target, format="raw", force=wanted.force, private=private, hashed=True, progress=report
    )
    bios_stick_lacks = "" if bios.lacking else _stick(bios.files)
    return WrittenIso(target, layout.size, image.sha256, plan, disc.uefi, bios.lacking, bios_stick_lacks)


def _stick(files: Mapping[str, bytes]) -> str:
    if can_be_hybrid(files[ISOLINUX]):
        return ""
    return "this isolinux.bin cannot be started from a disk (syslinux 3.72 and later can)"


def _kickstart(wanted: IsoWanted) -> tuple[str, bytes]:
    """Return what ks= is to be, and the file that goes on the CD if it is one."""
    said, options = wanted.kickstart, wanted.plan.options
    if not said or "://" in said or said.startswith(("cdrom:", "usb:")) or said == "usb":
        return said or options.kickstart, b""
    path = Path(said)
    try:
        if path.exists() and not path.is_file():
            raise UserError("is no file", where=said, next_step="--ks takes a file or a URL")
        data = path.read_bytes()
    except OSError as error:
        words = f"cannot be read: {error.strerror}"
        raise UserError(words, where=said, next_step="--ks takes a file or a URL") from error
    if not 0 < len(data) <= LARGEST_KICKSTART:
        raise UserError(f"has {len(data)} bytes and is no ks file", where=said)
    return KICKSTART_OPTION, data


def _bios(plan: BootPlan, content: Callable[[Module], Content], folder: Path | None) -> BiosFiles:
    if plan.image.architecture == "arm64":
        return BiosFiles({}, f"{plan.image.title} is for Arm64: it boots by UEFI only")
    if plan.image.generation not in FROM_THE_BANK:
        return from_the_medium(plan, _own_loaders(plan, content))
    folders = ISOLINUX_PLACES if folder is None else (folder,)
    return from_syslinux(plan, dict(_installed(folders)), " or ".join(map(str, folders)))


def _own_loaders(plan: BootPlan, content: Callable[[Module], Content]) -> dict[str, bytes]:
    return {one.name: _bytes(one, content) for one in plan.image.loaders if one.name in (ISOLINUX, "mboot.c32")}


def _efi_image(plan: BootPlan, content: Callable[[Module], Content]) -> bytes:
    for one in plan.image.loaders:
        if one.name == EFI_IMAGE:
            return _bytes(one, content)
    short = plan.image.short_id
    raise UserError(
        f"the image has no {EFI_IMAGE} of its medium",
        where=plan.image.title,
        next_step=f"leave --uefi-entry out; or `hobnail image remove {short}`, then import the medium's ISO again",
    )


def _bytes(module: Module, content: Callable[[Module], Content]) -> bytes:
    found = content(module)
    if isinstance(found, BytesContent):
        return found.data
    step = "`hobnail image verify` tells which files are wrong"
    try:
        data = found.path.read_bytes()
    except OSError as error:
        lost = f"the store has lost {module.name}: {error.strerror}"
        raise SystemFailure(lost, where=str(found.path), next_step=step) from error
    if hashlib.sha256(data).hexdigest() != module.sha256:
        raise SystemFailure(f"{module.name} has changed in the store", where=str(found.path), next_step=step)
    return data


def _installed(folders: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield the loaders by name that ISOLINUX needs; the first folder that has one wins."""
    for name in (ISOLINUX, *FOR_ELF):
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is not None and path.stat().st_size <= LARGEST_LOADER:
            yield name, path.read_bytes()
