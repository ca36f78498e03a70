"""Build the probe kernel (the sources lie in probe/) with the distribution's gcc."""

import platform
from pathlib import Path

from hobnail.errors import SystemFailure
from hobnail.system.commands import run

SOURCES = Path(__file__).parent / "probe"
FILES = ("start.S", "esxbootinfo.S", "probe.c", "esxbootinfo.c", "lines.c", "serial.c", "sha256.c")
REHEARSAL = ("rehearsal.S", "rehearsal.c", "-Wl,--entry=rehearse")
"""What makes a Multiboot loader's start one by ESXBootInfo: for tests, where VMware's mboot is not at hand."""

# What each group is for: an i386 kernel; warnings; no library, no code that a system would have to support
# (shared-library addressing, stack guards, control-flow marks, unwind tables, vector registers, and no loop turned
# into a call of memcpy, which is not there); the same bytes wherever and whenever it is built.
MACHINE = ("-m32", "-march=i686", "-O2")
STRICT = ("-std=c11", "-Wall", "-Wextra")
FREESTANDING = (
    *("-ffreestanding", "-fno-pic", "-fno-pie", "-fno-stack-protector", "-fcf-protection=none"),
    *("-fno-asynchronous-unwind-tables", "-mgeneral-regs-only", "-fno-tree-loop-distribute-patterns"),
)
LINK = ("-nostdlib", "-static", "-no-pie", "-s", "-Wl,--build-id=none", "-Wl,--nmagic", "-Wl,-T,link.ld")


def compiler() -> str:
    """Name the compiler that makes i386 code on this machine; Debian has a cross compiler for the others."""
    return "gcc" if platform.machine() in ("x86_64", "i386", "i686") else "i686-linux-gnu-gcc"


def build_probe(directory: Path, *, rehearsal: bool = False) -> Path:
    """Build the probe in `directory` and return its file, an ELF32 kernel. Same compiler, same bytes.

    It has a Multiboot header and an ESXBootInfo header; of VMware's mboot it is started by the latter. A rehearsal
    is started by Multiboot, and goes on as if by ESXBootInfo. SystemFailure when gcc is missing or cannot make i386
    code.
    """
    target = directory.resolve() / ("rehearsal.elf" if rehearsal else "probe.elf")
    files = (*FILES, *REHEARSAL) if rehearsal else FILES
    try:
        run([compiler(), *MACHINE, *STRICT, *FREESTANDING, *LINK, "-o", target, *files], cwd=SOURCES)
    except SystemFailure as error:
        if error.next_step is None:
            error.next_step = "the probe needs gcc for i386: apt-get install gcc (other than x86: gcc-i686-linux-gnu)"
        raise
    return target
