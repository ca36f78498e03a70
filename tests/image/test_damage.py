"""Bad media: one MediumError that names the file, and the byte where there is one."""

import bz2
import gzip
import hashlib
import io
import random
import struct
import tarfile
from collections.abc import Callable
from contextlib import closing, suppress
from os import truncate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.image.disk import MAX_DEPTH
from hobnail.image.find import find_image
from hobnail.image.model import Generation
from hobnail.media.open import open_medium
from hobnail.media.tree import Entry, ListedTree
from tests.image.media import bank, body, contents, disk, find
from tests.media.builders import NAMINGS, make_iso, unpack_to

ESXI40, ESXI41 = Generation.ESXI40, Generation.ESXI41
SECTOR = 512
TABLE, LINK = 446, 462
"""Offsets of the first and the second entry in a boot record."""
BANK_START = 8224 * SECTOR
FIRST_EBR = 8192 * SECTOR


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the first bytes of a disk image of 4.1, up to where its bank's files end."""
    with disk(tmp_path_factory.mktemp("good"), ESXI41, bank(ESXI41)).open("rb") as file:
        return file.read(8 << 20)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a whole disk image of 4.1, sparse, to be damaged in its place."""
    return disk(tmp_path, ESXI41, bank(ESXI41))


def patch(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def fails(path: Path, words: str) -> MediumError:
    with open_medium(path) as medium, pytest.raises(MediumError, match=words) as caught:
        find_image(medium)
    assert str(path) in str(caught.value)
    return caught.value


def refused(tmp_path: Path, data: bytes, words: str) -> MediumError:
    path = tmp_path / "medium"
    path.write_bytes(data)
    return fails(path, words)


def import_all(path: Path) -> None:
    with open_medium(path) as medium, closing(find_image(medium)) as found:
        contents((found.kernel, *found.modules))


def test_a_truncated_iso(isos: dict[Generation, Path], tmp_path: Path) -> None:
    data = isos[ESXI41].read_bytes()
    path = tmp_path / "half.iso"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(MediumError, match=f"truncated: {len(data) - len(data) // 2} bytes are missing"):
        open_medium(path)


def test_a_foreign_iso_says_what_is_lacking(tmp_path: Path) -> None:
    linux = {"casper/vmlinuz": b"\x1f\x8b" + bytes(50), "isolinux.cfg": b"x", "initrd.gz": gzip.compress(bytes(9999))}
    path = make_iso(tmp_path / "linux.iso", unpack_to(tmp_path / "cd", linux), *NAMINGS["both"])
    with pytest.raises(MediumError, match=r"neither imagedd.bz2, image.tgz nor install.tgz .*isolinux.cfg"):
        find(path)


def test_a_later_generation_without_its_list_is_called_by_its_name(tmp_path: Path) -> None:
    files = {"TBOOT.B00": body("t"), "S.V00": body("s"), "BOOT.CFG": b"kernel=/tboot.b00\n"}
    path = make_iso(tmp_path / "esxi5.iso", unpack_to(tmp_path / "cd", files), *NAMINGS["plain"])
    with pytest.raises(
        MediumError, match=r"this is ESXi 5.0 or later, without a boot.cfg .*; import the installer ISO or all"
    ):
        find(path)


def test_a_directory_without_a_medium(tmp_path: Path) -> None:
    with pytest.raises(MediumError, match="it holds no files at its root"):
        find(tmp_path)


def test_a_disk_image_without_a_bank_is_told_and_not_its_sum(tmp_path: Path) -> None:
    packed = bz2.compress(bytes(4096))
    digest = hashlib.md5(packed).hexdigest()
    files = {"imagedd.bz2": packed, "imagedd.md5": f"{digest}  some.dd.bz2\n".encode()}
    with pytest.raises(MediumError, match=r"neither imagedd.bz2, .* \(it holds imagedd.bz2, imagedd.md5\)$"):
        find(unpack_to(tmp_path / "cd", files))


def test_a_disk_without_a_boot_bank(tmp_path: Path) -> None:
    with pytest.raises(MediumError, match=r"no boot bank: none of partition 4 .*, partition 5 with 1 files"):
        find(disk(tmp_path, ESXI41, {"readme": b"nothing here"}))


def test_a_loop_of_extended_boot_records(bare: Path) -> None:
    patch(bare, FIRST_EBR + LINK + 8, bytes(4))  # leads back to the first
    fails(bare, "the chain of extended boot records is a loop")


def test_a_loop_before_the_bank_in_a_compressed_disk(tmp_path: Path, head: bytes) -> None:
    data = bytearray(head)
    data[FIRST_EBR + TABLE : FIRST_EBR + LINK] = bytes(16)  # no logical partition
    struct.pack_into("<I", data, FIRST_EBR + LINK + 8, 0)
    refused(tmp_path, bz2.compress(bytes(data), 1), "the chain of extended boot records is a loop")


def test_a_partition_past_the_end(bare: Path) -> None:
    truncate(bare, 200 << 20)
    error = fails(bare, "passes the end of the disk, which has 209715200 bytes")
    assert error.offset == TABLE


def test_a_loop_in_the_fat(bare: Path) -> None:
    with bare.open("rb") as file:
        file.seek(BANK_START + 14)
        table = BANK_START + struct.unpack("<H", file.read(2))[0] * SECTOR
    chains = b"".join(struct.pack("<H", 2 + (cluster + 1) % 4) for cluster in range(2, 30))
    patch(bare, table + 2 * 2, chains)
    fails(bare, "loop")


HOSTILE: dict[str, Callable[[tarfile.TarInfo], None]] = {
    "leads out of the archive": lambda info: setattr(info, "name", "usr/../../x.dd.bz2"),
    "absolute name": lambda info: setattr(info, "name", "/x.dd.bz2"),
    "is a symbolic link": lambda info: setattr(info, "type", tarfile.SYMTYPE),
    "is a block device": lambda info: setattr(info, "type", tarfile.BLKTYPE),
}


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_member_is_refused_wherever_it_stands(tmp_path: Path, head: bytes, words: str) -> None:
    out = io.BytesIO()
    packed = bz2.compress(head, 1)
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT, compresslevel=1) as tar:
        info = tarfile.TarInfo("usr/lib/vmware/installer/x.dd.bz2")
        info.size = len(packed)
        tar.addfile(info, io.BytesIO(packed))
        hostile = tarfile.TarInfo("hostile")
        HOSTILE[words](hostile)
        tar.addfile(hostile)
    error = refused(tmp_path, out.getvalue(), words)
    assert error.offset is not None
    assert error.offset > len(packed)


def test_a_bad_sum_names_both(tmp_path: Path) -> None:
    packed = bz2.compress(bytes(4096))
    found, said = hashlib.md5(packed).hexdigest(), "0123456789abcdef" * 2
    files = {"imagedd.bz2": packed, "imagedd.md5": f"{said}  VMware-VMvisor-big-1-x86_64.dd.bz2\n".encode()}
    with pytest.raises(MediumError, match=rf"imagedd.bz2: its MD5 sum is {found}, imagedd.md5 says {said}"):
        find(unpack_to(tmp_path / "cd", files))


def test_a_sum_file_without_a_sum_is_a_warning(tmp_path: Path, head: bytes) -> None:
    files = {"imagedd.bz2": bz2.compress(head, 1), "imagedd.md5": b"nothing\n"}
    found = find(unpack_to(tmp_path / "cd", files))
    assert [warning for warning in found.warnings if "imagedd.md5 holds no MD5 sum" in warning]


def test_a_damaged_bzip2_block(tmp_path: Path, head: bytes) -> None:
    data = bytearray(bz2.compress(head, 1))
    data[len(data) // 2] ^= 0x55
    path = tmp_path / "medium"
    path.write_bytes(data)
    with pytest.raises(MediumError, match="damaged bzip2 block") as caught:
        import_all(path)
    assert caught.value.where == str(path)
    assert caught.value.offset is not None


def test_a_truncated_gzip(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("x.dd.bz2")
        info.size = 200_000
        tar.addfile(info, io.BytesIO(random.Random(1).randbytes(info.size)))
    refused(tmp_path, out.getvalue()[:100_000], "truncated")


def test_archives_in_archives_end(tmp_path: Path) -> None:
    data = b"\x00" * 600
    for _ in range(MAX_DEPTH + 1):
        data = gzip.compress(data)
    refused(tmp_path, data, f"more than {MAX_DEPTH} layers")


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnail.image.disk.MAX_ARCHIVE", 1 << 20)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("x.dd.bz2")
        info.size = 16 << 20
        tar.addfile(info, io.BytesIO(bytes(info.size)))
    refused(tmp_path, out.getvalue(), "expands to more than the 1048576 bytes")


@pytest.mark.parametrize("compress", [bz2.compress, gzip.compress])
def test_a_disk_that_unpacks_to_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, compress: Callable[[bytes, int], bytes]
) -> None:
    monkeypatch.setattr("hobnail.image.disk.MAX_DISK", 1 << 20)
    refused(tmp_path, compress(head, 1), "1048576")


class Unsized:
    """Bytes in memory whose length is not known, as those of a compressed disk image."""

    name = "disk"
    size = None

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_at(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


METADATA = ((TABLE, 512), (FIRST_EBR + TABLE, FIRST_EBR + 512), (BANK_START, BANK_START + 40 * SECTOR))


@settings(max_examples=200, deadline=5000)
@given(seed=st.integers(0, 1 << 30))
def test_damage_is_a_medium_error_or_an_image(head: bytes, seed: int) -> None:
    rng = random.Random(seed)
    data = bytearray(head)
    for _ in range(rng.randrange(1, 10)):
        first, end = rng.choice(METADATA)
        data[rng.randrange(first, end)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    root = data.index(b"BOOT    CFG", BANK_START) - 512
    data[rng.randrange(root, root + 1024)] = rng.randrange(256)
    with suppress(MediumError):
        found = find_image(ListedTree("disk", [Entry("disk", len(data), "", lambda: Unsized(bytes(data)))]))
        contents((found.kernel, *found.modules))
