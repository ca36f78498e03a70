"""`hobnail write`: put an image on something that a host boots from without a network. A file for each target."""

import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.boot_options import BOOT_OPTIONS, F, with_options

if TYPE_CHECKING:
    from hobnail.app.write import Wanted

_TARGETS = {
    "usb": ("hobnail.cli.write_usb", "Write a bootable USB stick."),
    "disk": ("hobnail.cli.write_disk", "Write a disk image for virtual machines and BMCs."),
    "iso": ("hobnail.cli.write_iso", "Write an ISO for virtual media."),
    "tree": ("hobnail.cli.write_tree", "Write a folder for somebody else's TFTP or HTTP server."),
    "pmem": ("hobnail.cli.write_pmem", "Write to a persistent-memory namespace."),
}
"""Target -> the module that has its command, under the target's name; loaded when it is called."""

_OPTIONS = (
    click.option(
        "--image", metavar="IMAGE", help="An id or its first digits, or a version. Default: the default image."
    ),
    click.option("--host", metavar="HOST", help="Lay this host's settings over it."),
    click.option("--profile", metavar="PROFILE", help="Lay this profile's settings over it."),
    *BOOT_OPTIONS,
    click.option(
        "--loaders",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Folder with syslinux's programs and .c32 files, for BIOS (default: where the distributions have them).",
    ),
)


class _Targets(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (module, _) in _TARGETS.items() if importlib.util.find_spec(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(importlib.import_module(_TARGETS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _TARGETS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=_Targets)
def write() -> None:
    """Write an image to a stick, a disk image, an ISO, a folder or persistent memory.

    The host that boots from it runs from RAM: nothing is installed. What boots by which firmware, and what BIOS needs
    of syslinux, is in docs/writing.md.
    """


def image_options(command: F) -> F:
    """Add the options that say what is written; `wanted` takes them again."""
    return with_options(command, _OPTIONS)


def wanted(
    *, image: str | None, host: str | None, profile: str | None, loaders: Path | None, **plan: Any
) -> "Wanted":
    """Return the values of `image_options` as app/write.py takes them."""
    from hobnail.app.write import Wanted
    from hobnail.boot.plan import PlanOptions

    return Wanted(image=image, host=host, profile=profile, options=PlanOptions(**plan), loaders=loaders)
