"""BootPlan: what one host is to load, resolved; and the names under which it fetches that."""

import re
from dataclasses import dataclass
from typing import Literal

from hobnail.errors import UserError
from hobnail.image.model import Image, Module

COMMAND_LINE_LIMIT = 4096
"""Bytes of the kernel's command line, with its final NUL (esx-boot, facts 4.4; syslinux's mboot takes more)."""


@dataclass(frozen=True, slots=True)
class BootPlan:
    """What one host is to load. `mac` is lower case with colons; None when the plan is for any host."""

    image: Image
    mac: str | None
    kernel_options: str

    @property
    def folder(self) -> str:
        """The folder that the host fetches its image from, relative to the server's root."""
        return self.image.short_id

    def path(self, module: Module) -> str:
        """The name by which the host asks for a module, relative to the server's root."""
        return f"{self.folder}/{module.name}"

    @property
    def command_line(self) -> str:
        """The options after the kernel's name: the image's, the plan's, then BOOTIF.

        BOOTIF names the card that the host booted from. It is written here because PXELINUX's `IPAPPEND 2`
        puts it on the last module's string, where the kernel does not look (boot-traces, section 6).
        """
        words = [self.image.kernel_options, self.kernel_options]
        if self.mac is not None and "BOOTIF=" not in " ".join(words):
            words.append(f"BOOTIF={bootif(self.mac)}")
        return " ".join(word for word in words if word)


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


def plan_for(image: Image, mac: str | None, kernel_options: str = "") -> BootPlan:
    """Resolve what a host is to load. UserError when its options cannot be a kernel's command line."""
    if "---" in kernel_options.split() or any(ord(c) < 0x20 or ord(c) > 0x7E for c in kernel_options):
        raise UserError(
            f"kernel options {kernel_options!r} cannot be handed to a kernel",
            next_step="use printable ASCII and no lone ---, which parts modules",
        )
    plan = BootPlan(image, mac, " ".join(kernel_options.split()))
    length = len(plan.path(image.kernel)) + 1 + len(plan.command_line) + 1
    if length > COMMAND_LINE_LIMIT:
        raise UserError(
            f"the kernel's command line is {length} bytes long, {COMMAND_LINE_LIMIT} is the limit",
            next_step="shorten the kernel options",
        )
    return plan


Station = Literal["loader", "config", "kernel", "module", "other"]
"""What a name that a host asks for is to its boot."""
