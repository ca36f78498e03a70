"""What wipefs finds on file systems that their own tools made, we find too: type, offset and label."""

import json
import shlex
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.formats.reader import BytesReader
from hobnail.formats.signature_checks import is_dos_table, is_fat
from hobnail.formats.signatures import find_signatures
from hobnail.media.file import FileReader
from tests.tools import need_tool

MIB = 1 << 20
MADE = (
    ("mkfs.ext2 -q -L lab {}", 16),
    ("mkfs.ext3 -q -L lab {}", 16),
    ("mkfs.ext4 -q -L lab {}", 16),
    ("mkfs.vfat -F 12 -n LAB {}", 4),
    ("mkfs.vfat -F 16 -n LAB {}", 64),
    ("mkfs.vfat -F 32 -n LAB {}", 64),
    ("mkfs.vfat -F 32 {}", 64),
    ("mkswap -q -L lab {}", 16),
    ("mkswap -q -p 65536 {}", 16),
    ("mkfs.xfs -q -L lab {}", 400),
    ("mkfs.btrfs -q -L lab {}", 200),
    ("mkfs.exfat -L lab {}", 64),
    ("mkfs.minix -1 -n 14 {}", 16),
    ("mkfs.minix -1 -n 30 {}", 16),
    ("mkfs.minix -2 -n 14 {}", 16),
    ("mkfs.minix -2 -n 30 {}", 16),
    ("mkfs.minix -3 {}", 16),
    ("sfdisk -q {}", 16),
    ("sfdisk -q -X gpt {}", 16),
    ("xorriso -as mkisofs -quiet -V LAB -o {} bench", 1),
)
"""Command and MiB; each is compared with wipefs."""


def wipefs(path: Path) -> list[tuple[int, str]]:
    listed = subprocess.run(["wipefs", "-n", "-J", path], check=True, capture_output=True, text=True).stdout
    signatures = json.loads(listed)["signatures"] if listed else []
    return sorted((int(one["offset"], 16), one["type"]) for one in signatures)


def ours(path: Path) -> list[tuple[int, str]]:
    with FileReader(path) as reader:
        return [(one.offset, one.type) for one in find_signatures(reader)]


@pytest.mark.parametrize(("command", "mebibytes"), MADE, ids=[command for command, _ in MADE])
def test_finds_what_wipefs_finds(command: str, mebibytes: int, tmp_path: Path) -> None:
    words = shlex.split(command.format(path := tmp_path / "device"))
    need_tool("wipefs", words[0])
    with open(path, "wb") as file:
        file.truncate(mebibytes * MIB)
    subprocess.run(words, check=True, capture_output=True, input=b",,L\n")
    theirs = wipefs(path)
    assert theirs
    # an exFAT boot sector ends like a partition table, and wipefs lists both
    assert ours(path) == [one for one in theirs if "exfat" not in command or one[1] != "dos"]
    if ("-L lab" in command or "LAB" in command) and "exfat" not in command:  # its label is a directory entry
        with FileReader(path) as reader:
            assert find_signatures(reader)[0].label.lower() == "lab"


