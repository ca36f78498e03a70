"""FAT volumes made by mkfs.fat and mtools, read back byte by byte."""

import struct
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from hobnail.errors import MediumError
from hobnail.formats.fat import FatDirectory, FatFile, FatFileSystem
from hobnail.formats.fat_geometry import FatKind, read_geometry
from hobnail.system.commands import run
from tests.formats.sources import FileReader
from tests.tools import need_tool

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True)
class Volume:
    """What mkfs.fat is to make."""

    kind: FatKind
    size: int
    options: tuple[str, ...] = ()


VOLUMES = {
    "floppy": Volume(FatKind.FAT12, 1440 * KIB, ("-F", "12")),
    "12, wide clusters": Volume(FatKind.FAT12, 8 * MIB, ("-F", "12", "-s", "8")),
    "12, the most clusters": Volume(FatKind.FAT12, 2 * MIB, ("-F", "12", "-s", "1")),
    "16, clusters of 512": Volume(FatKind.FAT16, 16 * MIB, ("-F", "16", "-s", "1")),
    "16, clusters of 8192": Volume(FatKind.FAT16, 64 * MIB, ("-F", "16", "-s", "16")),
    "16, sectors of 4096": Volume(FatKind.FAT16, 64 * MIB, ("-F", "16", "-S", "4096", "-s", "2")),
    "16, one table": Volume(FatKind.FAT16, 16 * MIB, ("-F", "16", "-f", "1", "-r", "1024")),
    "32": Volume(FatKind.FAT32, 40 * MIB, ("-F", "32", "-s", "1")),
    "32, wide clusters": Volume(FatKind.FAT32, 300 * MIB, ("-F", "32", "-s", "8")),
}


def make_volume(path: Path, volume: Volume) -> Path:
    need_tool("mkfs.fat", "mcopy")
    with path.open("wb") as file:
        file.truncate(volume.size)
    run(["mkfs.fat", "--invariant", "-n", "HYPERVISOR1", *volume.options, path])
    return path


def copy_in(image: Path, folder: Path, target: str = "") -> None:
    run(["mcopy", "-s", "-o", "-i", image, *sorted(folder.iterdir()), f"::{target}"])


def make_files(folder: Path) -> dict[str, bytes]:
    """Write files with names of all sorts; return what they hold, by path."""
    random = Random(1)
    sizes = {
        "BOOT.CFG": 77,
        "vmkernel.gz": 70_001,
        "vmk.gz": 4096,
        "empty": 0,
        "Mixed Case and a long name.tar.gz": 512,
        "no extension at all but a long name": 513,
        "lower.TXT": 3,
        "UPPER.txt": 4,
        "ünïcode — 名前.txt": 5,
        "a.b.c": 6,
        "exactly-13-ch": 7,
        "x" * 200: 8,
        "sub/dir/deep.bin": 9000,
        "sub/other": 1,
        "SUB2/A": 2,
        **{f"many/file-number-{n:03}.v00": n for n in range(300)},
    }
    files = {name: random.randbytes(size) for name, size in sizes.items()}
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return files


@pytest.mark.parametrize("volume", VOLUMES.values(), ids=VOLUMES)
def test_reads_what_mtools_wrote(volume: Volume, tmp_path: Path) -> None:
    image = make_volume(tmp_path / "image", volume)
    (tmp_path / "in").mkdir()
    files = make_files(tmp_path / "in")
    copy_in(image, tmp_path / "in")
    fat = FatFileSystem(FileReader(image))
    found = {file.path: file for file in fat.files()}
    assert (fat.kind, fat.label) == (volume.kind, "HYPERVISOR1")
    assert {path: file.reader().read_at(0, MIB) for path, file in found.items()} == files
    assert all(file.size == file.reader().size == len(files[path]) for path, file in found.items())
    assert found["sub/dir/deep.bin"].reader().name == "image!sub/dir/deep.bin"
    assert found["sub/dir/deep.bin"].name == "deep.bin"


def test_directories_are_listed_by_path_without_case(tmp_path: Path) -> None:
    image = make_volume(tmp_path / "image", VOLUMES["floppy"])
    run(["mmd", "-i", image, "::Lib", "::Lib/modules"])
    (tmp_path / "f").write_bytes(b"f")
    run(["mcopy", "-i", image, tmp_path / "f", "::lib/F.tgz"])
    fat = FatFileSystem(FileReader(image))
    assert [(type(e), e.path) for e in fat.entries()] == [(FatDirectory, "Lib")]
    assert [(type(e), e.path) for e in fat.entries("/LIB/")] == [
        (FatDirectory, "Lib/modules"),
        (FatFile, "Lib/F.tgz"),
    ]
    assert fat.entries("lib/modules") == ()
    for missing in ("none", "lib/f.tgz", "lib/none"):
        with pytest.raises(MediumError, match=f"no directory '{missing}'"):
            fat.entries(missing)


