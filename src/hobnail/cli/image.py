"""`hobnail image`: what is in the store, and how it comes in and goes out."""

import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.text import size_text
from hobnail.formats.printable import printable
from hobnail.system.places import default_store

if TYPE_CHECKING:
    from hobnail.image.model import Module
    from hobnail.store import Store, StoredImage

_SHOWN = 5
"""Profiles and hosts that a message names."""


def open_store(folder: Path | None) -> "Store":
    """Open the store that the command line names, or the default one."""
    from hobnail.store import Store  # late: SQLAlchemy takes longer to load than --help may

    return Store.open(folder or default_store(), now=time.time)


def as_json(stored: "StoredImage", default: str | None) -> dict[str, Any]:
    """Return an image as programs read it; sizes in bytes, times in seconds since the epoch."""
    image = stored.image
    return {
        "id": image.id,
        **asdict(image),
        "media": [asdict(medium) for medium in stored.media],
        "created": stored.created,
        "default": stored.image.id == default,
    }


def default_id(store: "Store") -> str | None:
    """Return the id of the default image, None when there is none."""
    stored = store.default_image()
    return None if stored is None else stored.image.id


def image_size(stored: "StoredImage") -> int:
    """Bytes that a host fetches."""
    return sum(module.size for module in (stored.image.kernel, *stored.image.modules))


@click.group()
def image() -> None:
    """Import, list, show, verify, remove and export images.

    IMAGE is an id or its first digits, a version (4.0.0) or version-build (4.0.0-208167).
    """


@image.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON; progress as JSON lines on stderr.")
@click.option("--default", is_flag=True, help="Make it the image for hosts that nothing else is said about.")
@click.pass_obj
def import_(folder: Path | None, file: Path, json_: bool, default: bool) -> None:
    """Import an installer medium: an ISO, its unpacked directory, a .dd, .dd.bz2 or .tgz from it."""
    from hobnail.app.import_image import import_medium
    from hobnail.cli.progress import ImportProgress

    with open_store(folder) as store:
        with ImportProgress(json_) as progress:
            imported = import_medium(file, store, progress.report)
        stored = imported.stored
        if default or not store.default_image():
            store.set_default(stored.image.id)
        if json_:
            facts = {"new": imported.new, "same_medium": imported.same_medium, "warnings": imported.warnings}
            click.echo(json.dumps(facts | {"image": as_json(stored, default_id(store))}))
            return
        for warning in imported.warnings:
            click.echo(printable(f"warning: {warning}"), err=True)
        if imported.same_medium:
            click.echo(f"{file.name} was imported before: image {stored.image.short_id}, {stored.image.title}")
        elif not imported.new:
            click.echo(f"the store has this image already: {stored.image.short_id}, {stored.image.title}")
        else:
            count = len(stored.image.modules)
            click.echo(
                f"image {stored.image.short_id}: {stored.image.title}, kernel and {count} modules, "
                f"{size_text(image_size(stored))}"
            )
        for words in _on_sticks(stored):
            click.echo(words)


