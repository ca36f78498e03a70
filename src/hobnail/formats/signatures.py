"""What lies on a device, told by its signatures: file systems, RAID and LVM members, swap, partition tables.

Types and offsets are those of libblkid (util-linux, libblkid/src/superblocks/*.c and partitions/*.c), which wipefs(8)
and lsblk(8) show; the tests compare with wipefs on file systems made by their own tools. Magics of two bytes count
only where the fields beside them are plausible, as in libblkid.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from hobnail.formats.reader import Reader
from hobnail.formats.signature_checks import (
    DOS_MAGIC,
    ext_type,
    is_dos_table,
    is_fat,
    is_hfs_plus,
    is_minix,
    is_nilfs,
    is_protective,
    text_at,
)

HEAD = (4 << 20) + 4096
"""Bytes from the start that hold every signature there; the farthest is LUKS2's last second header at 4 MiB."""
TAIL = 1 << 20
"""Bytes before the end that hold those of ZFS, Linux and firmware RAID, and the second GPT."""


class Usage(StrEnum):
    """What a signature is for."""

    FILE_SYSTEM = "file system"
    RAID = "volume member"  # LVM, RAID, ZFS, bcache, VMFS extents
    CRYPTO = "encrypted"
    SWAP = "swap"
    PARTITION_TABLE = "partition table"


@dataclass(frozen=True, slots=True)
class Signature:
    """One magic that was found. `offset` in bytes from the start of the device."""

    usage: Usage
    type: str  # libblkid's name: ext4, vfat, LVM2_member, gpt …
    offset: int
    magic: bytes
    label: str = ""

    def __str__(self) -> str:
        return f'{self.type} "{self.label}"' if self.label else self.type


class _Window:
    """Head and tail of a device in memory; elsewhere nothing is looked for."""

    def __init__(self, device: Reader, size: int) -> None:
        self.size = size
        self._tail_start = max(0, size - TAIL)
        self._head = device.read_at(0, min(HEAD, size))
        self._tail = device.read_at(self._tail_start, size - self._tail_start)

    def at(self, offset: int, length: int) -> bytes:
        """Return bytes; fewer, or none, outside of what is in memory."""
        if 0 <= offset < len(self._head):
            return self._head[offset : offset + length]
        if offset >= self._tail_start:
            return self._tail[offset - self._tail_start :][:length]
        return b""


