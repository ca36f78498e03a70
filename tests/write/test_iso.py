"""ISOs as foreign tools see them: xorriso, isoinfo, sfdisk, fsck.vfat, mtools, file; and as our own import does."""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import spec_for
from hobnail.boot.plan import PlanOptions, plan_for
from hobnail.formats.el_torito import Firmware
from hobnail.image.find import find_image
from hobnail.image.model import Generation
from hobnail.media.open import open_medium
from hobnail.write.iso import Disc, iso_layout
from hobnail.write.iso_bios import BiosFiles, from_syslinux, from_the_medium
from hobnail.write.iso_contents import Extras, disc_for, for_cd
from tests.image.later import found_in
from tests.images import image_40
from tests.tools import need_tool
from tests.write.files import blobs
from tests.write.iso_discs import HYBRID_ISOLINUX, OVERLAY, Made, made_from, made_of, written

PLAIN_ISOLINUX = b"ISOLINUX 3.86 ".ljust(4096, b"\0")
MIB = 1 << 20


@pytest.fixture(scope="module")
def made() -> Made:
    return made_of("5.0", {"isolinux.bin": HYBRID_ISOLINUX, "efiboot.img": b"\xeb\x3c\x90".ljust(MIB, b"E")})


def bios(made: Made) -> BiosFiles:
    loaders = {module.name: made.bytes_of(module) for module in made.image.loaders}
    found = from_the_medium(made.plan(), loaders)
    assert not found.lacking
    return found


