"""Archives and CDs around a disk image, made by tar and xorriso."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from hobnail.app.demo.disk_image import FIXED_TIME
from hobnail.system.commands import run

OWNER = "201"
"""User and group of the members of 3.5's install.tgz, as a published repacking script keeps them."""


Names = Literal["plain", "rockridge", "joliet", "both"]
"""Which names a CD carries beside the plain ones of ISO 9660 level 1 (upper case, 8.3)."""
NAME_OPTIONS: Mapping[Names, tuple[str, ...]] = {
    "plain": ("--norock",),
    "rockridge": ("-R",),
    "joliet": ("--norock", "-J"),
    "both": ("-R", "-J"),
}


def pack_tgz(folder: Path, target: Path) -> None:
    """Pack what `folder` holds as gzip'd ustar."""
    members = sorted(entry.name for entry in folder.iterdir())
    owner = [f"--owner={OWNER}", f"--group={OWNER}", "--numeric-owner", "--mode=755"]
    fixed = ["--format=ustar", "--sort=name", f"--mtime=@{FIXED_TIME['SOURCE_DATE_EPOCH']}"]
    run(["tar", *fixed, *owner, "-I", "gzip -n -1", "-cf", target, "-C", folder, *members])


def write_iso(folder: Path, target: Path, label: str, names: Names) -> None:
    """Write a CD that holds what `folder` holds, with isolinux.bin in it as the boot image.

    Without -boot-info-table, with which xorriso keeps lower case in the plain names.
    """
    boot = ["-b", "isolinux.bin", "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4"]
    form = ["-iso-level", "1", *NAME_OPTIONS[names], "-V", label]
    run(["xorriso", "-as", "mkisofs", "-quiet", "-o", target, *form, *boot, folder], env=FIXED_TIME)
