"""`hobnail overlay`: a host's own module, shown, written to a file, compared."""

import json
import stat
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hobnail.cli.image import open_store
from hobnail.formats.printable import printable

if TYPE_CHECKING:
    from hobnail.app.overlay import Entry, HostOverlay

_KINDS = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "link": stat.S_IFLNK}


@click.group()
def overlay() -> None:
    """Show, write and compare overlays: what is laid over an image to make it one host's."""


@overlay.command()
@click.argument("host")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(folder: Path | None, host: str, json_: bool) -> None:
    """List what is in a host's overlay, and what its settings add to the kernel's options."""
    from hobnail.app.overlay import entries, overlay_of

    with open_store(folder) as store:
        made = overlay_of(store, host)
    listed = entries(host, made.data)
    if json_:
        click.echo(json.dumps(_as_json(made, listed)))
        return
    size = (
        f"{len(made.data)} bytes, sha256 {_sha256(made)[:12]}…" if made.data else "no overlay: nothing asks for one"
    )
    click.echo(f"{made.host}, {made.image}: {size}")
    if made.kernel_options:
        click.echo(f"kernel options: {made.kernel_options}")
    for entry in listed:
        mode = stat.filemode(_KINDS[entry.kind] | entry.mode)
        owner = f"{entry.uid}:{entry.gid}"
        click.echo(printable(f"{mode}  {owner}  {entry.size:>8}  {entry.sha256[:12]:12}  {entry.path}"))
    for warning in made.warnings:
        click.echo(f"with Secure Boot: {warning.what}; {warning.next_step}")


@overlay.command()
@click.argument("host")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.pass_obj
def build(folder: Path | None, host: str, output: Path) -> None:
    """Write a host's overlay to a file, to load it as the last module. It may hold secrets: only you may read it."""
    from hobnail.app.overlay import overlay_of, write_overlay

    with open_store(folder) as store:
        made = overlay_of(store, host)
    write_overlay(made, output)
    click.echo(f"{output}: {len(made.data)} bytes, sha256 {_sha256(made)}")
    if made.kernel_options:
        click.echo(f"to be given to the kernel too: {made.kernel_options}")


@overlay.command()
@click.argument("a")
@click.argument("b")
@click.pass_context
def diff(ctx: click.Context, a: str, b: str) -> None:
    """Compare two overlays: of two hosts, or in two files. Exit status 1 when they differ; no secret is shown."""
    from hobnail.app.overlay import differences

    folder: Path | None = ctx.obj
    found = differences((a, b), (_data(folder, a), _data(folder, b)))
    for one in found:
        first, *others = one.words
        click.echo(printable(f"{one.path}: {first}"))
        for words in others:
            click.echo(printable(f"    {words}"))
    if found:
        ctx.exit(1)
    click.echo("the same")


def _data(folder: Path | None, name: str) -> bytes:
    """Return the overlay in the file of that name, or of the host of that name where there is no such file."""
    from hobnail.app.overlay import overlay_of, read_overlay

    if "/" in name or Path(name).is_file():
        return read_overlay(Path(name))
    with open_store(folder) as store:
        return overlay_of(store, name).data


def _sha256(made: "HostOverlay") -> str:
    import hashlib

    return hashlib.sha256(made.data).hexdigest()


def _as_json(made: "HostOverlay", listed: "list[Entry]") -> dict[str, object]:
    return {
        "host": made.host,
        "image": made.image,
        "size": len(made.data),
        "sha256": _sha256(made) if made.data else "",
        "kernel_options": made.kernel_options,
        "secure_boot": [asdict(warning) for warning in made.warnings],
        "members": [asdict(entry) for entry in listed],
    }
