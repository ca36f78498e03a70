"""`hobnail write iso`: the ISO as a CD, as a disk and as a USB stick, through SeaBIOS and OVMF.

BIOS is proven with the images up to 4.1, by Debian's ISOLINUX and syslinux's mboot.c32 to the probe kernel. UEFI is
proven with later ones by the stand-in for mboot.efi, which reads boot.cfg and every module from the file system that
it was started from. The vendor's own loaders run where HOBNAIL_LOADERS names a folder with them.
"""

import gzip
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from hobnail.app.demo.machines import Booted, NotBooted, boot
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.report import ReportedModule
from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import find_firmware
from hobnail.boot.content import Content, FileContent
from hobnail.boot.plan import plan_for
from hobnail.image.model import Generation, Image, Module
from hobnail.store import Store
from hobnail.write.contents import ContentFile
from hobnail.write.disk import write_image
from hobnail.write.iso import iso_layout
from hobnail.write.iso_bios import BiosFiles
from hobnail.write.iso_contents import Extras, disc_for, for_cd
from tests.tools import need_file
from tests.vm.conftest import StoreOf
from tests.vm.lan import BOOT_SECONDS
from tests.vm.later import fill_later_store, name_of, need_uefi

pytestmark = pytest.mark.vm

Medium = Literal["cd", "disk", "usb"]
MEDIA: dict[Medium, tuple[str, tuple[str, ...]]] = {
    "cd": ("media=cdrom,readonly=on", ("-device", "ide-cd,drive=iso")),
    "disk": ("snapshot=on", ("-device", "ide-hd,drive=iso")),
    "usb": ("snapshot=on", ("-device", "qemu-xhci", "-device", "usb-storage,drive=iso,removable=on")),
}
QEMU = ("qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-accel", "tcg")
VARIABLE = "HOBNAIL_LOADERS"
VENDOR = Path(os.environ.get(VARIABLE) or "/nonexistent")
NEEDED = ("mboot.efi", "mboot.c32", "isolinux.bin")
LACKING = [name for name in NEEDED if not (VENDOR / name).is_file()]


def start(iso: Path, medium: Medium, *, uefi: bool) -> Booted | NotBooted:
    """Run a machine without a network that has only this."""
    machine = ["-machine", "q35,graphics=off" if uefi else "pc,graphics=off", "-m", "512"]
    if uefi:
        code, variables = find_firmware()
        machine += ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}"]
        machine += ["-drive", f"if=pflash,format=raw,unit=1,snapshot=on,file={variables}"]
    options, device = MEDIA[medium]
    drive = f"if=none,id=iso,format=raw,file={iso},{options}"
    return boot([*QEMU, *machine, "-drive", drive, *device], BOOT_SECONDS)


