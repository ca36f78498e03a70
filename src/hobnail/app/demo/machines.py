"""Virtual machines that boot from the network: QEMU with SeaBIOS and the PXE ROM of the card, never KVM."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hobnail.app.demo.report import ProbeReport, parse_report
from hobnail.errors import ProtocolError
from hobnail.system.processes import Process

MEMORY = 256
"""MiB."""
TAIL = 12
"""How many of the console's last lines a failure shows."""
DEAD_ENDS = (
    "No files found!",  # mboot.c32: a module is missing
    "Failed to load COM32 file",  # PXELINUX: a loader is missing, or of another release
    "Could not find kernel image",  # PXELINUX
    "Failed to load ldlinux.c32",  # PXELINUX
    "No DEFAULT or UI configuration directive found!",  # PXELINUX
    "Unable to locate configuration file",  # PXELINUX
    "No more network devices",  # iPXE
    "No bootable device",  # SeaBIOS
    "BdsDxe: failed to load",  # OVMF
    "Fatal error",  # VMware's mboot
)
"""What firmware and loaders say before they wait for ever."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|c)|[\x00-\x08\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Machine:
    """A virtual machine with one network card; number, MAC and UUID are the same at each run."""

    number: int  # 1 to 99
    chipset: Literal["pc", "q35"]
    card: Literal["e1000", "virtio-net-pci"]

    @property
    def mac(self) -> str:
        """Lower case, with colons; QEMU's own prefix."""
        return f"52:54:00:4c:00:{self.number:02x}"

    @property
    def uuid(self) -> str:
        """SMBIOS UUID. PXELINUX 6.04 asks for it, since its byte 6, counted from 0 on the wire, is 0x10 to 0xef."""
        return f"484f424e-4149-4a4c-8000-{self.number:012x}"

    @property
    def tap(self) -> str:
        """The interface that the card is plugged into."""
        return f"tap{self.number}"

    @property
    def title(self) -> str:
        """What is in it, in words."""
        return f"{self.chipset}, {self.card}, {MEMORY} MiB"

    def command(self) -> list[str]:
        """Return QEMU's command: the screen goes to the serial port too (`graphics=off`), that to standard output."""
        machine = ["-machine", f"{self.chipset},graphics=off", "-accel", "tcg", "-m", str(MEMORY), "-uuid", self.uuid]
        tap = f"tap,id=lan,ifname={self.tap},script=no,downscript=no"
        network = ["-netdev", tap, "-device", f"{self.card},netdev=lan,mac={self.mac},bootindex=1"]
        quiet = ["-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"]
        return ["qemu-system-x86_64", "-name", f"machine{self.number}", *machine, *network, *quiet]


def fleet(count: int) -> list[Machine]:
    """Return so many machines, of the two kinds in turn: an older one and a newer one."""
    return [
        Machine(number, "pc", "e1000") if number % 2 else Machine(number, "q35", "virtio-net-pci")
        for number in range(1, count + 1)
    ]


@dataclass(frozen=True, slots=True)
class Booted:
    """The machine reached the kernel, which told what it was handed and powered off."""

    report: ProbeReport
    seconds: float  # from power on


@dataclass(frozen=True, slots=True)
class NotBooted:
    """The machine did not reach the kernel."""

    reason: str
    console: tuple[str, ...]  # the last lines
    seconds: float


def boot(
    command: Sequence[str], seconds: float, on_line: Callable[[str], object] = lambda _: None
) -> Booted | NotBooted:
    """Run a machine until it reports, meets a dead end, or `seconds` are over; `on_line` is told its console's lines.

    The machine is always gone afterwards. SystemFailure when QEMU is missing.
    """
    began = time.monotonic()
    console: list[str] = []
    report, reason = None, None
    with Process(command) as qemu:
        for raw in qemu.lines(seconds):
            line = clean(raw)
            console.append(line)
            on_line(line)
            reason = next((f'the machine said "{end}"' for end in DEAD_ENDS if end in line), None)
            try:
                report = parse_report(console)
            except ProtocolError as error:
                reason = str(error)
            if report or reason:
                break
        else:
            reason = _silence(qemu.wait(0.1), seconds)
    passed = time.monotonic() - began
    return Booted(report, passed) if report else NotBooted(reason or "", _tail(console), passed)


def _silence(status: int | None, seconds: float) -> str:
    """Say why there is no report and no dead end either; `status` is QEMU's, None while it runs."""
    match status:
        case None:
            return f"no report after {seconds:.0f} s"
        case 0:
            return "the machine reset itself or powered off, without a report"
        case _:
            return f"QEMU ended with status {status}"


def clean(line: str) -> str:
    """Return a console's line without what only moves the cursor or colours."""
    return _ESCAPES.sub("", line)


def _tail(console: Sequence[str]) -> tuple[str, ...]:
    return tuple([line.rstrip() for line in console if line.strip()][-TAIL:])
