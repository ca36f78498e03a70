"""What a stick boots by that an ISO was written to byte for byte.

A CD is booted through its catalogue (El Torito), a disk through its first sector: an ISO that has both is hybrid.
Sources: syslinux utils/isohybrid.c (boot code and table); UEFI 2.10, 5.2.1, 5.3 (partitions of type EFh in an MBR,
EFI system partitions in a GPT). What firmware does with a plain ISO on a stick was tried: SeaBIOS refuses it, OVMF
finds the catalogue there too and starts its UEFI entry; UEFI itself asks for that on CDs only (13.3.2).
"""

import struct
from collections.abc import Iterator
from uuid import UUID

from hobnail.formats.el_torito import Firmware
from hobnail.formats.partition import ENTRY, SECTOR, TABLE
from hobnail.formats.reader import Reader
from hobnail.media.kind import Kind

ESP = 0xEF
ESP_GUID = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
CODE = 440
"""Bytes of boot code in front of the disk's id."""
MOST_GPT_ENTRIES = 128
_NEXT_DEVICE = bytes.fromhex("cd18")
"""INT 18h: this disk cannot be booted."""
_SIGNATURE = b"\x55\xaa"
_HYBRID = ", hybrid"
_RIGHT_STICK = "`hobnail write usb` makes a stick that boots by both"


def stick_firmware(image: Reader) -> frozenset[Firmware]:
    """Return what boots from a stick that this image was written to. MediumError only where it cannot be read."""
    head = image.read_at(0, SECTOR)
    if not _has_partitions(head):
        return frozenset()
    bios = has_boot_code(head)
    uefi = any(_is_fat(image, start) for start in system_partitions(image, head))
    return frozenset(({Firmware.BIOS} if bios else set()) | ({Firmware.UEFI} if uefi else set()))


def has_boot_code(head: bytes) -> bool:
    """Whether a first sector holds code that starts something."""
    return any(head[:CODE]) and not head.startswith(_NEXT_DEVICE)


def hybrid_words(image: Reader) -> str:
    """Return what stands behind an ISO's kind: nothing, or that it is hybrid and for what."""
    if not _has_partitions(image.read_at(0, SECTOR)):
        return ""
    firmware = " and ".join(sorted(stick_firmware(image)))
    return f"{_HYBRID} for {firmware}" if firmware else _HYBRID


def on_a_stick(kind: str) -> str | None:
    """Say to a person what a stick would be that an ISO of this kind was written to; None for other media."""
    if not kind.startswith(Kind.ISO):
        return None
    _, hybrid, words = kind.partition(_HYBRID)
    firmware = words.removeprefix(" for ")
    if firmware:
        missing = [one.value for one in Firmware if one.value not in firmware.split(" and ")]
        but = f", not by {missing[0]}; {_RIGHT_STICK}" if missing else ""
        return f"written to a stick as it is, the ISO boots by {firmware}{but}"
    why = "it is not hybrid" if not hybrid else "its partition table leads to nothing that boots"
    return (
        f"written to a stick as it is, the ISO boots by UEFI only ({why}), and there not on every machine: "
        f"it takes firmware that reads a CD's boot catalogue on a stick; {_RIGHT_STICK}"
    )


def _has_partitions(head: bytes) -> bool:
    """Whether a first sector has a partition table with something in it.

    Isohybrid's first partition begins at sector 0, where no other disk's does, and may have type 0.
    """
    if len(head) < SECTOR or head[510:] != _SIGNATURE:
        return False
    entries = [ENTRY.unpack_from(head, TABLE + number * ENTRY.size) for number in range(4)]
    return all(status in (0x00, 0x80) for status, *_ in entries) and any(sectors for *_, sectors in entries)


def system_partitions(image: Reader, head: bytes) -> Iterator[int]:
    """Yield the first byte of each partition that UEFI looks into, of the MBR and the GPT."""
    for number in range(4):
        _, kind, start, sectors = ENTRY.unpack_from(head, TABLE + number * ENTRY.size)
        if kind == ESP and sectors:
            yield start * SECTOR
    header = image.read_at(SECTOR, 92)
    if len(header) < 92 or not header.startswith(b"EFI PART"):
        return
    first, count, size = struct.unpack_from("<QII", header, 72)
    for number in range(min(count, MOST_GPT_ENTRIES)):
        entry = _read(image, first * SECTOR + number * size, 48)
        if len(entry) == 48 and UUID(bytes_le=entry[:16]) == ESP_GUID:
            yield int(struct.unpack_from("<Q", entry, 32)[0]) * SECTOR


def _read(image: Reader, offset: int, length: int) -> bytes:
    """Read where a table leads to, which may be beyond the end and beyond what any file can have."""
    return image.read_at(offset, length) if offset < (image.size or 0) else b""


def _is_fat(image: Reader, start: int) -> bool:
    boot = _read(image, start, SECTOR)
    return len(boot) == SECTOR and boot[510:] == _SIGNATURE and boot[0] in (0xEB, 0xE9)
