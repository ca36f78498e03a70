"""A device that is to be overwritten: looked at, refused with every reason, agreed to, and claimed until the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hobnail.app.device_claims import KNOWN, claims, source_refusals
from hobnail.errors import SystemFailure, UserError
from hobnail.system.block_devices import LIST_THEM, BlockDevice, find_device, read_machine
from hobnail.system.device_openers import openers_of
from hobnail.system.raw_device import RawDevice
from hobnail.write.device_writer import Job, Step, Written, write_device
from hobnail.write.safety import SECTORS, Danger, refusals, refuse
from hobnail.write.wipe import signatures_of

AGREED = "yes"
"""What a person types for a removable device; for others the serial number."""
_PATIENCE = 1.0
"""Seconds in which programs that look at each new device let go of it."""


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

    def __init__(
        self, path: Path, asking: Asking, sectors: tuple[int, ...] = SECTORS, *, source: Path | None = None
    ) -> None:
        """Look at the device. `source`: what its bytes are read from, where that is a medium."""
        self._given = path
        self._asking = asking
        self._sectors = sectors
        self._source = source
        self._machine = read_machine()
        self.device = find_device(self._machine, path)
        self._check(0)

    def write(self, job: Job, size: int, report: Callable[[Step], None]) -> Written:
        """Claim the device, have the person agree, and write. `size`: bytes that have to fit.

        UserError when it is too small, not agreed to, or no longer the one that was looked at; SystemFailure at a bad
        end.
        """
        self._check(size)
        with self._claimed(size) as raw:
            partitions = [(part.start, part.size) for part in self._machine.partitions_of(self.device)]
            return write_device(raw, job, partitions, report)

    def _check(self, size: int, *, ours: bool = False) -> None:
        reasons = refusals(self._machine, self.device, size=size, proof=self._asking.serial, sectors=self._sectors)
        if self._asking.interactive:
            reasons = tuple(one for one in reasons if one.danger is not Danger.FIXED)
        if not any(one.danger in KNOWN for one in reasons):
            reasons += claims(self._machine, self.device, partial(openers_of, patience=_PATIENCE), ours=ours)
        if self._source is not None:
            reasons += source_refusals(self._machine, self.device, self._source)
        refuse(self.device, reasons)

    @contextmanager
    def _claimed(self, size: int) -> Iterator[RawDevice]:
        """Open the device for us alone, look again at what that is, then ask: from then on nobody can mount it.

        Between the first look and this a medium may have been decoded for minutes, and sticks were swapped.
        """
        try:
            raw = RawDevice(self.device.path)
        except SystemFailure as error:
            raise UserError(error.what, where=error.where, next_step=error.next_step) from error
        with raw:
            self._look_again(raw, size)
            device = self.device
            typed = self._asking.agree(Doomed(self._given, device, self._lost(raw)))
            if typed != device.proof and not (device.removable and typed == AGREED):
                raise UserError("nothing was written: it was not agreed to", where=str(device.path))
            self._look_again(raw, size)  # a card reader stays while its card goes
            yield raw

    def _look_again(self, raw: RawDevice, size: int) -> None:
        """Raise UserError when what is open is not what was looked at, or may no longer be written."""
        machine = read_machine()
        device = machine.with_number(raw.device_number)
        if device is None or _what_it_is(device) != _what_it_is(self.device) or raw.measured() != device.size:
            raise UserError(
                "is not what it was when it was looked at: swapped, or changed; nothing was written",
                where=str(self.device.path),
                next_step=f"look which one it is, and try again; {LIST_THEM}",
            )
        self._machine, self.device = machine, device
        self._check(size, ours=True)

    def _lost(self, raw: RawDevice) -> tuple[str, ...]:
        """Say what is on it."""
        parts = self._machine.partitions_of(self.device)
        names = {part.start: part.name for part in parts}
        found = signatures_of(raw, [(part.start, part.size) for part in parts])
        return tuple(dict.fromkeys(f"{what} on {names.get(start, self.device.name)}" for start, what in found))


def _what_it_is(device: BlockDevice) -> tuple[object, ...]:
    """Return what another medium in the same place does not have; its partitions may be read anew meanwhile."""
    return (
        device.path,
        device.device_number,
        device.sequence,
        device.identity,
        device.size,
        device.sector_size,
        device.backing,
    )
