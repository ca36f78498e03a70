"""FAT volumes with damage: each is named with file and byte, none hangs, none raises anything else."""

import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.fat import FatDirectory, FatFileSystem
from hobnail.formats.fat_directory import name_checksum, parse_directory
from hobnail.formats.reader import BytesReader
from hobnail.system.commands import run
from tests.tools import need_tool

FAT, ROOT = 512, 3 * 512
"""Bytes in `volume12()`: boot sector, two tables of one sector, root directory of one sector, clusters of 512."""


@cache
def volume12() -> bytes:
    """A FAT12 volume of 64 KiB with `a` (clusters 2 to 5), `A long name` (6, 7) and the directory `d` (8)."""
    need_tool("mkfs.fat", "mcopy", "mmd")
    with TemporaryDirectory() as folder:
        image, a, long = Path(folder) / "image", Path(folder) / "a", Path(folder) / "A long name"
        image.write_bytes(bytes(65536))
        a.write_bytes(b"a" * 2000)
        long.write_bytes(b"b" * 1000)
        run(["mkfs.fat", "--invariant", "-F", "12", "-a", "-s", "1", "-r", "16", "-n", "LABEL", image])
        run(["mcopy", "-i", image, a, "::a"])
        run(["mcopy", "-i", image, long, "::"])
        run(["mmd", "-i", image, "::d"])
        return image.read_bytes()


def patched(*patches: tuple[int, bytes]) -> BytesReader:
    image = bytearray(volume12())
    for offset, data in patches:
        image[offset : offset + len(data)] = data
    return BytesReader("volume", bytes(image))


def entry12(cluster: int, value: int) -> tuple[int, bytes]:
    """The patch that gives a cluster's entry in the first table another value."""
    at = FAT + cluster * 3 // 2
    (pair,) = struct.unpack_from("<H", volume12(), at)
    return at, struct.pack("<H", pair & 0x000F | value << 4 if cluster & 1 else pair & 0xF000 | value)


def place_of(short_name: bytes) -> int:
    """Where a short entry stands in the volume."""
    return volume12().index(short_name, ROOT)


def read_all(volume: BytesReader) -> dict[str, bytes]:
    return {file.path: file.reader().read_at(0, file.size) for file in FatFileSystem(volume).files()}


def test_the_undamaged_volume_is_as_the_damage_tests_think() -> None:
    fat = FatFileSystem(patched())
    files = {file.path: [(e.start, e.length) for e in file.extents] for file in fat.files()}
    assert files == {"a": [(2048, 2000)], "A long name": [(4096, 1000)]}
    assert [e.extents for e in fat.entries() if isinstance(e, FatDirectory)] != []
    assert read_all(patched()) == {"a": b"a" * 2000, "A long name": b"b" * 1000}


CHAINS = [
    (3, 0, "a: its chain leads to a free cluster"),
    (3, 1, "a: its chain leads to reserved cluster 1"),
    (3, 0xFF7, "a: its chain leads to a bad cluster"),
    (3, 124 + 2, r"a: its chain leads to cluster 126, the last one is 125"),
    (3, 3, "a: its chain is a loop at cluster 3"),
    (4, 2, "a: its chain is a loop at cluster 2"),
    (3, 0xFFF, "a: its chain ends after 2 of 4 clusters"),
    (6, 4, "A long name: its chain is cross-linked with a at cluster 4"),
    (8, 0, "d: its chain leads to a free cluster"),
    (8, 8, "d: its chain is a loop"),
    (8, 2, "d: its chain is cross-linked with a"),
]


@pytest.mark.parametrize(("cluster", "value", "what"), CHAINS, ids=[row[2] for row in CHAINS])
def test_a_wrong_table_entry_is_named(cluster: int, value: int, what: str) -> None:
    with pytest.raises(MediumError, match=what) as caught:
        read_all(patched(entry12(cluster, value)))
    assert caught.value.where == "volume"
    assert caught.value.offset is not None
    assert FAT <= caught.value.offset < FAT + 512


