"""Boot loaders known by content, and which of them a BIOS host needs for an image.

Sources: boot-traces, sections 1 and 4 (PXELINUX 6.04 asks for ldlinux.c32, mboot.c32, libcom32.c32; 3.86 and 4.00
for mboot.c32 only; 6.04 cannot load VMware's mboot.c32); facts, section 5 (COM32R modules begin B8 FE 4C CD 21, which
5.00 gave up for ELF; VMware names 3.86). UEFI's file types: PE/COFF specification, section 3.3.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hobnail.formats.program import Program, program_of, uefi_machine
from hobnail.formats.reader import BytesReader

FIRST_LOADER = "pxelinux.0"
PACKAGES: Mapping[str, str] = {
    FIRST_LOADER: "pxelinux",
    "ldlinux.c32": "syslinux-common",
    "libcom32.c32": "syslinux-common",
    "mboot.c32": "syslinux-common",
}
"""Loader -> Debian package that has it."""

KNOWN: Mapping[str, str] = {
    "2483ce3119e90ec1b444ceff7853f8bbe21049e6093414f8e42d43987eda84c6": "the 3.86 that VMware's guides name",
}
"""SHA-256 -> what is known of exactly this file."""

HEAD = 256 << 10
"""Bytes of a loader that are enough to know it: PXELINUX has its release string within its 40 KiB."""

WHERE_3_86 = (
    "take core/pxelinux.0 of syslinux 3.86 from kernel.org's syslinux archive (utils/boot/syslinux/3.xx), "
    "then `hobnail loader add pxelinux.0`"
)

_RELEASE = re.compile(rb"(G?L?PXELINUX) (\d+)\.(\d+)", re.IGNORECASE)
_ELF = b"\x7fELF"


class Abi(StrEnum):
    """How PXELINUX and its modules fit together: old ones are COM32R, from 5.00 on they are ELF."""

    COM32R = "COM32R"
    ELF = "ELF"


class Kind(StrEnum):
    """What a loader is."""

    PXELINUX = "PXELINUX"
    MODULE = "syslinux module"
    EFI = "UEFI program"


@dataclass(frozen=True, slots=True)
class Known:
    """What a file's bytes say about it."""

    kind: Kind
    release: str | None = None  # "3.86"
    abi: Abi | None = None
    architecture: str | None = None  # of a UEFI program

    @property
    def words(self) -> str:
        """What a person reads."""
        return " ".join(str(part) for part in (self.kind, self.release, self.architecture, self.abi) if part)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A loader that could be served: its name for hosts, its file, and where it comes from in words."""

    name: str
    path: Path
    size: int
    known: Known
    place: str


@dataclass(frozen=True, slots=True)
class LoaderSet:
    """The loaders of this machine that an image's BIOS hosts get, and those lacking, each with what to do."""

    release: str | None
    chosen: Mapping[str, Candidate]
    lacking: Mapping[str, str]


def recognise(name: str, head: bytes) -> Known | None:
    """Tell a loader by its first `HEAD` bytes, None when it is none. The name only parts modules from other ELFs."""
    release = _RELEASE.search(head)
    if release is not None and not head.startswith((b"MZ", _ELF)):
        major = int(release[2])
        return Known(Kind.PXELINUX, f"{major}.{release[3].decode()}", Abi.ELF if major >= 5 else Abi.COM32R)
    file = BytesReader(name, head)
    match program_of(file):
        case Program.COM32R:
            return Known(Kind.MODULE, abi=Abi.COM32R)
        case Program.ELF:
            return Known(Kind.MODULE, abi=Abi.ELF) if name.lower().endswith((".c32", ".e32")) else None
        case program if program.architecture is not None:
            return Known(Kind.EFI, architecture=program.architecture)
    machine = uefi_machine(file)
    return None if machine is None else Known(Kind.EFI, architecture=f"machine {machine:#06x}")


def choose(candidates: Iterable[Candidate], places: str, *, own_mboot: bool) -> LoaderSet:
    """Choose what BIOS hosts get for an image, which from 5.0 on brings its `own_mboot`.

    `candidates` come in order of preference; `places` were searched.
    """
    found = list(candidates)
    if own_mboot:
        return _for_the_medium_s_mboot(found, places)
    pxelinux = next((c for c in found if c.known.kind is Kind.PXELINUX), None)
    abi = pxelinux.known.abi if pxelinux is not None and pxelinux.known.abi is not None else Abi.ELF
    needed = [FIRST_LOADER, "mboot.c32"] if abi is Abi.COM32R else list(PACKAGES)
    chosen = {FIRST_LOADER: pxelinux} if pxelinux is not None else {}
    lacking: dict[str, str] = {}
    for name in needed:
        if name in chosen:
            continue
        named = [c for c in found if c.name == name and c.known.kind is not Kind.PXELINUX]
        fitting = next((c for c in named if c.known.abi is abi), None)
        if fitting is not None:
            chosen[name] = fitting
        elif named:
            release = pxelinux.known.release if pxelinux is not None else "unknown"
            lacking[name] = (
                f"{name} ({named[0].path}) is not of the same release as pxelinux.0 ({release}): PXELINUX would say "
                "`Failed to load COM32 file`; take both from one syslinux release (--loaders)"
            )
        else:
            lacking[name] = (
                f"{name} is not in {places}: `apt-get install {PACKAGES[name]}`, or name its folder with --loaders"
            )
    return LoaderSet(pxelinux.known.release if pxelinux is not None else None, chosen, lacking)


def _for_the_medium_s_mboot(found: list[Candidate], places: str) -> LoaderSet:
    """From 5.0 on: the medium brings its mboot.c32, a COM32R module, so PXELINUX must be older than 5.00."""
    every = [candidate for candidate in found if candidate.known.kind is Kind.PXELINUX]
    old = [candidate for candidate in every if candidate.known.abi is Abi.COM32R]
    best = next((candidate for candidate in old if candidate.known.release == "3.86"), old[0] if old else None)
    if best is not None:
        return LoaderSet(best.known.release, {FIRST_LOADER: best}, {})
    why = (
        f"PXELINUX {every[0].known.release} cannot load the medium's mboot.c32 (`Failed to load COM32 file`)"
        if every
        else f"pxelinux.0 of syslinux 3.86, which the medium's mboot.c32 needs, is not in {places}"
    )
    return LoaderSet(None, {}, {FIRST_LOADER: f"{why}: {WHERE_3_86}; or set the machine to UEFI boot"})
