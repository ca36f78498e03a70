"""What a module is under its layers, told by content: names are never believed.

The outer layer is gzip: esx-boot unpacks every module, exactly one member, CRC and length checked, and takes what is
not gzip'd as it is. Below lie an ELF program (.b00), vmtar (.v00, .vgz), xz around vmtar, ustar (.tgz), words for the
kernel (useropts.gz), or nothing (jumpstrt.gz). A signature may follow. Sources: vmware/esx-boot, gunzip, elf and
secure_boot.c; published repacks of VMware's modules.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from hobnail.errors import MediumError
from hobnail.formats import elf, gzip, vmtar, xz
from hobnail.formats.archive import ArchiveMember, tar_members
from hobnail.formats.boot_header import SEARCHED, BootHeader, find_esxbootinfo, find_multiboot
from hobnail.formats.elf import Elf, read_elf
from hobnail.formats.gzip import GzipReader
from hobnail.formats.program import Program, program_of
from hobnail.formats.reader import Reader
from hobnail.formats.vmtar import vmtar_members
from hobnail.formats.xz import XzReader

MAX_UNPACKED = 2 << 30
"""Bytes; the largest module of VMware's unpacks to some 300 MB. More is a decompression bomb."""
SIGNATURE_MAGIC = bytes.fromhex("ed11be1a")
"""Last four bytes of what was gunzip'd: 0x1abe11ed, little-endian."""

_ZSTD_MAGIC = b"(\xb5/\xfd"
_CHUNK = 1 << 20
_HEAD = 512
_TEXT = frozenset(b"\t\n\r") | frozenset(range(0x20, 0x7F))


class ModuleKind(StrEnum):
    """What lies under the layers; the values are words for people."""

    EMPTY = "empty"
    ELF = "ELF program"
    VMTAR = "vmtar archive"
    TAR = "tar archive"
    TEXT = "text"
    LOADER = "boot loader"
    ZSTD = "zstd stream, not looked into"
    UNKNOWN = "unknown data"


@dataclass(frozen=True, slots=True)
class ModuleContent:
    """A module, described. Reading `payload` unpacks it again."""

    kind: ModuleKind
    layers: tuple[str, ...]  # from the outside: "gzip", "xz" or "lzma"
    size: int  # bytes under all layers, with the signature where it is not outside of the innermost one
    signed: bool
    notes: tuple[str, ...]  # what a boot loader minds
    payload: Reader = field(repr=False, compare=False)
    elf: Elf | None = None  # of an ELF program, as are the next two
    multiboot: BootHeader | None = None
    esxbootinfo: BootHeader | None = None
    program: Program | None = None  # of a boot loader

    def members(self) -> Iterator[ArchiveMember]:
        """Yield what an archive holds, nothing for other kinds. MediumError when it is damaged."""
        match self.kind:
            case ModuleKind.VMTAR:
                yield from vmtar_members(self.payload)
            case ModuleKind.TAR:
                yield from tar_members(self.payload)
            case _:
                return


def describe_module(module: Reader) -> ModuleContent:
    """Unpack a module once, in pieces, and say what it is. MediumError when a layer is damaged or too large."""
    layers, payload, notes = [], module, []
    program = program_of(module)
    if program not in (Program.UNKNOWN, Program.ELF):
        size, _ = _measure(module)
        return ModuleContent(ModuleKind.LOADER, (), size, False, (), module, program=program)
    if module.read_at(0, 2) == gzip.MAGIC:
        unpacked = GzipReader(module.name, module, limit=MAX_UNPACKED, single=True)
        layers, payload = ["gzip"], unpacked
    size, end = _measure(payload)
    if not layers:
        notes.append("not compressed by gzip: mboot of 6.7 U2 and later warns")
    elif (rest := _following(module, unpacked)) is not None:
        notes.append(f"something follows the gzip member at byte {rest}: a boot loader refuses a second one")
    head = payload.read_at(0, _HEAD)
    if layer := _inner_layer(head):
        layers.append(layer)
        payload = XzReader(module.name, payload, limit=MAX_UNPACKED)
        size, _ = _measure(payload)
        head = payload.read_at(0, _HEAD)
    return _described(_kind(head, size), tuple(layers), size, end == SIGNATURE_MAGIC, tuple(notes), payload)


def _described(
    kind: ModuleKind, layers: tuple[str, ...], size: int, signed: bool, notes: tuple[str, ...], payload: Reader
) -> ModuleContent:
    """Put the description together, with the headers of an ELF program."""
    if kind is not ModuleKind.ELF:
        return ModuleContent(kind, layers, size, signed, notes, payload)
    program = read_elf(payload)
    loaded = b"" if program.first_load is None else payload.read_at(program.first_load, SEARCHED)
    headers = find_multiboot(payload.read_at(0, SEARCHED)), find_esxbootinfo(loaded)
    return ModuleContent(kind, layers, size, signed, notes, payload, program, *headers)


def _kind(head: bytes, size: int) -> ModuleKind:
    if not size:
        return ModuleKind.EMPTY
    if head.startswith(elf.MAGIC):
        return ModuleKind.ELF
    if head.startswith(vmtar.MAGIC, vmtar.MAGIC_OFFSET):
        return ModuleKind.VMTAR
    if head.startswith(b"ustar", vmtar.MAGIC_OFFSET):
        return ModuleKind.TAR
    if head.startswith(_ZSTD_MAGIC):
        return ModuleKind.ZSTD
    return ModuleKind.TEXT if _TEXT.issuperset(head.rstrip(b"\0")) else ModuleKind.UNKNOWN


def _inner_layer(head: bytes) -> str | None:
    """Return the name of the compression inside; LZMA-alone has no magic, but LZMA Utils writes these properties."""
    if head.startswith(xz.MAGIC):
        return "xz"
    return "lzma" if head.startswith(b"\x5d\x00\x00") and len(head) > 13 else None


def _measure(reader: Reader) -> tuple[int, bytes]:
    """Read to the end; return the size and the last four bytes."""
    size, end = 0, b""
    while chunk := reader.read_at(size, _CHUNK):
        size += len(chunk)
        if size > MAX_UNPACKED:
            raise MediumError(f"a module of more than {MAX_UNPACKED} bytes", where=reader.name)
        end = (end + chunk)[-4:]
    return size, end


def _following(module: Reader, unpacked: GzipReader) -> int | None:
    """Return where something follows the gzip member; None where nothing does."""
    return unpacked.end if unpacked.end is not None and module.read_at(unpacked.end, 1) else None
