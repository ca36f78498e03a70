"""FAT volumes that we write: read back by our own reader, checked by fsck.vfat, read by mtools."""

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.formats.fat import FatFileSystem
from hobnail.formats.fat_geometry import FatKind
from hobnail.formats.fat_write import MIB, FatItem, make_volume, volume_size_for
from hobnail.formats.fat_write_geometry import FEWEST_32, geometry_for
from hobnail.formats.fat_write_names import entries, short_names
from tests.formats.sources import FileReader
from tests.tools import need_tool

Files = dict[str, bytes]


def body(name: str, size: int) -> bytes:
    return random.Random(name).randbytes(size)


def write(path: Path, files: Files, *, size: int | None = None, sector: int = 512) -> Path:
    """Write a volume as whoever uses the format does: the chunks, then each file at its place."""
    items = [FatItem(name, len(data)) for name, data in files.items()]
    if size is None:
        size = volume_size_for(items, sector=sector, smallest=0)
    volume = make_volume(items, size=size, sector=sector, hidden=2048, volume_id=0x12345678, label="HOBNAIL")
    with path.open("wb") as file:
        file.truncate(size)
        for chunk in volume.chunks:
            file.seek(chunk.offset)
            file.write(chunk.data)
            assert len(chunk.data) <= chunk.length
        for name, place in volume.places.items():
            assert place % sector == 0
            file.seek(place)
            file.write(files[name])
    return path


def read(path: Path) -> Files:
    return {found.path: found.reader().read_at(0, found.size) for found in FatFileSystem(FileReader(path)).files()}


