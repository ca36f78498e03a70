"""`hobnail write tree`: a folder for somebody else's server."""

import json
import shlex
from pathlib import Path
from typing import Any

import click

from hobnail.cli.image import open_store
from hobnail.cli.write import image_options, wanted


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@image_options
@click.option(
    "--mac", "macs", multiple=True, help="Write a file for this host too, with its BOOTIF (3.5 to 4.1). Repeatable."
)
@click.option(
    "--url", "base", default="", metavar="URL", help="Where a web server will have it: adds iPXE's scripts."
)
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def tree(
    folder: Path | None, /, directory: Path, macs: tuple[str, ...], base: str, json_: bool, **options: Any
) -> None:
    """Write DIRECTORY, the names that hosts ask for, for somebody else's TFTP or HTTP server.

    Loaders, modules, PXELINUX's and mboot's files. All may read them; with the overlay of a host or profile, which
    holds password hashes and keys, only the folder's owner may enter it: hand it to your server's user.
    """
    from hobnail.app.export import export_tree, names_for_dhcp
    from hobnail.image.model import Role

    with open_store(folder) as store:
        exported = export_tree(store, wanted(**options), directory, macs=macs, base=base)
    names = names_for_dhcp(exported.boot_files, base)
    plan = exported.chosen.plan
    if json_:
        facts = {"files": [str(path) for path in exported.files], "image": plan.image.id, "boot_files": dict(names)}
        click.echo(json.dumps(facts | {"lacking": exported.lacking, "secrets": exported.secrets}))
        return
    click.echo(f"{len(exported.files)} files in {directory}: {plan.image.title}")
    for lacking in exported.lacking:
        click.echo(f"warning: {lacking}", err=True)
    if plan.modules and plan.modules[-1].role is Role.OVERLAY:
        _tell_secrets(directory, exported.secrets)
    click.echo("next: set these boot files on your DHCP server (options 66 and 67)")
    for firmware, name in names:
        click.echo(f"  {firmware:12}  {name}")


def _tell_secrets(directory: Path, secrets: tuple[str, ...]) -> None:
    held = ", ".join(secrets) or "a host's settings"
    click.echo(f"secrets: its overlay holds {held}", err=True)
    step = f"chown USER {shlex.quote(str(directory))}"
    click.echo(f"  nobody but the folder's owner may enter it: let that be your server's user: {step}", err=True)
