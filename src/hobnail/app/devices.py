"""What `hobnail devices` shows: every block device, what is on it, and a verdict each."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.device_claims import KNOWN, claims
from hobnail.errors import HobnailError
from hobnail.formats.signatures import Signature
from hobnail.system.block_devices import BlockDevice, Kind, Machine, read_machine
from hobnail.system.device_openers import Openers, read_openers
from hobnail.system.pmem_namespaces import Namespace, read_namespaces
from hobnail.system.raw_device import RawDevice
from hobnail.write.installer_view import PMEM_NEVER, InstallerView, installer_view, namespace_advice
from hobnail.write.safety import WRITABLE, Danger, Refusal, refusals
from hobnail.write.wipe import signatures_of


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """One disk. `signatures`: (device, what is on it) of the disk and its partitions; None when not known."""

    device: BlockDevice
    partitions: tuple[BlockDevice, ...]
    uses: tuple[str, ...]
    signatures: tuple[tuple[str, Signature], ...] | None
    refusals: tuple[Refusal, ...]
    installer: InstallerView
    namespace: Namespace | None = None

    @property
    def is_stick(self) -> bool:
        """Whether it is written as a stick is, and not as persistent memory."""
        return self.device.kind is not Kind.PMEM

    @property
    def command(self) -> str:
        """The command that writes it, where one does."""
        return "hobnail write usb" if self.is_stick else "hobnail write pmem"


@dataclass(frozen=True, slots=True)
class Listing:
    """All disks, and the namespaces of persistent memory that are no block device."""

    devices: tuple[DeviceReport, ...]
    namespaces: tuple[Namespace, ...]
    with_signatures: bool


def list_devices(root: Path = Path("/")) -> Listing:
    """Look at every block device; signatures and claims need root. SystemFailure where there is no sysfs.

    Below another `root` a tree of files stands for a machine, and nothing is opened.
    """
    machine = read_machine(root)
    namespaces = read_namespaces(root)
    by_node = {one.node: one for one in namespaces}
    look = os.geteuid() == 0 and root == Path("/")
    openers = read_openers() if look else None
    reports = tuple(_report(machine, device, by_node, openers) for device in machine.disks())
    nodes = {report.device.name for report in reports}
    return Listing(reports, tuple(one for one in namespaces if one.node not in nodes), look)


def namespace_view(namespace: Namespace) -> InstallerView:
    """Return what the installer makes of a namespace, and what to do instead."""
    return InstallerView(False, PMEM_NEVER, namespace_advice(namespace))


def _report(
    machine: Machine, device: BlockDevice, namespaces: Mapping[str, Namespace], openers: Openers | None
) -> DeviceReport:
    partitions = machine.partitions_of(device)
    namespace = namespaces.get(device.name)
    reasons = refusals(machine, device, kinds=WRITABLE | {Kind.PMEM})
    if device.kind is Kind.PMEM:
        reasons = tuple(one for one in reasons if one.danger not in (Danger.FIXED, Danger.SECTOR_SIZE))
        reasons += _wrong_mode(namespace)
    look_at_programs = device.kind not in (Kind.CD, Kind.FLOPPY) and not any(one.danger in KNOWN for one in reasons)
    if openers is not None and look_at_programs:
        reasons += claims(machine, device, openers.among)
    view = namespace_view(namespace) if namespace is not None else installer_view(device)
    signatures = _signatures(device, partitions) if openers is not None else None
    return DeviceReport(device, partitions, tuple(_uses(machine, device)), signatures, reasons, view, namespace)


def _wrong_mode(namespace: Namespace | None) -> tuple[Refusal, ...]:
    if namespace is None or namespace.is_sector:
        return ()
    return (Refusal(Danger.KIND, f"it is in {namespace.mode} mode", namespace_advice(namespace)),)


def _uses(machine: Machine, device: BlockDevice) -> Iterable[str]:
    """Say what a disk and all that stands on it are in use for, a line each."""
    for way in machine.standing_on(device):
        last = way[-1]
        name = f"{last.label} ({last.name})" if last.kind is Kind.MAPPER else last.name
        if last.mounts:
            yield f"{name} mounted on {', '.join(last.mounts)}"
        if last.swap:
            yield f"{name} is swap space"
        if last.pool:
            yield f"{name} is part of ZFS pool {last.pool}"
        if last.holders:
            yield f"{name} is held by {', '.join(last.holders)}"


def _signatures(device: BlockDevice, partitions: Iterable[BlockDevice]) -> tuple[tuple[str, Signature], ...] | None:
    """Return what is on a disk and its partitions; None when it cannot be read."""
    places = {part.start: part.name for part in partitions}
    try:
        with RawDevice(device.path, claim=False) as raw:
            found = list(signatures_of(raw, [(part.start, part.size) for part in partitions]))
    except HobnailError:
        return None
    return tuple((places.get(start, device.name), signature) for start, signature in found)
