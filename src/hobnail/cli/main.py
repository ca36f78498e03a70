"""The `hobnail` command: its groups, loaded when they are called, and the one place where errors become words."""

import importlib
import os
import sys
import traceback
from pathlib import Path

import click

from hobnail import __version__
from hobnail.cli.signals import Ending, signals_raised
from hobnail.errors import HobnailError
from hobnail.formats.printable import printable

_COMMANDS = {
    "image": "hobnail.cli.image:image",
    "up": "hobnail.cli.serve:up",
    "serve": "hobnail.cli.serve:serve",
    "write": "hobnail.cli.write:write",
    "devices": "hobnail.cli.devices:devices",
    "apply": "hobnail.cli.settings:apply",
    "diff": "hobnail.cli.settings:diff",
    "export": "hobnail.cli.settings:export",
    "profile": "hobnail.cli.profile:profile",
    "host": "hobnail.cli.host:host",
    "schema": "hobnail.cli.settings:schema",
    "overlay": "hobnail.cli.overlay:overlay",
    "loader": "hobnail.cli.loader:loader",
    "boot": "hobnail.cli.boot:boot",
    "bootcfg": "hobnail.cli.bootcfg:bootcfg",
    "ks": "hobnail.cli.ks:ks",
    "password": "hobnail.cli.password:password",
    "demo": "hobnail.cli.demo:demo",
}
"""Command -> where it lives. Loaded by name, so that `hobnail --help` starts in a blink."""


class _Shown:
    """What `--debug` said, for the place where errors become words."""

    debug = False


_shown = _Shown()


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    ("up FILE", "Import a medium, make it the default image, and serve it: one command."),
                    ("image", "Import, list, show, verify, remove and export images."),
                    ("serve", "Answer hosts that boot from the network."),
                    ("write", "Write a stick, disk image, ISO or folder that boots without our servers."),
                    ("devices", "List block devices: what is on them, and whether they may be written to."),
                    ("apply -f FILE", "Put a file with settings of profiles and hosts in force."),
                    ("diff -f FILE", "Tell what an apply would change."),
                    ("export", "Write the settings in force back to a file."),
                    ("profile", "List and show profiles, each value with where it was said."),
                    ("host", "List and show hosts, install one again, drop its keys."),
                    ("schema", "Print the JSON Schema of a settings file, for editors."),
                    ("overlay", "Show, write and compare what is laid over an image to make it one host's."),
                    ("loader", "List, find and add boot loaders."),
                    ("boot", "Check a boot without a machine: play the client against a server."),
                    ("bootcfg", "Lint a boot.cfg by mboot's own rules."),
                    ("ks", "Lint a ks.cfg (scripted installation) for a release, show the one that a host gets."),
                    ("password", "Make the hash of root's password for a profile."),
                    (
                        "demo",
                        "Boot three virtual machines (4.0, 6.7, 8.0) from made-up media, in a network of its own.",
                    ),
                ]
            )


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Errors: exit status 2 for what you or the medium can mend, 1 for what the machine could not do.",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=True),
    help="Folder that holds the images. Default: $HOBNAIL_STORE, else /var/lib/hobnail for root, "
    "else ~/.local/share/hobnail.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="hobnail")
@click.pass_context
def cli(ctx: click.Context, store: Path | None, debug: bool) -> None:
    """Boot VMware ESX(i) hosts that have no disk to boot from."""
    ctx.obj = store
    _shown.debug = debug


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(_status(arguments))


def _status(arguments: list[str]) -> int:
    _shown.debug = False
    with signals_raised() as ending:
        try:
            return _outcome(arguments, ending)
        except OSError:  # nothing can be said any more: the terminal has gone with the session
            if ending.by is None:
                raise
            _say_nothing_more()
            return ending.status


def _say_nothing_more() -> None:
    """Send what is still to be flushed nowhere: at its exit Python would change the status for it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)


def _outcome(arguments: list[str], ending: Ending) -> int:
    try:
        status = cli.main(args=arguments, prog_name="hobnail", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except HobnailError as error:
        _tell(f"hobnail: {error}")
        return _ended(ending) if ending.by is not None else error.exit_status
    except (KeyboardInterrupt, click.Abort):
        return _ended(ending)
    except BrokenPipeError:  # the reader of our output has gone: `hobnail image list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # a fault of ours: the one place that may catch everything
        if ending.by is not None:  # what broke while it was cleared up, such as writing to a terminal that has gone
            return _ended(ending)
        _tell(
            f"hobnail: an error that should not happen: {type(error).__name__}: {error}; "
            f"run `hobnail --debug {' '.join(arguments)}` and report what it prints"
        )
        return 1
    return status if isinstance(status, int) else 0


def _ended(ending: Ending) -> int:
    _tell(f"hobnail: {ending.words}")
    return ending.status


def _tell(text: str) -> None:
    """Say what went wrong, each thing on a line of its own, after the traceback where one is wanted."""
    if _shown.debug:
        traceback.print_exc()
    click.echo("\n".join(map(printable, text.split("\n"))), err=True)
