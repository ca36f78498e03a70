"""What a run of bytes is, told by its content: file names are never believed."""

import struct
from enum import StrEnum

from hobnail.formats.reader import Reader

HEAD = 512
"""Bytes from the start that tell every kind but an ISO."""
ISO_SIGNATURE_OFFSET = 32769
"""First volume descriptor (sector 16 of 2048 bytes), after its type byte: ECMA-119 8.1.2."""


class Kind(StrEnum):
    """The kinds of content that an image may hide in; the values are words for people."""

    ISO = "ISO 9660 image"
    GZIP = "gzip file"
    BZIP2 = "bzip2 file"
    TAR = "tar archive"
    DISK = "disk image with an MBR partition table"
    FOREIGN = "something else"


_FOREIGN_MAGIC = (
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\xfd7zXZ\x00", "an xz file"),
    (0, b"(\xb5/\xfd", "a zstd file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x7fELF", "an ELF program"),
    (0, b"MZ", "a DOS, Windows or EFI program"),
    (0, b"KDMV", "a VMDK virtual disk"),
    (0, b"# Disk DescriptorFile", "the descriptor of a VMDK virtual disk"),
    (0, b"QFI\xfb", "a QCOW2 virtual disk"),
    (0, b"conectix", "a VHD virtual disk"),
    (0, b"vhdxfile", "a VHDX virtual disk"),
    (0, b"\xed\xab\xee\xdb", "an RPM package"),
    (0, b"%PDF", "a PDF document"),
    (257, b"visor ", "a vmtar archive, which is an ESXi module and no medium"),
    (0, b"<", "a web page or XML: a download that went wrong?"),
)


def kind_of(reader: Reader) -> Kind:
    """Return what the bytes are. MediumError only where they cannot be read."""
    head = reader.read_at(0, HEAD)
    if head.startswith(b"\x1f\x8b\x08"):
        return Kind.GZIP
    if head.startswith(b"BZh") and head[3:4] in b"123456789" and head[4:10] == b"1AY&SY":
        return Kind.BZIP2
    if reader.read_at(ISO_SIGNATURE_OFFSET, 5) == b"CD001":  # before DISK: a hybrid ISO has a partition table too
        return Kind.ISO
    if head[257:262] == b"ustar":
        return Kind.TAR
    return Kind.DISK if _is_partition_table(head) else Kind.FOREIGN


def appearance(reader: Reader) -> str:
    """Return in words what foreign bytes look like."""
    head = reader.read_at(0, HEAD)
    if not head:
        return "an empty file"
    for offset, magic, words in _FOREIGN_MAGIC:
        if head[offset:].startswith(magic):
            return words
    if not any(head):
        return "zeros"
    if head[510:] == b"\x55\xaa" and head[0] in (0xEB, 0xE9):
        return "one partition or a diskette (a boot sector without a partition table), a whole disk is expected"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return "text"
    return f"unknown data that starts with {head[:8].hex(' ')}"


def _is_partition_table(head: bytes) -> bool:
    """Whether the four entries are plausible: a FAT boot sector ends with 55 AA as well."""
    if len(head) < HEAD or head[510:] != b"\x55\xaa":
        return False
    entries = [struct.unpack_from("<B3xB3xII", head, 446 + 16 * number) for number in range(4)]
    used = [entry for entry in entries if entry[3]]
    return bool(used) and all(status in (0x00, 0x80) and kind and first for status, kind, first, _ in used)
