"""Synthetic media of 5.0 and later, checked by the tools that know the formats: isoinfo, xorriso, mtools, gzip."""

import gzip
import io
import lzma
import struct
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.later_bodies import EMPTY_MARKER, Architecture, body_of, elf, uefi_program
from hobnail.app.demo.later_medium import LaterSpec, boot_config, later_files, make_later_medium, spec_for
from hobnail.app.demo.later_releases import RELEASES, expand
from hobnail.app.demo.packing import Names
from hobnail.system.commands import run
from tests.tools import need_tool

COUNTS = {"5.0": 65, "5.5": 66, "6.0": 33, "6.5": 136, "6.7": 158, "7.0": 96, "8.0": 108, "9.1": 132}
"""Modules of each list, counted in the published text by another program."""
INSTALLERS = dict.fromkeys(("5.0", "5.5"), "weaselin.i00")
INSTALLERS |= dict.fromkeys(("6.0", "6.5", "6.7"), "weaselin.t00")
INSTALLERS |= dict.fromkeys(("7.0", "8.0", "9.1"), "weaselin.v00")


def made(spec: LaterSpec, folder: Path) -> Path:
    need_tool("xorriso", "isoinfo", "mkfs.fat", "mcopy")
    make_later_medium(spec, folder / "medium.iso", folder)
    assert [entry.name for entry in folder.iterdir()] == ["medium.iso"]
    return folder / "medium.iso"


def listed(iso: Path, *flags: str) -> list[str]:
    return run(["isoinfo", *flags, "-f", "-i", iso]).stdout.decode().split()


def test_the_shorthand() -> None:
    assert expand("b.b00 s lsi_msgp*3 tools.t00") == (
        *("b.b00", "s.v00", "lsi_msgp.v00", "lsi_msgp.v01", "lsi_msgp.v02", "tools.t00"),
    )
    with pytest.raises(ValueError, match="a\\*b"):
        expand("a*b")


@pytest.mark.parametrize("name", RELEASES)
def test_the_lists(name: str) -> None:
    modules = RELEASES[name].modules
    assert len(modules) == COUNTS[name]
    assert [module for module, times in Counter(modules).items() if times > 1] == []
    assert [module for module in modules if module.startswith("weaselin")] == [INSTALLERS[name]]
    assert modules[-1] == "imgpayld.tgz"
    assert all(len(stem) <= 8 and len(suffix) <= 3 for stem, suffix in (m.split(".") for m in modules))
    assert (RELEASES[name].kernel, "b.b00" in modules) == (("tboot.b00", True) if name < "6.7" else ("b.b00", False))


def test_9_1_has_stems_whose_numbers_do_not_ascend() -> None:
    modules = RELEASES["9.1"].modules
    assert modules.index("nsx_pyth.v01") < modules.index("nsx_pyth.v00") < modules.index("nsx_pyth.v02")


def test_boot_cfg_of_5_0() -> None:
    lines = boot_config(spec_for("5.0")).decode().split("\n")
    assert lines[:4] == ["bootstate=0", "title=Loading ESXi installer", "kernel=/tboot.b00", "kernelopt=runweasel"]
    assert lines[4].startswith("modules=/b.b00 --- /useropts.gz --- /k.b00 --- /a.b00 --- /ata-pata.v00 --- ")
    assert lines[5:] == ["build=", "updated=0", ""]


def test_boot_cfg_of_7_0_with_the_line_ends_of_dos() -> None:
    lines = boot_config(replace(spec_for("7.0"), line_end="\r\n")).decode().split("\r\n")
    assert lines[2:6] == ["timeout=5", "prefix=", "kernel=/b.b00", "kernelopt=runweasel cdromBoot"]
    assert lines[7:] == ["build=7.0.3-0.5.18825058", "updated=0", ""]


@pytest.mark.parametrize("name", RELEASES)
def test_each_release_on_a_cd(name: str, tmp_path: Path) -> None:
    spec = spec_for(name)
    iso = made(spec, tmp_path)
    found = set(listed(iso, "-R"))
    assert {f"/{module}" for module in (*spec.modules, spec.kernel)} <= found
    assert {"/.discinfo", "/boot.cfg", "/isolinux.cfg", "/efi/boot/bootx64.efi", "/efi/boot/boot.cfg"} <= found
    assert ("/vmware-esx-base-osl.txt" in found) == (name >= "6.5")
    assert ("/efi/boot/crypto64.efi" in found) == (name >= "7.0")
    text = run(["isoinfo", "-R", "-i", iso, "-x", "/upgrade/metadata.xml"]).stdout
    assert f"<esxVersion>{spec.version}</esxVersion>".encode() in text
    entries = run(["xorriso", "-indev", iso, "-report_el_torito", "plain"]).stdout.decode()
    assert [line.split()[6] for line in entries.splitlines() if "boot img" in line] == ["BIOS", "UEFI"]


