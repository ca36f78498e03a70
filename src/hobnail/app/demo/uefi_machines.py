"""Virtual machines with UEFI firmware (OVMF) that boot from the network: by PXE, by HTTP Boot, or through iPXE.

OVMF tries every way of its card in turn, and waits a minute for a DHCPv6 server. So it is told through QEMU's fw_cfg
which ways to leave out (OVMF 2022.02 and later). Its own network stack is used unless iPXE is asked for: without
`romfile=` the card would bring iPXE with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hobnail.app.demo.machines import MEMORY, Machine
from hobnail.errors import SystemFailure

Transport = Literal["pxe", "http", "ipxe"]
FIRMWARE = (
    (Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path("/usr/share/OVMF/OVMF_VARS_4M.fd")),  # Debian, Ubuntu
    (Path("/usr/share/OVMF/OVMF_CODE.fd"), Path("/usr/share/OVMF/OVMF_VARS.fd")),  # the same, before 2022
    (Path("/usr/share/edk2/ovmf/OVMF_CODE.fd"), Path("/usr/share/edk2/ovmf/OVMF_VARS.fd")),  # Fedora
    (Path("/usr/share/edk2/x64/OVMF_CODE.4m.fd"), Path("/usr/share/edk2/x64/OVMF_VARS.4m.fd")),  # Arch
)
"""Code and variables of OVMF without Secure Boot."""
PACKAGE = "ovmf"

SWITCHES: Mapping[Transport, tuple[str, ...]] = {
    "pxe": ("IPv6PXESupport",),
    "http": ("IPv4PXESupport", "IPv6PXESupport"),
    "ipxe": ("IPv6PXESupport",),
}
"""What OVMF is told to leave out; HTTP Boot comes last of all ways, so that it needs no switch."""


def find_firmware() -> tuple[Path, Path]:
    """Return OVMF's code and an empty store of variables. SystemFailure that names the package when there is none."""
    for code, variables in FIRMWARE:
        if code.is_file() and variables.is_file():
            return code, variables
    raise SystemFailure("there is no UEFI firmware for virtual machines", next_step=f"apt-get install {PACKAGE}")


@dataclass(frozen=True, slots=True)
class UefiMachine(Machine):
    """A machine with OVMF; make it with `uefi_machine`."""

    transport: Transport

    @property
    def title(self) -> str:
        """What is in it, in words."""
        return f"{self.chipset}, {self.card}, {MEMORY} MiB, UEFI, {self.transport}"

    def command(self) -> list[str]:
        """Return QEMU's command; the firmware's variables are lost when the machine is switched off.

        SystemFailure when there is no firmware.
        """
        code, variables = find_firmware()
        flash = ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}"]
        flash += ["-drive", f"if=pflash,format=raw,unit=1,snapshot=on,file={variables}"]
        told = [f"name=opt/org.tianocore/{switch},string=n" for switch in SWITCHES[self.transport]]
        settings = [word for setting in told for word in ("-fw_cfg", setting)]
        rom = [] if self.transport == "ipxe" else ["-global", f"{self.card}.romfile="]
        return [*Machine.command(self), *flash, *settings, *rom]


def uefi_machine(number: int, transport: Transport) -> UefiMachine:
    """Return a machine of today's kind; `number`, from 1 to 99, makes its MAC, UUID and tap."""
    return UefiMachine(number, "q35", "virtio-net-pci", transport)