def write(store: Path, target: Path, *options: str) -> Path:
    """Run the command."""
    command = [sys.executable, "-m", "hobnail", "--store", str(store), "write", "iso", str(target), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


def assert_has(result: Booted | NotBooted, image: Image, store: Path, *, unpacked: bool) -> None:
    """Assert that the machine has every module of a stateless image, and that no card is named."""
    assert isinstance(result, Booted), result
    plan = plan_for(image, None)
    expected = []
    with Store.open(store, now=time.time) as opened:
        for module in plan.modules:
            data = opened.blob_path(module.sha256).read_bytes()
            data = gzip.decompress(data) if unpacked else data
            expected.append(ReportedModule(module.name, len(data), hashlib.sha256(data).hexdigest()))
    assert [replace(module, text=name_of(module.text)) for module in result.report.modules] == expected
    kernel, *words = result.report.command_line.split()
    assert name_of(kernel) == image.kernel.name
    assert words == plan.kernel_options.split()


@pytest.mark.parametrize(
    ("generation", "medium"),
    [
        (Generation.ESX35, "cd"),
        (Generation.ESXI40, "cd"),
        (Generation.ESXI41, "cd"),
        (Generation.ESXI40, "disk"),
        (Generation.ESXI41, "usb"),
    ],
)
def test_bios_boots_it(generation: Generation, medium: Medium, store_of: StoreOf, tmp_path: Path) -> None:
    need_file("/usr/lib/ISOLINUX/isolinux.bin", "isolinux")
    store, image = store_of(generation)
    result = start(write(store, tmp_path / "boot.iso"), medium, uefi=False)
    assert_has(result, image, store, unpacked=True)
    assert isinstance(result, Booted)
    assert result.report.loader.startswith("ISOLINUX ")


Filled = Callable[[str], tuple[Path, Image]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Return a store with an image of a release, whose mboot.efi is the stand-in."""
    need_uefi()
    folder = tmp_path_factory.mktemp("later")
    standin = build_standin(folder).read_bytes()
    made: dict[str, tuple[Path, Image]] = {}

    def fill(release: str) -> tuple[Path, Image]:
        if release not in made:
            image = fill_later_store(folder / release, release, {"efi/boot/bootx64.efi": standin})
            made[release] = folder / release / "store", image
        return made[release]

    return fill


@pytest.mark.parametrize(("release", "medium"), [("8.0", "cd"), ("9.1", "usb")])
def test_uefi_boots_it(release: str, medium: Medium, filled: Filled, tmp_path: Path) -> None:
    store, image = filled(release)
    result = start(write(store, tmp_path / "boot.iso"), medium, uefi=True)
    assert_has(result, image, store, unpacked=False)


@pytest.mark.parametrize("medium", ["cd", "disk"])
def test_uefi_reads_beyond_what_the_catalogue_can_say(medium: Medium, filled: Filled, tmp_path: Path) -> None:
    """The modules lie behind 300 MB of others: the catalogue's sector count ends at 32 MB, or at 128."""
    store, image = filled("5.0")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(300 << 20)

    with Store.open(store, now=time.time) as opened:

        def content(module: Module) -> Content:
            return FileContent(opened.blob_path(module.sha256), module.size)

        disc = disc_for(for_cd(plan_for(image, None)), content, Extras(BiosFiles({}, "of no meaning here")))
        first = ContentFile("large", large.stat().st_size, "", large)
        layout = iso_layout(replace(disc, files=(first, *disc.files)))
        write_image(layout, tmp_path / "boot.iso", format="raw")
    large.unlink()
    assert_has(start(tmp_path / "boot.iso", medium, uefi=True), image, store, unpacked=False)


@pytest.mark.skipif(bool(LACKING), reason=f"{VARIABLE} must name a folder with the ISO's {', '.join(LACKING)}")
@pytest.mark.parametrize("medium", ["cd", "disk", "usb"])
@pytest.mark.parametrize("uefi", [True, False], ids=["UEFI", "BIOS"])
@pytest.mark.parametrize("release", ["6.7", "8.0"])
def test_the_vendor_s_loaders_boot_it(release: str, uefi: bool, medium: Medium, tmp_path: Path) -> None:
    """mboot.efi; ISOLINUX 3.86 with mboot.c32 as they are on the ISO. The probe has an ESXBootInfo header."""
    need_uefi()
    files = {
        "efi/boot/bootx64.efi": (VENDOR / "mboot.efi").read_bytes(),
        "mboot.c32": (VENDOR / "mboot.c32").read_bytes(),
        "isolinux.bin": (VENDOR / "isolinux.bin").read_bytes(),
    }
    image = fill_later_store(tmp_path / "made", release, files, build_probe(tmp_path).read_bytes())
    store = tmp_path / "made" / "store"
    result = start(write(store, tmp_path / "boot.iso", "--timeout", "1"), medium, uefi=uefi)
    assert_has(result, image, store, unpacked=True)
    assert isinstance(result, Booted)
    assert result.report.loader == "ESXBootInfo"
