"""`hobnail write pmem`: persistent memory, or a file that holds what a namespace of it holds."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.device_progress import DeviceProgress
from hobnail.cli.image import open_store
from hobnail.cli.text import size_text
from hobnail.cli.write import image_options, wanted
from hobnail.errors import UserError

if TYPE_CHECKING:
    from hobnail.app.write_pmem import BttResult, Doomed, PmemResult


@click.command()
@click.argument("namespace", required=False)
@image_options
@click.option("--yes", is_flag=True, help="Do not ask; needs --serial.")
@click.option("--serial", metavar="NAME", help="The name of the device (pmem0s): another one is refused.")
@click.option(
    "--btt-image",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a file that holds what a namespace in sector mode holds, instead of a namespace.",
)
@click.option(
    "--size", metavar="SIZE", help="Of that file, such as 512M. Default: the smallest that holds the image."
)
@click.option(
    "--sector",
    type=click.Choice(["4096", "512"]),
    default="4096",
    show_default=True,
    help="Of the disk in that file.",
)
@click.option(
    "--btt-version",
    type=click.Choice(["2.0", "1.1"]),
    default="2.0",
    show_default=True,
    help="2.0: UEFI's. 1.1: Linux's own, for a namespace without labels or with labels of version 1.1.",
)
@click.option("--namespace-uuid", metavar="UUID", help="The namespace that the file is for. Default: any.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def pmem(folder: Path | None, /, namespace: str | None, btt_image: Path | None, json_: bool, **said: Any) -> None:
    """Write an image to NAMESPACE of persistent memory (namespace0.0 or /dev/pmem0s), or to a file.

    Only a namespace in sector mode is written:

      ndctl create-namespace -f -e namespace0.0 -m sector -l 4096

    It boots where the UEFI firmware has a driver for such namespaces, by UEFI only.
    """
    ours = {
        name: said.pop(name) for name in ("yes", "serial", "size", "sector", "btt_version", "namespace_uuid", "force")
    }
    if (namespace is None) is (btt_image is None):
        raise UserError(
            "a namespace or --btt-image FILE is needed, and not both", next_step="`hobnail devices` lists namespaces"
        )
    if namespace is not None:
        _to_namespace(folder, namespace, ours, json_, said)
    elif btt_image is not None:
        _to_file(folder, btt_image, ours, json_, said)


def _to_namespace(folder: Path | None, name: str, ours: dict[str, Any], json_: bool, said: dict[str, Any]) -> None:
    from hobnail.app.write_pmem import write_pmem

    if ours["size"] or ours["namespace_uuid"]:
        raise UserError("--size and --namespace-uuid are for --btt-image", next_step="leave them out")

    agreed = _asking(ours["yes"], ours["serial"])
    with DeviceProgress(json_) as progress, open_store(folder) as store:
        result = write_pmem(store, wanted(**said), name, agreed=agreed, report=progress.report)
    if json_:
        click.echo(json.dumps(_namespace_facts(result)))
    else:
        _tell_namespace(result)


def _asking(yes: bool, serial: str | None) -> Callable[["Doomed"], str]:
    """Return how the person agrees; it raises UserError when nobody can be asked."""
    if yes and not serial:
        raise UserError("--yes needs --serial too: what is erased must be named", next_step="give it as pmem0s")

    def agreed(target: "Doomed") -> str:
        _show(target)
        name = target.device.proof
        if not yes and not sys.stdin.isatty():
            raise UserError("nobody can be asked here (no terminal)", next_step=f"give --yes and --serial {name}")
        if yes or (serial and serial != name):
            return serial or ""
        answer: str = click.prompt(f"Erase it? Type {name}", default="", show_default=False, err=True)
        return answer.strip()

    return agreed


def _show(target: "Doomed") -> None:
    from hobnail.formats.btt.geometry import Version
    from hobnail.write.pmem import LINUX_ONLY

    namespace, device = target.namespace, target.device
    click.echo(
        f"{namespace.name} ({device.path}): sector mode, {device.sector_size}-byte sectors, {size_text(device.size)}"
        + (f", uuid {namespace.uuid}" if namespace.uuid else ""),
        err=True,
    )
    if target.btt is Version.LINUX:
        click.echo(f"  note       {LINUX_ONLY}", err=True)
    click.echo(f"  is lost    {', '.join(target.lost) or 'nothing that is known'}", err=True)


def _tell_namespace(result: "PmemResult") -> None:
    from hobnail.write.pmem import FIRMWARE

    plan, target = result.contents.plan, result.target
    click.echo(
        f"{target.namespace.name} ({target.device.path}): {plan.image.title}, kernel and {len(plan.modules)} modules,"
        f" {size_text(result.written.bytes)} written and read back"
    )
    for line in FIRMWARE:
        click.echo(line)


def _namespace_facts(result: "PmemResult") -> dict[str, Any]:
    return {
        "namespace": result.target.namespace.name,
        "device": str(result.target.device.path),
        "sector_size": result.target.device.sector_size,
        "btt_version": str(result.target.btt) if result.target.btt else None,
        "size": result.target.device.size,
        "written": result.written.bytes,
        "image": result.contents.plan.image.id,
    }


def _to_file(folder: Path | None, file: Path, ours: dict[str, Any], json_: bool, said: dict[str, Any]) -> None:
    from hobnail.app.write_disk import parse_size
    from hobnail.app.write_pmem import ANY_NAMESPACE, BttChoices, parse_uuid, parse_version, write_btt_image
    from hobnail.write.device_writer import Step

    choices = BttChoices(
        size=None if ours["size"] is None else parse_size(ours["size"]),
        sector=int(ours["sector"]),
        version=parse_version(ours["btt_version"]),
        parent=parse_uuid(ours["namespace_uuid"] or ANY_NAMESPACE),
    )
    with DeviceProgress(json_) as progress, open_store(folder) as store:

        def report(done: int, total: int) -> None:
            half = total // 2  # the second half is the reading back
            progress.report(Step("writing", done, half) if done <= half else Step("verifying", done - half, half))

        result = write_btt_image(store, wanted(**said), file, choices, force=ours["force"], report=report)
    if json_:
        click.echo(json.dumps(_file_facts(result)))
    else:
        _tell_file(result)


def _tell_file(result: "BttResult") -> None:
    made, plan = result.file, result.contents.plan
    click.echo(
        f"{made.path}: BTT {made.geometry.version}, {size_text(made.geometry.raw_size)} raw, "
        f"a disk of {size_text(made.geometry.size)} inside in {made.geometry.sector_size}-byte sectors: "
        f"{plan.image.title}, kernel and {len(plan.modules)} modules, {size_text(made.written)} written and read back"
    )
    click.echo("next: it is what a raw namespace of that size holds; docs/formats/btt.md has how a kernel takes it")


def _file_facts(result: "BttResult") -> dict[str, Any]:
    made = result.file
    return {
        "file": str(made.path),
        "btt_version": str(made.geometry.version),
        "raw_size": made.geometry.raw_size,
        "size": made.geometry.size,
        "sector_size": made.geometry.sector_size,
        "uuid": str(made.uuid),
        "namespace_uuid": str(made.parent) if made.parent.int else None,
        "written": made.written,
        "image": result.contents.plan.image.id,
    }