_KIB = 1024
_Label = tuple[int, int, str]  # offset, bytes, encoding
_FIXED: tuple[tuple[Usage, str, int, bytes, _Label | None], ...] = (
    (Usage.FILE_SYSTEM, "xfs", 0, b"XFSB", (108, 12, "utf-8")),
    (Usage.FILE_SYSTEM, "btrfs", 0x10040, b"_BHRfS_M", (0x1012B, 256, "utf-8")),
    (Usage.FILE_SYSTEM, "ntfs", 3, b"NTFS    ", None),
    (Usage.FILE_SYSTEM, "exfat", 3, b"EXFAT   ", None),
    (Usage.CRYPTO, "BitLocker", 3, b"-FVE-FS-", None),
    (Usage.FILE_SYSTEM, "ReFS", 0, b"\0\0\0ReFS\0", None),
    (Usage.FILE_SYSTEM, "iso9660", 0x8001, b"CD001", (0x8028, 32, "ascii")),
    (Usage.FILE_SYSTEM, "iso9660", 0x8009, b"CDROM", (0x8030, 32, "ascii")),  # High Sierra
    (Usage.FILE_SYSTEM, "udf", 0x8001, b"BEA01", None),
    (Usage.FILE_SYSTEM, "f2fs", 0x400, b"\x10\x20\xf5\xf2", (0x47C, 1024, "utf-16-le")),
    (Usage.FILE_SYSTEM, "erofs", 0x400, b"\xe2\xe1\xf5\xe0", None),
    (Usage.FILE_SYSTEM, "squashfs", 0, b"hsqs", None),
    (Usage.FILE_SYSTEM, "cramfs", 0, b"\x45\x3d\xcd\x28", None),
    (Usage.FILE_SYSTEM, "jfs", 0x8000, b"JFS1", (0x8098, 16, "utf-8")),
    (Usage.FILE_SYSTEM, "reiserfs", 0x2034, b"ReIsErFs", None),
    (Usage.FILE_SYSTEM, "reiserfs", 0x10034, b"ReIsErFs", None),
    (Usage.FILE_SYSTEM, "reiserfs", 0x10034, b"ReIsEr2Fs", (0x10064, 16, "utf-8")),
    (Usage.FILE_SYSTEM, "reiserfs", 0x10034, b"ReIsEr3Fs", (0x10064, 16, "utf-8")),
    (Usage.FILE_SYSTEM, "apfs", 0x20, b"NXSB", None),
    (Usage.FILE_SYSTEM, "gfs2", 0x10000, b"\x01\x16\x19\x70", None),
    *((Usage.FILE_SYSTEM, "ocfs2", at * _KIB, b"OCFSV2", None) for at in (1, 2, 4, 8)),
    (Usage.FILE_SYSTEM, "VMFS", 2048 * _KIB, b"\x5e\xf1\xab\x2f", None),
    (Usage.RAID, "VMFS_volume_member", 1024 * _KIB, b"\x0d\xd0\x01\xc0", None),
    (Usage.CRYPTO, "crypto_LUKS", 0, b"LUKS\xba\xbe", None),
    *((Usage.CRYPTO, "crypto_LUKS", 0x4000 << n, b"SKUL\xba\xbe", None) for n in range(9)),
    *((Usage.RAID, "LVM2_member", sector * 512 + 0x18, b"LVM2 001", None) for sector in range(4)),
    (Usage.RAID, "bcache", 0x1018, bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81"), None),
    (Usage.RAID, "linux_raid_member", 0, b"\xfc\x4e\x2b\xa9", (32, 32, "utf-8")),
    (Usage.RAID, "linux_raid_member", 4096, b"\xfc\x4e\x2b\xa9", (4128, 32, "utf-8")),
    (Usage.RAID, "ceph_bluestore", 0, b"bluestore block device", None),
    (Usage.RAID, "stratis", 0x204, b"!Stra0tis\x86\xff\x02^\x41rh", None),
    *(
        (Usage.SWAP, kind, page * _KIB - 10, magic, (0x41C, 16, "utf-8") if kind == "swap" else None)
        for page in (4, 8, 16, 32, 64)
        for kind, magic in (("swap", b"SWAPSPACE2"), ("swap", b"SWAP-SPACE"), ("swsuspend", b"S1SUSPEND\0"))
    ),
    (Usage.PARTITION_TABLE, "gpt", 512, b"EFI PART", None),
    (Usage.PARTITION_TABLE, "gpt", 4096, b"EFI PART", None),
    (Usage.PARTITION_TABLE, "mac", 512, b"PM\0\0", None),
    (Usage.PARTITION_TABLE, "bsd", 512, b"\x57\x45\x56\x82", None),
)
"""Magics at a place of their own, with the place of the label where that has one."""

_ZFS_LABEL = 256 * _KIB
_UBERBLOCKS = 128 * _KIB
"""Offset in each of ZFS's four labels of the ring of uberblocks, a KiB or more each (OpenZFS vdev_impl.h)."""
_UBERBLOCK_MAGICS = (b"\x0c\xb1\xba\0\0\0\0\0", b"\0\0\0\0\0\xba\xb1\x0c")
_MD = b"\xfc\x4e\x2b\xa9"
_ISM = b"Intel Raid ISM Cfg Sig. "
_DDF = b"\xde\x11\xde\x11"


def find_signatures(device: Reader) -> tuple[Signature, ...]:
    """Return what wipefs would list, in the order of the offsets. MediumError where the device cannot be read.

    The device's size must be known. A signature inside of a partition is found in a reader of that partition.
    """
    window = _Window(device, device.size or 0)
    found: dict[int, Signature] = {}
    for look in (_fixed, _two_bytes, _fat, _dos, _zfs, _at_the_end):
        for signature in look(window):
            found.setdefault(signature.offset, signature)
    return tuple(found[offset] for offset in sorted(found))


def _fixed(window: _Window) -> Iterator[Signature]:
    for usage, kind, offset, magic, place in _FIXED:
        if window.at(offset, len(magic)) == magic:
            label = text_at(window.at(place[0], place[1]), place[2]) if place else ""
            yield Signature(usage, kind, offset, magic, label)


def _two_bytes(window: _Window) -> Iterator[Signature]:
    block = window.at(_KIB, _KIB)
    checks: tuple[tuple[int, bytes, Callable[[bytes], str]], ...] = (
        (0x38, b"\x53\xef", ext_type),
        (0x06, b"\x34\x34", is_nilfs),
        (0, b"H+", is_hfs_plus),
        (0, b"HX", is_hfs_plus),
        *((0x10, magic, is_minix) for magic in (b"\x7f\x13", b"\x8f\x13", b"\x68\x24", b"\x78\x24")),
        (0x18, b"\x5a\x4d", is_minix),
    )
    for offset, magic, check in checks:
        if block[offset : offset + 2] == magic and (kind := check(block)):
            label = text_at(block[0x78:0x88], "utf-8") if kind.startswith("ext") else ""
            yield Signature(Usage.FILE_SYSTEM, kind, _KIB + offset, magic, label)


def _fat(window: _Window) -> Iterator[Signature]:
    """FAT has up to three magics: the jump, the name of its kind, and the end of the boot sector."""
    sector = window.at(0, 512)
    if not is_fat(sector):
        return
    wide = sector[0x52:0x5A] == b"FAT32   "
    label = text_at(sector[0x47:0x52] if wide else sector[0x2B:0x36], "ascii")
    label = "" if label == "NO NAME" else label
    for offset, length in ((0x52, 8), (0x36, 8), (0, 1), (0x1FE, 2)):
        magic = sector[offset : offset + length]
        known = magic.startswith((b"FAT", b"MSDOS", b"MSWIN", b"\xeb", b"\xe9")) or magic == DOS_MAGIC
        if known:
            yield Signature(Usage.FILE_SYSTEM, "vfat", offset, magic, label)


def _dos(window: _Window) -> Iterator[Signature]:
    sector = window.at(0, 512)
    if is_dos_table(sector):
        kind = "PMBR" if is_protective(sector) else "dos"
        yield Signature(Usage.PARTITION_TABLE, kind, 0x1FE, DOS_MAGIC)


def _zfs(window: _Window) -> Iterator[Signature]:
    end = window.size // _ZFS_LABEL * _ZFS_LABEL
    for label in dict.fromkeys((0, _ZFS_LABEL, end - 2 * _ZFS_LABEL, end - _ZFS_LABEL)):
        for offset in range(label + _UBERBLOCKS, label + _ZFS_LABEL, _KIB) if label >= 0 else ():
            magic = window.at(offset, 8)
            if magic in _UBERBLOCK_MAGICS:
                yield Signature(Usage.RAID, "zfs_member", offset, magic)


def _at_the_end(window: _Window) -> Iterator[Signature]:
    size = window.size
    sectors = size // 512
    places = (
        (Usage.RAID, "linux_raid_member", (size & ~0xFFFF) - 0x10000, _MD),
        (Usage.RAID, "linux_raid_member", ((sectors - 16) & ~7) * 512, _MD),
        (Usage.RAID, "isw_raid_member", (sectors - 2) * 512, _ISM),
        (Usage.RAID, "ddf_raid_member", (sectors - 1) * 512, _DDF),
        (Usage.RAID, "ddf_raid_member", (sectors - 257) * 512, _DDF),
        (Usage.PARTITION_TABLE, "gpt", (sectors - 1) * 512, b"EFI PART"),
        (Usage.PARTITION_TABLE, "gpt", size // 4096 * 4096 - 4096, b"EFI PART"),
    )
    second = window.at((sectors - 8) * 512, _KIB)  # nilfs2 keeps a copy there
    if sectors > 8 and second[6:8] == b"\x34\x34" and (kind := is_nilfs(second)):
        yield Signature(Usage.FILE_SYSTEM, kind, (sectors - 8) * 512 + 6, b"\x34\x34")
    for usage, kind, offset, magic in places:
        if offset > 0 and window.at(offset, len(magic)) == magic:
            yield Signature(usage, kind, offset, magic)
