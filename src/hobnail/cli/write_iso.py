"""`hobnail write iso`: a CD image to burn, to attach by a BMC, or to write to a stick."""

import json
from pathlib import Path
from typing import Any

import click

from hobnail.cli.device_progress import DeviceProgress
from hobnail.cli.image import open_store
from hobnail.cli.text import size_text
from hobnail.cli.write import image_options, wanted


@click.command("iso")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@image_options
@click.option(
    "--uefi-entry",
    type=click.Choice(["fat", "medium"]),
    default="fat",
    help="What UEFI starts from a CD: our FAT volume (default), or the medium's own efiboot.img.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def iso(folder: Path | None, /, file: Path, json_: bool, **said: Any) -> None:
    """Write an ISO that boots an image: from a CD, a BMC's virtual one, or a stick, by UEFI and BIOS.

    --ks takes a file too here: it goes on the ISO.
    """
    from hobnail.app.write_iso import IsoWanted, write_iso

    kickstart, uefi_entry, force = said.pop("kickstart"), said.pop("uefi_entry"), said.pop("force")
    asked = IsoWanted(wanted(**said, kickstart=""), kickstart, uefi_entry, force)
    with open_store(folder) as store, DeviceProgress(json_) as progress:
        written = write_iso(store, file, asked, progress.writing)
    if json_:
        facts = {"file": str(written.path), "size": written.size, "sha256": written.sha256, "uefi": written.uefi}
        facts |= {"image": written.plan.image.id, "bios_lacks": written.bios_lacks}
        click.echo(json.dumps(facts | {"bios_stick_lacks": written.bios_stick_lacks}))
        return
    image = written.plan.image
    count, mode = len(written.plan.modules), written.plan.options.mode
    click.echo(f"{file}: {image.title}, {mode}, kernel and {count} modules, {size_text(written.size)}")
    click.echo(f"sha256  {written.sha256}")
    for way in written.boots:
        click.echo(f"boots   {way}")
    if written.bios_lacks:
        click.echo(f"no BIOS: {written.bios_lacks}", err=True)
    elif written.bios_stick_lacks:
        click.echo(f"no BIOS from a stick: {written.bios_stick_lacks}", err=True)
    if kickstart:
        click.echo(
            "take the medium out when the installer is done: what boots from it again installs again", err=True
        )
