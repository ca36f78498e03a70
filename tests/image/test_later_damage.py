"""Bad media of 5.0 and later: one MediumError, or a warning where a host still boots, that names the file."""

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.app.demo.later_bodies import uefi_program
from hobnail.errors import MediumError
from tests.image.later import config, found_in, small

OUTSIDE = "points outside of the medium"


def without(*paths: str) -> dict[str, bytes]:
    return {path: data for path, data in small().items() if path not in paths}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (without("b.b00"), "it names /b.b00, and the medium has no such file"),
        (without("s.v00"), "it names /s.v00, and the medium has no such file"),
        (small(extra={"s.v00": b""}), "/s.v00 is an empty file: a boot loader takes that for missing"),
        (small(extra={"b.b00": b""}), "/b.b00 is an empty file"),
        (small(config(kernel="/../b.b00")), rf"'/../b.b00' .* {OUTSIDE}"),
        (small(config(modules="/x/../../s.v00")), rf"'/x/../../s.v00' .* {OUTSIDE}"),
        (small(config(modules="\\..\\s.v00")), OUTSIDE),
        (small(config(modules="http://server/s.v00")), rf"'http://server/s.v00' .* {OUTSIDE}"),
        (small(config(prefix="tftp://1.2.3.4", modules="s.v00")), rf"\(prefix 'tftp://1.2.3.4'\) {OUTSIDE}"),
        (small(config() + b"\0"), "a boot.cfg with a NUL in it"),
    ],
)
def test_a_list_that_cannot_be_loaded(files: dict[str, bytes], words: str) -> None:
    with pytest.raises(MediumError, match=words) as caught:
        found_in(files)
    assert caught.value.where == "medium!boot.cfg"


def test_a_boot_cfg_of_megabytes() -> None:
    with pytest.raises(MediumError, match=r"a boot.cfg of 1048640 bytes"):
        found_in(small(b"#" * ((1 << 20) + 64)))


@pytest.mark.parametrize("key", ["kernel", "modules"])
def test_a_boot_cfg_without_kernel_or_modules_is_none(key: str) -> None:
    with pytest.raises(MediumError, match=r"b.b00, s.v00: this is ESXi 5.0 or later, without a boot.cfg that names"):
        found_in(small(config(**{key: ""})))


def test_two_files_of_one_name() -> None:
    files = small(config(modules="/k.b00 --- /s.v00 --- /oem/S.v00"), {"oem/s.v00": b"other"})
    found = found_in(files)
    assert [source.name for source in found.modules] == ["k.b00", "s.v00", "oem/s.v00"]
    assert found.warnings == (
        "boot.cfg names s.v00 2 times (oem/s.v00 and s.v00): what a kernel makes of that is not known",
    )


def test_one_file_twice() -> None:
    found = found_in(small(config(modules="/k.b00 --- /s.v00 --- s.v00")))
    assert [source.name for source in found.modules] == ["k.b00", "s.v00", "s.v00"]
    assert found.warnings == ("boot.cfg names s.v00 2 times (s.v00): what a kernel makes of that is not known",)


def test_loaders_that_lack() -> None:
    warnings = found_in(without("efi/boot/bootx64.efi", "mboot.c32")).warnings
    assert warnings == (
        "the medium has no mboot.efi (efi/boot/bootx64.efi): its image cannot be booted by UEFI",
        "the medium has no mboot.c32: its image cannot be booted by BIOS",
    )


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        (
            "efi/boot/bootx64.efi",
            uefi_program("", "aarch64"),
            "it is UEFI program for arm64, the image is for x86_64",
        ),
        ("efi/boot/bootx64.efi", b"MZ", "it is no program that is known"),
        ("efi/boot/bootx64.efi", b"", "it is no program that is known"),
        ("efi/boot/crypto64.efi", b"MZ" + b"\xff" * 100, "it is no program that is known"),
        ("mboot.c32", b"<html>", "it is no program that is known"),
    ],
)
def test_a_loader_that_is_not_what_its_name_says(path: str, data: bytes, words: str) -> None:
    found = found_in(small(extra={path: data}))
    assert f"{path} is not kept as a loader: {words}" in found.warnings[0]
    assert path not in [source.origin for source in found.loaders]


@pytest.mark.parametrize(("path", "size"), [("isolinux.bin", 0), ("isolinux.bin", (1 << 20) + 1), ("efiboot.img", 0)])
def test_what_cannot_start_a_cd_is_not_kept(path: str, size: int) -> None:
    found = found_in(small(extra={path: bytes(size)}))
    assert f"{path} is not kept as a loader: it has {size} bytes" in found.warnings[0]
    assert path not in [source.name for source in found.loaders]


def test_a_kernel_that_is_none_is_a_warning() -> None:
    found = found_in(small(extra={"b.b00": b"<html>"}))
    assert found.architecture == "x86_64"
    assert [words for words in found.warnings if "b.b00 is neither gzip nor ELF" in words]


FRAGMENTS = ["/", "..", "\\", "http://", "k.b00", "S.V00", " ", "---", "a=b", "\t", "#", "é", "=", "\r", "//"]


@given(st.data())
def test_any_boot_cfg_is_an_image_or_a_medium_error(data: st.DataObject) -> None:
    text = "".join(data.draw(st.lists(st.sampled_from(FRAGMENTS), max_size=12)))
    key = data.draw(st.sampled_from(["kernel", "modules", "prefix", "build", "kernelopt"]))
    with suppress(MediumError):
        found = found_in(small(config(**{key: text})))
        assert found.modules


@given(st.integers(0, 1 << 30))
def test_any_damage_in_any_file_is_an_image_or_a_medium_error(seed: int) -> None:
    rng = random.Random(seed)
    files = small(extra={"isolinux.cfg": b"MENU TITLE ESXi-7.0.3-18825058-standard", "upgrade/metadata.xml": b"<m/>"})
    for _ in range(rng.randrange(1, 6)):
        path = rng.choice(list(files))
        changed = bytearray(files[path])
        changed[rng.randrange(min(len(changed), 300))] = rng.randrange(256)
        files[path] = bytes(changed)
    with suppress(MediumError):
        assert found_in(files).warnings is not None
