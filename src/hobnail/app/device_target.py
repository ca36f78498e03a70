"""A device that is to be overwritten: looked at, refused with every reason, agreed to, and claimed until the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hobnail.errors import SystemFailure, UserError
from hobnail.system.block_devices import BlockDevice, Machine, find_device, read_machine
from hobnail.system.raw_device import RawDevice, is_claimed
from hobnail.write.device_writer import Job, Step, Written, write_device
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
class Asking:
    """How the person is asked. `agree` returns what was typed; `serial` was given before (`--serial`)."""

    agree: Callable[[Doomed], str]
    serial: str = ""
    interactive: bool = True  # somebody can be asked to type the serial number


class DeviceTarget:
    """A device that passed every check but that of its size. UserError with all reasons otherwise."""

    def __init__(self, path: Path, asking: Asking, sectors: tuple[int, ...] = (SECTOR,)) -> None:
        self._given = path
        self._asking = asking
        self._sectors = sectors
        self._machine = read_machine()
        self.device = find_device(self._machine, path)
        self._check(0)

    def write(self, job: Job, size: int, report: Callable[[Step], None]) -> Written:
        """Claim the device, have the person agree, and write. `size`: bytes that have to fit.

        UserError when it is too small or not agreed to, SystemFailure at a bad end.
        """
        self._check(size)
        partitions = [(part.start, part.size) for part in self._machine.partitions_of(self.device)]
        with self._claimed(partitions) as raw:
            return write_device(raw, job, partitions, report)

    def _check(self, size: int) -> None:
        reasons = refusals(self._machine, self.device, size=size, proof=self._asking.serial)
        if self._asking.interactive:
            reasons = tuple(one for one in reasons if one.danger is not Danger.FIXED)
        if self.device.sector_size in self._sectors:
            reasons = tuple(one for one in reasons if one.danger is not Danger.SECTOR_SIZE)
        if not any(one.danger in (Danger.SYSTEM, Danger.MOUNTED, Danger.HELD) for one in reasons):
            reasons += _claims(self.device)
        refuse(self.device, reasons)

    @contextmanager
    def _claimed(self, partitions: list[tuple[int, int]]) -> Iterator[RawDevice]:
        """Open the device for us alone, then ask: from then on nobody can mount it or take its name."""
        device = self.device
        try:
            raw = RawDevice(device.path)
        except SystemFailure as error:
            raise UserError(error.what, where=error.where, next_step=error.next_step) from error
        with raw:
            if raw.size != device.size:
                raise UserError("was changed while it was looked at", where=raw.name, next_step="try again")
            names = _names(self._machine, device)
            found = (f"{what} on {names.get(start, device.name)}" for start, what in signatures_of(raw, partitions))
            typed = self._asking.agree(Doomed(self._given, device, tuple(dict.fromkeys(found))))
            if typed != device.proof and not (device.removable and typed == AGREED):
                raise UserError("nothing was written: it was not agreed to", where=str(device.path))
            yield raw


def _names(machine: Machine, device: BlockDevice) -> dict[int, str]:
    return {part.start: part.name for part in machine.partitions_of(device)}


def _claims(device: BlockDevice) -> tuple[Refusal, ...]:
    if not is_claimed(device.path):
        return ()
    why = "a program holds it (an exclusive open, O_EXCL)"
    return (Refusal(Danger.HELD, why, f"`lsof {device.path}` or `fuser -v {device.path}` tells which"),)
