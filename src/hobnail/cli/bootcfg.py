"""`hobnail bootcfg`: what mboot would do with a boot.cfg, and what will fail."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.lint_text import read_text
from hobnail.errors import UserError
from hobnail.formats.printable import printable

if TYPE_CHECKING:
    from hobnail.boot.lint import FileFacts, Finding, Transport
    from hobnail.formats.bootcfg import BootConfigText

_FILE = click.argument("file", type=click.Path(path_type=Path))
_AT = click.option(
    "--at", "directory", metavar="PLACE", help="Where boot.cfg is served: a folder from the server's root, or a URL."
)
_JSON = click.option("--json", "json_", is_flag=True, help="Print JSON.")


@click.group()
def bootcfg() -> None:
    """Check a boot.cfg (ESXi 5 and later) by mboot's own rules, and show what mboot makes of it."""


@bootcfg.command()
@_FILE
@click.option(
    "--tree", type=click.Path(path_type=Path), help="The server's root folder: tell which files are missing."
)
@click.option(
    "--over", type=click.Choice(["tftp", "http", "disk"]), help="How the host fetches it; http is UEFI HTTP Boot."
)
@click.option("--release", help="The release that mboot is from: 7.0, 7.0.2, 8.0U3. Default: any.")
@click.option("--stateless", is_flag=True, help="Nothing may start the installer.")
@_AT
@_JSON
def lint(
    file: Path,
    tree: Path | None,
    over: "Transport | None",
    release: str | None,
    stateless: bool,
    directory: str | None,
    json_: bool,
) -> None:
    """Tell what will fail, and what does something else than it seems to. Exit status 2 when something will fail."""
    from hobnail.boot.lint import Severity
    from hobnail.boot.lint import lint as find

    findings = find(
        read_text(file, "boot.cfg"),
        tree=_files(tree) if tree else None,
        transport=over,
        release=release,
        stateless=stateless,
        boot_directory=directory if directory is not None else _place(file, tree),
    )
    if json_:
        click.echo(json.dumps({"file": str(file), "findings": [asdict(finding) for finding in findings]}))
    else:
        _print(file, findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        sys.exit(2)


def _print(file: Path, findings: "tuple[Finding, ...]") -> None:
    for finding in findings:
        place = str(file) if finding.line is None else f"{file}:{finding.line}"
        click.echo(printable(f"{place}: {finding}"))
    if not findings:
        click.echo(f"{file}: nothing to complain about")


@bootcfg.command()
@_FILE
@_AT
@_JSON
def show(file: Path, directory: str | None, json_: bool) -> None:
    """Show what mboot would ask for, in its order, and what it would hand to the kernel."""
    from hobnail.formats.bootcfg import BootConfigText

    config = BootConfigText.parse(read_text(file, "boot.cfg"))
    facts = _facts(config, directory or "")
    if json_:
        click.echo(json.dumps(facts))
        return
    for key in ("title", "kernel", "command_line"):
        click.echo(printable(f"{key.replace('_', ' '):13} {facts[key] or '(none)'}"))
    for key in ("modules", "acpi_tables"):
        if facts[key] or key == "modules":
            click.echo(f"{key.replace('_', ' '):13} {len(facts[key])}")
        for position, (path, options) in enumerate(facts[key], 1):
            click.echo(printable(f"{position:5}  {path}" + (f"  with {options}" if options else "")))
    for number, text in facts["skipped"]:
        click.echo(printable(f"line {number} is skipped: {text[:80]}"))


def _facts(config: "BootConfigText", directory: str) -> dict[str, Any]:
    """Return what mboot takes from a boot.cfg, as programs read it."""
    resolved = config.resolved(directory)
    return {
        "title": config.value("title"),
        "kernel": resolved.kernel,
        "command_line": resolved.command_line,
        "modules": [(module.path, module.options) for module in resolved.modules],
        "acpi_tables": [(path, "") for path in resolved.acpi_tables],
        "skipped": [(line.number, line.text) for line in config.skipped],
    }


def _files(folder: Path) -> "dict[str, FileFacts]":
    from hobnail.boot.lint import FileFacts
    from hobnail.media.directory import DirectoryTree

    if not folder.is_dir():
        raise UserError("is no folder", where=str(folder), next_step="name the server's root with --tree")
    tree = DirectoryTree(folder)
    try:
        return {entry.path: FileFacts(entry.size) for entry in tree.files()}
    finally:
        tree.close()


def _place(file: Path, tree: Path | None) -> str:
    """Return the folder of a boot.cfg from the server's root; empty where it does not lie under it."""
    if tree is None or not file.resolve().is_relative_to(tree.resolve()):
        return ""
    place = file.resolve().parent.relative_to(tree.resolve()).as_posix()
    return "" if place == "." else place
