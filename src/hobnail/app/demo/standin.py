"""Build the stand-in for mboot.efi (the sources lie in standin/) with the distribution's gcc and gnu-efi."""

import re
from collections.abc import Iterable
from pathlib import Path

from hobnail.app.demo import probe
from hobnail.app.demo.report import ReportedModule
from hobnail.errors import SystemFailure
from hobnail.system.commands import run

SOURCES = Path(__file__).parent / "standin"
_OWN = ("standin.c", "config.c", "source.c", "device_path.c", "tftp.c", "http.c", "ipxe.c", "disk.c")
FILES = (*_OWN, *(str(probe.SOURCES / name) for name in ("serial.c", "sha256.c")))
FOLDERS = (
    Path("/usr/lib"),
    Path("/usr/lib/gnuefi"),
    Path("/usr/lib64/gnuefi"),
    Path("/usr/lib/x86_64-linux-gnu/gnuefi"),
)
"""Where distributions have gnu-efi's start code and linker script: Debian and Ubuntu in the first."""
START, SCRIPT = "crt0-efi-x86_64.o", "elf_x86_64_efi.lds"
HEADERS = ("/usr/include/efi", "/usr/include/efi/x86_64")

# What each group is for: a 64-bit program that calls the firmware its way, and may be interrupted by it at any time
# (no red zone); relocatable as a shared library is, which gnu-efi's start code puts right; no library.
MACHINE = ("-m64", "-O2", "-DGNU_EFI_USE_MS_ABI", "-mno-red-zone", "-fshort-wchar", "-fpic", "-fvisibility=hidden")
LINK = ("-nostdlib", "-shared", "-Wl,-znocombreloc", "-Wl,-Bsymbolic", "-Wl,--build-id=none", "-Wl,--no-undefined")
SECTIONS = (".text", ".sdata", ".data", ".rodata", ".dynamic", ".dynsym", ".rel", ".rela", ".rela.*", ".reloc")
FIXED_TIME = {"SOURCE_DATE_EPOCH": "0"}

_LOADED = re.compile(r"LOADED (\d{1,10}) ([0-9a-f]{64}) (\S+)")


def gnu_efi() -> Path:
    """Return the folder with gnu-efi's start code. SystemFailure that names the package when there is none."""
    for folder in FOLDERS:
        if (folder / START).is_file() and (folder / SCRIPT).is_file():
            return folder
    raise SystemFailure(f"gnu-efi is not installed: there is no {START}", next_step="apt-get install gnu-efi")


def build_standin(directory: Path) -> Path:
    """Build the stand-in in `directory` and return its file, a UEFI application for x86-64. Same tools, same bytes.

    SystemFailure when gcc, objcopy or gnu-efi is missing.
    """
    kit = gnu_efi()
    shared, target = directory.resolve() / "standin.so", directory.resolve() / "standin.efi"
    include = [f"-I{folder}" for folder in (*HEADERS, probe.SOURCES, SOURCES)]
    freestanding = [flag for flag in probe.FREESTANDING if flag not in ("-fno-pic", "-fno-pie")]
    place = [f"-Wl,-T,{kit / SCRIPT}", str(kit / START)]
    libraries = [f"-L{kit}", "-lgnuefi"]
    run(
        ["gcc", *MACHINE, *probe.STRICT, *freestanding, *include, *LINK, "-o", shared, *place, *FILES, *libraries],
        cwd=SOURCES,
    )
    kept = [word for section in SECTIONS for word in ("-j", section)]
    run(["objcopy", *kept, "--target=efi-app-x86_64", shared, target], env=FIXED_TIME)
    shared.unlink()
    return target


def parse_loaded(lines: Iterable[str]) -> tuple[ReportedModule, ...]:
    """Return the whole files that the stand-in got and that are no modules: boot.cfg, crypto64.efi, the kernel."""
    found = (_LOADED.fullmatch(line) for line in lines)
    return tuple(ReportedModule(match[3], int(match[1]), match[2]) for match in found if match)
