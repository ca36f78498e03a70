"""`hobnail loader`: the boot loaders that there are, what each can do, and adding one."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.image import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hobnail.boot.loaders import Candidate


@click.group()
def loader() -> None:
    """List, find and add boot loaders. ESXi 5 and later need PXELINUX 3.86 for BIOS hosts; UEFI hosts need none."""


@loader.command("list")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(folder: Path | None, /, json_: bool) -> None:
    """List the loaders of this machine and store, and what each image's BIOS hosts lack."""
    from hobnail.app.loaders import added, loaders_for
    from hobnail.boot.loaders import PACKAGES
    from hobnail.system.loaders import installed

    with open_store(folder) as store:
        _show([*added(store), *(one for one in installed() if one.name in PACKAGES)], json_)
        if json_:
            return
        for stored in store.images():
            lacking = loaders_for(store, stored.image, None).lacking
            click.echo(f"{stored.image.title}: {'; '.join(lacking.values()) or 'BIOS hosts have what they need'}")


@loader.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def scan(folders: tuple[Path, ...], json_: bool) -> None:
    """Look for loaders below FOLDERS, by content."""
    from hobnail.system.loaders import search

    _show(search(folders), json_)


@loader.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def add(folder: Path | None, /, file: Path) -> None:
    """Keep a loader in the store; it is served before the machine's own."""
    from hobnail.app.loaders import add_loader

    with open_store(folder) as store:
        stored, known = add_loader(store, file)
    click.echo(f"{stored.name}: {known.words}, {stored.size} bytes, sha256 {stored.sha256}")


@loader.command()
@click.argument("name")
@click.pass_obj
def remove(folder: Path | None, /, name: str) -> None:
    """Remove the loaders of that name which were added."""
    with open_store(folder) as store:
        freed = store.remove_loader(name)
    click.echo(f"removed {name}, {freed} bytes freed")


def _show(candidates: "Iterable[Candidate]", json_: bool) -> None:
    rows = [_facts(candidate) for candidate in candidates]
    if json_:
        click.echo(json.dumps(rows))
        return
    if not rows:
        click.echo("no boot loaders there", err=True)
    for row in rows:
        note = f"  ({row['note']})" if row["note"] else ""
        click.echo(f"{row['name']:14} {row['what']:28} {row['size']:8}  {row['sha256'][:12]}…  {row['place']}{note}")


def _facts(candidate: "Candidate") -> dict[str, Any]:
    from hobnail.boot.loaders import KNOWN

    digest = hashlib.sha256(candidate.path.read_bytes()).hexdigest()
    return {
        "name": candidate.name,
        "what": candidate.known.words,
        "kind": candidate.known.kind,
        "release": candidate.known.release,
        "abi": candidate.known.abi,
        "architecture": candidate.known.architecture,
        "size": candidate.size,
        "sha256": digest,
        "path": str(candidate.path),
        "place": candidate.place,
        "note": KNOWN.get(digest, ""),
    }