@pytest.mark.parametrize(("names", "flags"), [("plain", []), ("rockridge", ["-R"]), ("joliet", ["-J"])])
def test_names_of_each_kind(names: Names, flags: list[str], tmp_path: Path) -> None:
    iso = made(replace(spec_for("5.0"), names=names), tmp_path)
    about = run(["isoinfo", "-d", "-i", iso]).stdout
    assert (b"Rock Ridge signatures" in about, b"NO Joliet" not in about) == (names == "rockridge", names == "joliet")
    assert {"/B.B00;1", "/ATA-PATA.V07;1", "/.DISCINFO;1", "/EFI/BOOT/BOOTX64.EFI;1"} <= set(listed(iso))
    own = set(listed(iso, *flags))
    assert {"/b.b00", "/ata-pata.v07", "/.discinfo", "/efi/boot/bootx64.efi"} <= own or names == "plain"


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert (
        made(spec_for("9.1"), tmp_path / "one").read_bytes() == made(spec_for("9.1"), tmp_path / "two").read_bytes()
    )


def test_arm_has_a_uefi_entry_only(tmp_path: Path) -> None:
    iso = made(replace(spec_for("8.0"), architecture="aarch64", names="rockridge"), tmp_path)
    assert {"/efi/boot/bootaa64.efi"} == {path for path in listed(iso, "-R") if "/boota" in path or "/bootx" in path}
    assert "/mboot.c32" not in listed(iso, "-R")
    entries = run(["xorriso", "-indev", iso, "-report_el_torito", "plain"]).stdout.decode()
    assert [line.split()[6] for line in entries.splitlines() if "boot img" in line] == ["UEFI"]


def test_what_is_left_out_replaced_and_added(tmp_path: Path) -> None:
    spec = replace(
        spec_for("6.7"),
        bodies={"vmx.v00": b"mine"},
        extra={"more/file": b"x", "boot.cfg": b"kernel=b.b00\n"},
        without=frozenset({"s.v00", "efiboot.img"}),
        entries="bios",
    )
    iso = made(spec, tmp_path)
    names = set(listed(iso, "-R"))
    assert "/s.v00" not in names
    assert "/efiboot.img" not in names
    for path, data in (("vmx.v00", b"mine"), ("more/file", b"x"), ("boot.cfg", b"kernel=b.b00\n")):
        assert run(["isoinfo", "-R", "-i", iso, "-x", f"/{path}"]).stdout == data


def test_efiboot_img_holds_what_uefi_starts(tmp_path: Path) -> None:
    iso = made(replace(spec_for("7.0"), bounce=b"bounce"), tmp_path)
    image = tmp_path / "efiboot.img"
    image.write_bytes(run(["isoinfo", "-R", "-i", iso, "-x", "/efiboot.img"]).stdout)
    assert run(["mtype", "-i", image, "::EFI/BOOT/BOOTX64.EFI"]).stdout == b"bounce"
    assert "::/EFI/DRIVERS/ISO9660.EFI" in run(["mdir", "-/b", "-i", image, "::"]).stdout.decode()


def test_an_empty_marker_is_what_gzip_makes_of_nothing() -> None:
    need_tool("gzip")
    assert len(EMPTY_MARKER) == 20
    assert run(["gzip", "-n"], stdin=b"").stdout == EMPTY_MARKER
    assert body_of("features.gz") == EMPTY_MARKER


def test_bodies_are_of_the_kind_that_the_name_tells() -> None:
    files = later_files(spec_for("8.0"))
    inner = {name: gzip.decompress(files[name]) for name in spec_for("8.0").modules}
    kinds: Counter[bool] = Counter()
    for name, data in inner.items():
        xz = data.startswith(b"\xfd7zXZ\0")
        data = lzma.decompress(data) if xz else data
        match name.rpartition(".")[2]:
            case "gz":
                assert data == b""
            case "b00":
                assert data[:5] == b"\x7fELF\x02"
            case "tgz":
                with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                    assert [member.isdir() for member in archive] == [True, True, True, False]
            case _:
                assert data[257:265] == b"visor  \0", name
                kinds[xz] += 1
    assert min(kinds[True], kinds[False]) > 20


def test_executables_as_other_programs_see_them(tmp_path: Path) -> None:
    need_tool("readelf")
    machines: list[tuple[Architecture, str, int]] = [("x86_64", "X86-64", 0x8664), ("aarch64", "AArch64", 0xAA64)]
    for machine, word, magic in machines:
        (tmp_path / "elf").write_bytes(elf(b"x" * 100, machine))
        shown = run(["readelf", "-hl", tmp_path / "elf"])
        assert word in shown.stdout.decode()
        assert b"EXEC (Executable file)" in shown.stdout
        assert shown.stderr == b""
        data = uefi_program("x", machine)
        at = struct.unpack_from("<I", data, 0x3C)[0]
        assert (data[at : at + 4], struct.unpack_from("<H", data, at + 4)[0]) == (b"PE\0\0", magic)
        assert struct.unpack_from("<H", data, at + 24 + 68)[0] == 10
