"""An Arm64 machine with UEFI firmware (AAVMF, EDK2's ArmVirtQemu), and the stand-in for mboot.efi built for it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.demo import probe, standin
from hobnail.app.demo.uefi_machines import SWITCHES, UefiMachine
from tests.tools import need_file, need_tool

CODE, VARIABLES = Path("/usr/share/AAVMF/AAVMF_CODE.fd"), Path("/usr/share/AAVMF/AAVMF_VARS.fd")
OURS = Path(__file__).parent
TARGET = ("--target=aarch64-unknown-windows", "-ffreestanding", "-O2", "-Wall", "-Wno-return-type")
HEADERS = (OURS, standin.SOURCES, probe.SOURCES)
"""Ours first: port.h of a PC's serial port is among the probe's."""


def need_arm() -> None:
    """Skip what cannot be run without a compiler for Arm64, the machine and its firmware."""
    need_tool("qemu-system-aarch64", "clang", "lld-link")
    need_file("/usr/include/efi/efi.h", "gnu-efi")
    need_file(str(CODE), "qemu-efi-aarch64")


def build_arm_standin(folder: Path) -> bytes:
    """Return the stand-in as a UEFI application for Arm64."""
    include = [*(f"-I{header}" for header in HEADERS), "-isystem", "/usr/include/efi"]
    objects = []
    for source in standin.FILES:
        path = standin.SOURCES / source
        copy = folder / path.name  # elsewhere, so that "port.h" is not looked for beside it
        shutil.copy(path, copy)
        objects.append(copy.with_suffix(".o"))
        words = ["clang", *TARGET, *include, "-c", "-o", str(objects[-1]), str(copy)]
        subprocess.run(words, check=True)
    target = folder / "standin.efi"
    link = ["lld-link", "/subsystem:efi_application", "/entry:efi_main", "/nodefaultlib", f"/out:{target}"]
    subprocess.run([*link, *map(str, objects)], check=True)
    return target.read_bytes()


@dataclass(frozen=True, slots=True)
class ArmMachine(UefiMachine):
    """QEMU's "virt" machine."""

    def command(self) -> list[str]:
        """Return QEMU's command; the firmware's variables are lost when the machine is switched off."""
        told = [f"name=opt/org.tianocore/{switch},string=n" for switch in SWITCHES[self.transport]]
        tap = f"tap,id=lan,ifname={self.tap},script=no,downscript=no"
        card = f"virtio-net-pci,netdev=lan,mac={self.mac},bootindex=1,romfile="
        return [
            *("qemu-system-aarch64", "-name", f"machine{self.number}", "-machine", "virt", "-cpu", "cortex-a57"),
            *("-accel", "tcg", "-m", "512", "-uuid", self.uuid),
            *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}"),
            *("-drive", f"if=pflash,format=raw,unit=1,snapshot=on,file={VARIABLES}"),
            *("-netdev", tap, "-device", card, *(word for one in told for word in ("-fw_cfg", one))),
            *("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
        ]