def check(path: Path) -> None:
    done = subprocess.run(["/usr/sbin/fsck.vfat", "-n", "-v", path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


CHARACTERS = st.characters(codec="utf-16", exclude_categories=["Cc", "Cs"], exclude_characters='/\\"*:<>?|')
NAMES = st.text(CHARACTERS, min_size=1, max_size=40).filter(
    lambda name: name == name.rstrip(" .") and name.strip(" .") != "" and name.casefold() == name.lower()
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
SIZES = st.sampled_from([0, 1, 511, 512, 513, 4096, 9000, 70_000])


def folders_and_files_clash(paths: list[str]) -> bool:
    """FAT has one name space without case: a folder spelt in two ways, or a file in the place of a folder."""
    spelt: dict[str, str] = {}
    for path in paths:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            found = "/".join(parts[:depth]) + ("/" if depth < len(parts) else "")
            if spelt.setdefault(found.rstrip("/").upper(), found) != found:
                return True
    return len({path.casefold() for path in paths}) < len(paths)


@given(files=st.dictionaries(PATHS, SIZES, max_size=12), wide=st.booleans(), large_sectors=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_tree_is_read_back(files: dict[str, int], wide: bool, large_sectors: bool, tmp_path: Path) -> None:
    sector = 4096 if large_sectors else 512
    size = {(True, 512): 40 * MIB, (True, 4096): 300 * MIB}.get((wide, sector))
    contents = {name: body(name, length) for name, length in files.items()}
    if folders_and_files_clash(list(files)):
        with pytest.raises(UserError, match="are one name"):
            write(tmp_path / "volume", contents, size=size, sector=sector)
        return
    path = write(tmp_path / "volume", contents, size=size, sector=sector)
    assert FatFileSystem(FileReader(path)).kind is (FatKind.FAT32 if wide else FatKind.FAT16)
    assert read(path) == contents
    check(path)


TREE = {
    "EFI/BOOT/BOOTX64.EFI": 180_000,
    "EFI/BOOT/crypto64.efi": 25,
    "b.b00": 9_000,
    "vmware-esx-base-osl.txt": 1,
    "vmware-esx-base-readme": 0,
    "two.dots.v00": 4096,
    "kühl.tgz": 513,
    "deep/er/and/deeper/still/a very long name that needs more than two of the entries.tar.gz": 77_777,
}


@pytest.mark.parametrize(
    ("size", "sector", "kind"),
    [
        pytest.param(3 * MIB, 512, FatKind.FAT16, id="FAT16"),
        pytest.param(40 * MIB, 512, FatKind.FAT32, id="FAT32"),
        pytest.param(20 * MIB, 4096, FatKind.FAT16, id="FAT16, large sectors"),
        pytest.param(300 * MIB, 4096, FatKind.FAT32, id="FAT32, large sectors"),
    ],
)
def test_mtools_and_fsck_agree(size: int, sector: int, kind: FatKind, tmp_path: Path) -> None:
    need_tool("mcopy", "fsck.vfat")
    files = {name: body(name, length) for name, length in TREE.items()}
    path = write(tmp_path / "volume", files, size=size, sector=sector)
    check(path)
    assert read(path) == files
    assert FatFileSystem(FileReader(path)).kind is kind
    (tmp_path / "out").mkdir()
    subprocess.run(
        ["mcopy", "-s", "-i", path, "::", tmp_path / "out"], check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin"}
    )
    copied = {str(found.relative_to(tmp_path / "out")): found for found in (tmp_path / "out").rglob("*")}
    assert {name: found.read_bytes() for name, found in copied.items() if found.is_file()} == files


def test_a_folder_of_many_names_that_begin_alike(tmp_path: Path) -> None:
    need_tool("fsck.vfat")
    files = {f"the same beginning {number}.v00": b"x" for number in range(1200)}
    path = write(tmp_path / "volume", {f"folder/{name}": data for name, data in files.items()}, size=40 * MIB)
    assert sorted(read(path)) == sorted(f"folder/{name}" for name in files)
    check(path)
    small = write(tmp_path / "small", files)  # FAT16's root, which is made larger for them
    assert sorted(read(small)) == sorted(files)
    check(small)


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    files = {name: body(name, length) for name, length in TREE.items()}
    first, second = write(tmp_path / "1", files), write(tmp_path / "2", dict(files))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("sector", [512, 4096])
def test_shapes_of_all_sizes_hold_together(sector: int) -> None:
    """Kind, tables and clusters fit each other from the smallest volume up to 2 TiB."""
    size = volume_size_for([], sector=sector, smallest=0)
    while size < 2 << 40:
        shape = geometry_for(size, sector)
        wide = shape.kind is FatKind.FAT32
        assert wide == (shape.clusters >= FEWEST_32)
        assert shape.fat_sectors * sector >= (shape.clusters + 2) * (4 if wide else 2)
        assert shape.data_start % max(4096, shape.cluster_size if wide else 0) == 0
        assert shape.offset_of(2 + shape.clusters) <= shape.sectors * sector <= size
        assert shape.cluster_size <= 32768
        size = size * 9 // 8 + 12345


@pytest.mark.parametrize(
    ("names", "aliases"),
    [
        pytest.param(["b.b00", "BOOTX64.EFI"], [b"B       B00", b"BOOTX64 EFI"], id="8.3"),
        pytest.param(["imgpayld.tgz", "imgpayload.tgz"], [b"IMGPAYLDTGZ", b"IMGPAY~1TGZ"], id="one tail"),
        pytest.param(["longname.text", "LONGNA~1.TEX"], [b"LONGNA~2TEX", b"LONGNA~1TEX"], id="the tail is taken"),
        pytest.param([".profile", "a b.c d"], [b"PROFIL~1   ", b"AB~1    CD "], id="dot first, blanks"),
        pytest.param(["two.dots.v00", "ü.x"], [b"TWODOT~1V00", b"_~1     X  "], id="two dots, not ASCII"),
    ],
)
def test_aliases(names: list[str], aliases: list[bytes]) -> None:
    assert list(short_names(names, "folder")) == aliases


def test_upper_case_names_need_no_long_name() -> None:
    assert len(entries("BOOTX64.EFI", b"BOOTX64 EFI", attributes=0x20, cluster=2, size=1)) == 32
    assert len(entries("bootx64.efi", b"BOOTX64 EFI", attributes=0x20, cluster=2, size=1)) == 64


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        pytest.param(["s.v00", "S.V00"], "are one name on a FAT file system; rename one", id="case"),
        pytest.param(["efi/x", "EFI/y"], "'efi' and 'EFI' are one name", id="folders' case"),
        pytest.param(["a", "a/b"], "are one name", id="file and folder"),
        pytest.param(["a:b"], "a:b: ':' cannot stand in a name", id="colon"),
        pytest.param(["dir/a."], "dir/a.: a name on a FAT", id="dot last"),
        pytest.param(["dir//b"], "cannot be empty", id="empty"),
        pytest.param(["x" * 256], "more than 255 characters", id="long"),
    ],
)
def test_names_that_cannot_be(paths: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        volume_size_for([FatItem(path, 1) for path in paths], sector=512, smallest=0)


def test_files_that_do_not_fit() -> None:
    with pytest.raises(UserError, match="the file has 4294967296 bytes, FAT holds 4294967295 at most"):
        volume_size_for([FatItem("big.v00", 1 << 32)], sector=512, smallest=0)
    items = [FatItem("k.b00", 50 * MIB)]
    with pytest.raises(UserError, match=r"give it \d+ MiB or more") as caught:
        make_volume(items, size=40 * MIB, sector=512, hidden=0, volume_id=0, label="")
    enough = int(str(caught.value).split("give it ")[1].split()[0]) * MIB
    make_volume(items, size=enough, sector=512, hidden=0, volume_id=0, label="")
    with pytest.raises(UserError, match="no FAT file system can be made of 1048576 bytes"):
        make_volume([], size=MIB, sector=512, hidden=0, volume_id=0, label="")
