import bz2
import gzip
import os
import struct
from pathlib import Path

import pytest

from hobnail.errors import MediumError, UserError
from hobnail.media.file import FileReader
from hobnail.media.open import open_medium
from tests.media.builders import FILES, NAMINGS, make_iso, make_tar, unpack_to


def mbr() -> bytes:
    sector = bytearray(512)
    struct.pack_into("<B3xB3xII", sector, 446, 0x80, 0x04, 32, 100)
    sector[510:] = b"\x55\xaa"
    return bytes(sector) + bytes(132 * 512)


def test_an_iso_is_known_by_content(tmp_path: Path) -> None:
    source = unpack_to(tmp_path / "files", FILES)
    path = make_iso(tmp_path / "misnamed.txt", source, *NAMINGS["both"])
    with open_medium(path) as medium:
        assert medium.kind == "ISO 9660 image"
        assert medium.size == path.stat().st_size
        assert {entry.path for entry in medium.files()} == set(FILES)
        assert [(name, part.read_at(0, 1 << 30)) for name, part in medium.parts()] == [("", path.read_bytes())]


def test_a_hybrid_iso_is_an_iso(tmp_path: Path) -> None:
    source = unpack_to(tmp_path / "files", FILES)
    path = make_iso(tmp_path / "hybrid.iso", source, "-partition_offset", "16", *NAMINGS["both"])
    assert path.read_bytes()[510:512] == b"\x55\xaa"
    with open_medium(path) as medium:
        assert medium.kind == "ISO 9660 image, hybrid"


def test_a_directory_has_the_files_in_it(tmp_path: Path) -> None:
    root = unpack_to(tmp_path / "cd", FILES)
    with open_medium(root) as medium:
        assert medium.kind == "directory"
        assert medium.size == sum(len(data) for data in FILES.values())
        assert {e.path: e.reader().read_at(0, e.size) for e in medium.files()} == FILES
        assert [name for name, _ in medium.parts()] == sorted(FILES)
        found = medium.find("Image.TGZ")
        assert found is not None
        assert found.origin == "image.tgz"


def test_links_are_not_followed_out_of_a_directory(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    root = unpack_to(tmp_path / "cd", {"real": b"real", "sub/x": b"x"})
    (root / "image.tgz").symlink_to(outside)
    (root / "inside").symlink_to("real")
    (root / "folder").symlink_to(tmp_path)
    (root / "loop").symlink_to("loop")
    (root / "nowhere").symlink_to("missing")
    os.mkfifo(root / "pipe")
    with open_medium(root) as medium:
        assert sorted(entry.path for entry in medium.files()) == ["inside", "real", "sub/x"]
        with pytest.raises(MediumError, match=r"IMAGE.tgz: a link to .*secret, out of the directory"):
            medium.find("IMAGE.tgz")


BARE = {
    "disk image with an MBR partition table": mbr(),
    "gzip file": gzip.compress(b"anything"),
    "bzip2 file": bz2.compress(b"anything"),
}


@pytest.mark.parametrize("kind", BARE)
def test_a_bare_file_is_its_own_only_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "some.file"
    path.write_bytes(BARE[kind])
    with open_medium(path) as medium:
        assert medium.kind == kind
        [entry] = medium.files()
        assert (entry.path, entry.origin, entry.size) == ("some.file", "", len(BARE[kind]))
        assert entry.reader().read_at(0, 1 << 20) == BARE[kind]


def test_a_tar_archive_is_known_by_content(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x", unpack_to(tmp_path / "files", {"a": b"a"}))
    with open_medium(path) as medium:
        assert medium.kind == "tar archive"


FAT_SECTOR = b"\xeb\x3c\x90MSDOS5.0" + bytes(499) + b"\x55\xaa"
FOREIGN = {
    "an empty file": b"",
    "a zip archive": b"PK\x03\x04" + bytes(600),
    "an xz file": b"\xfd7zXZ\x00" + bytes(600),
    "an ELF program": b"\x7fELF" + bytes(600),
    "a VMDK virtual disk": b"KDMV" + bytes(600),
    "a vmtar archive": b"name".ljust(257, b"\0") + b"visor  \0" + bytes(600),
    "a web page": b"<!DOCTYPE html>" + b" " * 600,
    "text": b"default menu.c32\n" * 100,
    "zeros": bytes(4096),
    "one partition or a diskette": FAT_SECTOR + bytes(4096),
    "unknown data that starts with 01 02 03 04": bytes(range(1, 256)) * 4,
}


@pytest.mark.parametrize("words", FOREIGN)
def test_foreign_files_are_called_what_they_look_like(tmp_path: Path, words: str) -> None:
    path = tmp_path / "VMware-VMvisor-Installer-4.0.0.iso"
    path.write_bytes(FOREIGN[words])
    with pytest.raises(MediumError, match=words) as caught:
        open_medium(path)
    assert str(path) in str(caught.value)
    assert ".dd.bz2" in str(caught.value)


def test_what_cannot_be_opened_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        open_medium(tmp_path / "missing.iso")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="neither a regular file"):
        open_medium(tmp_path / "pipe")
    with pytest.raises(UserError, match="null byte"):
        open_medium(Path("a\0b"))


def test_reading_a_closed_file_is_an_error_not_other_bytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    with FileReader(path) as reader:
        assert reader.size == 10
        assert reader.read_at(7, 10) == b"789"
        assert reader.read_at(20, 10) == b""
    with pytest.raises(MediumError, match="cannot be read"):
        reader.read_at(0, 1)
