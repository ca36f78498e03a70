"""`hobnail write`: put an image on something that a host boots from without a network. A file for each target."""

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hobnail.app.write import Wanted

_F = TypeVar("_F", bound=Callable[..., Any])

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
    click.option("--kernel-options", default="", metavar="TEXT", help="Further options for the kernel."),
    click.option(
        "--mode",
        type=click.Choice(["stateless", "install"]),
        default="stateless",
        show_default=True,
        help="stateless: run from RAM; install: run the medium's installer (ESXi 5 and later).",
    ),
    click.option(
        "--ks", "kickstart", default="", metavar="URL", help="The installer's script (with --mode install)."
    ),
    click.option(
        "--slim", is_flag=True, help="Leave imgdb, imgpayld and tools out: saves RAM, loses the VIB database."
    ),
    click.option("--timeout", type=click.IntRange(0, 3600), help="Seconds that mboot waits before it boots."),
    click.option(
        "--error-timeout",
        type=click.IntRange(0, 3600),
        help="Seconds after which a failed mboot gives up, so that the next boot device is tried.",
    ),
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


def image_options(command: _F) -> _F:
    """Add the options that say what is written; `wanted` takes them again."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wanted(
    *, image: str | None, host: str | None, profile: str | None, loaders: Path | None, **plan: Any
) -> "Wanted":
    """Return the values of `image_options` as app/write.py takes them."""
    from hobnail.app.write import Wanted
    from hobnail.boot.plan import PlanOptions

    return Wanted(image=image, host=host, profile=profile, options=PlanOptions(**plan), loaders=loaders)