@pytest.fixture(scope="module")
def both(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stateless 5.0 for BIOS and UEFI."""
    return written(made.disc(bios(made)), tmp_path_factory.mktemp("iso") / "both.iso")


def said(*command: str | Path) -> str:
    """Return what a foreign tool says; it must be content."""
    need_tool(str(command[0]))
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode("latin-1")


def entries(path: Path) -> dict[str, tuple[int, int]]:
    """Return platform -> (sectors that are loaded, first sector) of the boot catalogue, by xorriso."""
    text = said("xorriso", "-indev", path, "-report_el_torito", "plain")
    found = re.findall(r"boot img : +\d+ +(BIOS|UEFI) +y +none +0x0000 +0x00 +(\d+) +(\d+)", text)
    return {platform: (int(count), int(first)) for platform, count, first in found}


def partitions(path: Path) -> list[tuple[int, int, str]]:
    assert "No errors detected" in said("sfdisk", "--verify", path)
    table = json.loads(said("sfdisk", "--json", path))["partitiontable"]
    assert (table["label"], table["sectorsize"]) == ("dos", 512)
    return [(one["start"], one["size"], one["type"]) for one in table["partitions"]]


def test_both_boot_entries_and_both_partitions(both: Path) -> None:
    found = entries(both)
    assert list(found) == ["BIOS", "UEFI"]
    assert found["BIOS"][0] == 4
    assert found["UEFI"][0] == 1, "up to the end of the volume: the field holds 32 MB at most"
    first, esp = partitions(both)
    assert first == (64, esp[0] - 64, "17")
    assert esp == (found["UEFI"][1] * 4, both.stat().st_size // 512 - esp[0], "ef")
    text = said("xorriso", "-indev", both, "-report_el_torito", "plain")
    assert "boot-info-table isohybrid-suitable" in text
    assert "MBR isohybrid" in said("xorriso", "-indev", both, "-report_system_area", "plain")
    assert "ISO 9660 CD-ROM filesystem data (DOS/MBR boot sector) 'ESXI_5_0_0' (bootable)" in said("file", both)


def test_the_boot_code_finds_isolinux(both: Path, made: Made) -> None:
    """Where isohybrid's code looks (offset 432, sectors of 512 bytes) stands isolinux.bin, with its table."""
    with both.open("rb") as file:
        head = file.read(512)
        file.seek(int.from_bytes(head[432:440], "little") * 512)
        isolinux = file.read(len(HYBRID_ISOLINUX))
    assert isolinux[64:] == HYBRID_ISOLINUX[64:]
    assert int.from_bytes(isolinux[8:12], "little") == 16, "the primary volume descriptor"
    assert int.from_bytes(isolinux[16:20], "little") == len(HYBRID_ISOLINUX)


def test_plain_names_are_the_vendor_s(both: Path) -> None:
    listed = set(re.findall(r" (\S+;1) $", said("isoinfo", "-l", "-i", both), re.MULTILINE))
    assert {
        "ATA-PATA.V00;1",
        ".DISCINFO;1",
        "BOOT.CFG;1",
        "BOOTX64.EFI;1",
        "HOBNAIL.TGZ;1",
        "ISOLINUX.BIN;1",
    } <= listed
    assert "WEASELIN.I00;1" not in listed, "the installer is of no use to a stateless host"


@pytest.mark.parametrize("names", ["-R", "-J"])
def test_every_file_has_its_bytes(names: str, both: Path, made: Made) -> None:
    plan = made.plan()
    listed = said("isoinfo", names, "-f", "-i", both).split()
    for module in (made.image.kernel, *plan.modules):
        assert f"/{module.name}" in listed
    for module in (made.image.kernel, plan.modules[5], plan.modules[-1]):
        data = subprocess.run(
            ["isoinfo", names, "-x", f"/{module.name}", "-i", both], capture_output=True, check=True
        )
        assert data.stdout == made.bytes_of(module)
    assert said("isoinfo", names, "-x", "/boot.cfg", "-i", both) == said(
        "isoinfo", names, "-x", "/EFI/BOOT/boot.cfg", "-i", both
    )


def test_the_fat_volume_is_sound_and_has_the_same_files(both: Path, made: Made, tmp_path: Path) -> None:
    need_tool("fsck.vfat", "mcopy")
    offset = partitions(both)[1][0] * 512
    volume = tmp_path / "volume.fat"
    subprocess.run(
        ["dd", f"if={both}", f"of={volume}", "bs=1M", f"skip={offset // MIB}", "conv=sparse"],
        check=True,
        capture_output=True,
    )
    checked = said("fsck.vfat", "-n", volume)
    assert not re.search("differ|wrong|error|free cluster summary", checked, re.IGNORECASE), checked
    files = made.plan().modules
    for module in files:
        assert subprocess.run(
            ["mtype", "-i", f"{both}@@{offset}", f"::{module.name}"], capture_output=True, check=True
        ).stdout == made.bytes_of(module)
    loader = next(one for one in made.image.loaders if one.name == "mboot.efi")
    program = subprocess.run(
        ["mtype", "-i", f"{both}@@{offset}", "::EFI/BOOT/BOOTX64.EFI"], capture_output=True, check=True
    )
    assert program.stdout == made.bytes_of(loader)


def test_boot_cfg_leads_from_the_root(both: Path, made: Made) -> None:
    lines = dict(line.split("=", 1) for line in said("isoinfo", "-R", "-x", "/boot.cfg", "-i", both).splitlines())
    assert lines["kernel"] == "/tboot.b00"
    assert lines["modules"] == " --- ".join(f"/{module.name}" for module in made.plan().modules)
    assert lines["modules"].endswith(" --- /hobnail.tgz")
    assert "runweasel" not in lines["kernelopt"]
    config = said("isoinfo", "-R", "-x", "/isolinux.cfg", "-i", both).splitlines()
    assert config[-2:] == ["KERNEL mboot.c32", "APPEND -c boot.cfg"]


def test_import_takes_it_again(both: Path, made: Made) -> None:
    with open_medium(both) as medium:
        assert medium.kind == "ISO 9660 image, hybrid for BIOS and UEFI"
        assert medium.firmware == frozenset(Firmware)
        again = made_from(find_image(medium, medium.firmware)).image
    plan = made.plan()
    assert (again.version, again.build, again.generation) == (made.image.version, made.image.build, Generation.ESXI5)
    for now, then in zip((again.kernel, *again.modules), (made.image.kernel, *plan.modules), strict=True):
        assert (now.name, now.sha256, now.options) == (then.name, then.sha256, then.options)
    assert {loader.name for loader in again.loaders} == {"mboot.efi", "mboot.c32", "isolinux.bin"}


def test_the_same_plan_makes_the_same_bytes(
    both: Path, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At another second, in another time zone; pycdlib writes both into every record."""
    began = both.stat().st_mtime
    while int(time.time()) <= int(began):
        time.sleep(0.05)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        again = written(made.disc(bios(made)), tmp_path / "again.iso")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert subprocess.run(["cmp", both, again], check=False).returncode == 0
    dates = set(re.findall(r"[A-Z][a-z]{2} +\d+ \d{4} \[", said("isoinfo", "-l", "-R", "-i", both)))
    assert len(dates) == 1
    assert dates.pop().split()[2] == "1980"


def test_another_overlay_makes_another_disk(made: Made) -> None:
    disc = made.disc(bios(made))
    other = replace(disc, digest=bytes(reversed(disc.digest)))
    assert iso_layout(disc).extents[0].content != iso_layout(other).extents[0].content


def test_the_medium_s_own_uefi_entry(made: Made, tmp_path: Path) -> None:
    image = next(made.bytes_of(one) for one in made.image.loaders if one.name == "efiboot.img")
    path = written(replace(made.disc(bios(made)), efi_image=image), tmp_path / "medium.iso")
    count, first = entries(path)["UEFI"]
    with path.open("rb") as file:
        file.seek(first * 2048)
        assert file.read(count * 512) == image
    assert partitions(path)[1][0] * 512 > first * 2048, "a stick is booted by our FAT volume nevertheless"
    assert said("isoinfo", "-R", "-x", "/efiboot.img", "-i", path).encode("latin-1") == image


def test_uefi_alone(made: Made, tmp_path: Path) -> None:
    path = written(made.disc(), tmp_path / "uefi.iso")
    assert list(entries(path)) == ["UEFI"]
    assert [kind for _, _, kind in partitions(path)] == ["17", "ef"]
    with open_medium(path) as medium:
        assert medium.kind == "ISO 9660 image, hybrid for UEFI"
        assert medium.firmware == frozenset({Firmware.UEFI})
    with path.open("rb") as file:
        assert file.read(2) == b"\xcd\x18", "BIOS goes on to the next device"


def test_arm_has_its_own_name_for_the_loader(tmp_path: Path) -> None:
    made = made_from(found_in(replace(spec_for("8.0"), architecture="aarch64")))
    path = written(made.disc(), tmp_path / "arm.iso")
    assert list(entries(path)) == ["UEFI"]
    listed = said("isoinfo", "-R", "-f", "-i", path).split()
    assert "/EFI/BOOT/BOOTAA64.EFI" in listed
    assert "/EFI/BOOT/BOOTX64.EFI" not in listed


def test_an_isolinux_that_a_disk_cannot_start(tmp_path: Path) -> None:
    made = made_of("8.0", {"isolinux.bin": PLAIN_ISOLINUX})
    path = written(made.disc(bios(made)), tmp_path / "plain.iso")
    with open_medium(path) as medium:
        assert medium.kind == "ISO 9660 image, hybrid for UEFI"
        assert medium.firmware == frozenset(Firmware)


def bank_disc(folder: Path) -> Disc:
    """Return a disc of 4.0, by an ISOLINUX of the machine's."""
    plan = for_cd(plan_for(image_40(), "52:54:00:4c:00:01"))
    loaders = {"isolinux.bin": HYBRID_ISOLINUX, "mboot.c32": bytes.fromhex("b8fe4ccd21") + b"mboot"}
    return disc_for(plan, blobs(folder), Extras(from_syslinux(plan, loaders, "here")))


def test_4_0_boots_by_bios_only_and_has_no_fat(tmp_path: Path) -> None:
    disc = bank_disc(tmp_path / "blobs")
    path = written(disc, tmp_path / "bios.iso")
    assert list(entries(path)) == ["BIOS"]
    assert partitions(path) == [(64, path.stat().st_size // 512 - 64, "17")]
    assert path.stat().st_size < 3 * MIB
    append = said("isoinfo", "-R", "-x", "/isolinux.cfg", "-i", path).splitlines()[-1]
    names = [file.path for file in disc.files]
    assert append == "APPEND " + " --- ".join(names), "no BOOTIF: nobody boots a CD through a card"
    for file in disc.files:
        data = subprocess.run(["isoinfo", "-J", "-x", f"/{file.path}", "-i", path], capture_output=True, check=True)
        assert isinstance(file.source, Path)
        assert data.stdout == file.source.read_bytes()


@pytest.mark.parametrize(("release", "word"), [("5.0", None), ("8.0", "cdromBoot")])
def test_an_installer_is_told_that_its_medium_is_a_cd(release: str, word: str | None, tmp_path: Path) -> None:
    made = made_of(release)
    options = PlanOptions("debug=1", "install", kickstart="cdrom:/KS.CFG")
    disc = disc_for(made.plan(options), made.content, Extras(BiosFiles({}, "not here"), b"vmaccepteula\n"))
    path = written(disc, tmp_path / "install.iso")
    text = said("isoinfo", "-R", "-x", "/EFI/BOOT/boot.cfg", "-i", path)
    (words,) = [line.partition("=")[2].split() for line in text.splitlines() if line.startswith("kernelopt=")]
    assert words == ["runweasel", "ks=cdrom:/KS.CFG", "debug=1", *([word] if word else [])]
    assert "/weaselin." in text
    assert "KS.CFG;1" in said("isoinfo", "-l", "-i", path)
    assert said("isoinfo", "-R", "-x", "/KS.CFG", "-i", path) == "vmaccepteula\n"


def test_the_overlay_is_the_last_module(both: Path) -> None:
    data = subprocess.run(["isoinfo", "-R", "-x", "/hobnail.tgz", "-i", both], capture_output=True, check=True).stdout
    assert data == OVERLAY
    assert os.stat(both).st_blocks * 512 < both.stat().st_size / 4, "what is not used is a hole"


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    """600 MB of modules, sparse in the store and on the ISO."""
    blob, target = tmp_path / "blob", tmp_path / "large.iso"
    with blob.open("wb") as file:
        file.truncate(600 * MIB)
    code = f"""
from pathlib import Path
from hobnail.write.contents import ContentFile
from hobnail.write.disk import write_image
from hobnail.write.iso import Disc, iso_layout
files = [ContentFile("s.v00", {600 * MIB}, "", Path({str(blob)!r}))]
layout = iso_layout(Disc("ESXI", bytes(32), files, {{"boot.cfg": b"x"}}, uefi=True))
write_image(layout, Path({str(target)!r}), format="raw")
print([line for line in open("/proc/self/status") if "VmHWM" in line][0])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 600 * MIB
    assert int(done.stdout.split()[1]) * 1024 < 200_000_000
