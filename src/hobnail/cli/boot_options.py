"""Options that say how an image is booted: the same for serving and for writing."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Option = Callable[[Any], Any]

BOOT_OPTIONS: Final[tuple[Option, ...]] = (
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
)


def with_options(command: F, options: tuple[Option, ...]) -> F:
    """Give a command these options, in this order in its help."""
    for option in reversed(options):
        command = option(command)
    return command
