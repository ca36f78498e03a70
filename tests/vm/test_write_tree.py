"""`hobnail write tree` served by other people's programs: dnsmasq by TFTP, Python's web server by HTTP."""

import sys
from pathlib import Path

import pytest

from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import UefiMachine, uefi_machine
from hobnail.image.model import Image
from tests.cli.command import hobnail
from tests.namespaces import Namespace
from tests.vm.later import assert_has, fill_later_store, need_uefi, power_on

pytestmark = pytest.mark.vm

URL = "http://10.77.0.1:8000"
DNSMASQ = ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces", "--user=root")
PXE, IPXE = uefi_machine(1, "pxe"), uefi_machine(1, "ipxe")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Image, Path]:
    """Return a store, its image, and the tree made from it."""
    need_uefi()
    folder = tmp_path_factory.mktemp("tree")
    files = {"efi/boot/bootx64.efi": build_standin(folder).read_bytes()}
    image = fill_later_store(folder / "8", "8.0", files)
    hobnail("write", "tree", folder / "root", "--url", URL, store=folder / "8" / "store")
    return folder / "8" / "store", image, folder / "root"


@pytest.mark.parametrize(
    ("machine", "boot_file"),
    [
        pytest.param(PXE, "{id}/mboot.efi", id="TFTP"),
        pytest.param(IPXE, URL + "/{id}/boot.ipxe", id="iPXE by HTTP"),
    ],
)
def test_uefi_boots_from_the_tree(
    machine: UefiMachine, boot_file: str, served: tuple[Path, Image, Path], host: Namespace, tmp_path: Path
) -> None:
    store, image, root = served
    pool = ("--interface=br0", "--dhcp-range=10.77.0.100,10.77.0.150", f"--dhcp-leasefile={tmp_path / 'leases'}")
    boot = (f"--dhcp-boot={boot_file.format(id=image.short_id)}", "--enable-tftp", f"--tftp-root={root}")
    host.start(*DNSMASQ, *pool, "--no-ping", "--log-facility=-", *boot, log=tmp_path / "dnsmasq.log")
    web = (sys.executable, "-m", "http.server", "8000", "--directory", str(root), "--bind", "10.77.0.1")
    host.start(*web, log=tmp_path / "http.log")
    assert_has(power_on(machine, host), machine, image, store, unpacked=False)
