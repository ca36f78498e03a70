"""`hobnail profile`: what profiles there are, and what each comes to."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hobnail.cli.image import open_store

if TYPE_CHECKING:
    from hobnail.profile.resolve import Effective


@click.group()
def profile() -> None:
    """List and show profiles. `hobnail apply -f FILE` makes them."""


@profile.command("list")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(folder: Path | None, json_: bool) -> None:
    """List the profiles, what each inherits, and how many hosts have it, be it by inheritance."""
    from hobnail.app.configuration import load_configuration
    from hobnail.profile.inheritance import ordered

    with open_store(folder) as store:
        configuration = load_configuration(store)
    hosts = [name for host in configuration.hosts for name in ordered(host.profiles, configuration.bases)]
    rows = [(name, bases, hosts.count(name)) for name, bases in sorted(configuration.bases.items())]
    if json_:
        click.echo(
            json.dumps([{"name": name, "inherits": list(bases), "hosts": count} for name, bases, count in rows])
        )
        return
    if not rows:
        click.echo("no profiles yet: hobnail apply -f FILE", err=True)
        return
    width = max(7, *(len(name) for name, _, _ in rows))
    click.echo(f"{'PROFILE':{width}}  HOSTS  INHERITS")
    for name, bases, count in rows:
        click.echo(f"{name:{width}}  {count:5}  {', '.join(bases)}".rstrip())


@profile.command()
@click.argument("name")
@click.option("--host", help="Show what this host gets, which has the profile.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(folder: Path | None, name: str, host: str | None, json_: bool) -> None:
    """Show what a profile comes to: each value in force, and where it was said."""
    from hobnail.app.configuration import profile_settings

    with open_store(folder) as store:
        found = profile_settings(store, name, host)
        show_effective(found, json_)


def show_effective(found: "Effective", json_: bool) -> None:
    """Print each value in force with its source."""
    if json_:
        click.echo(json.dumps([{"key": one.key, "value": one.value, "source": one.source} for one in found.in_force]))
        return
    if not found.in_force:
        click.echo("nothing was said: everything is as the image has it", err=True)
        return
    keys = max(len(one.key) for one in found.in_force)
    values = min(60, max(len(one.value) for one in found.in_force))
    for one in found.in_force:
        click.echo(f"{one.key:{keys}}  {one.value:{values}}  {one.source}")
