"""What the demo needs of this machine, checked before anything is done, all at once."""

import shutil
from os import environ
from pathlib import Path

from hobnail.app.demo.network import check_namespace, check_tun
from hobnail.app.demo.probe import compiler
from hobnail.app.demo.standin import gnu_efi
from hobnail.app.demo.uefi_machines import PACKAGE, find_firmware
from hobnail.boot.loaders import PACKAGES, choose
from hobnail.errors import SystemFailure
from hobnail.system.commands import DEBIAN_PACKAGES, SYSTEM_FOLDERS, run
from hobnail.system.loaders import installed, searched

QEMU = "qemu-system-x86_64"
PROGRAMS = ("busybox", "bzip2", "ip", "mcopy", "mkfs.fat", "objcopy", "tar", "unshare", "xorriso", QEMU)
FIRMWARE = {
    "bios-256k.bin": "seabios",
    "efi-e1000.rom": "ipxe-qemu",  # holds the ROM for BIOS too
    "efi-virtio.rom": "ipxe-qemu",
}
"""Firmware of the virtual machines -> Debian package; QEMU itself only suggests some of these."""
CROSS_COMPILER = "gcc-i686-linux-gnu"
"""Debian package of the compiler for i386 on machines of another kind."""


def check() -> None:
    """SystemFailure that names all that is missing or not allowed, with the line that installs or allows it."""
    failures = []
    for part in (check_installed, check_tun, check_namespace):
        try:
            part()
        except SystemFailure as failure:
            failures.append(failure)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        listed = "".join(f"\n  {failure}" for failure in failures)
        raise SystemFailure(f"the demo cannot run here, for {len(failures)} reasons:{listed}")


def check_installed() -> None:
    """SystemFailure that names all that is not installed, and the one line that installs it."""
    missing = lacking()
    if missing:
        names = ", ".join(f"{name} (package {package})" for name, package in missing.items())
        packages = " ".join(dict.fromkeys(missing.values()))
        raise SystemFailure(f"not installed: {names}", next_step=f"run: sudo apt-get install -y {packages}")


def lacking() -> dict[str, str]:
    """Return what is not installed, each with the package of Debian and Ubuntu that has it."""
    path = f"{environ.get('PATH', '/usr/bin:/bin')}:{SYSTEM_FOLDERS}"
    found = {name: DEBIAN_PACKAGES.get(name, name) for name in PROGRAMS if not shutil.which(name, path=path)}
    if not shutil.which(compiler(), path=path):
        found[compiler()] = DEBIAN_PACKAGES.get(compiler(), CROSS_COMPILER)
    if QEMU not in found:
        folders = [Path(line) for line in run([QEMU, "-L", "help"]).stdout.decode().splitlines()]
        found |= {name: kit for name, kit in FIRMWARE.items() if not any((f / name).is_file() for f in folders)}
    for part, package in ((gnu_efi, "gnu-efi"), (find_firmware, PACKAGE)):
        try:
            part()
        except SystemFailure:
            found[package] = package
    loaders = choose(installed(), searched(), own_mboot=False)
    return found | {name: PACKAGES[name] for name in loaders.lacking}
