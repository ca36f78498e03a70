"""Virtual machines that boot from a disk, by BIOS or UEFI, without any network; and what they must report."""

import gzip
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from hobnail.app.demo.machines import Booted, boot
from hobnail.app.demo.report import ReportedModule
from hobnail.app.demo.uefi_machines import find_firmware
from hobnail.boot.plan import plan_for
from hobnail.image.model import Image, Module
from hobnail.store import Store
from tests.vm.later import Run, name_of

Firmware = Literal["bios", "uefi"]
SECONDS = 60.0

DEVICES = {
    "ide": ("ide-hd,drive=disk,bootindex=1",),
    "ahci": ("ahci,id=sata", "ide-hd,bus=sata.0,drive=disk,bootindex=1"),
    "virtio": ("virtio-blk-pci,drive=disk,bootindex=1",),
    "virtio 4096": ("virtio-blk-pci,drive=disk,bootindex=1,logical_block_size=4096,physical_block_size=4096",),
    "usb": ("qemu-xhci", "usb-storage,drive=disk,bootindex=1"),
}
"""How a disk is attached: QEMU's devices."""


def power_on_disk(path: Path, device: str, firmware: Firmware, *, format: str = "raw") -> Run:  # noqa: A002
    """Run a machine whose only disk is the file, until it told what it was handed. Nothing is written to the file."""
    chipset = "q35" if firmware == "uefi" else "pc"
    command = ["qemu-system-x86_64", "-machine", f"{chipset},graphics=off", "-accel", "tcg", "-m", "256"]
    command += ["-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-nic", "none"]
    if firmware == "uefi":
        code, variables = find_firmware()
        command += ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}"]
        command += ["-drive", f"if=pflash,format=raw,unit=1,snapshot=on,file={variables}"]
    command += ["-drive", f"file={path},format={format},if=none,id=disk,snapshot=on"]
    command += [word for one in DEVICES[device] for word in ("-device", one)]
    console: list[str] = []
    return Run(boot(command, SECONDS, console.append), console)


def assert_loaded(
    run: Run,
    image: Image,
    store_folder: Path,
    *,
    unpacked: bool,
    extra: Callable[[], list[tuple[Module, bytes]]] = list,
) -> None:
    """Assert that the machine has what the plan says: every module in order, whole, and the kernel's command line.

    The stand-in hashes files as they come; mboot and syslinux unpack them before the probe does. `extra` are modules
    that are not the image's, after all of them.
    """
    assert isinstance(run.result, Booted), (run.result, run.console)
    plan = plan_for(image, None)
    with Store.open(store_folder, now=time.time) as store:
        bodies = [(one, store.blob_path(one.sha256).read_bytes()) for one in plan.modules] + extra()
    expected = []
    for module, data in bodies:
        data = gzip.decompress(data) if unpacked else data
        expected.append(ReportedModule(module.name, len(data), hashlib.sha256(data).hexdigest()))
    assert [replace(module, text=name_of(module.text)) for module in run.result.report.modules] == expected
    kernel, *words = run.result.report.command_line.split()
    assert name_of(kernel) == image.kernel.name
    assert words == plan.kernel_options.split(), "and no BOOTIF: there is no card"
