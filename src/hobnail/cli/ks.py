"""`hobnail ks`: what the installer would do with the script of a scripted installation."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hobnail.cli.lint_text import read_text
from hobnail.formats.printable import printable

if TYPE_CHECKING:
    from hobnail.boot.finding import Finding


@click.group()
def ks() -> None:
    """Check the script of a scripted installation (ks.cfg), anybody's; show the one that a host gets."""


@ks.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--release", help="The release that is installed: 4.1, 7.0, 8.0U3. Default: any from 5.0 on.")
@click.option("--ks", "location", metavar="PLACE", help="Check too what stands after ks=, e.g. cdrom:/KS.CFG.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def lint(file: Path, release: str | None, location: str | None, json_: bool) -> None:
    """Tell what will fail, and what does something else than it seems to. Exit status 2 when something will fail."""
    from hobnail.profile.kickstart.lint import Severity, lint_location
    from hobnail.profile.kickstart.lint import lint as find

    text = read_text(file, "ks.cfg")
    findings = (*(lint_location(location) if location is not None else ()), *find(text, release=release))
    if json_:
        click.echo(json.dumps({"file": str(file), "findings": [asdict(finding) for finding in findings]}))
    else:
        _print(file, findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        sys.exit(2)


@ks.command()
@click.argument("host")
@click.option("--release", help="As for this release. Default: that of the host's image.")
@click.pass_obj
def show(folder: Path | None, host: str, release: str | None) -> None:
    """Print the script that a host gets, with root's hash in it; what to know of it goes to standard error."""
    from hobnail.app.kickstart import host_kickstart
    from hobnail.cli.image import open_store

    with open_store(folder) as store:
        made = host_kickstart(store, host, release)
    for note in made.notes:
        click.echo(f"hobnail: note: {note}", err=True)
    click.echo(made.script.decode("ascii"), nl=False)


def _print(file: Path, findings: "tuple[Finding, ...]") -> None:
    for finding in findings:
        place = str(file) if finding.line is None else f"{file}:{finding.line}"
        click.echo(printable(f"{place}: {finding}"))
    if not findings:
        click.echo(f"{file}: nothing to complain about")
