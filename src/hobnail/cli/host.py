"""`hobnail host`: what hosts there are, and what each is to be."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hobnail.cli.image import open_store

if TYPE_CHECKING:
    from hobnail.host.hosts import Host


@click.group()
def host() -> None:
    """List and show hosts, install one again, drop its keys. `hobnail apply -f FILE` makes them."""


@host.command("list")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(folder: Path | None, json_: bool) -> None:
    """List the hosts: what each is known by, its reserved address, its profiles."""
    from hobnail.app.configuration import load_configuration

    with open_store(folder) as store:
        hosts = sorted(load_configuration(store).hosts, key=lambda one: one.name)
    if json_:
        listed = [
            {
                "name": one.name,
                "mac": list(one.macs),
                "uuid": one.uuid,
                "serial": one.serial,
                "asset": one.asset,
                "address": str(one.address or ""),
                "profile": list(one.profiles),
            }
            for one in hosts
        ]
        click.echo(json.dumps(listed))
        return
    if not hosts:
        click.echo("no hosts yet: hobnail apply -f FILE", err=True)
        return
    width = max(4, *(len(one.name) for one in hosts))
    known = {one.name: _known_by(one) for one in hosts}
    marks = max(8, *(len(words) for words in known.values()))
    click.echo(f"{'HOST':{width}}  {'ADDRESS':15}  {'KNOWN BY':{marks}}  PROFILES")
    for one in hosts:
        address = str(one.address or "")
        click.echo(f"{one.name:{width}}  {address:15}  {known[one.name]:{marks}}  {', '.join(one.profiles)}".rstrip())


def _known_by(one: "Host") -> str:
    named = (("uuid", one.uuid), ("serial", one.serial), ("asset", one.asset))
    return ", ".join([*one.macs, *(f"{name} {value}" for name, value in named if value)])


@host.command()
@click.argument("name")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(folder: Path | None, name: str, json_: bool) -> None:
    """Show what a host comes to: each value in force, and where it was said."""
    from hobnail.app.configuration import host_settings
    from hobnail.app.host_records import installed_title
    from hobnail.cli.profile import show_effective

    with open_store(folder) as store:
        show_effective(host_settings(store, name), json_)
        title = installed_title(store, name)
    if title and not json_:
        click.echo(f"installed: {title}; `hobnail host reinstall {name}` does it again")


@host.command()
@click.argument("name")
@click.pass_obj
def reinstall(folder: Path | None, name: str) -> None:
    """Let a host that is installed be installed again when it boots next. NAME may be a MAC address."""
    from hobnail.app.host_records import install_again

    with open_store(folder) as store:
        install_again(store, name)
    click.echo(f"{name} is installed again when it boots next")


@host.command()
@click.argument("name")
@click.pass_obj
def installed(folder: Path | None, name: str) -> None:
    """Note by hand that a host is installed, if its report was lost. NAME may be a MAC address."""
    from hobnail.app.host_records import note_installed

    with open_store(folder) as store:
        note_installed(store, name)
    click.echo(f"{name} boots from its disk from now on")


@host.command("new-keys")
@click.argument("name")
@click.pass_obj
def new_keys(folder: Path | None, name: str) -> None:
    """Drop a host's own SSH keys and certificate: new ones are made for its next boot."""
    from hobnail.app.host_records import forget_keys

    with open_store(folder) as store:
        forget_keys(store, name)
    click.echo(f"{name} gets new keys when it boots next")
