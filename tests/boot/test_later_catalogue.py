"""The names that ESXi 5 and later are asked for: by mboot over TFTP and HTTP, PXELINUX and iPXE."""

import pytest

from hobnail.boot.catalogue import Catalogue
from hobnail.boot.content import BytesContent, FileContent, Missing
from hobnail.boot.plan import PlanOptions
from hobnail.boot.shelf import Named
from tests.boot.site import OneImage, catalogue_of
from tests.images import body, image_67

IMAGE = image_67()
F = IMAGE.short_id
MAC = "52:54:00:4c:00:01"
H = "01-52-54-00-4c-00-01"
PEER = "10.77.0.101"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    blobs = tmp_path_factory.mktemp("blobs")
    for module in IMAGE.files:
        (blobs / module.sha256).write_bytes(body(module.name))
    site = OneImage(IMAGE, PlanOptions(loader_options="-S 1"), lacking={"pxelinux.0": "hobnail loader add"})
    return catalogue_of(
        site, lambda sha256: blobs / sha256, lambda peer: MAC if peer == PEER else None, "http://10.77.0.1"
    )


def text(catalogue: Catalogue, name: str, peer: str = PEER) -> str:
    found = catalogue.find(name, peer)
    assert isinstance(found, BytesContent), found
    return found.data.decode()


@pytest.mark.parametrize(
    "name",
    [
        f"{F}/k.b00",
        f"/{F}/K.B00",
        f"{F}/{H}/k.b00",  # mboot: the folder of boot.cfg is the prefix
        f"{F}/{F}/{H}/k.b00",  # mboot.c32 -c F/H/boot.cfg: its own folder first
        f"{F}/{H.upper()}//k.b00",
        f"//{H}/k.b00",  # an mboot that takes -c from the root
    ],
)
def test_modules_are_found_wherever_a_loader_looks(catalogue: Catalogue, name: str) -> None:
    found = catalogue.find(name, PEER)
    assert isinstance(found, FileContent)
    assert found.path.read_bytes() == body("k.b00")
    assert catalogue.named(name) == Named("module", 2, 7)


def test_loaders_of_the_medium(catalogue: Catalogue) -> None:
    for name in ("mboot.efi", "mboot.c32", "safeboot.efi"):
        found = catalogue.find(f"{F}/{name}", PEER)
        assert isinstance(found, FileContent)
        assert found.path.read_bytes() == body(name)
        assert catalogue.named(f"{F}/{name}") == Named("loader")


def test_boot_cfg_is_the_host_s(catalogue: Catalogue) -> None:
    for name, peer in ((f"{F}/{H}/boot.cfg", "10.9.9.9"), (f"{F}/boot.cfg", PEER)):
        config = text(catalogue, name, peer)
        assert "kernelopt=BOOTIF=01-52-54-00-4c-00-01" in config.splitlines()
        assert catalogue.named(name) == Named("config")
    assert "BOOTIF" not in text(catalogue, f"{F}/boot.cfg", "10.9.9.9"), "a host that nobody knows"


def test_what_the_installer_alone_needs_is_not_handed_out(catalogue: Catalogue) -> None:
    found = catalogue.find(f"{F}/weaselin.t00", PEER)
    assert isinstance(found, Missing)
    assert not found.expected


@pytest.mark.parametrize("name", [f"{F}/crypto64.efi", f"{F}/efi/boot/crypto64.efi", "autoexec.ipxe"])
def test_names_that_are_asked_for_in_vain_on_a_healthy_boot(catalogue: Catalogue, name: str) -> None:
    found = catalogue.find(name, PEER)
    assert isinstance(found, Missing)
    assert found.expected


def test_pxelinux_starts_the_medium_s_mboot(catalogue: Catalogue) -> None:
    config = text(catalogue, f"pxelinux.cfg/{H}").splitlines()
    assert f"KERNEL {F}/mboot.c32" in config
    assert f"APPEND -S 1 -c {H}/boot.cfg" in config


def test_ipxe_asks_with_what_the_firmware_knows_and_gets_its_own_script(catalogue: Catalogue) -> None:
    first = text(catalogue, f"{F}/boot.ipxe")
    assert first.startswith("#!ipxe\n")
    for name in ("manufacturer", "product", "serial", "asset"):
        assert f"{name}=${{{name}:uristring}}" in first
    assert first.count("&uuid=${uuid}") == 2
    second = text(catalogue, f"{F}/{H}/boot.ipxe")
    assert second.startswith("#!ipxe\n")
    assert f"kernel http://10.77.0.1/{F}/mboot.efi -S 1 -c http://10.77.0.1/{F}/{H}/boot.cfg\n" in second
    assert catalogue.named(f"{F}/boot.ipxe") == Named("config")


def test_ipxe_under_bios_gets_pxelinux_and_fetches_all_by_http(catalogue: Catalogue) -> None:
    assert f"chain --replace http://10.77.0.1/{F}/01-${{netX/mac:hexhyp}}/bios.ipxe?" in text(
        catalogue, f"{F}/bios.ipxe"
    )
    script = text(catalogue, f"{F}/{H}/bios.ipxe").splitlines()
    assert script[-2:] == ["set 210:string http://10.77.0.1/", "chain http://10.77.0.1/pxelinux.0"]


@pytest.mark.parametrize(
    "name", [f"{F}/../etc/passwd", f"{F}/{H}/../../x", f"{F}/x/k.b00", f"{H}/x/k.b00", f"{F}/{H}"]
)
def test_nothing_else_can_be_reached(catalogue: Catalogue, name: str) -> None:
    assert isinstance(catalogue.find(name, PEER), Missing)
