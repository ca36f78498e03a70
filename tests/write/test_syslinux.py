"""BIOS boot by syslinux: what fits an image, what is lacking, and what the real installer makes of a volume."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.boot.loaders import Candidate, Known, recognise
from hobnail.errors import SystemFailure
from hobnail.formats.fat import FatFileSystem
from hobnail.formats.fat_geometry import FatKind
from hobnail.formats.fat_write import MIB, FatItem, Volume, make_volume
from hobnail.formats.reader import SliceReader
from hobnail.media.file import FileReader
from hobnail.system.commands import run
from hobnail.system.loaders import installed
from hobnail.system.syslinux import Installer, boot_code, installers
from hobnail.write.contents import contents_of
from hobnail.write.disk_layout import START, BiosBoot, disk_layout
from hobnail.write.syslinux import Found, bios_boot_for, install
from tests.images import image_40, image_67
from tests.tools import need_file, need_root, need_tool
from tests.write.files import blobs, with_overlay
from tests.write.test_disk_layout import partition, write

V604, V386 = Installer(Path("/x/604"), "6.04"), Installer(Path("/x/386"), "3.86")


def candidate(folder: Path, name: str, data: bytes) -> Candidate:
    path = folder / f"{len(list(folder.iterdir()))}-{name}"
    path.write_bytes(data)
    known = recognise(name, data)
    assert isinstance(known, Known)
    return Candidate(name, path, len(data), known, str(folder))


def found(*installers: Installer, modules: tuple[Candidate, ...] = (), code: bytes | None = b"code") -> Found:
    return Found(installers, modules, lambda _: code, "/usr/lib/nowhere")


def test_from_5_0_on_an_old_syslinux_fits_and_needs_no_modules() -> None:
    chosen = bios_boot_for(image_67(), found(V604, Installer(Path("/x"), "4.05"), V386))
    assert isinstance(chosen, BiosBoot)
    assert (chosen.files.release, chosen.files.modules) == ("3.86", ())


@pytest.mark.parametrize(
    ("there", "said"),
    [
        pytest.param(found(V604), "syslinux 6.04 cannot load the medium's mboot.c32", id="only 6.04"),
        pytest.param(
            found(), "syslinux 3.86, which the medium's mboot.c32 needs, is not in /usr/lib/nowhere", id="-"
        ),
        pytest.param(found(V386, code=None), "gptmbr.bin is not installed", id="no boot code"),
    ],
)
def test_what_is_lacking_from_5_0_on(there: Found, said: str) -> None:
    chosen = bios_boot_for(image_67(), there)
    assert isinstance(chosen, str)
    assert said in chosen
    assert "--loaders" in chosen or "apt-get install" in chosen


def test_images_that_bios_cannot_boot() -> None:
    assert "is for Arm64" in str(bios_boot_for(replace(image_67(), architecture="arm64"), found(V386)))
    assert "has no mboot.c32" in str(bios_boot_for(replace(image_67(), loaders=()), found(V386)))


def test_up_to_4_1_modules_come_from_the_same_release(tmp_path: Path) -> None:
    elf = tuple(candidate(tmp_path, name, b"\x7fELF" + name.encode()) for name in ("mboot.c32", "libcom32.c32"))
    com32r = bytes.fromhex("b8fe4ccd21")
    own = candidate(tmp_path, "mboot.c32", com32r + b"syslinux's")
    vmware = candidate(tmp_path, "mboot.c32", com32r + b" -c boot.cfg")
    new = bios_boot_for(image_40(), found(V386, V604, modules=(own, *elf)))
    assert isinstance(new, BiosBoot)
    assert [name for name, _ in new.files.modules] == ["mboot.c32", "libcom32.c32"]
    old = bios_boot_for(image_40(), found(V386, modules=(vmware, *elf, own)))
    assert isinstance(old, BiosBoot)
    assert old.files.modules == (("mboot.c32", com32r + b"syslinux's"),)
    lacks = bios_boot_for(image_40(), found(V604, modules=(own, elf[0])))
    assert isinstance(lacks, str)
    assert "syslinux 6.04 is here, its libcom32.c32 is not in" in lacks
    assert "mboot.c32 is not in" in str(bios_boot_for(image_40(), found(V386, modules=(vmware,))))
    assert "syslinux is not in" in str(bios_boot_for(image_40(), found(modules=elf)))


def test_installers_are_known_by_content(tmp_path: Path) -> None:
    for name, data, mode in (
        ("syslinux", b"\x7fELF...SYSLINUX 3.86 2010-04-01", 0o755),
        ("not-to-be-run", b"\x7fELF...SYSLINUX 4.05 ", 0o644),
        ("a-text", b"#!/bin/sh\n# SYSLINUX 6.03 ", 0o755),
        ("pxelinux.0", b"PXELINUX 3.86", 0o755),
    ):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(mode)
    assert [(one.path.name, one.release) for one in installers(tmp_path)] == [("syslinux", "3.86")]
    assert [one.takes_elf for one in (V386, V604)] == [False, True]


def test_boot_code_must_fit_before_the_table(tmp_path: Path) -> None:
    (tmp_path / "mbr.bin").write_bytes(bytes(512))
    assert boot_code("mbr.bin", tmp_path) != bytes(512)
    (tmp_path / "mbr.bin").write_bytes(b"x" * 440)
    assert boot_code("mbr.bin", tmp_path) == b"x" * 440
    assert boot_code("nothing.bin", tmp_path) is None


def machine_s() -> Found:
    need_tool("syslinux", "mcopy", "fsck.vfat")
    need_file("/usr/lib/syslinux/modules/bios/mboot.c32", "syslinux-common")
    return Found(tuple(installers()), tuple(installed()), boot_code, "this machine")


@pytest.mark.parametrize("size", [24 * MIB, None], ids=["FAT16", "FAT32"])
def test_the_real_installer(size: int | None, tmp_path: Path) -> None:
    """Its files are whole, ours stay where they were, fsck finds nothing, and the day does not matter."""
    chosen = bios_boot_for(image_40(), machine_s())
    assert isinstance(chosen, BiosBoot)
    made = contents_of(with_overlay(image_40()), blobs(tmp_path / "blobs"), chosen.files)
    layout = disk_layout(made, size=size, bios=chosen)
    path = write(layout, tmp_path / "disk")
    assert path.read_bytes()[:440].rstrip(b"\0") == chosen.mbr.rstrip(b"\0")
    with FileReader(path) as disk:
        system = FatFileSystem(SliceReader("p1", disk, START, layout.size - START))
        assert system.kind is (FatKind.FAT16 if size else FatKind.FAT32)
        files = {one.path: one.reader().read_at(0, one.size) for one in system.files()}
    assert {name for name in files if name.lower().startswith("ldlinux")} == {"ldlinux.sys", "ldlinux.c32"}
    assert files["ldlinux.c32"].startswith(b"\x7fELF")
    assert b"SYSLINUX 6.0" in files["ldlinux.sys"]
    assert files["sys.vgz"].startswith(b"sys.vgz of the test")
    checked = run(["fsck.vfat", "-n", partition(path, tmp_path, (layout.size - 2 * START))])
    assert b"differences" not in checked.stdout
    time.sleep(2.1)  # FAT counts in steps of two seconds
    assert disk_layout(made, size=size, bios=chosen).sha256() == layout.sha256()


def volume() -> tuple[Volume, list[FatItem]]:
    items = [FatItem("b.b00", 5000), FatItem("sub/k.b00", 5000)]
    return make_volume(items, size=24 * MIB, sector=512, hidden=2048, volume_id=1, label="HOBNAIL"), items


def script(folder: Path, text: str) -> Installer:
    path = folder / "syslinux"
    path.write_text(f"#!/bin/sh\nset -e\n{text}\n")
    path.chmod(0o755)
    return Installer(path, "9.99")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("true", id="adds nothing"),
        pytest.param('mdel -i "$1" ::b.b00; echo x | mcopy -i "$1" - ::ldlinux.sys', id="loses a file"),
        pytest.param(
            'mcopy -i "$1" ::b.b00 "$1.b"; mdel -i "$1" ::b.b00; echo x | mcopy -i "$1" - ::ldlinux.sys; '
            'mcopy -i "$1" "$1.b" ::b.b00',
            id="moves a file",
        ),
        pytest.param('echo x | mcopy -i "$1" - ::ldlinux.sys; echo x | mcopy -i "$1" - ::other', id="adds another"),
    ],
)
def test_an_installer_that_does_something_else(text: str, tmp_path: Path) -> None:
    need_tool("mcopy", "mdel")
    with pytest.raises(SystemFailure, match=r"syslinux 9\.99 left another file system"):
        install(script(tmp_path, text), *volume())


def test_an_installer_without_mtools(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match=r"mcopy: not found; it writes by mtools: apt-get install mtools"):
        install(script(tmp_path, "echo 'sh: 1: mcopy: not found' >&2; exit 1"), *volume())


def test_an_installer_that_fails_is_repeated(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="ended with status 3\n  no room"):
        install(script(tmp_path, "echo no room >&2; exit 3"), *volume())


@pytest.mark.parametrize("size", ["16k", "40k", "64k"])
def test_a_full_folder_for_temporary_files(size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for none of it, for the volume's tables alone, and for part of what the installer adds."""
    need_root()
    need_tool("syslinux", "mcopy")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", tmp_path])
    try:
        with pytest.raises(
            SystemFailure, match=r"No space left on device; free some MB there, or set TMPDIR"
        ) as caught:
            install(next(installers()), *volume())
        assert caught.value.where == str(tmp_path)
        assert list(tmp_path.iterdir()) == [], "what the installer leaves when it fails is gone too"
    finally:
        run(["umount", tmp_path])


def test_no_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(SystemFailure, match=r"gone: a temporary file for BIOS boot cannot be written: No such file"):
        install(Installer(Path("/nonexistent"), "6.04"), *volume())
