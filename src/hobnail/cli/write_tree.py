"""`hobnail write tree`: a folder for somebody else's server."""

import json
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

    Loaders, modules, PXELINUX's and mboot's files, the overlay of a host or profile: whoever can read the folder can
    read the passwords' hashes in an overlay.
    """
    from hobnail.app.export import export_tree, names_for_dhcp

    with open_store(folder) as store:
        exported = export_tree(store, wanted(**options), directory, macs=macs, base=base)
    names = names_for_dhcp(exported.boot_files, base)
    plan = exported.chosen.plan
    if json_:
        facts = {"files": [str(path) for path in exported.files], "image": plan.image.id, "boot_files": dict(names)}
        click.echo(json.dumps(facts | {"lacking": exported.lacking}))
        return
    click.echo(f"{len(exported.files)} files in {directory}: {plan.image.title}")
    for lacking in exported.lacking:
        click.echo(f"warning: {lacking}", err=True)
    click.echo("next: set these boot files on your DHCP server (options 66 and 67)")
    for firmware, name in names:
        click.echo(f"  {firmware:12}  {name}")
