"""ISOLINUX on our ISOs: which files it needs for a plan, its configuration, and whether they fit together.

From ESXi 5.0 on isolinux.bin and mboot.c32 are the medium's own. Up to 4.1 they are a syslinux release's of this
machine, as over the network: the image is imported from the disk image inside the CD, which has neither. Sources:
facts 1.5 (isolinux.cfg), 5 (what mboot.c32 takes; 5.00 gave up COM32R for ELF); boot-traces, section 4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hobnail.boot.plan import BootPlan
from hobnail.formats.program import COM32R
from hobnail.write.iso_tree import ISOLINUX
from hobnail.write.syslinux_config import render as render_syslinux

CONFIG = "isolinux.cfg"
MBOOT = "mboot.c32"
FIRST_ELF = 5
"""The major release from which on modules are ELF files."""
FOR_ELF = ("ldlinux.c32", "libcom32.c32", MBOOT)
"""What ISOLINUX 6.04 asks for when it starts mboot.c32 (boot-traces, section 4, for PXELINUX)."""
_RELEASE = re.compile(rb"ISOLINUX (\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class BiosFiles:
    """What is put on the ISO for BIOS. Empty `files`: nothing, and `lacking` says why and what to do."""

    files: Mapping[str, bytes]
    lacking: str = ""


def release_of(isolinux: bytes) -> tuple[int, int] | None:
    """Return the release that an isolinux.bin tells, None when it tells none."""
    match = _RELEASE.search(isolinux)
    return (int(match[1]), int(match[2])) if match else None


def from_the_medium(plan: BootPlan, loaders: Mapping[str, bytes]) -> BiosFiles:
    """Return the files for an image of 5.0 or later; `loaders` are the medium's own, by name."""
    image = plan.image
    if MBOOT not in loaders:
        return BiosFiles({}, f"{image.title} has no mboot.c32: it boots by UEFI only")
    if ISOLINUX not in loaders:
        again = f"`hobnail image remove {image.short_id}`, then import the medium again"
        return BiosFiles({}, f"the image has no isolinux.bin: if its medium is an ISO, {again}")
    release = release_of(loaders[ISOLINUX])
    if not loaders[MBOOT].startswith(COM32R) or (release is not None and release[0] >= FIRST_ELF):
        title = f"ISOLINUX {release[0]}.{release[1]:02}" if release is not None else "ISOLINUX"
        return BiosFiles({}, f"the medium's {title} and mboot.c32 are not VMware's, and cannot be started so")
    return BiosFiles({name: loaders[name] for name in (ISOLINUX, MBOOT)} | {CONFIG: _config(plan)})


def from_syslinux(plan: BootPlan, loaders: Mapping[str, bytes], places: str) -> BiosFiles:
    """Return the files for an image up to 4.1; `loaders` are this machine's, which were searched for in `places`."""
    get = "`apt-get install isolinux syslinux-common`, or name their folder with --loaders"
    release = release_of(loaders.get(ISOLINUX, b""))
    if release is None:
        return BiosFiles({}, f"isolinux.bin is not in {places}: {get}")
    needed = FOR_ELF if release[0] >= FIRST_ELF else (MBOOT,)
    lacking = [name for name in needed if loaders.get(name, b"").startswith(COM32R) is (release[0] >= FIRST_ELF)]
    lacking += [name for name in needed if name not in loaders and name not in lacking]
    if lacking:
        title = f"ISOLINUX {release[0]}.{release[1]:02}"
        return BiosFiles({}, f"no {', '.join(lacking)} that fits {title} is in {places}: {get}")
    return BiosFiles({name: loaders[name] for name in (ISOLINUX, *needed)} | {CONFIG: render_syslinux(plan)})


def _config(plan: BootPlan) -> bytes:
    """Return isolinux.cfg, which starts mboot.c32 at once: boot.cfg has a countdown of its own (timeout=).

    ISOLINUX passes over the menu's title; by it the ISO tells its build, as the vendor's do.
    """
    image = plan.image
    append = f"{plan.options.loader_options} -c boot.cfg".strip()
    title = "-".join(part for part in ("ESXi", image.version, image.build, "hobnail") if part)
    head = (f"# {image.title}, made by hobnail", "DEFAULT hobnail", f"MENU TITLE {title}", "NOHALT 1", "PROMPT 0")
    return "\n".join((*head, "LABEL hobnail", "KERNEL mboot.c32", f"APPEND {append}", "")).encode("ascii")
