"""Names on a CD, what BIOS needs, what is refused: the parts of `write iso` that need no ISO."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.errors import UserError
from hobnail.formats.program import COM32R
from hobnail.write.contents import ContentFile
from hobnail.write.iso import Disc, iso_layout
from hobnail.write.iso_bios import from_syslinux, from_the_medium, release_of
from hobnail.write.iso_contents import Extras, disc_for, for_cd
from hobnail.write.iso_names import folder_name, plain_names
from hobnail.write.iso_records import Front
from tests.images import image_40
from tests.write.files import with_overlay
from tests.write.iso_discs import NO_BIOS, Made, made_of

NEW, OLD = b"ISOLINUX 6.04 20200816", b"\r\nISOLINUX 3.86 2010-04-01"
ELF, COM = b"\x7fELF", COM32R + b"..."


@pytest.fixture(scope="module")
def made() -> Made:
    return made_of("7.0")


@pytest.mark.parametrize(
    ("path", "stand_in", "identifier"),
    [
        ("boot.cfg", "/BOOT.CFG;1", "BOOT.CFG;1"),
        ("EFI/BOOT/BOOTX64.EFI", "/EFI/BOOT/BOOTX64.EFI;1", "BOOTX64.EFI;1"),
        ("ata-pata.v00", "/ATA0PATA.V00;1", "ATA-PATA.V00;1"),
        (".discinfo", "/0DISCINFO;1", ".DISCINFO;1"),
        ("net.e1000.v00", "/NET0E1000.V00;1", "NET.E1000.V00;1"),
        ("LICENSE", "/LICENSE;1", "LICENSE;1"),
        ("a-b/x.v00", "/A_B/X.V00;1", "X.V00;1"),
    ],
)
def test_plain_names(path: str, stand_in: str, identifier: str) -> None:
    name = plain_names([path])[path]
    assert (name.stand_in, name.identifier) == (stand_in, identifier)
    assert len(stand_in.rpartition("/")[2]) == len(identifier), "a record's length stays the same"


def test_stand_ins_never_clash() -> None:
    paths = ["a-b.v00", "a0b.v00", "a_b.v00", "a+b.v00", "x/a-b.v00"]
    names = plain_names(paths)
    assert len({name.stand_in for name in names.values()}) == len(paths)
    assert folder_name("efi-x") == "EFI_X"


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["k.b00", "K.B00"], "k.b00 and K.B00 are one name on a CD"),
        (["a-b/x", "a+b/y"], "a-b and a+b are one name on a CD"),
        (["a b"], "'a b' cannot be a file's name on a CD"),
        (["a;1"], "cannot be a file's name"),
        (["ü"], "cannot be a file's name"),
        (["a//b"], "cannot be a file's name"),
        (["x" * 65], "cannot be a file's name"),
    ],
)
def test_names_that_cannot_be(paths: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words.replace("+", r"\+")):
        plain_names(paths)


@pytest.mark.parametrize(
    ("loaders", "lacking"),
    [
        ({"isolinux.bin": OLD, "mboot.c32": COM}, ""),
        ({"isolinux.bin": b"of a release that is not told", "mboot.c32": COM}, ""),
        ({"isolinux.bin": NEW, "mboot.c32": COM}, "the medium's ISOLINUX 6.04 and mboot.c32 are not VMware's"),
        ({"isolinux.bin": NEW, "mboot.c32": ELF}, "the medium's ISOLINUX 6.04 and mboot.c32 are not VMware's"),
        ({"isolinux.bin": OLD, "mboot.c32": ELF}, "the medium's ISOLINUX 3.86 and mboot.c32 are not VMware's"),
        ({"isolinux.bin": OLD}, "has no mboot.c32: it boots by UEFI only"),
        ({"mboot.c32": COM}, "the image has no isolinux.bin: if its medium is an ISO, `hobnail image remove "),
    ],
)
def test_what_bios_needs_of_the_medium(loaders: dict[str, bytes], lacking: str, made: Made) -> None:
    found = from_the_medium(made.plan(), loaders)
    assert lacking in found.lacking
    assert bool(found.lacking) == bool(lacking)
    assert sorted(found.files) == ([] if lacking else ["isolinux.bin", "isolinux.cfg", "mboot.c32"])


@pytest.mark.parametrize(
    ("loaders", "lacking"),
    [
        ({"isolinux.bin": NEW, "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}, ""),
        ({"isolinux.bin": OLD, "mboot.c32": COM}, ""),
        ({"isolinux.bin": NEW, "mboot.c32": COM, "ldlinux.c32": ELF, "libcom32.c32": ELF}, "no mboot.c32 that fits"),
        ({"isolinux.bin": NEW, "mboot.c32": ELF}, "no ldlinux.c32, libcom32.c32 that fits ISOLINUX 6.04 is in here"),
        ({"isolinux.bin": OLD, "mboot.c32": ELF}, "no mboot.c32 that fits ISOLINUX 3.86 is in here"),
        ({"isolinux.bin": b"<html>", "mboot.c32": ELF}, "isolinux.bin is not in here: `apt-get install isolinux"),
        ({}, "isolinux.bin is not in here"),
    ],
)
def test_what_bios_needs_of_this_machine(loaders: dict[str, bytes], lacking: str) -> None:
    found = from_syslinux(with_overlay(image_40()), loaders, "here")
    assert lacking in found.lacking
    assert bool(found.lacking) == bool(lacking)
    assert sorted(found.files) == ([] if lacking else sorted([*loaders, "isolinux.cfg"]))


def test_releases() -> None:
    assert (release_of(NEW), release_of(OLD), release_of(b"ISOLINUX")) == ((6, 4), (3, 86), None)


def test_an_image_that_nothing_could_boot(made: Made) -> None:
    without = replace(made.image, loaders=tuple(one for one in made.image.loaders if one.name != "mboot.efi"))
    plan = replace(made.plan(), image=without)
    with pytest.raises(
        UserError, match=r"neither BIOS nor UEFI could boot an ISO of VMware ESXi 7\.0\.3.*not in this"
    ):
        disc_for(plan, made.content, Extras(NO_BIOS))


def test_for_cd_twice_is_for_cd_once(made: Made) -> None:
    plan = made.plan(replace(made.plan().options, mode="install"))
    assert plan.kernel_options.split().count("cdromBoot") == 1
    assert for_cd(plan) == plan
    assert plan.mac is None


def test_places_beyond_the_front_and_within_the_volume(made: Made) -> None:
    disc = made.disc()
    layout = iso_layout(disc)
    front = layout.extents[0]
    assert isinstance(front.content, bytes)
    places = Front(front.content).places()
    assert {file.path for file in disc.files} <= set(places)
    for file in disc.files:
        place = places[file.path]
        assert place.size == file.size
        extent = next(one for one in layout.extents if one.offset == place.sector * 2048)
        assert extent.content == file.source
        assert front.end < extent.offset < extent.end <= layout.size


def test_a_large_image_needs_a_large_volume() -> None:
    """5 GB in two files: more than the catalogue's field and 32-bit offsets can say; nothing of it is held."""
    half = 5 * 512 << 20
    files = [ContentFile("EFI/BOOT/BOOTX64.EFI", 2, hashlib.sha256(b"MZ").hexdigest(), b"MZ")]
    files += [ContentFile(name, half, "0" * 64, Path("/nonexistent")) for name in ("a.v00", "b.v00")]
    layout = iso_layout(Disc("ESXI", bytes(32), files, {"boot.cfg": b"x"}, uefi=True))
    front = layout.extents[0].content
    assert isinstance(front, bytes)
    place = Front(front).places()["b.v00"]
    assert place.sector * 2048 > 2 << 30
    assert layout.size > 5 << 30
    volume = int.from_bytes(front[16 * 2048 + 80 : 16 * 2048 + 84], "little")
    assert volume * 2048 == layout.size


def test_a_file_that_fat_cannot_hold() -> None:
    files = [ContentFile("a.v00", 1 << 32, "0" * 64, Path("/nonexistent"))]
    with pytest.raises(UserError, match="FAT holds 4294967295 at most"):
        iso_layout(Disc("ESXI", bytes(32), files, {"boot.cfg": b"x"}, uefi=True))
