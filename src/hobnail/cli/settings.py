"""`hobnail apply`, `diff`, `export`, `schema`: the settings of profiles and hosts, in one file."""

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hobnail.cli.image import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobnail.app.configuration import Outcome
    from hobnail.profile.changes import Change

_SHOWN = 40
"""Profiles and hosts whose changes `apply` prints; `diff` prints all."""

_FILE = click.option(
    "-f",
    "--file",
    "path",
    required=True,
    type=click.Path(path_type=Path),
    help="A settings file, or a folder of *.toml.",
)
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.command()
@_FILE
@click.option("--dry-run", is_flag=True, help="Check it and print what it would change; change nothing.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def apply(folder: Path | None, path: Path, dry_run: bool, json_: bool) -> None:
    """Put the settings of a file in force: all of them, or none when anything is wrong."""
    from hobnail.app.configuration import apply_settings, compare_settings

    with open_store(folder) as store, _each_problem():
        outcome = (compare_settings if dry_run else apply_settings)(store, path)
    _tell(outcome)
    if json_:
        _print_json(outcome.changes, revision=outcome.revision, dry_run=dry_run)
        return
    _print(outcome.changes, _SHOWN)
    if not outcome.changes:
        click.echo(f"nothing changes: revision {outcome.revision} is in force")
    elif dry_run:
        click.echo("nothing was changed (--dry-run)")
    else:
        click.echo(f"revision {outcome.revision} is in force")


@click.command()
@_FILE
@click.option("--json", "json_", is_flag=True, help="Print the changes as JSON.")
@click.pass_obj
def diff(folder: Path | None, path: Path, json_: bool) -> None:
    """Tell what an apply would change. Exit status 0 when nothing, 1 when something, 2 when the file is wrong."""
    from hobnail.app.configuration import compare_settings

    with open_store(folder) as store, _each_problem():
        outcome = compare_settings(store, path)
    _tell(outcome)
    if json_:
        _print_json(outcome.changes, revision=outcome.revision)
    else:
        _print(outcome.changes, len(outcome.changes))
    sys.exit(1 if outcome.changes else 0)


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="A new folder: hobnail.toml and the files it names."
)
@click.option("--revision", type=int, help="An earlier revision. The last 20 are kept.")
@click.pass_obj
def export(folder: Path | None, output: Path | None, revision: int | None) -> None:
    """Write back the settings in force as TOML; applied again, they change nothing."""
    from hobnail.app.export_settings import export_settings, settings_text

    with open_store(folder) as store:
        if output is None:
            click.echo(settings_text(store, revision), nl=False)
            return
        written = export_settings(store, output, revision)
    click.echo(f"{len(written)} files in {output}: `hobnail apply -f {written[0]}`")


@click.command()
def schema() -> None:
    """Print the JSON Schema of a settings file, for editors that complete and check it."""
    from hobnail.profile.json_schema import schema_text

    click.echo(schema_text(), nl=False)


@contextmanager
def _each_problem() -> "Iterator[None]":
    """Print each problem of a settings file in a line of its own; the last is left to the main command."""
    from hobnail.profile.problems import InvalidSettingsError

    try:
        yield
    except InvalidSettingsError as error:
        for one in error.errors[:-1]:
            click.echo(f"hobnail: {one}", err=True)
        raise error.errors[-1] from None


def _tell(outcome: "Outcome") -> None:
    for warning in outcome.warnings:
        click.echo(f"warning: {warning}", err=True)
    for note in outcome.notes:
        click.echo(f"note: {note}", err=True)


def _print(changes: "list[Change]", most: int) -> None:
    for change in changes[:most]:
        click.echo(f"{_SIGNS[change.what]} {change.layer}")
        if change.what != "removed":
            for line in change.lines:
                click.echo(f"    {line}")
    if len(changes) > most:
        click.echo(f"  and {len(changes) - most} more: `hobnail diff` prints them all")


def _print_json(changes: "list[Change]", **more: object) -> None:
    listed = [{"what": one.what, "layer": one.layer, "lines": list(one.lines)} for one in changes]
    click.echo(json.dumps({"changes": listed, **more}))