@pytest.mark.parametrize("kind", ["12, wide clusters", "16, clusters of 512", "32"])
def test_fragments_and_deleted_files(kind: str, tmp_path: Path) -> None:
    image = make_volume(tmp_path / "image", VOLUMES[kind])
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(200):
        (folder / f"piece{n:03}").write_bytes(bytes([n]) * 9000)
    copy_in(image, folder)
    run(["mdel", "-i", image, *(f"::piece{n:03}" for n in range(0, 200, 2))])
    forget_next_free(image, VOLUMES[kind])
    big = Random(2).randbytes(1_000_001)
    (tmp_path / "big").write_bytes(big)
    run(["mcopy", "-i", image, tmp_path / "big", "::big"])
    files = {file.name: file for file in FatFileSystem(FileReader(image)).files()}
    assert sorted(files) == ["big", *(f"piece{n:03}" for n in range(1, 200, 2))]
    assert len(files["big"].extents) > 50
    assert sum(extent.length for extent in files["big"].extents) == len(big)
    reader = files["big"].reader()
    assert reader.read_at(0, 2 * MIB) == big
    assert [reader.read_at(at, 20_000) for at in (1, 9215, 500_000, 999_999)] == [
        big[at : at + 20_000] for at in (1, 9215, 500_000, 999_999)
    ]
    assert reader.read_at(1_000_001, 9) == reader.read_at(2_000_000, 9) == reader.read_at(5, 0) == b""


def forget_next_free(image: Path, volume: Volume) -> None:
    """Take mtools' hint on FAT32 where to write next, so that it fills the gaps."""
    if volume.kind is FatKind.FAT32:
        with image.open("r+b") as file:
            file.seek(512 + 492)
            file.write(b"\xff" * 4)


def test_a_volume_without_a_label(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(MIB))
    run(["mkfs.fat", "-F", "12", image])
    assert FatFileSystem(FileReader(image)).label == ""
    run(["mlabel", "-i", image, "::Two Words"])
    assert FatFileSystem(FileReader(image)).label == "TWO WORDS"


@pytest.mark.parametrize("kind", ["16, clusters of 512", "32"])
def test_a_file_that_lies_backwards(kind: str, tmp_path: Path) -> None:
    """Each cluster is an extent: the worst that a chain can be, and still quick."""
    image = make_volume(tmp_path / "image", VOLUMES[kind])
    (tmp_path / "file").write_bytes(b"".join(n.to_bytes(512, "big") for n in range(20_000)))
    run(["mcopy", "-i", image, tmp_path / "file", "::"])
    geometry = read_geometry(FileReader(image))
    (file,) = FatFileSystem(FileReader(image)).files()
    first = (file.extents[0].start - geometry.data_start) // 512 + 2
    code, end = ("<H", 0xFFFF) if geometry.kind is FatKind.FAT16 else ("<I", 0x0FFFFFFF)
    with image.open("r+b") as raw:
        raw.seek(geometry.fat_start + first * struct.calcsize(code))
        raw.write(b"".join(struct.pack(code, first + n - 1 if n else end) for n in range(20_000)))
        entry = image.read_bytes().index(b"FILE    ")
        raw.seek(entry + 20)
        raw.write(struct.pack("<H4xH", first + 19_999 >> 16, first + 19_999 & 0xFFFF))
    began = time.process_time()
    (file,) = FatFileSystem(FileReader(image)).files()
    data = file.reader().read_at(0, file.size)
    assert [data[at : at + 512] for at in range(0, len(data), 512)] == [
        n.to_bytes(512, "big") for n in range(19_999, -1, -1)
    ]
    assert time.process_time() - began < 2


def test_a_large_file_is_one_extent_and_read_fast(tmp_path: Path) -> None:
    """70 MB in clusters of 2 KiB: a second of processor time would mean a walk byte by byte; usual is a tenth."""
    image = make_volume(tmp_path / "image", Volume(FatKind.FAT16, 100 * MIB, ("-F", "16", "-s", "4")))
    data = Random(3).randbytes(70_000_000)
    (tmp_path / "sys.vgz").write_bytes(data)
    run(["mcopy", "-i", image, tmp_path / "sys.vgz", "::"])
    began = time.process_time()
    (file,) = FatFileSystem(FileReader(image)).files()
    assert len(file.extents) == 1
    assert b"".join(file.reader().read_at(at, MIB) for at in range(0, len(data), MIB)) == data
    assert time.process_time() - began < 1
