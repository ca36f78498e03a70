"""Which client is told of which file."""

from dataclasses import replace

import pytest

from hobnail.boot.boot_files import NO_IMAGE, BootFile, BootFiles, Refused, bios_only, files_of
from hobnail.errors import UserError
from hobnail.image.model import Image, Module, Role
from hobnail.wire.pxe import ARCHITECTURES, Ipxe, IpxeOption, PxeClient
from tests.images import image_40

EVERY = BootFiles(BootFile("pxelinux.0"), BootFile("mboot.efi"), BootFile("http://10.77.0.1/mboot.efi"))


def client(number: int) -> PxeClient:
    architecture = ARCHITECTURES.get(number)
    http = architecture is not None and architecture.http
    return PxeClient(number=number, architecture=architecture, http=http, ipxe=None, uuid=None)


@pytest.mark.parametrize(
    ("number", "name"), [(0, "pxelinux.0"), (7, "mboot.efi"), (9, "mboot.efi"), (16, "http://10.77.0.1/mboot.efi")]
)
def test_each_firmware_has_its_file(number: int, name: str) -> None:
    assert EVERY.for_client(client(number)) == BootFile(name)


@pytest.mark.parametrize("number", [6, 10, 15, 27, 99])
def test_other_processors_are_refused_by_name(number: int) -> None:
    refused = EVERY.for_client(client(number))
    assert isinstance(refused, Refused)
    assert refused.reason == f"{client(number).name} cannot run ESX(i), which needs BIOS, or UEFI on x86-64 or Arm64"


@pytest.mark.parametrize("number", [11, 19])
def test_an_image_for_another_processor_is_refused_by_name(number: int) -> None:
    refused = EVERY.for_client(client(number))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith(f"{client(number).name} cannot run an image for x86-64; serve it one for Arm64")
    assert isinstance(replace(EVERY, processor="Arm64").for_client(client(7)), Refused)
    assert isinstance(replace(EVERY, processor="Arm64").for_client(client(number)), BootFile)


def later(architecture: str = "x86_64", *loaders: str) -> Image:
    named = tuple(Module(name, Role.LOADER, 1, "0" * 64, name) for name in loaders)
    return replace(image_40(), architecture=architecture, boot_config="kernel=/b.b00\n", loaders=named)


def test_later_images_boot_by_every_firmware_that_their_medium_has_a_loader_for() -> None:
    image = later("x86_64", "mboot.c32", "mboot.efi")
    short = image.short_id
    files = files_of(image, base="http://10.77.0.1", first_loader="pxelinux.0", bios_lacks=None)
    assert files.for_client(client(0)) == BootFile("pxelinux.0")
    assert files.for_client(client(7)) == BootFile(f"{short}/mboot.efi")
    assert files.for_client(client(16)) == BootFile(f"http://10.77.0.1/{short}/mboot.efi")
    assert isinstance(files.for_client(client(11)), Refused)


def test_what_a_later_image_lacks_is_said() -> None:
    def reason(image: Image, number: int, bios_lacks: str | None = None) -> str:
        files = files_of(image, base="http://s", first_loader="pxelinux.0", bios_lacks=bios_lacks)
        refused = files.for_client(client(number))
        assert isinstance(refused, Refused)
        return refused.reason

    assert "has no mboot.c32: it boots by UEFI only" in reason(later("x86_64", "mboot.efi"), 0)
    assert "has no mboot.efi: it boots by BIOS only" in reason(later("x86_64", "mboot.c32"), 7)
    assert reason(later("x86_64", "mboot.efi", "mboot.c32"), 0, "needs PXELINUX 3.86") == "needs PXELINUX 3.86"
    assert "is for Arm64" in reason(later("arm64", "mboot.efi"), 0)
    assert "an image for Arm64" in reason(later("arm64", "mboot.efi"), 7)


def test_ipxe_gets_a_script_when_it_says_that_it_takes_http() -> None:
    image = later("x86_64", "mboot.efi")
    files = files_of(image, base="http://s:8080", first_loader="pxelinux.0", bios_lacks=None)
    able = replace(client(7), ipxe=Ipxe("1.0.0", frozenset({IpxeOption.HTTP})))
    assert files.for_client(able) == BootFile(f"http://s:8080/{image.short_id}/boot.ipxe")
    bios = replace(client(0), ipxe=Ipxe("1.0.0", frozenset({IpxeOption.HTTP})))
    both = files_of(later("x86_64", "mboot.c32"), base="http://s", first_loader="pxelinux.0", bios_lacks=None)
    assert both.for_client(bios) == BootFile(f"http://s/{later('x86_64', 'mboot.c32').short_id}/bios.ipxe")
    assert both.for_client(client(0)) == BootFile("pxelinux.0")
    lacking = files_of(later("x86_64", "mboot.c32"), base="http://s", first_loader="pxelinux.0", bios_lacks="3.86")
    assert lacking.for_client(bios) == Refused("3.86")
    unable = replace(client(7), ipxe=Ipxe("1.0.0", frozenset()))
    assert files.for_client(unable) == BootFile(f"{image.short_id}/mboot.efi")


def test_old_images_boot_by_bios_only() -> None:
    files = bios_only("pxelinux.0", "ESXi 4.1.0")
    assert files.for_client(client(0)) == BootFile("pxelinux.0")
    for number in (7, 16):
        assert files.for_client(client(number)) == Refused(
            "ESXi 4.1.0 boots by BIOS firmware only; set the machine to legacy (BIOS) boot"
        )


def test_without_an_image_the_reason_tells_how_to_get_one() -> None:
    for number in (0, 7, 16):
        refused = NO_IMAGE.for_client(client(number))
        assert isinstance(refused, Refused)
        assert "hobnail image import FILE" in refused.reason


@pytest.mark.parametrize("name", ["", "a b", "a\0", "ä", "a" * 128])
def test_names_that_no_client_takes(name: str) -> None:
    with pytest.raises(UserError, match="cannot be a boot file's name"):
        BootFile(name)
