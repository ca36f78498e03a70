"""`hobnail write disk`: a disk image that boots without a network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from hobnail.cli.device_progress import DeviceProgress
from hobnail.cli.image import open_store
from hobnail.cli.text import size_text
from hobnail.cli.write import image_options, wanted

if TYPE_CHECKING:
    from hobnail.app.write import Bootable
    from hobnail.app.write_disk import DiskResult


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@image_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(["raw", "qcow2"]),
    help="Default: what the name ends with (.qcow2), else raw, a sparse file.",
)
@click.option(
    "--size", metavar="SIZE", help="Size of the disk, such as 8G. Default: the smallest that holds the image."
)
@click.option(
    "--sector",
    type=click.Choice(["512", "4096"]),
    default="512",
    show_default=True,
    help="Bytes of the disk's sectors; 4096 for a drive that says 4Kn.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def disk(
    folder: Path | None,
    /,
    file: Path,
    format_: Literal["raw", "qcow2"] | None,
    size: str | None,
    sector: str,
    force: bool,
    json_: bool,
    **options: Any,
) -> None:
    """Write FILE, a disk image for virtual machines and BMCs: GPT, one FAT volume, the image and its loaders.

    It boots by UEFI, and by BIOS where a fitting syslinux is installed: any for 3.5 to 4.1, 3.86 (or another before
    5.00) from ESXi 5.0 on, whose own mboot.c32 later ones cannot load. The same image gives the same bytes.
    """
    from hobnail.app.write_disk import format_for, parse_size, write_disk

    kind = format_ or format_for(file)
    with open_store(folder) as store, DeviceProgress(json_) as progress:
        result = write_disk(
            store,
            wanted(**options),
            file,
            format=kind,
            size=None if size is None else parse_size(size),
            sector=int(sector),
            force=force,
            progress=progress.writing,
        )
    if json_:
        click.echo(json.dumps(_facts(result, kind)))
    else:
        _tell(result, file, kind)


def _facts(result: "DiskResult", kind: str) -> dict[str, Any]:
    made = result.bootable
    return {
        "file": str(result.image.path),
        "format": kind,
        "size": result.image.disk,
        "written": result.image.written,
        "image": made.contents.plan.image.id,
        "uefi": made.contents.uefi,
        "bios": made.bios.files.release if made.bios is not None else None,
        "bios_lacks": made.lacking,
    }


def _tell(result: "DiskResult", file: Path, kind: str) -> None:
    made, written = result.bootable, result.image
    plan = made.contents.plan
    click.echo(
        f"{file}: {kind} image of a disk of {size_text(written.disk)} ({size_text(written.written)} written): "
        f"{plan.image.title}, kernel and {len(plan.modules)} modules"
    )
    tell_firmware(made)
    firmware = "UEFI" if made.contents.uefi else "BIOS (legacy)"
    click.echo(f"next: attach it to a machine with {firmware} firmware as its first disk, and power it on")


def tell_firmware(made: "Bootable") -> None:
    """Say which firmware boots what was written, and what is lacking for the other."""
    ways = ["UEFI"] if made.contents.uefi else []
    if made.bios is not None:
        ways.append(f"BIOS (SYSLINUX {made.bios.files.release})")
    click.echo(f"boots by {' and '.join(ways)}")
    if made.lacking:
        click.echo(f"not by BIOS: {made.lacking}")
