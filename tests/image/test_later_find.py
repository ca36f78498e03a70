"""Media of ESXi 5.0 to 9.1 give the vendor's modules in the vendor's order, whatever their names look like."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from hobnail.app.demo.later_bodies import uefi_program
from hobnail.app.demo.later_medium import BootEntries, LaterSpec, later_files, make_later_medium, spec_for
from hobnail.app.demo.later_releases import RELEASES
from hobnail.app.demo.packing import Names
from hobnail.image.find import find_image
from hobnail.image.found import Found
from hobnail.image.model import Generation, Role
from hobnail.media.open import open_medium
from tests.image.later import config, files_of, found_in, small
from tests.media.builders import unpack_to
from tests.tools import need_tool

LOADERS = {
    "mboot.efi": "efi/boot/bootx64.efi",
    "safeboot.efi": "efi/boot/safeboot.efi",
    "mboot.c32": "mboot.c32",
    "safeboot.c32": "safeboot.c32",
    "isolinux.bin": "isolinux.bin",
}
CRYPTO = {"crypto64.efi": "efi/boot/crypto64.efi"}
EFI_IMAGE = "efiboot.img"


def check(found: Found, spec: LaterSpec) -> None:
    """It is the medium of the spec, byte for byte and in order."""
    put_in = later_files(spec)
    assert (found.version, found.build) == (spec.version, spec.build)
    assert found.generation is Generation(spec.version[0])
    assert (found.product, found.kernel.name, found.kernel_options) == (
        "VMware ESXi",
        spec.kernel,
        spec.kernel_options,
    )
    assert [source.name for source in found.modules] == list(spec.modules)
    for source in (found.kernel, *found.modules):
        assert source.reader().read_at(0, source.size + 1) == put_in[source.name]
    wanted = LOADERS | (CRYPTO if spec.minor >= (7, 0) else {})
    assert {source.name: source.origin.lower() for source in found.loaders if source.name != EFI_IMAGE} == wanted
    assert {source.role for source in found.loaders} == {Role.LOADER}
    for source in found.loaders:
        if source.name == EFI_IMAGE:  # of an ISO, made by mkfs.fat and not among these files
            assert source.reader().read_at(510, 2) == b"\x55\xaa"
            continue
        assert source.reader().read_at(0, source.size + 1) == put_in[wanted[source.name]]
    assert found.boot_config.encode("latin-1") == put_in["boot.cfg"]
    assert found.warnings == ()


@pytest.mark.parametrize("release", RELEASES)
def test_each_release(release: str) -> None:
    check(found_in(files_of(release)), spec_for(release))


@pytest.mark.parametrize(("release", "names"), list(zip(("5.0", "7.0", "9.1", "8.0"), get_args(Names), strict=False)))
def test_isos(release: str, names: Names, tmp_path: Path) -> None:
    need_tool("xorriso", "mkfs.fat", "mcopy")
    spec = replace(spec_for(release), names=names, line_end="\r\n")
    make_later_medium(spec, tmp_path / "medium", tmp_path)
    with open_medium(tmp_path / "medium") as medium:
        found = find_image(medium, medium.firmware)
        check(found, spec)
        offsets = [source.disk_offset for source in found.sources]
        assert sorted(set(offsets)) == sorted(offsets)


def test_an_unpacked_folder(tmp_path: Path) -> None:
    with open_medium(unpack_to(tmp_path, files_of("6.7"))) as medium:
        assert medium.firmware is None
        check(find_image(medium, medium.firmware), spec_for("6.7"))


def test_upper_case_files_and_lower_case_names() -> None:
    files = {path.upper(): data for path, data in files_of("6.0").items()}
    check(found_in(files), spec_for("6.0"))


def test_roles() -> None:
    roles = {source.name: source.role for source in found_in(files_of("6.5")).sources}
    assert roles["tboot.b00"] is Role.KERNEL
    assert roles["k.b00"] is Role.VMKERNEL
    assert roles["weaselin.t00"] is Role.INSTALLER
    assert roles["tools.t00"] is Role.TOOLS
    assert roles["imgdb.tgz"] is roles["imgpayld.tgz"] is Role.DATABASE
    assert {roles[name] for name in ("b.b00", "s.v00", "sb.v00", "uc_amd.b00", "useropts.gz")} == {Role.SYSTEM}
    assert {roles[name] for name in ("ata_pata.v07", "esx_ui.v00", "xorg.v00")} == {Role.EXTRA}


@pytest.mark.parametrize("release", ["5.0", "6.0", "7.0"])
def test_the_installer_s_module_is_told_whatever_its_suffix(release: str) -> None:
    found = found_in(files_of(release))
    (installer,) = [source.name for source in found.modules if source.role is Role.INSTALLER]
    assert installer.startswith("weaselin.")


def test_options_of_modules_are_kept() -> None:
    found = found_in(small(config(modules="/k.b00 a=b c --- /s.v00---/tools.t00 x")))
    assert [(source.name, source.options) for source in found.modules] == [
        ("k.b00", "a=b c"),
        ("s.v00", ""),
        ("tools.t00", "x"),
    ]


def test_a_prefix_is_a_folder_of_the_medium() -> None:
    files = small(config(prefix="esx\\7", kernel="b.b00", modules="k.b00 --- /s.v00 --- ./tools.t00"))
    for name in ("b.b00", "k.b00", "tools.t00"):
        files[f"ESX/7/{name.upper()}"] = files.pop(name)
    found = found_in(files)
    assert [source.origin for source in found.sources[:4]] == [
        "ESX/7/B.B00",
        "ESX/7/K.B00",
        "s.v00",
        "ESX/7/TOOLS.T00",
    ]
    assert [source.name for source in found.modules] == ["k.b00", "s.v00", "tools.t00"]


@pytest.mark.parametrize("slash", ["/", ""])
def test_uefi_s_boot_cfg_alone(slash: str) -> None:
    files = small(config(kernel="/b.b00", modules=f"{slash}k.b00 --- {slash}s.v00"))
    files["efi/boot/boot.cfg"] = files.pop("boot.cfg")
    assert [source.origin for source in found_in(files).modules] == ["k.b00", "s.v00"]


def test_two_boot_cfgs_that_differ_only_in_slashes_and_options_of_the_kernel() -> None:
    other = config(kernel="b.b00", modules="K.b00 --- s.v00 --- //tools.t00", kernelopt="ks=cdrom")
    assert found_in(small(extra={"efi/boot/boot.cfg": other})).warnings == ()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (config(modules="/k.b00 --- /x.v00"), "module 2 is s.v00 in the one and x.v00 in the other"),
        (config(modules="/k.b00 --- /s.v00"), "module 3 is tools.t00 in the one and nothing in the other"),
        (
            config(modules="/k.b00 --- /s.v00 a --- /tools.t00"),
            "module 2 is s.v00 in the one and s.v00 a in the other",
        ),
        (config(kernel="/tboot.b00"), "the kernel is b.b00 in the one and tboot.b00 in the other"),
    ],
)
def test_two_boot_cfgs_that_differ(other: bytes, words: str) -> None:
    found = found_in(small(extra={"efi/boot/boot.cfg": other}))
    assert found.warnings == (f"boot.cfg and efi/boot/boot.cfg differ: {words}; boot.cfg is used for both",)
    assert [source.name for source in found.modules] == ["k.b00", "s.v00", "tools.t00"]


def test_arm_is_an_architecture_of_its_own() -> None:
    spec = replace(
        spec_for("8.0"), architecture="aarch64", extra={"efi/boot/cryptoaa64.efi": uefi_program("", "aarch64")}
    )
    found = found_in(spec)
    assert found.architecture == "arm64"
    names = {source.name: source.origin for source in found.loaders}
    assert names["mboot.efi"] == "efi/boot/bootaa64.efi"
    assert {"cryptoaa64.efi", "crypto64.efi", "safeboot.efi"} <= set(names)
    assert not [name for name in names if name.endswith(".c32")]
    assert found.warnings == ()


def test_the_kernel_decides_between_loaders_of_two_architectures() -> None:
    spec = replace(spec_for("8.0"), extra={"efi/boot/bootaa64.efi": uefi_program("", "aarch64")})
    found = found_in(spec)
    assert found.architecture == "x86_64"
    assert [s.origin for s in found.loaders if s.name == "mboot.efi"] == ["efi/boot/bootx64.efi"]


@pytest.mark.parametrize("entries", get_args(BootEntries))
def test_a_medium_that_lacks_a_boot_entry(entries: BootEntries, tmp_path: Path) -> None:
    need_tool("xorriso", "mkfs.fat", "mcopy")
    make_later_medium(replace(spec_for("6.0"), entries=entries), tmp_path / "medium.iso", tmp_path)
    with open_medium(tmp_path / "medium.iso") as medium:
        warnings = find_image(medium, medium.firmware).warnings
    lacking = {"both": [], "bios": ["UEFI"], "uefi": ["BIOS"]}[entries]
    assert warnings == tuple(
        f"the ISO has no boot entry (El Torito) for {name}: burnt or attached, it does not boot so"
        for name in lacking
    )
