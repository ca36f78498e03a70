"""`hobnail write disk` through real firmware: SeaBIOS and OVMF boot the disk, and the kernel reports all hashes.

The stand-in takes the place of VMware's mboot.efi. With $HOBNAIL_LOADERS (test_vendor_loaders.py) VMware's own do it,
for BIOS with the program `syslinux` of 3.86 in the same folder.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from hobnail.app.demo.machines import Booted
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.standin import build_standin
from hobnail.image.model import Generation, Image, Module, Role
from hobnail.system.syslinux import installers
from tests.cli.command import hobnail
from tests.tools import need_tool
from tests.vm.conftest import StoreOf
from tests.vm.disks import assert_loaded, power_on_disk
from tests.vm.later import fill_later_store, need_uefi
from tests.vm.test_vendor_loaders import LOADERS, VARIABLE

pytestmark = pytest.mark.vm

VENDOR_UEFI = ("mboot.efi", "crypto64.efi", "mboot.c32")
Filled = Callable[[str], tuple[Path, Image]]


def write(store: Path, path: Path, *options: str | Path) -> Path:
    hobnail("write", "disk", path, *options, store=store)
    return path


@pytest.mark.parametrize("generation", [Generation.ESX35, Generation.ESXI40, Generation.ESXI41])
def test_seabios_boots_the_disk_of_an_old_release(generation: Generation, store_of: StoreOf, tmp_path: Path) -> None:
    """With Debian's syslinux and its mboot.c32, which unpacks."""
    need_tool("syslinux")
    store, image = store_of(generation)
    path = write(store, tmp_path / "disk.img")
    run = power_on_disk(path, "ide", "bios")
    assert_loaded(run, image, store, unpacked=True)
    assert isinstance(run.result, Booted)
    assert run.result.report.loader.startswith("SYSLINUX 6.")


def test_seabios_boots_it_from_usb(store_of: StoreOf, tmp_path: Path) -> None:
    need_tool("syslinux")
    store, image = store_of(Generation.ESXI40)
    path = write(store, tmp_path / "disk.qcow2", "--size", "4G")
    assert_loaded(power_on_disk(path, "usb", "bios", format="qcow2"), image, store, unpacked=True)


@pytest.fixture(scope="module")
def standin_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Image]:
    need_uefi()
    folder = tmp_path_factory.mktemp("standin")
    standin = build_standin(folder).read_bytes()
    crypto = b"what stands for the crypto module" * 9
    files = {"efi/boot/bootx64.efi": standin, "efi/boot/crypto64.efi": standin + crypto}
    return folder / "e8" / "store", fill_later_store(folder / "e8", "8.0", files)


@pytest.mark.parametrize(
    ("device", "options"),
    [
        pytest.param("virtio", (), id="virtio"),
        pytest.param("ahci", ("--size", "8G"), id="AHCI, 8 GiB"),
        pytest.param("usb", ("--size", "24M"), id="USB, FAT16"),
        pytest.param("virtio 4096", ("--sector", "4096"), id="sectors of 4096 bytes"),
    ],
)
def test_ovmf_boots_the_disk(
    device: str, options: tuple[str, ...], standin_store: tuple[Path, Image], tmp_path: Path
) -> None:
    store, image = standin_store
    run = power_on_disk(write(store, tmp_path / "disk.img", *options), device, "uefi")
    assert_loaded(run, image, store, unpacked=False)
    loaders = {module.name: module.sha256 for module in image.loaders}
    assert run.loaded["crypto64.efi"] == loaders["crypto64.efi"]
    assert run.loaded[image.kernel.name] == image.kernel.sha256
    assert [line for line in run.console if line.startswith("LOADED ") and line.endswith(" /EFI/BOOT/boot.cfg")]


def test_ovmf_boots_qcow2(standin_store: tuple[Path, Image], tmp_path: Path) -> None:
    store, image = standin_store
    path = write(store, tmp_path / "disk.qcow2")
    assert_loaded(power_on_disk(path, "virtio", "uefi", format="qcow2"), image, store, unpacked=False)


SETTINGS = """
[profiles.lab]
ntp.servers = ["10.0.0.1"]
[hosts.esx01]
mac = "52:54:00:4c:00:01"
profile = "lab"
network.management = { address = "10.0.0.21/24", gateway = "10.0.0.1" }
"""


def test_a_hosts_overlay_is_the_last_module(standin_store: tuple[Path, Image], tmp_path: Path) -> None:
    store, image = standin_store
    (tmp_path / "hobnail.toml").write_text(SETTINGS)
    hobnail("apply", "-f", tmp_path / "hobnail.toml", store=store)
    hobnail("overlay", "build", "esx01", "-o", tmp_path / "overlay", store=store)
    overlay = (tmp_path / "overlay").read_bytes()
    path = write(store, tmp_path / "disk.img", "--host", "esx01")
    assert path.stat().st_mode & 0o777 == 0o600
    module = Module("hobnail.tgz", Role.OVERLAY, len(overlay), hashlib.sha256(overlay).hexdigest(), "overlay")
    run = power_on_disk(path, "virtio", "uefi")
    assert_loaded(run, image, store, unpacked=False, extra=lambda: [(module, overlay)])


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Return a store with an image of a release, whose kernel is the probe and whose loaders are VMware's."""
    lacking = [name for name in VENDOR_UEFI if not (LOADERS / name).is_file()]
    if lacking:
        pytest.skip(f"{VARIABLE} must name a folder with VMware's {', '.join(lacking)}")
    need_uefi()
    folder = tmp_path_factory.mktemp("vendor")
    probe = build_probe(folder).read_bytes()
    places = {"efi/boot/bootx64.efi": "mboot.efi", "efi/boot/crypto64.efi": "crypto64.efi", "mboot.c32": "mboot.c32"}
    made: dict[str, tuple[Path, Image]] = {}

    def fill(release: str) -> tuple[Path, Image]:
        if release not in made:
            files = {path: (LOADERS / name).read_bytes() for path, name in places.items()}
            made[release] = folder / release / "store", fill_later_store(folder / release, release, files, probe)
        return made[release]

    return fill


@pytest.mark.parametrize(("release", "device"), [("6.7", "ahci"), ("8.0", "usb")])
def test_vmwares_mboot_efi_boots_the_disk(release: str, device: str, vendor: Filled, tmp_path: Path) -> None:
    store, image = vendor(release)
    path = write(store, tmp_path / "disk.img", "--timeout", "1")
    assert_loaded(power_on_disk(path, device, "uefi"), image, store, unpacked=True)


@pytest.mark.parametrize(("release", "device"), [("5.5", "ide"), ("8.0", "usb")])
def test_vmwares_mboot_c32_boots_the_disk(release: str, device: str, vendor: Filled, tmp_path: Path) -> None:
    if not any(one.release == "3.86" for one in installers(LOADERS)):
        pytest.skip(f"{VARIABLE} must name a folder with the program syslinux of 3.86 too")
    store, image = vendor(release)
    path = write(store, tmp_path / "disk.img", "--timeout", "1", "--loaders", LOADERS)
    assert_loaded(power_on_disk(path, device, "bios"), image, store, unpacked=True)
