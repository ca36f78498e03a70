"""Which client is told of which file."""

import pytest

from hobnail.boot.boot_files import NO_IMAGE, BootFile, BootFiles, Refused, bios_only
from hobnail.errors import UserError
from hobnail.wire.pxe import ARCHITECTURES, PxeClient

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


@pytest.mark.parametrize("number", [6, 10, 11, 15, 19, 27, 99])
def test_other_processors_are_refused_by_name(number: int) -> None:
    refused = EVERY.for_client(client(number))
    assert isinstance(refused, Refused)
    assert refused.reason == f"{client(number).name} cannot run ESX(i), which needs BIOS or UEFI on x86-64"


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
