"""`hobnail write usb`: a stick that boots an image, or holds a medium's own bytes; with all that makes it safe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.raw_image import RIGHT_STICK, RawImage
from hobnail.app.write import Bootable, Wanted, bootable
from hobnail.errors import SystemFailure, UserError
from hobnail.formats.el_torito import Firmware
from hobnail.store import Store
from hobnail.system.block_devices import BlockDevice, Machine, find_device, read_machine
from hobnail.system.raw_device import RawDevice, is_claimed
from hobnail.write.device_writer import HEAD, Job, Step, Written, write_device
from hobnail.write.disk_layout import disk_layout
from hobnail.write.safety import SECTOR, Danger, Refusal, refusals, refuse
from hobnail.write.wipe import signatures_of

AGREED = "yes"
"""What a person types for a removable device; for others the serial number."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """What a person has to agree to: this device, and what is lost on it."""

    given: Path
    device: BlockDevice
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StickResult:
    """What was written and read back. `bootable` is None for a medium's own bytes."""

    device: BlockDevice
    written: Written
    firmware: frozenset[Firmware]  # what it boots by
    bootable: Bootable | None


@dataclass(frozen=True, slots=True)
class Asking:
    """How the person is asked. `agree` returns what was typed; `serial` was given before (`--serial`)."""

    agree: Callable[[Doomed], str]
    serial: str = ""
    interactive: bool = True  # somebody can be asked to type the serial number


def write_stick(
    store: Store, wanted: Wanted, path: Path, asking: Asking, report: Callable[[Step], None]
) -> StickResult:
    """Write an image to a stick. UserError when it is refused or not agreed to, SystemFailure at a bad end."""
    machine = read_machine()
    device = find_device(machine, path)
    _check(machine, device, asking, sectors=(512, 4096))
    files = bootable(store, wanted, sector=device.sector_size)
    layout = disk_layout(files.contents, size=device.size, sector=device.sector_size, bios=files.bios)
    head, body = layout.split(HEAD)
    with _claimed(machine, device, path, asking) as raw:
        written = write_device(raw, Job(head, body, layout.written), _partitions(machine, device), report)
    firmware = {Firmware.UEFI} if files.contents.uefi else set()
    firmware |= {Firmware.BIOS} if files.bios is not None else set()
    return StickResult(device, written, frozenset(firmware), files)


def write_raw(
    image: RawImage, path: Path, asking: Asking, report: Callable[[Step], None], *, force: bool = False
) -> StickResult:
    """Write a medium's own bytes to a stick. As `write_stick`; an image that boots nowhere needs `force`."""
    if not image.boots and not force:
        raise UserError(f"{image.title}: {image.note}", next_step=f"{RIGHT_STICK}; --force writes it all the same")
    machine = read_machine()
    device = find_device(machine, path)
    _check(machine, device, asking, size=image.size, sectors=(SECTOR,))
    with _claimed(machine, device, path, asking) as raw:
        written = write_device(raw, image.job, _partitions(machine, device), report)
    return StickResult(device, written, image.firmware, None)


def check_device(path: Path, asking: Asking) -> BlockDevice:
    """Return the device, or raise UserError with every reason against it, before anything else is prepared."""
    machine = read_machine()
    device = find_device(machine, path)
    _check(machine, device, asking, sectors=(512, 4096))
    return device


def _check(machine: Machine, device: BlockDevice, asking: Asking, *, size: int = 0, sectors: tuple[int, ...]) -> None:
    reasons = refusals(machine, device, size=size, proof=asking.serial)
    if asking.interactive:
        reasons = tuple(one for one in reasons if one.danger is not Danger.FIXED)
    if device.sector_size in sectors:
        reasons = tuple(one for one in reasons if one.danger is not Danger.SECTOR_SIZE)
    if not any(one.danger in (Danger.SYSTEM, Danger.MOUNTED, Danger.HELD) for one in reasons):
        reasons += _claims(device)
    refuse(device, reasons)


def _claims(device: BlockDevice) -> tuple[Refusal, ...]:
    if not is_claimed(device.path):
        return ()
    why = "a program holds it (an exclusive open, O_EXCL)"
    return (Refusal(Danger.HELD, why, f"`lsof {device.path}` or `fuser -v {device.path}` tells which"),)


def _partitions(machine: Machine, device: BlockDevice) -> list[tuple[int, int]]:
    return [(part.start, part.size) for part in machine.partitions_of(device)]


@contextmanager
def _claimed(machine: Machine, device: BlockDevice, given: Path, asking: Asking) -> Iterator[RawDevice]:
    """Open the device for us alone and have the person agree: from then on nobody can mount it or take its name."""
    try:
        raw = RawDevice(device.path)
    except SystemFailure as error:
        raise UserError(error.what, where=error.where, next_step=error.next_step) from error
    with raw:
        if raw.size != device.size:
            raise UserError("was changed while it was looked at", where=raw.name, next_step="try again")
        names = {part.start: part.name for part in machine.partitions_of(device)}
        found = (
            f"{what} on {names.get(start, device.name)}"
            for start, what in signatures_of(raw, _partitions(machine, device))
        )
        typed = asking.agree(Doomed(given, device, tuple(dict.fromkeys(found))))
        if typed != device.proof and not (device.removable and typed == AGREED):
            raise UserError("nothing was written: it was not agreed to", where=str(device.path))
        yield raw
