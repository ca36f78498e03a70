"""Partition tables that are written: a GPT with its protective MBR, or an MBR alone; one partition.

Sources: UEFI 2.10, sections 5.2.3 (protective MBR) and 5.3 (header, entries, attributes; bit 2 is "legacy BIOS
bootable", which syslinux's gptmbr.bin looks for). A table in 4096-byte sectors is one of a disk with such sectors.
"""

import struct
import zlib
from dataclasses import dataclass
from uuid import UUID

from hobnail.formats.partition import ENTRY, GPT_PROTECTIVE, TABLE

EFI_SYSTEM = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LEGACY_BOOTABLE = 1 << 2
ENTRIES, ENTRY_BYTES = 128, 128
BOOT_CODE = 440
"""Bytes of an MBR that a boot loader may fill; the disk's signature and the table follow."""
FAT32_LBA, FAT16_LBA = 0x0C, 0x0E

_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_GPT_ENTRY = struct.Struct("<16s16sQQQ72s")
_REVISION, _HEADER_SIZE = 0x00010000, 92
_CHS_BEFORE, _CHS_LAST = b"\x00\x02\x00", b"\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class GptPartition:
    """The one partition, in sectors; `end` is the sector after its last."""

    start: int
    end: int
    id: UUID
    name: str
    attributes: int = 0


def table_sectors(sector: int) -> int:
    """Return how many sectors the entries take; the header takes one more, at both ends of the disk."""
    return ENTRIES * ENTRY_BYTES // sector


def gpt(disk: UUID, partition: GptPartition, *, sectors: int, sector: int, boot_code: bytes) -> tuple[bytes, bytes]:
    """Return the first bytes of the disk (protective MBR, header, entries) and the last ones (entries, header)."""
    size = table_sectors(sector)
    name = partition.name.encode("utf-16-le").ljust(72, b"\0")
    span = (partition.start, partition.end - 1, partition.attributes)
    entry = _GPT_ENTRY.pack(EFI_SYSTEM.bytes_le, partition.id.bytes_le, *span, name)
    entries = entry.ljust(ENTRIES * ENTRY_BYTES, b"\0")
    usable = (size + 2, sectors - size - 2)

    def header(own: int, other: int, table: int) -> bytes:
        fields = [own, other, *usable, disk.bytes_le, table, ENTRIES, ENTRY_BYTES, zlib.crc32(entries)]
        bare = _HEADER.pack(b"EFI PART", _REVISION, _HEADER_SIZE, 0, 0, *fields)
        whole = _HEADER.pack(b"EFI PART", _REVISION, _HEADER_SIZE, zlib.crc32(bare), 0, *fields)
        return whole.ljust(sector, b"\0")

    last = sectors - 1
    protective = ENTRY.pack(0, GPT_PROTECTIVE, 1, min(last, 0xFFFFFFFF))
    mbr = _mbr(protective[:1] + _CHS_BEFORE + protective[4:5] + _CHS_LAST + protective[8:], boot_code, sector)
    return mbr + header(1, last, 2) + entries, entries + header(last, 1, last - size)


def mbr_only(
    *,
    start: int,
    end: int,
    kind: int,
    signature: int,
    sector: int,
    boot_code: bytes,
) -> bytes:
    """Return an MBR with one active partition, sectors `start` to `end` - 1, of type `kind`, for old firmware."""
    entry = ENTRY.pack(0x80, kind, start, end - start)
    entry = entry[:1] + _chs(start) + entry[4:5] + _chs(end - 1) + entry[8:]
    return _mbr(entry, boot_code, sector, signature)


def _mbr(entry: bytes, boot_code: bytes, sector: int, signature: int = 0) -> bytes:
    if len(boot_code) > BOOT_CODE:
        raise ValueError(f"boot code of {len(boot_code)} bytes, {BOOT_CODE} fit")
    head = boot_code.ljust(BOOT_CODE, b"\0") + struct.pack("<IH", signature, 0)
    return (head.ljust(TABLE, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa").ljust(sector, b"\0")


def _chs(lba: int) -> bytes:
    """Return head, sector and cylinder for 255 heads of 63 sectors; the last possible where that does not reach."""
    cylinder, rest = divmod(lba, 255 * 63)
    if cylinder > 1023:
        return b"\xfe\xff\xff"
    head, in_track = divmod(rest, 63)
    return bytes([head, (cylinder >> 8) << 6 | in_track + 1, cylinder & 0xFF])
