"""`hobnail write pmem`: an image on a namespace of persistent memory, or as a file that holds what one holds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from hobnail.app.write import Wanted, chosen_plan
from hobnail.errors import SystemFailure, UserError
from hobnail.formats.btt.geometry import SECTOR_SIZES, BttGeometry, Version
from hobnail.formats.btt.info_block import NO_UUID
from hobnail.image.model import Role
from hobnail.store import Store
from hobnail.system.block_devices import BlockDevice, Machine, read_machine
from hobnail.system.pmem_namespaces import Namespace, read_namespaces
from hobnail.system.raw_device import RawDevice
from hobnail.system.sysfs import number
from hobnail.write.btt_file import Report, WrittenBtt, geometry_for, write_btt_file
from hobnail.write.contents import Contents, contents_of
from hobnail.write.device_writer import HEAD, Job, Step, Written, write_device
from hobnail.write.disk import check_target
from hobnail.write.disk_layout import disk_layout, smallest_size
from hobnail.write.pmem import btt_version, check_mode, find_namespace, pmem_refusals
from hobnail.write.safety import refuse
from hobnail.write.wipe import signatures_of

ANY_NAMESPACE = str(NO_UUID)
NAMESPACES = Path("/sys/bus/nd/devices")


@dataclass(frozen=True, slots=True)
class BttChoices:
    """How the BTT file is to be. `size` is the raw namespace's in bytes, None: the smallest that holds the image."""

    size: int | None = None
    sector: int = 4096
    version: Version = Version.UEFI
    parent: UUID = NO_UUID  # the namespace that it is for; all zeros: any, which Linux takes


@dataclass(frozen=True, slots=True)
class BttResult:
    """What was written."""

    file: WrittenBtt
    contents: Contents


@dataclass(frozen=True, slots=True)
class Doomed:
    """What a person has to agree to: this namespace, its device, and what is lost."""

    namespace: Namespace
    device: BlockDevice
    lost: tuple[str, ...]
    btt: Version | None  # of the BTT that is there already; None: not known


@dataclass(frozen=True, slots=True)
class PmemResult:
    """What was written and read back."""

    target: Doomed
    written: Written
    contents: Contents


def write_pmem(
    store: Store,
    wanted: Wanted,
    name: str,
    *,
    agreed: Callable[[Doomed], str],
    report: Callable[[Step], None] = lambda step: None,
) -> PmemResult:
    """Write an image to the namespace `name` and verify it. `agreed` returns what the person typed to agree.

    UserError when it is none that may be written, or was not agreed to; SystemFailure when it cannot be written or is
    read back otherwise.
    """
    machine = read_machine()
    namespace = find_namespace(read_namespaces(), machine, name)
    check_mode(namespace)
    device = _device(machine, namespace)
    refuse(device, pmem_refusals(machine, device))
    contents = _contents(store, wanted)
    layout = disk_layout(contents, size=device.size, sector=device.sector_size)
    head, body = layout.split(HEAD)
    partitions = [(part.start, part.size) for part in machine.partitions_of(device)]
    with _claimed(device) as raw:
        found = [f"{what} at byte {start}" if start else f"{what}" for start, what in signatures_of(raw, partitions)]
        lost = tuple(dict.fromkeys(found))
        raw_size = number(NAMESPACES / namespace.name / "size")
        target = Doomed(namespace, device, lost, btt_version(raw_size, device))
        typed = agreed(target)
        if typed != device.proof:
            raise UserError(
                f"nothing was written: it was not agreed to with its name, {device.proof}", where=str(device.path)
            )
        written = write_device(raw, Job(head, body, layout.written), partitions, report)
    return PmemResult(target, written, contents)


def write_btt_image(
    store: Store,
    wanted: Wanted,
    path: Path,
    choices: BttChoices,
    *,
    force: bool = False,
    report: Report = lambda done, total: None,
) -> BttResult:
    """Write a file with a BTT and the image's disk inside; with an overlay only its owner may read it.

    Raises UserError and SystemFailure.
    """
    check_target(path, force=force)
    if choices.sector not in SECTOR_SIZES:
        raise UserError(f"a BTT has no sectors of {choices.sector} bytes", next_step="use 4096 or 512")
    geometry = None
    if choices.size is not None:  # before anything is collected: a size that cannot be is said at once
        geometry = BttGeometry.for_size(choices.size, choices.sector, version=choices.version)
    contents = _contents(store, wanted)
    if geometry is None:
        least = smallest_size(contents, sector=choices.sector)
        geometry = geometry_for(least, choices.sector, choices.version)
    try:
        layout = disk_layout(contents, size=geometry.size, sector=choices.sector)
    except UserError as error:
        where = f"the disk inside a BTT of {geometry.raw_size} bytes"
        raise UserError(error.what, where=where, next_step=error.next_step) from error
    private = any(module.role is Role.OVERLAY for module in contents.plan.modules)  # hashes, a host's keys
    written = write_btt_file(
        layout, geometry, path, parent=choices.parent, force=force, private=private, report=report
    )
    return BttResult(written, contents)


def parse_version(text: str) -> Version:
    """Return a BTT's version as people write it. UserError for others than 2.0 and 1.1."""
    for version in Version:
        if str(version) == text:
            return version
    raise UserError(f"there is no BTT {text}", next_step="2.0 (UEFI) and 1.1 (Linux) are known")


def parse_uuid(text: str) -> UUID:
    """Return a UUID. UserError when the text is none."""
    try:
        return UUID(text)
    except ValueError:
        raise UserError(f"{text!r} is no UUID", next_step="`ndctl list -N` shows that of a namespace") from None


def _contents(store: Store, wanted: Wanted) -> Contents:
    """Return the files for UEFI: no BIOS knows persistent memory."""
    chosen = chosen_plan(store, wanted)
    image = chosen.plan.image
    if all(module.name != "mboot.efi" for module in image.loaders):
        raise UserError(
            f"{image.title} boots by BIOS only, which knows no persistent memory",
            next_step="boot it from the network or from a stick (`hobnail write usb`)",
        )
    return contents_of(chosen.plan, chosen.content)


def _claimed(device: BlockDevice) -> RawDevice:
    """Open the device for us alone: while the person is asked nobody can mount it."""
    try:
        raw = RawDevice(device.path)
    except SystemFailure as error:
        raise UserError(error.what, where=error.where, next_step=error.next_step) from error
    if raw.size != device.size:
        raw.close()
        raise UserError("was changed while it was looked at", where=raw.name, next_step="try again")
    return raw


def _device(machine: Machine, namespace: Namespace) -> BlockDevice:
    device = machine.devices.get(namespace.node)
    if device is None:
        raise SystemFailure(
            f"its device /dev/{namespace.node} is not there",
            where=namespace.name,
            next_step=f"modprobe nd_btt nd_pmem; ndctl enable-namespace {namespace.name}",
        )
    return device
