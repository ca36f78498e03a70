"""PXELINUX's configuration file, rendered from a boot plan, and the names under which PXELINUX looks for it.

Sources: the syslinux wiki's PXELINUX page (search order); syslinux com32/mboot/mboot.c (modules are parted by a
lone `---`); boot-traces, sections 4 and 6 (what 3.86, 4.00 and 6.04 asked for and did).
"""

import re

from hobnail.boot.plan import BootPlan, bootif
from hobnail.errors import UserError
from hobnail.formats.printable import printable

APPEND_LIMIT = 2047
"""Characters of an APPEND line that PXELINUX 3.86 and 4.0x take (facts, section 5); later ones take more."""

_MAC_NAME = re.compile(r"01-([0-9a-f]{2}(?:-[0-9a-f]{2}){5})")
_UUID_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ADDRESS_NAME = re.compile(r"[0-9A-F]{1,8}")


FROM_DISK = b"# made by hobnail: this host is installed\nDEFAULT disk\nPROMPT 0\nLABEL disk\nLOCALBOOT -1\n"
"""Goes on with the firmware's next device (syslinux wiki, LOCALBOOT: -1 ends PXELINUX with an error to the BIOS)."""


def render(plan: BootPlan) -> bytes:
    """Return the configuration file for one host. The same plan gives the same bytes.

    APPEND is one line: PXELINUX has no continuation, and a `\\` at its end would become the kernel's argument.
    """
    image = plan.image
    mboot, append = _mboot_of_the_medium(plan) if image.boot_config else _mboot_of_syslinux(plan)
    if len(append) > APPEND_LIMIT:
        raise UserError(
            f"the APPEND line has {len(append)} characters, PXELINUX takes {APPEND_LIMIT}",
            where=image.title,
            next_step="shorten the kernel options",
        )
    lines = (
        f"# {printable(image.title)}, made by hobnail" + (f" for {plan.mac}" if plan.mac else ""),
        "DEFAULT hobnail",
        "PROMPT 0",
        "LABEL hobnail",
        f"KERNEL {mboot}",
        f"APPEND {append}",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


def _mboot_of_syslinux(plan: BootPlan) -> tuple[str, str]:
    """Return loader and arguments up to 4.1: all in the line, each module after a lone `---`."""
    _check_names(plan)
    kernel = f"{plan.path(plan.image.kernel)} {plan.command_line}".rstrip()
    return "mboot.c32", " --- ".join([kernel, *(plan.path(module) for module in plan.modules)])


def _mboot_of_the_medium(plan: BootPlan) -> tuple[str, str]:
    """Return loader and arguments from 5.0 on: the vendor's mboot.c32, its options first, then the boot.cfg.

    Its name is relative to mboot.c32's own folder, then tried from the root (facts 4.3; tried with 9.0's).
    """
    config = f"{bootif(plan.mac)}/boot.cfg" if plan.mac else "boot.cfg"
    arguments = f"{plan.options.loader_options} -c {config}".strip()
    return f"{plan.folder}/mboot.c32", arguments


def _check_names(plan: BootPlan) -> None:
    for module in (plan.image.kernel, *plan.modules):
        if not re.fullmatch(r"[!-~]+", module.name) or module.name == "---":
            raise UserError(
                f"module name {module.name!r} cannot stand in an APPEND line",
                where=plan.image.title,
                next_step="PXELINUX parts words at blanks and knows no quotes: rename it in the medium",
            )


def mac_asked(name: str) -> str | None:
    """Return the MAC address that a name below `pxelinux.cfg/` stands for, or None."""
    match = _MAC_NAME.fullmatch(name.lower())
    return match[1].replace("-", ":") if match else None


def is_search_name(name: str) -> bool:
    """Tell whether PXELINUX asks for this name below `pxelinux.cfg/` by itself, in vain on a healthy boot."""
    return bool(_UUID_NAME.fullmatch(name.lower()) or _ADDRESS_NAME.fullmatch(name)) or name == "default"
