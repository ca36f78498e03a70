"""Which persistent-memory namespace is meant, may it be written, and what has to be there to boot from it.

Only sector mode is written: its BTT makes each sector whole or not at all, and is what UEFI's drivers for NVDIMMs
know (UEFI 2.10, chapter 6). Raw and fsdax namespaces are bytes without either, devdax has no block device.
Sources: facts 10; ndctl-create-namespace(1).
"""

import contextlib
from collections.abc import Iterable

from hobnail.errors import UserError
from hobnail.formats.btt.geometry import BttGeometry, Version
from hobnail.system.block_devices import BlockDevice, Kind, Machine
from hobnail.system.pmem_namespaces import SECTOR_MODE, Namespace
from hobnail.write.safety import Danger, Refusal, refusals

_ITS_OWN = frozenset({Danger.SECTOR_SIZE, Danger.FIXED})
"""Dangers of other devices: our layout is made for its sectors, and none is removable."""
_WHY_NOT = {
    "fsdax": "it is memory and no disk yet, a write can stop halfway through a sector",
    "raw": "it is memory and no disk yet, a write can stop halfway through a sector",
    "devdax": "it is for programs that map it, and no block device",
}
FIRMWARE = (
    "to boot from it the firmware must show it as a disk: by a UEFI driver for NVDIMMs that knows BTT "
    "(EFI_BTT_ABSTRACTION_GUID 18633bfc-1735-4217-8ac9-17239282d3f8, UEFI 2.7 and later)",
    "look for it in the firmware's boot menu; where it is not, boot from the network (`hobnail serve`) or a stick "
    "(`hobnail write usb`): the host runs from RAM all the same",
    "ESXi 6.7 and later makes persistent memory its own datastore: nothing public says that it spares this one",
)
"""What the person has to know afterwards, a line each."""


def create_line(namespace: str) -> str:
    """Return the command that makes a namespace one that can be written; what is in it is lost."""
    return f"ndctl create-namespace -f -e {namespace} -m sector -l 4096"


LINUX_ONLY = (
    "its BTT is version 1.1, which is Linux's own; UEFI defines 2.0. Linux makes that where the DIMM's labels are of "
    "version 1.2: ndctl init-labels -f -V 1.2 nmem0 (loses all its namespaces), then make the namespace again"
)


def btt_version(raw_size: int, disk: BlockDevice) -> Version | None:
    """Return the version of the BTT that makes a disk of this size of so many bytes, None when both would, or none.

    While a kernel has the BTT nobody reads its info block; but 1.1 begins 4096 bytes later and is smaller.
    """
    fitting = []
    for version in Version:
        with contextlib.suppress(UserError):
            if BttGeometry.for_size(raw_size, disk.sector_size, version=version).size == disk.size:
                fitting.append(version)
    return fitting[0] if len(fitting) == 1 else None


def find_namespace(namespaces: Iterable[Namespace], machine: Machine, text: str) -> Namespace:
    """Return the namespace that is meant by namespace0.0, pmem0s or /dev/pmem0s. UserError when there is none."""
    known = list(namespaces)
    name = text.removeprefix("/dev/")
    for one in known:
        if name and name in (one.name, one.node):
            return one
    device = machine.devices.get(name)
    if device is not None and device.part_of:
        raise UserError(
            "is a partition, and what boots is the whole namespace", where=text, next_step=f"give {device.part_of}"
        )
    if device is not None and device.kind is not Kind.PMEM:
        raise UserError(
            f"is a {device.kind}, not persistent memory", where=text, next_step="for a stick: hobnail write usb"
        )
    there = ", ".join(f"{one.name} ({one.mode})" for one in known if one.size)
    raise UserError(
        "is no namespace of this machine",
        where=text,
        next_step=f"there are {there}"
        if there
        else "there is no persistent memory here: `ndctl list -N -i` tells too",
    )


def check_mode(namespace: Namespace) -> None:
    """Raise UserError unless it is an enabled namespace in sector mode.

    Enabled first: the kernel tells a mode only then, and calls all others raw.
    """
    if not namespace.node:
        raise UserError(
            "is not enabled, so that its mode is not known",
            where=namespace.name,
            next_step=f"ndctl enable-namespace {namespace.name}",
        )
    if namespace.mode != SECTOR_MODE:
        why = _WHY_NOT.get(namespace.mode, "it has no BTT")
        raise UserError(
            f"is in {namespace.mode or 'no known'} mode: {why}",
            where=namespace.name,
            next_step=f"make it one in sector mode, which loses what is in it: {create_line(namespace.name)}",
        )


def pmem_refusals(machine: Machine, device: BlockDevice) -> tuple[Refusal, ...]:
    """Return every reason against overwriting its device: mounted, held, read-only, in use by the system."""
    found = refusals(machine, device, kinds=frozenset({Kind.PMEM}))
    return tuple(reason for reason in found if reason.danger not in _ITS_OWN)
