"""syslinux.cfg for a stick or disk, rendered from a boot plan.

Sources: facts 8b (VMware's guide for sticks); syslinux com32/mboot/mboot.c (modules are parted by a lone `---`);
facts 5 (an APPEND line's limit).

VMware's guide adds `-p 1`, the partition's number. mboot.c32 then reads the volume by code of its own instead of
through SYSLINUX, which knows names of 8.3 in the root only and, in every release whose source is public (6.7 to 9.0,
esx-boot libfat/fatchain.c: `>> bytes_per_sector`), looks for FAT32's table in the wrong sectors: "Volume corrupted"
(tried with 9.0's). Without `-p` SYSLINUX reads, on FAT16 and FAT32 alike.
"""

import re

from hobnail.boot.plan import BootPlan
from hobnail.boot.pxelinux import APPEND_LIMIT
from hobnail.errors import UserError


def render(plan: BootPlan) -> bytes:
    """Return the file, for SYSLINUX in the root of the volume. The same plan gives the same bytes."""
    image = plan.image
    append = _of_the_medium(plan) if image.boot_config else _of_syslinux(plan)
    if len(append) > APPEND_LIMIT:
        raise UserError(
            f"the APPEND line has {len(append)} characters, SYSLINUX takes {APPEND_LIMIT}",
            where=image.title,
            next_step="shorten the kernel options",
        )
    head = (f"# {image.title}, made by hobnail", "DEFAULT hobnail", "PROMPT 0", "NOHALT 1", "LABEL hobnail")
    return "\n".join((*head, "KERNEL mboot.c32", f"APPEND {append}", "")).encode("ascii")


def _of_the_medium(plan: BootPlan) -> str:
    return f"{plan.options.loader_options} -c boot.cfg".strip()


def _of_syslinux(plan: BootPlan) -> str:
    for module in (plan.image.kernel, *plan.modules):
        if not re.fullmatch(r"[!-~]+", module.name) or module.name == "---":
            raise UserError(
                f"module name {module.name!r} cannot stand in an APPEND line",
                where=plan.image.title,
                next_step="SYSLINUX parts words at blanks and knows no quotes: rename it in the medium",
            )
    kernel = f"{plan.image.kernel.name} {plan.command_line}".rstrip()
    return " --- ".join([kernel, *(f"{module.name} {module.options}".rstrip() for module in plan.modules)])