def test_a_chain_longer_than_its_file_is_left_alone() -> None:
    assert read_all(patched((place_of(b"A          ") + 28, struct.pack("<I", 600))))["a"] == b"a" * 600


DIRECTORY = [
    (b"A          ", 28, struct.pack("<I", 70_000), "a: 70000 bytes are more than the volume holds"),
    (b"A          ", 26, struct.pack("<H", 0), "a: its chain starts at a free cluster"),
    (b"A          ", 26, struct.pack("<H", 9999), "a: its chain starts at cluster 9999"),
    (b"A          ", 26, struct.pack("<H", 6), "A long name: its chain is cross-linked with a|a: its chain ends"),
    (b"A          ", 0, b"D", "two entries have the name"),
    (b"A          ", 0, b"\x2f", "the name '/' has '/'"),
    (b"A          ", 0, b"\x1f", r"the name '\\x1f' has"),
    (b"A          ", 0, b" ", "the name '' is empty"),
]


@pytest.mark.parametrize(("name", "field", "data", "what"), DIRECTORY, ids=[row[3] for row in DIRECTORY])
def test_a_wrong_directory_entry_is_named(name: bytes, field: int, data: bytes, what: str) -> None:
    with pytest.raises(MediumError, match=what):
        read_all(patched((place_of(name) + field, data)))


BOOT = [
    (510, b"\0\0", "signature 00 00", 510),
    (11, struct.pack("<H", 513), "sectors of 513 bytes", 11),
    (11, struct.pack("<H", 8192), "sectors of 8192 bytes", 11),
    (13, b"\x03", "clusters of 3 sectors", 13),
    (13, b"\x00", "clusters of 0 sectors", 13),
    (14, b"\0\0", "no reserved sector", 14),
    (16, b"\0", "no file allocation table", 16),
    (17, b"\0\0", "no root directory", 17),
    (19, b"\x04\0", "no room for clusters in 4 sectors", 19),
    (19, bytes(2) + b"\xf8" + b"\x01\0" + bytes(8) + b"\xff\xff\xff\xff", "4294967291 clusters with a FAT16", 22),
    (22, bytes(20), "a file allocation table of no sectors", 36),
]


@pytest.mark.parametrize(("field", "data", "what", "offset"), BOOT, ids=[row[2] for row in BOOT])
def test_a_wrong_boot_sector_is_named(field: int, data: bytes, what: str, offset: int) -> None:
    with pytest.raises(MediumError, match=what) as caught:
        FatFileSystem(patched((field, data)))
    assert caught.value.offset == offset


@pytest.mark.parametrize("length", [0, 511, 700, 1600, 2047, 3000, 4700])
def test_a_truncated_volume(length: int) -> None:
    with pytest.raises(MediumError, match=r"ends after \d+ bytes"):
        read_all(BytesReader("volume", volume12()[:length]))


def test_a_fixed_root_without_a_label_leaves_the_boot_sectors() -> None:
    """mkfs.fat writes the label in both places."""
    assert FatFileSystem(patched((place_of(b"LABEL  "), b"\xe5"))).label == "LABEL"
    assert FatFileSystem(patched((43, b"OTHER"))).label == "LABEL"


def short(name: bytes, case: int = 0, attributes: int = 0x20) -> bytes:
    return name + bytes([attributes, case]) + bytes(19)


def long_parts(name: str, checksum: int) -> list[bytes]:
    """The parts of a long name in their order on disk."""
    coded = name.encode("utf-16-le")
    coded += b"" if len(coded) % 26 == 0 else b"\0\0"
    pieces = [coded[at : at + 26].ljust(26, b"\xff") for at in range(0, len(coded), 26)]
    parts = [
        bytes([number]) + piece[:10] + bytes([0x0F, 0, checksum]) + piece[10:22] + bytes(2) + piece[22:]
        for number, piece in enumerate(pieces, 1)
    ]
    parts[-1] = bytes([parts[-1][0] | 0x40]) + parts[-1][1:]
    return parts[::-1]


