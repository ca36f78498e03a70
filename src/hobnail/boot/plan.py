"""BootPlan: what one host is to load, resolved; and the names under which it fetches that."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from hobnail.boot.additions import Addition, add
from hobnail.boot.stateless import kept_modules, kept_words
from hobnail.errors import UserError
from hobnail.image.model import Generation, Image, LeftOut, Module

COMMAND_LINE_LIMIT = 4096
"""Bytes of the kernel's command line, with its final NUL (esx-boot, facts 4.4; syslinux's mboot takes more)."""

FROM_THE_BANK = frozenset({Generation.ESX35, Generation.ESXI40, Generation.ESXI41})
"""Generations whose image is an installed boot bank: booted by Multiboot and BIOS only, without installer."""

LOADER_OPTIONS = re.compile(r"(-[aeDHQUV]|-[SsNELb] ?-?\w+)( (-[aeDHQUV]|-[SsNELb] ?-?\w+))*")
"""What mboot may be told before the kernel's options (esx-boot's getopt strings); -c and -p are ours to say."""

Mode = Literal["stateless", "install"]


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the person wants of a boot. None and "" mean: as the medium or the loader has it."""

    kernel_options: str = ""
    mode: Mode = "stateless"
    kickstart: str = ""  # ks=, with mode install
    slim: bool = False  # leave imgdb, imgpayld and tools out too: saves RAM, loses the VIB database
    loader_options: str = ""  # for mboot, where a loader hands it a command line (PXELINUX, iPXE)
    timeout: int | None = None  # seconds that mboot waits before it boots
    error_timeout: int | None = None  # seconds after which a failed mboot gives up and the next device is tried
    tftp_block_size: int | None = None  # for mboot.efi, 512 to 65464 bytes (8.0 and later)
    no_bootif: bool = False


@dataclass(frozen=True, slots=True)
class BootPlan:
    """What one host is to load. `mac` is lower case with colons; None when the plan is for any host."""

    image: Image
    mac: str | None
    options: PlanOptions
    modules: tuple[Module, ...]  # in the vendor's order; what is not the image's own among or after them
    left_out: tuple[LeftOut, ...]
    kernel_options: str  # the medium's that are kept, then the person's

    @property
    def folder(self) -> str:
        """The folder that the host fetches its image from, relative to the server's root."""
        return self.image.short_id

    def path(self, module: Module) -> str:
        """The name by which the host asks for a module, relative to the server's root."""
        return f"{self.folder}/{module.name}"

    @property
    def command_line(self) -> str:
        """The options after the kernel's name, then BOOTIF.

        BOOTIF names the card that the host booted from. It is written here because PXELINUX's `IPAPPEND 2` puts it
        on the last module's string, where the kernel does not look, and iPXE 2.0 does not say it (boot-traces 4, 6).
        """
        words = [self.kernel_options] if self.kernel_options else []
        if self.mac is not None and not self.options.no_bootif and "BOOTIF=" not in self.kernel_options:
            words.append(f"BOOTIF={bootif(self.mac)}")
        return " ".join(words)


def bootif(mac: str) -> str:
    """Return a MAC address as PXELINUX writes it: hardware type (01 = Ethernet), then hyphens, lower case."""
    return "01-" + mac.lower().replace(":", "-")


def mac_address(text: str) -> str:
    """Return a MAC address as we keep it, lower case with colons. UserError when the text is none.

    Taken as people have it: 52:54:00:4C:00:01, 52-54-00-4c-00-01, 5254.004c.0001 or 5254004c0001.
    """
    digits = re.sub(r"[:.-]", "", text.strip()).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise UserError(f"{text!r} is no MAC address", next_step="write it like 52:54:00:4c:00:01")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def plan_for(
    image: Image, mac: str | None, options: PlanOptions = PlanOptions(), additions: Iterable[Addition] = ()
) -> BootPlan:
    """Resolve what a host is to load. UserError when the options cannot be handed to a kernel or do not fit."""
    _check(image, options)
    kept, left_out = kept_modules(image, options.mode, slim=options.slim)
    words = kept_words(image.kernel_options, options.mode)
    if options.kickstart:
        words.append(f"ks={options.kickstart}")
    kernel_options = " ".join([*words, *options.kernel_options.split()])
    plan = BootPlan(image, mac, options, add(image, kept, additions), left_out, kernel_options)
    length = len(plan.path(image.kernel)) + 1 + len(plan.command_line) + 1
    if length > COMMAND_LINE_LIMIT:
        raise UserError(
            f"the kernel's command line is {length} bytes long, {COMMAND_LINE_LIMIT} is the limit",
            next_step="shorten the kernel options",
        )
    return plan


def _check(image: Image, options: PlanOptions) -> None:
    text = f"{options.kernel_options} {options.kickstart}"
    if "---" in text.split() or any(not " " <= char <= "~" for char in text):
        raise UserError(
            f"kernel options {text.strip()!r} cannot be handed to a kernel",
            next_step="use printable ASCII and no lone ---, which parts modules",
        )
    if options.mode == "install" and image.generation in FROM_THE_BANK:
        raise UserError(
            f"{image.title} was imported as the hypervisor without its installer",
            next_step="boot it stateless; installs over the network work from ESXi 5.0 on",
        )
    if options.kickstart and options.mode != "install":
        raise UserError("ks= tells an installer what to do", next_step="add --mode install")
    if options.loader_options and not LOADER_OPTIONS.fullmatch(options.loader_options):
        raise UserError(
            f"{options.loader_options!r} are not options of mboot that can be set here",
            next_step="use -S PORT, -s BAUD, -H, -V, -D, -Q, -U, -e, -E SECONDS, -L LEVEL, -N 0|1 or -b BYTES",
        )