@image.command("list")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(folder: Path | None, json_: bool) -> None:
    """List the images, oldest first; * marks the default one."""
    with open_store(folder) as store:
        images = store.images()
        marked = default_id(store)
        if json_:
            click.echo(json.dumps([as_json(stored, marked) for stored in images]))
            return
        if not images:
            click.echo("no images yet: hobnail image import FILE", err=True)
            return
        click.echo(
            f"{'':1} {'IMAGE':12}  {'PRODUCT':20}  {'VERSION':8}  {'BUILD':8}  {'MODULES':>7}  {'SIZE':>9}  IMPORTED"
        )
        for stored in images:
            i = stored.image
            when = datetime.fromtimestamp(stored.created, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
            line = (
                f"{'*' if stored.image.id == marked else ' '} {i.short_id}  {i.product:20}  {i.version:8}  "
                f"{i.build:8}  {len(i.modules):7}  {size_text(image_size(stored)):>9}  {when}"
            )
            click.echo(printable(line))


@image.command()
@click.argument("reference", metavar="IMAGE")
@click.argument("module", required=False)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(folder: Path | None, reference: str, module: str | None, json_: bool) -> None:
    """Show what an image is made of, where each file came from, and what was left out and why.

    With MODULE, the name of one of its files: show what that is, and which files are in it.
    """
    with open_store(folder) as store:
        stored = store.get(reference)
        if module is not None:
            from hobnail.cli.module import show_module

            show_module(store, stored, module, json_)
            return
        if json_:
            click.echo(json.dumps(as_json(stored, default_id(store))))
            return
        i = stored.image
        click.echo(printable(f"{i.title}, {i.architecture}, generation {i.generation}"))
        click.echo(f"id        {i.id}{'  (default)' if i.id == default_id(store) else ''}")
        for medium in stored.media:
            words = f"medium    {medium.name}, {medium.kind}, {size_text(medium.size)}, sha256 {medium.sha256}"
            click.echo(printable(words))
        for words in _on_sticks(stored):
            click.echo(f"stick     {words}")
        click.echo(printable(f"options   {i.kernel_options or '(none)'}"))
        click.echo("\nLoaded, in this order:")
        for position, file in enumerate((i.kernel, *i.modules)):
            _show_file(f"{position:3}", file)
        if i.loaders:
            click.echo("\nLoaders of the medium:")
        for file in i.loaders:
            _show_file("   ", file)
        if i.left_out:
            click.echo("\nLeft out:")
            for left in i.left_out:
                click.echo(printable(f"     {left.name:14} {left.reason} [{left.source}]"))


def _on_sticks(stored: "StoredImage") -> list[str]:
    """Return what a stick would be that one of the image's media was written to, each once."""
    from hobnail.media.hybrid import on_a_stick

    said = (on_a_stick(medium.kind) for medium in stored.media)
    return list(dict.fromkeys(words for words in said if words is not None))


def _show_file(position: str, file: "Module") -> None:
    click.echo(printable(f"{position}  {file.name:14} {file.role:9} {file.size:11}  {file.sha256}"))
    click.echo(printable(f"     from {file.origin}{f', options {file.options}' if file.options else ''}"))


@image.command()
@click.argument("reference", metavar="IMAGE", required=False)
@click.pass_obj
def verify(folder: Path | None, reference: str | None) -> None:
    """Hash an image's files again (default: all images) and tell which are missing or changed. Exit status 1 then."""
    from hobnail.store import Problem

    wrong = 0
    with open_store(folder) as store:
        for stored in [store.get(reference)] if reference else store.images():
            for result in store.verify(stored.image):
                name = result.module.name
                if isinstance(result, Problem):
                    wrong += 1
                    click.echo(f"{stored.image.short_id}  {name:14} WRONG: {result.what}: {result.path}")
                else:
                    click.echo(f"{stored.image.short_id}  {name:14} ok")
    if wrong:
        click.echo(
            f"{wrong} files are wrong: `hobnail image remove --force` it, then import the medium again", err=True
        )
        sys.exit(1)


@image.command()
@click.argument("reference", metavar="IMAGE")
@click.pass_obj
def default(folder: Path | None, reference: str) -> None:
    """Make IMAGE the one for hosts that nothing else is said about.

    A running serve keeps its default until it is started again.
    """
    with open_store(folder) as store:
        stored, before = store.get(reference), default_id(store)
        store.set_default(stored.image.id)
        click.echo(f"default: {stored.image.short_id}, {stored.image.title}")
    if before not in (None, stored.image.id):
        click.echo("a running serve keeps its default until it is started again", err=True)


@image.command()
@click.argument("reference", metavar="IMAGE")
@click.option("--force", is_flag=True, help="Also when the settings in force name it.")
@click.pass_obj
def remove(folder: Path | None, reference: str, force: bool) -> None:
    """Remove an image, and each file that no other image shares.

    Hosts whose settings name it would boot no more: refused, with their names, unless --force is given.
    """
    from hobnail.app.image_uses import uses_of
    from hobnail.errors import UserError

    with open_store(folder) as store:
        found = store.get(reference).image
        title = found.title
        if uses := uses_of(store, found):
            some = ", ".join(uses[:_SHOWN]) + (f" and {len(uses) - _SHOWN} more" if len(uses) > _SHOWN else "")
            what = f"the settings in force name {title}: {some}"
            if not force:
                raise UserError(what, next_step="apply others first; or --force, and import its medium again")
            click.echo(printable(f"warning: {what}"), err=True)
        freed = store.remove(found.id)
        click.echo(f"removed {title}, {size_text(freed)} freed")


@image.command()
@click.argument("reference", metavar="IMAGE")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--mac", "macs", multiple=True, help="Write a file for this host too, with its BOOTIF. May be repeated."
)
@click.option("--kernel-options", default="", help="Further options for the kernel.")
@click.option("--loaders", type=click.Path(path_type=Path), help="Folder with pxelinux.0 and mboot.c32.")
@click.pass_obj
def export(
    folder: Path | None,
    reference: str,
    directory: Path,
    macs: tuple[str, ...],
    kernel_options: str,
    loaders: Path | None,
) -> None:
    """Write the classic tree (loaders, modules, pxelinux.cfg/default) for somebody else's TFTP server."""
    from hobnail.app.export import export_image

    with open_store(folder) as store:
        exported = export_image(
            store, store.get(reference), directory, macs=macs, kernel_options=kernel_options, loaders=loaders
        )
    for lacking in exported.lacking:
        click.echo(f"warning: {lacking}", err=True)
    click.echo(f"{len(exported.files)} files in {directory}")
    if not exported.lacking:
        click.echo("BIOS hosts: set the boot file of your DHCP server to pxelinux.0")