def lvm() -> dict[int, bytes]:
    """A physical volume's label in sector 1, as pvcreate makes it (lvm2 lib/label/label.h)."""
    rest = struct.pack("<I8s", 32, b"LVM2 001") + b"x" * 32 + bytes(512 - 64)
    crc = zlib.crc32(rest, 0xF597A6CF ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    return {512: struct.pack("<8sQI", b"LABELONE", 1, crc) + rest}


def md_raid_12() -> dict[int, bytes]:
    """A version 1.2 superblock (linux md_p.h)."""
    block = bytearray(256)
    struct.pack_into("<IIII16s32s", block, 0, 0xA92B4EFC, 1, 0, 0, b"u" * 16, b"host:0")
    struct.pack_into("<Q", block, 144, 8)
    total = sum(struct.unpack("<64I", block))
    struct.pack_into("<I", block, 216, (total & 0xFFFFFFFF) + (total >> 32))
    return {4096: bytes(block)}


def zfs(size: int) -> dict[int, bytes]:
    """Uberblocks in all four labels."""
    magic = struct.pack("<QQ", 0x00BAB10C, 5000)
    labels = (0, 256 << 10, size - (512 << 10), size - (256 << 10))
    return {label + (128 << 10) + number * 1024: magic for label in labels for number in range(8)}


BY_HAND = (
    ("LVM2_member", lvm()),
    ("linux_raid_member", md_raid_12()),
    ("VMFS", {2 * MIB: b"\x5e\xf1\xab\x2f"}),
    ("VMFS_volume_member", {MIB: b"\x0d\xd0\x01\xc0"}),
    ("zfs_member", zfs(16 * MIB)),
    ("iso9660", {0x8000: b"\1CD001\1"}),
    ("gpt", {512: b"EFI PART"}),
    ("iso9660", {0x8000: bytes(8) + b"\1CDROM\1\0" + b" " * 32 + b"SIERRA".ljust(32)}),
)


@pytest.mark.parametrize(("kind", "pieces"), BY_HAND, ids=[kind for kind, _ in BY_HAND])
def test_finds_what_cannot_be_made_everywhere(kind: str, pieces: dict[int, bytes], tmp_path: Path) -> None:
    need_tool("wipefs")
    path = tmp_path / "device"
    with open(path, "wb") as file:
        file.truncate(16 * MIB)
        for offset, data in pieces.items():
            file.seek(offset)
            file.write(data)
    found = ours(path)
    assert {one for _, one in found} == {kind}
    if kind not in ("gpt", "zfs_member"):  # libblkid wants these whole: header checksum, the pool's own list
        assert {one for _, one in wipefs(path)} == {kind}
        assert set(wipefs(path)) <= set(found)


@pytest.mark.parametrize("offset", [0x4000 << n for n in range(9)])
def test_second_headers_of_luks2(offset: int) -> None:
    """All places where libblkid looks for one (superblocks/luks.c)."""
    data = bytearray(8 * MIB)
    data[offset : offset + 6] = b"SKUL\xba\xbe"
    assert [(one.type, one.offset) for one in find_signatures(BytesReader("x", bytes(data)))] == [
        ("crypto_LUKS", offset)
    ]


@pytest.mark.parametrize("magic", [(0x10, b"\x7f\x13"), (0x10, b"\x68\x24"), (0x18, b"\x5a\x4d")])
def test_two_bytes_alone_are_no_minix(magic: tuple[int, bytes]) -> None:
    data = bytearray(b"\xff" * MIB)
    data[1024 + magic[0] : 1026 + magic[0]] = magic[1]
    assert not [one for one in find_signatures(BytesReader("x", bytes(data))) if one.type == "minix"]


def test_the_end_of_a_device() -> None:
    data = bytearray(4 * MIB)
    for offset, magic in ((4 * MIB - 0x10000, b"\xfc\x4e\x2b\xa9"), (4 * MIB - 1024, b"Intel Raid ISM Cfg Sig. 1.")):
        data[offset : offset + len(magic)] = magic
    found = [(one.type, one.offset) for one in find_signatures(BytesReader("x", bytes(data)))]
    assert found == [("linux_raid_member", 4 * MIB - 0x10000), ("isw_raid_member", 4 * MIB - 1024)]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 4096, 65536, MIB])
def test_a_small_or_blank_device_has_none(size: int) -> None:
    assert find_signatures(BytesReader("x", bytes(size))) == ()


def test_a_partition_table_is_not_fat_and_the_other_way_round() -> None:
    table = bytearray(512)
    table[510:] = b"\x55\xaa"
    assert is_dos_table(bytes(table))
    assert not is_fat(bytes(table))
    table[446] = 0x17  # no status byte: some program's sector
    assert not is_dos_table(bytes(table))


@given(st.binary(max_size=3000), st.integers(0, 70000))
def test_no_bytes_break_it(data: bytes, offset: int) -> None:
    blank = bytearray(200_000)
    blank[offset : offset + len(data)] = data
    for one in find_signatures(BytesReader("x", bytes(blank))):
        assert bytes(blank[one.offset : one.offset + len(one.magic)]) == one.magic
        assert one.label.isprintable()