RIGHT = name_checksum(b"VMKERN~1GZ ")
TWO = long_parts("vmkernel-long.gz", RIGHT)
ENTRY = short(b"VMKERN~1GZ ")
NAMES = {
    "no long name": ([ENTRY], "VMKERN~1.GZ"),
    "long name": ([*TWO, ENTRY], "vmkernel-long.gz"),
    "exactly 13 characters": ([*long_parts("exactly-13-ch", RIGHT), ENTRY], "exactly-13-ch"),
    "wrong checksum": ([*long_parts("vmkernel-long.gz", RIGHT ^ 1), ENTRY], "VMKERN~1.GZ"),
    "checksums differ": ([TWO[0], *long_parts("x" * 20, RIGHT ^ 1)[1:], ENTRY], "VMKERN~1.GZ"),
    "a part is missing": ([TWO[0], ENTRY], "VMKERN~1.GZ"),
    "the last part is missing": ([TWO[1], ENTRY], "VMKERN~1.GZ"),
    "parts in the wrong order": ([*TWO[::-1], ENTRY], "VMKERN~1.GZ"),
    "a deleted entry between": ([*TWO, b"\xe5" + ENTRY[1:], ENTRY], "VMKERN~1.GZ"),
    "a new name begins": ([TWO[0], *TWO, ENTRY], "vmkernel-long.gz"),
    "too many parts": ([bytes([0x40 | 21]) + TWO[0][1:], ENTRY], "VMKERN~1.GZ"),
    "lower-case base": ([short(b"VMK     GZ ", 0x08)], "vmk.GZ"),
    "lower-case extension": ([short(b"VMK     GZ ", 0x10)], "VMK.gz"),
    "both lower-case": ([short(b"VMK     GZ ", 0x18)], "vmk.gz"),
    "first byte stands for E5": ([short(b"\x05AB        ")], "σAB"),
    "blanks inside": ([short(b"A B     C D")], "A B.C D"),
}


@pytest.mark.parametrize(("entries", "name"), NAMES.values(), ids=NAMES)
def test_names(entries: list[bytes], name: str) -> None:
    (entry,) = parse_directory(b"".join(entries) + bytes(32) + ENTRY, "d", wide=True)
    assert entry.name == name


def test_only_fat32_has_an_upper_half_of_the_cluster() -> None:
    data = ENTRY[:20] + b"\x01\0" + ENTRY[22:26] + b"\x02\0" + ENTRY[28:]
    found = [next(parse_directory(data, "d", wide=wide)).first_cluster for wide in (False, True)]
    assert found == [2, 0x10002]


NAME = st.text(st.characters(codec="utf-16-le", exclude_characters='/\\"*:<>?|\0', exclude_categories=["Cc", "Cs"]))


@given(NAME.filter(lambda text: 0 < len(text.encode("utf-16-le")) <= 510 and bool(text.strip(" ."))))
def test_long_names_come_back(name: str) -> None:
    (entry,) = parse_directory(b"".join([*long_parts(name, RIGHT), ENTRY]), "d", wide=False)
    assert entry.name == name


PLACES = st.one_of(
    st.integers(0, 61), st.integers(FAT, FAT + 24), st.integers(ROOT, ROOT + 255), st.integers(4608, 4735)
)
BYTES = st.sampled_from(
    [0, 1, 2, 5, 8, 0x0F, 0x10, 0x20, 0x40, 0x41, 0x7F, 0x80, 0xE5, 0xF7, 0xF8, 0xFF]
) | st.integers(0, 255)


@settings(max_examples=400, deadline=500)
@given(st.dictionaries(PLACES, BYTES, min_size=1, max_size=8))
def test_mutated_volumes_raise_only_medium_error(mutations: dict[int, int]) -> None:
    volume = patched(*((at, bytes([value])) for at, value in mutations.items()))
    try:
        files = read_all(volume)
        FatFileSystem(volume).label.encode()
    except MediumError:
        return
    assert sum(map(len, files.values())) <= 65536


@settings(deadline=500)
@given(st.binary(max_size=4096))
def test_random_bytes(data: bytes) -> None:
    with pytest.raises(MediumError):
        read_all(BytesReader("volume", data))
