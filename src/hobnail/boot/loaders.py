"""The loaders that BIOS hosts need, and whether those found fit together.

Sources: boot-traces, sections 1 and 4 (PXELINUX 6.04 asks for ldlinux.c32, mboot.c32, libcom32.c32; 3.86 and 4.00
for mboot.c32 only); facts, section 5 (COM32R modules begin B8 FE 4C CD 21; from 5.00 on they are ELF).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIRST_LOADER = "pxelinux.0"
PACKAGES: Mapping[str, str] = {
    FIRST_LOADER: "pxelinux",
    "ldlinux.c32": "syslinux-common",
    "libcom32.c32": "syslinux-common",
    "mboot.c32": "syslinux-common",
}
"""Loader -> Debian package that has it."""

_RELEASE = re.compile(rb"PXELINUX (\d+)\.(\d+)")
_COM32R = bytes.fromhex("b8fe4ccd21")
_ELF = b"\x7fELF"
HEAD = 256 << 10
"""Bytes of a loader that are enough to judge it: PXELINUX has its release string within its 40 KiB."""


@dataclass(frozen=True, slots=True)
class LoaderSet:
    """What the loaders say about themselves: PXELINUX's release, and what is lacking, each with what to do."""

    release: str | None
    lacking: Mapping[str, str]


def examine(heads: Mapping[str, bytes], places: str) -> LoaderSet:
    """Judge the loaders found, by content. `heads` holds the first 256 KiB of each; `places` were searched."""
    match = _RELEASE.search(heads.get(FIRST_LOADER, b""))
    release = f"{int(match[1])}.{match[2].decode()}" if match else None
    elf_modules = match is None or int(match[1]) >= 5
    needed = PACKAGES if elf_modules else {FIRST_LOADER: "pxelinux", "mboot.c32": "syslinux-common"}
    lacking = {
        name: f"{name} is not in {places}: `apt-get install {package}`, or name its folder with --loaders"
        for name, package in needed.items()
        if name not in heads
    }
    for name, head in heads.items():
        if not name.endswith(".c32") or name in lacking:
            continue
        if (elf_modules and head.startswith(_COM32R)) or (not elf_modules and head.startswith(_ELF)):
            lacking[name] = (
                f"{name} is not of the same release as pxelinux.0 ({release or 'unknown'}): PXELINUX would say "
                f"`Failed to load COM32 file`; take both from one syslinux release (--loaders)"
            )
    return LoaderSet(release, lacking)
