"""The files of a stick or disk: which, under which names, and what boot.cfg and syslinux.cfg say."""

from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.boot.plan import PlanOptions
from hobnail.errors import UserError
from hobnail.formats.bootcfg import BootConfigText
from hobnail.image.model import Image, Role
from hobnail.write.contents import SyslinuxFiles, contents_of
from tests.images import body, image_40, image_67, module
from tests.write.files import OVERLAY, blobs, contents, files_of, with_overlay

SYSLINUX_604 = SyslinuxFiles("6.04", (("mboot.c32", b"\x7fELF mboot"), ("libcom32.c32", b"\x7fELF library")))
SYSLINUX_386 = SyslinuxFiles("3.86", ())


def with_crypto(image: Image, name: str) -> Image:
    return replace(image, loaders=(*image.loaders, module(name, Role.LOADER)))


def test_uefi_alone(tmp_path: Path) -> None:
    made = contents(with_crypto(image_67(), "crypto64.efi"), tmp_path)
    files = files_of(made)
    assert (made.uefi, made.bios) == (True, False)
    assert list(files) == [
        "EFI/BOOT/BOOTX64.EFI",
        "EFI/BOOT/crypto64.efi",
        "EFI/BOOT/boot.cfg",
        *("b.b00", "jumpstrt.gz", "k.b00", "s.v00", "vsan.v00", "tools.t00", "imgdb.tgz", "imgpayld.tgz"),
        "hobnail.tgz",
    ]
    assert files["EFI/BOOT/BOOTX64.EFI"] == body("mboot.efi")
    assert files["hobnail.tgz"] == OVERLAY
    assert files["k.b00"] == body("k.b00")
    assert made.size == sum(map(len, files.values()))


def test_boot_cfg_leads_from_the_root_and_loads_the_overlay_last(tmp_path: Path) -> None:
    """From EFI/BOOT and from the root alike: names with a slash in front stay as they are (facts 4.1)."""
    text = files_of(contents(image_67(), tmp_path))["EFI/BOOT/boot.cfg"]
    config = BootConfigText.parse(text)
    assert config.resolved("EFI/BOOT") == config.resolved("")
    assert config.kernel == "/b.b00"
    names = [one.path for one in config.modules]
    assert names[0] == "/jumpstrt.gz"
    assert names[-2:] == ["/imgpayld.tgz", "/hobnail.tgz"]
    assert "/weaselin.t00" not in names
    assert b"prefix" not in text
    assert config.kernel_options == ""


def test_no_card_is_named_even_for_a_known_host(tmp_path: Path) -> None:
    plan = with_overlay(image_67(), PlanOptions("x=1"), "52:54:00:4c:00:01")
    assert "BOOTIF" in plan.command_line
    files = files_of(contents_of(plan, blobs(tmp_path)))
    assert BootConfigText.parse(files["EFI/BOOT/boot.cfg"]).kernel_options == "x=1"


def test_arm_has_names_of_its_own(tmp_path: Path) -> None:
    image = replace(with_crypto(image_67(), "cryptoaa64.efi"), architecture="arm64")
    files = list(files_of(contents(image, tmp_path)))
    assert files[:3] == ["EFI/BOOT/BOOTAA64.EFI", "EFI/BOOT/cryptoaa64.efi", "EFI/BOOT/boot.cfg"]


def test_bios_beside_uefi(tmp_path: Path) -> None:
    made = contents(image_67(), tmp_path, SYSLINUX_386)
    files = files_of(made)
    assert (made.uefi, made.bios) == (True, True)
    assert files["syslinux.cfg"].decode().splitlines() == [
        "# VMware ESXi 6.7.0 build 10302608, made by hobnail",
        "DEFAULT hobnail",
        "PROMPT 0",
        "NOHALT 1",
        "LABEL hobnail",
        "KERNEL mboot.c32",
        "APPEND -c boot.cfg",
    ]
    assert files["mboot.c32"] == body("mboot.c32")
    assert files["boot.cfg"] == files["EFI/BOOT/boot.cfg"]


def test_up_to_4_1_all_is_one_append_line(tmp_path: Path) -> None:
    made = contents_of(with_overlay(image_40(), PlanOptions("vmkopts=1")), blobs(tmp_path), SYSLINUX_604)
    files = files_of(made)
    assert (made.uefi, made.bios) == (False, True)
    lines = files["syslinux.cfg"].decode().splitlines()
    assert lines[-1] == (
        "APPEND vmkboot.gz vmkopts=1 --- vmk.gz --- sys.vgz --- cim.vgz --- oem.tgz --- license.tgz --- mod.tgz "
        "--- cimstg.tgz --- hobnail.tgz"
    )
    assert files["mboot.c32"] == b"\x7fELF mboot"
    assert "libcom32.c32" in files
    assert not [name for name in files if name.startswith("EFI")]


def test_the_digest_is_that_of_names_and_bytes(tmp_path: Path) -> None:
    first = contents(image_67(), tmp_path)
    assert first.digest == contents(image_67(), tmp_path).digest
    assert len({first.digest, contents(image_40(), tmp_path, SYSLINUX_604).digest}) == 2
    changed = contents_of(with_overlay(image_67(), PlanOptions("y=1")), blobs(tmp_path))
    assert changed.digest != first.digest


def test_without_any_way_to_boot(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="boots by BIOS only, and that needs syslinux"):
        contents(image_40(), tmp_path)
    no_efi = replace(image_67(), loaders=image_67().loaders[:1])
    assert contents(no_efi, tmp_path, SYSLINUX_386).uefi is False
    with pytest.raises(UserError, match=r"has no mboot\.efi"):
        contents(no_efi, tmp_path)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        pytest.param(
            image_40("x" * 2000), "the APPEND line has 2[0-9]{3} characters, SYSLINUX takes 2047", id="long"
        ),
        pytest.param(
            image_40(names={"vmkboot.gz": Role.KERNEL, "two words.gz": Role.EXTRA}), "cannot stand in", id="blank"
        ),
    ],
)
def test_what_no_append_line_can_say(image: Image, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        contents(image, tmp_path, SYSLINUX_604)
