"""`hobnail write usb`: a bootable stick."""

import json
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.device_progress import DeviceProgress
from hobnail.cli.devices import describe
from hobnail.cli.image import open_store
from hobnail.cli.text import size_text
from hobnail.cli.write import image_options, wanted
from hobnail.cli.write_disk import tell_firmware
from hobnail.errors import UserError

if TYPE_CHECKING:
    from hobnail.app.device_target import Asking, DeviceTarget, Doomed
    from hobnail.app.write import Bootable
    from hobnail.system.block_devices import BlockDevice
    from hobnail.write.device_writer import Written


@click.command()
@click.argument("device", type=click.Path(path_type=Path))
@image_options
@click.option(
    "--raw",
    type=click.Path(path_type=Path, exists=True),
    metavar="FILE",
    help="Write a medium's own bytes instead: a hybrid ISO, a .dd (also .bz2, or inside of an installer).",
)
@click.option("--serial", metavar="S", help="The serial number of the device: another one is refused.")
@click.option("--yes", is_flag=True, help="Do not ask; needs --serial.")
@click.option("--force", is_flag=True, help="Write with --raw what is cut off, or boots from no stick.")
@click.option("--json", "json_", is_flag=True, help="Print the result as JSON; progress as JSON lines on stderr.")
@click.pass_obj
def usb(
    folder: Path | None,
    /,
    device: Path,
    raw: Path | None,
    serial: str | None,
    yes: bool,
    force: bool,
    json_: bool,
    **options: Any,
) -> None:
    """Write a stick that boots an image. DEVICE is a whole disk: /dev/sdb, or a link in /dev/disk/by-id.

    Refused are disks that this system runs from, that are mounted, held or read-only, and those that are not
    removable unless their serial number is typed. Every byte is read back; the sectors that make it bootable come
    last.
    """
    from hobnail.app.device_target import DeviceTarget
    from hobnail.write.safety import RAW_SECTORS, SECTORS

    if raw is not None and (given := _given(options)):
        raise UserError(f"--raw writes a medium's own bytes: without {', '.join(given)}")
    sectors = SECTORS if raw is None else RAW_SECTORS
    target = DeviceTarget(device, _asking(yes, serial), sectors, source=raw)
    with DeviceProgress(json_) as progress:
        if raw is not None:
            result = _write_raw(raw, target, progress, force)
        else:
            result = _write_image(folder, options, target, progress)
    if json_:
        click.echo(json.dumps(_facts(result)))
    else:
        _tell(result)


def _given(names: Collection[str]) -> list[str]:
    """Return the options that were given, of those with these names."""
    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    return [
        one.opts[0]
        for one in context.command.params
        if one.name in names and context.get_parameter_source(one.name) is not default
    ]


@dataclass(frozen=True, slots=True)
class _Result:
    """What is shown. `bootable` is None for a medium's own bytes."""

    device: "BlockDevice"
    written: "Written"
    firmware: tuple[str, ...]
    bootable: "Bootable | None" = None


def _write_image(
    folder: Path | None, options: dict[str, Any], target: "DeviceTarget", progress: DeviceProgress
) -> _Result:
    from hobnail.app.write_usb import write_stick

    with open_store(folder) as store:
        written, files = write_stick(store, wanted(**options), target, progress.report)
    uefi, bios = files.contents.uefi, files.bios is not None
    firmware = (("UEFI",) if uefi else ()) + (("BIOS",) if bios else ())
    return _Result(target.device, written, firmware, files)


def _write_raw(raw: Path, target: "DeviceTarget", progress: DeviceProgress, force: bool) -> _Result:
    from hobnail.app.raw_image import raw_image, write_raw

    with raw_image(raw, progress.measuring) as image:
        if force or not image.doubt:
            click.echo(f"writing {image.title}, {size_text(image.size)}", err=True)
            for words in filter(None, (image.note, image.doubt)):
                click.echo(f"note: {words}", err=True)
        written = write_raw(image, target, progress.report, force=force)
        return _Result(target.device, written, tuple(sorted(image.firmware)))


def _asking(yes: bool, serial: str | None) -> "Asking":
    """Return how the person is asked; `_ask` raises UserError when nobody can be."""
    from hobnail.app.device_target import Asking

    if yes and not serial:
        raise UserError(
            "--yes needs --serial too: what is erased must be named", next_step="`hobnail devices` shows it"
        )
    return Asking(_agree_by_option(serial) if yes and serial else _ask, serial or "", interactive=not yes)


def _agree_by_option(serial: str) -> Callable[["Doomed"], str]:
    def agree(doomed: "Doomed") -> str:
        _show(doomed)
        return serial

    return agree


def _ask(doomed: "Doomed") -> str:
    """Show what is lost, and have the person type yes, or the serial number of what is not removable."""
    from hobnail.app.device_target import AGREED
    from hobnail.write.safety import proof_words

    _show(doomed)
    if not sys.stdin.isatty():
        step = f"give --yes and --serial with its {proof_words(doomed.device)}"
        raise UserError("nobody can be asked here (no terminal)", next_step=step)
    if doomed.device.removable:
        question = f"Erase it? Type {AGREED}"
    else:
        question = f"It is not removable. To erase it all the same, type its {proof_words(doomed.device)}"
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer.strip()


def _show(doomed: "Doomed") -> None:
    device = doomed.device
    click.echo(describe(device), err=True)
    if doomed.given != device.path:
        click.echo(f"  given as   {doomed.given}", err=True)
    click.echo(f"  is lost    {', '.join(doomed.lost) or 'nothing that is known'}", err=True)


def _tell(result: _Result) -> None:
    written = result.written
    click.echo(f"{result.device.path}: {size_text(written.bytes)} written, and read back as written")
    if result.bootable is not None:
        plan = result.bootable.contents.plan
        click.echo(f"it holds {plan.image.title}, kernel and {len(plan.modules)} modules")
        tell_firmware(result.bootable)
    for line in _what_to_press(result):
        click.echo(line)


def _what_to_press(result: _Result) -> list[str]:
    name = result.device.title
    lines = [
        "next: put it into the host, power on, and open the firmware's boot menu (often F11 or F12; F6, F8 or Esc)"
    ]
    if "UEFI" in result.firmware:
        lines.append(f'  UEFI: choose "UEFI: {name}", or UEFI USB' if name else "  UEFI: choose UEFI USB")
    if "BIOS" in result.firmware:
        which = f'"{name}"' if name else "the stick"
        lines.append(f"  BIOS: choose {which} among the hard disks or USB devices")
    return lines


def _facts(result: _Result) -> dict[str, Any]:
    made = result.bootable
    return {
        "device": str(result.device.path),
        "serial": result.device.identity.serial,
        "written": result.written.bytes,
        "verified": True,
        "direct": result.written.direct,
        "image": None if made is None else made.contents.plan.image.id,
        "firmware": sorted(result.firmware),
        "syslinux": None if made is None or made.bios is None else made.bios.files.release,
    }
