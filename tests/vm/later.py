"""Stores with an image of ESXi 5 or later, and what a UEFI machine must say that it was served from one."""

import gzip
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from hobnail.app.demo.machines import Booted, Machine, NotBooted, boot
from hobnail.app.demo.report import ReportedModule
from hobnail.app.demo.standin import parse_loaded
from hobnail.app.demo.uefi_machines import FIRMWARE
from hobnail.app.import_image import import_medium
from hobnail.boot.plan import bootif, plan_for
from hobnail.image.model import Image
from hobnail.store import Store
from tests.namespaces import Namespace
from tests.tools import need_file, need_tool
from tests.vm.lan import BOOT_SECONDS


def need_uefi() -> None:
    """Skip what cannot be run without UEFI firmware, and the tools that make the stand-in and media."""
    need_tool("gcc", "objcopy", "xorriso", "mkfs.fat", "mcopy")
    need_file("/usr/lib/crt0-efi-x86_64.o", "gnu-efi")
    need_file(str(next((code for code, _ in FIRMWARE if code.is_file()), FIRMWARE[0][0])), "ovmf")


def fill_later_store(folder: Path, release: str, files: dict[str, bytes], kernel: bytes | None = None) -> Image:
    """Make a store with an image imported from a CD of the release.

    `files` are put on the CD by path; `kernel`, an ELF file, stands for the release's own.
    """
    folder.mkdir()
    spec = replace(spec_for(release), extra=files, names="plain")
    if kernel is not None:
        spec = replace(spec, bodies={spec.kernel: gzip.compress(kernel, mtime=0)})
    make_later_medium(spec, folder / "installer.iso", folder)
    with Store.open(folder / "store", now=time.time) as store:
        image = import_medium(folder / "installer.iso", store, lambda _: None).stored.image
        store.set_default(image.id)
    return image


@dataclass(frozen=True, slots=True)
class Run:
    """How a machine's boot went, with all lines of its console."""

    result: Booted | NotBooted
    console: Sequence[str]

    @property
    def loaded(self) -> dict[str, str]:
        """SHA-256 of the whole files that are no modules, by their last name (of the stand-in)."""
        return {found.text.rpartition("/")[2]: found.sha256 for found in parse_loaded(self.console)}


def power_on(machine: Machine, host: Namespace, *more: str) -> Run:
    """Run a machine on this test machine's taps until it told what it was handed; `more` is for QEMU."""
    console: list[str] = []
    return Run(boot(host.command(*machine.command(), *more), BOOT_SECONDS, console.append), console)


def assert_has(run: Run, machine: Machine, image: Image, store_folder: Path, *, unpacked: bool) -> None:
    """Assert that the machine has what its plan says: every module in order, and the kernel's command line.

    The stand-in hashes files as they come; mboot unpacks them before the probe does.
    """
    assert isinstance(run.result, Booted), (run.result, run.console)
    plan = plan_for(image, machine.mac)
    with Store.open(store_folder, now=time.time) as store:
        expected = []
        for module in plan.modules:
            data = store.blob_path(module.sha256).read_bytes()
            data = gzip.decompress(data) if unpacked else data
            expected.append(ReportedModule(module.name, len(data), hashlib.sha256(data).hexdigest()))
    assert [replace(module, text=name_of(module.text)) for module in run.result.report.modules] == expected
    kernel, *words = run.result.report.command_line.split()
    assert name_of(kernel) == image.kernel.name
    assert words == [*plan.kernel_options.split(), f"BOOTIF={bootif(machine.mac)}"]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]
