"""ELF headers, as far as a boot loader reads them (System V ABI, gABI 4.1: ELF header, program header)."""

import struct
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader, read_exactly

MAGIC = b"\x7fELF"
MACHINES = {3: "i386", 62: "x86_64", 183: "arm64"}
PT_LOAD = 1
MAX_SEGMENTS = 128
"""Program headers that are read; the loader's own limit for kernel and modules together is 512 (esx-boot)."""


@dataclass(frozen=True, slots=True)
class Elf:
    """What an ELF file is for, and the offset of the first byte that is loaded (None: nothing is)."""

    bits: int  # 32 or 64
    machine: str  # "i386", "x86_64", "arm64", else "machine 40"
    first_load: int | None


def read_elf(file: Reader) -> Elf:
    """Read the headers. MediumError when it is no ELF file, not little-endian, or its headers are damaged."""
    ident = read_exactly(file, 0, 20)
    if not ident.startswith(MAGIC):
        raise MediumError("no ELF file", where=file.name, offset=0)
    if ident[4] not in (1, 2) or ident[5] != 1:
        what = f"an ELF file of class {ident[4]} and byte order {ident[5]}; 1 or 2, and 1 (little-endian), are known"
        raise MediumError(what, where=file.name, offset=4)
    bits = 32 * ident[4]
    (machine,) = struct.unpack_from("<H", ident, 18)
    return Elf(bits, MACHINES.get(machine, f"machine {machine}"), _first_load(file, bits))


def _first_load(file: Reader, bits: int) -> int | None:
    """Return the lowest file offset of the segments to load."""
    if bits == 64:
        table, entry_size, count = struct.unpack_from("<32xQ14xHH", read_exactly(file, 0, 64))
        entry = struct.Struct("<I4xQ")
    else:
        table, entry_size, count = struct.unpack_from("<28xI10xHH", read_exactly(file, 0, 52))
        entry = struct.Struct("<II")
    if count > MAX_SEGMENTS or (count and entry_size < entry.size):
        what = f"{count} program headers of {entry_size} bytes in an ELF file"
        raise MediumError(what, where=file.name, offset=table)
    headers = read_exactly(file, table, count * entry_size)
    segments = (entry.unpack_from(headers, number * entry_size) for number in range(count))
    return min((offset for kind, offset in segments if kind == PT_LOAD), default=None)
