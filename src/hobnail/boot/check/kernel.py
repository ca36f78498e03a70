"""How an unpacked kernel wants to be started, as a loader finds it out from its first bytes.

Source: vmware/esx-boot, esxbootinfo.c, multiboot.c, elf.c: ESXBootInfo is looked for first; required flags that the
loader does not know, and Multiboot's bit 16 (a.out), are refused.
"""

from dataclasses import dataclass
from typing import Literal

from hobnail.errors import MediumError
from hobnail.formats.boot_header import SEARCHED, find_esxbootinfo, find_multiboot
from hobnail.formats.elf import read_elf
from hobnail.formats.reader import BytesReader

_REQUIRED = 0xFFFF
_ESXBOOTINFO_KNOWN = 1 << 2  # video
_MULTIBOOT_KNOWN = 7  # align, memory, video
_AOUT = 1 << 16


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that can be started. `bits` is its ELF class, 32 or 64."""

    protocol: Literal["Multiboot", "ESXBootInfo"]
    bits: int
    machine: str


def examine_kernel(head: bytes, name: str) -> Kernel:
    """Return how the kernel is started. MediumError (`where` is `name`) when no loader can start it."""
    elf = read_elf(BytesReader(name, head))
    start = elf.first_load or 0
    own = find_esxbootinfo(head[start : start + SEARCHED])
    if own is not None and not own.flags & _REQUIRED & ~_ESXBOOTINFO_KNOWN:
        return Kernel("ESXBootInfo", elf.bits, elf.machine)
    multiboot = find_multiboot(head)
    if multiboot is not None and not multiboot.flags & (_REQUIRED & ~_MULTIBOOT_KNOWN | _AOUT):
        return Kernel("Multiboot", elf.bits, elf.machine)
    flags = own or multiboot
    if flags is not None:
        raise MediumError(f"header asks for what no loader has (flags {flags.flags:#x})", where=name)
    raise MediumError(f"neither a Multiboot nor an ESXBootInfo header in its first {SEARCHED} bytes", where=name)
