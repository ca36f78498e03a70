"""`hobnail write disk`: an image as a disk image, for virtual machines and BMCs."""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.write import Bootable, Wanted, bootable
from hobnail.errors import UserError
from hobnail.image.model import Role
from hobnail.store import Store
from hobnail.write.disk import Format, WrittenImage, check_target, write_image
from hobnail.write.disk_layout import disk_layout

LARGEST = 64 << 40
"""Bytes of the largest disk: more than file systems hold, and an end to tables of any length."""
QCOW2 = ".qcow2"
FOREIGN = {".vmdk": "vmdk", ".vhd": "vpc", ".vhdx": "vhdx", ".vdi": "vdi", ".qed": "qed", ".qcow": "qcow"}
"""What names of other kinds of disk images end with -> the kind's name for `qemu-img convert -O`."""
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, slots=True)
class DiskResult:
    """What was written, and what it boots by."""

    image: WrittenImage
    bootable: Bootable


def write_disk(
    store: Store,
    wanted: Wanted,
    path: Path,
    *,
    format: Format,  # noqa: A002 - what people call it
    size: int | None,
    sector: int = 512,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> DiskResult:
    """Write the disk image `path` of `size` bytes (None: the smallest); with an overlay only its owner may read it.

    Raises UserError and SystemFailure.
    """
    check_target(path, force=force)
    files = bootable(store, wanted, sector=sector)
    layout = disk_layout(files.contents, size=size, sector=sector, bios=files.bios)
    private = any(module.role is Role.OVERLAY for module in files.contents.plan.modules)  # hashes, a host's keys
    image = write_image(layout, path, format=format, force=force, private=private, progress=progress)
    return DiskResult(image, files)


def format_for(path: Path) -> Format:
    """Return the format that a file's name asks for, raw if none. UserError for one that is not written here."""
    suffix = path.suffix.lower()
    if suffix in FOREIGN:
        convert = f"qemu-img convert -O {FOREIGN[suffix]} {shlex.quote(path.stem)}.img {shlex.quote(path.name)}"
        raise UserError(
            f"{suffix} images are not written here, raw and qcow2 are",
            where=str(path),
            next_step=f"write {path.stem}.img, then `{convert}`; or say --format, whatever its name is",
        )
    if suffix == ".iso":
        raise UserError(
            "an ISO is no disk image",
            where=str(path),
            next_step="use `hobnail write iso`; or say --format, whatever its name is",
        )
    return "qcow2" if suffix == QCOW2 else "raw"


def parse_size(text: str) -> int:
    """Return a size as people type it in bytes: 2G, 512M, 1073741824. UserError when it is none."""
    match = re.fullmatch(r"(\d{1,15})([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None or int(match[1]) == 0:
        raise UserError(f"{text!r} is no size", next_step="write it like 2G, 512M or 1073741824")
    size = int(match[1]) * _UNITS[match[2].upper()]
    if size > LARGEST:
        raise UserError(f"{text} is too large for a disk image", next_step=f"use {LARGEST >> 40}T or less")
    return size
