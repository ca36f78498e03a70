"""Signatures of a byte or two, and whether what stands beside them makes them believable.

Source: util-linux libblkid/src/superblocks/{ext,nilfs,hfs,minix,vfat}.c and partitions/dos.c.
"""

import struct

DOS_MAGIC = b"\x55\xaa"
TABLE = 446
PROTECTIVE = 0xEE
_FAT_NAMES = ((0x52, b"FAT32   "), (0x52, b"MSWIN"), (0x36, b"FAT12   "), (0x36, b"FAT16   "), (0x36, b"FAT     "))
_OTHERS = (b"NTFS    ", b"EXFAT   ", b"-FVE-FS-")
"""At byte 3: file systems whose boot sector ends as a partition table does."""

_EXT2_INCOMPATIBLE = 0x02 | 0x10  # filetype, meta_bg
_EXT3_INCOMPATIBLE = _EXT2_INCOMPATIBLE | 0x04  # recover
_EXT3_READ_ONLY = 0x01 | 0x02 | 0x04  # sparse_super, large_file, btree_dir
_MINIX_BITS = 1024 * 8
"""Bits in a block of its bitmaps."""
_HAS_JOURNAL = 0x04
_JOURNAL_DEVICE = 0x08


def ext_type(block: bytes) -> str:
    """Return ext2, ext3, ext4 or jbd by the features in a superblock (the KiB at 1024)."""
    compatible, incompatible, read_only = struct.unpack_from("<3I", block, 0x5C)
    if incompatible & _JOURNAL_DEVICE:
        return "jbd"
    if read_only & ~_EXT3_READ_ONLY or incompatible & ~_EXT3_INCOMPATIBLE:
        return "ext4"
    return "ext3" if compatible & _HAS_JOURNAL else "ext2"


def is_nilfs(block: bytes) -> str:
    """Return nilfs2 for its revision 2, the only one that there is (linux nilfs2_ondisk.h)."""
    return "nilfs2" if block[:4] == b"\x02\0\0\0" else ""


def is_hfs_plus(block: bytes) -> str:
    """Return hfsplus for its versions: H+ 4, HX 5 (Apple TN1150)."""
    return "hfsplus" if block[:4] in (b"H+\0\x04", b"HX\0\x05") else ""


def is_minix(block: bytes) -> str:
    """Return minix where its bitmaps have room for as many inodes and zones as it says (linux minix_fs.h)."""
    third = block[0x18:0x1A] == b"\x5a\x4d"
    if third:
        inodes, inode_map, zone_map, first, _, zones = struct.unpack_from("<I2x3HH6xI", block)
    else:
        inodes, small, inode_map, zone_map, first = struct.unpack_from("<5H", block)
        is_second = block[0x10:0x12] in (b"\x68\x24", b"\x78\x24")
        zones = struct.unpack_from("<I", block, 0x14)[0] if is_second else small
    room = inode_map * _MINIX_BITS >= inodes + 1 and zone_map * _MINIX_BITS >= zones - first + 1
    return "minix" if room and inodes and zones > first else ""


def is_fat(sector: bytes) -> bool:
    """Whether a boot sector is FAT's: a name of its kind, or a geometry that only FAT has."""
    if len(sector) < 512 or sector[3:11] in _OTHERS:
        return False
    size, per_cluster, reserved, fats, root, total = struct.unpack_from("<HBHBHH", sector, 11)
    media, small, large = sector[21], struct.unpack_from("<H", sector, 22)[0], struct.unpack_from("<I", sector, 36)[0]
    plausible = (
        size in (512, 1024, 2048, 4096)
        and per_cluster != 0
        and per_cluster & (per_cluster - 1) == 0
        and reserved > 0
        and fats in (1, 2)
        and (media >= 0xF8 or media == 0xF0)
        and bool(small or large)
        and bool(total or struct.unpack_from("<I", sector, 32)[0])
        and bool(root or not small)
    )
    named = any(sector[offset:].startswith(name) for offset, name in _FAT_NAMES)
    return plausible and (named or sector[510:] == DOS_MAGIC)


def is_dos_table(sector: bytes) -> bool:
    """Whether the first sector holds a partition table rather than a file system's boot code."""
    if len(sector) < 512 or sector[510:] != DOS_MAGIC or sector[3:11] in _OTHERS or is_fat(sector):
        return False
    return all(sector[TABLE + 16 * number] in (0x00, 0x80) for number in range(4))


def is_protective(sector: bytes) -> bool:
    """Whether a partition table only stands before a GPT (UEFI 2.10, 5.2.3)."""
    return any(sector[TABLE + 16 * number + 4] == PROTECTIVE for number in range(4))


def text_at(field: bytes, encoding: str) -> str:
    """Return a label: up to the first NUL, printable, without the blanks around it."""
    text = field.decode(encoding, "replace").split("\0")[0].strip()
    return "".join(char for char in text if char.isprintable() and char != "\ufffd")
