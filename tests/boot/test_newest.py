"""Which mboot.efi UEFI hosts get."""

from dataclasses import replace

from hobnail.boot.newest import newest_loaders
from hobnail.image.model import Image, Module, Role
from tests.images import image_40


def image(version: str, build: str, *loaders: str, architecture: str = "x86_64") -> Image:
    named = tuple(Module(name, Role.LOADER, 1, f"{version} {name}", version) for name in loaders)
    return replace(image_40(), version=version, build=build, architecture=architecture, loaders=named)


OLD = image("6.7.0", "10302608", "mboot.c32", "mboot.efi")
NEW = image("8.0.2", "22380479", "mboot.c32", "mboot.efi", "crypto64.efi")


def names(image: Image, *others: Image) -> list[str]:
    return [module.sha256 for module in newest_loaders(image, others)[0]]


def test_the_newest_serves_the_old_with_its_crypto_module() -> None:
    assert names(OLD, OLD, NEW) == ["6.7.0 mboot.c32", "8.0.2 mboot.efi", "8.0.2 crypto64.efi"]
    assert newest_loaders(OLD, [NEW])[1] is NEW


def test_the_newest_keeps_its_own() -> None:
    assert names(NEW, OLD, NEW) == ["8.0.2 mboot.c32", "8.0.2 mboot.efi", "8.0.2 crypto64.efi"]
    assert names(NEW) == names(NEW, NEW)


def test_versions_are_numbers_not_text() -> None:
    ten = image("10.0.0", "1", "mboot.efi")
    assert newest_loaders(NEW, [ten])[1] is ten
    patched = image("8.0.2", "9", "mboot.efi")
    assert newest_loaders(NEW, [patched])[1] == NEW, "build 9 is older than 22380479"


def test_never_across_architectures_nor_for_an_image_without_uefi() -> None:
    arm = image("9.0.0", "1", "mboot.efi", architecture="arm64")
    assert names(OLD, arm) == ["6.7.0 mboot.c32", "6.7.0 mboot.efi"]
    bios = image("5.0.0", "1", "mboot.c32")
    assert names(bios, NEW) == ["5.0.0 mboot.c32"]
