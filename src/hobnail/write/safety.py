"""May this device be overwritten? Every reason against it, each with what to do: pure, from what the kernel shows.

What the kernel does not show (a claim by another program) is found by opening the device: system/raw_device.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hobnail.errors import UserError
from hobnail.system.block_devices import LIST_THEM, BlockDevice, Kind, Machine
from hobnail.system.touched import touched_by

RAW_SECTORS = (512,)
"""Bytes of the sectors that a medium's own bytes are made for."""
SECTORS = (512, 4096)
"""Bytes of the sectors that our partition tables are made for; BIOS boots from the first kind only."""

WRITABLE = frozenset({Kind.DISK, Kind.LOOP, Kind.NETWORK})
_SYSTEM_PLACES = ("/", "/boot", "/efi", "/usr", "/var", "/home", "/nix", "/run/live", "/run/initramfs")
"""Mount points, and what lies below those but the first, that a running system needs."""

_INSTEAD = {
    Kind.CD: "`hobnail write iso` makes an image to burn",
    Kind.PMEM: "`hobnail write pmem` writes it",
    Kind.RAM: "what is in it is gone when this machine stops: take a stick",
    Kind.FLOPPY: "no image fits on a diskette",
}


class Danger(StrEnum):
    """Why a device is refused."""

    SYSTEM = "system"
    MOUNTED = "mounted"
    HELD = "held"
    READ_ONLY = "read-only"
    TOO_SMALL = "too small"
    PARTITION = "partition"
    KIND = "kind"
    SECTOR_SIZE = "sector size"
    FIXED = "not removable"
    OTHER = "not the one"
    SOURCE = "the source"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: what is in the way, and what to do about it."""

    danger: Danger
    why: str
    next_step: str


def refusals(
    machine: Machine,
    device: BlockDevice,
    *,
    size: int = 0,
    proof: str = "",
    kinds: frozenset[Kind] = WRITABLE,
    sectors: tuple[int, ...] = SECTORS,
) -> tuple[Refusal, ...]:
    """Return every reason against overwriting a device, the worst first; none when it may be.

    `size`: bytes that have to fit. `proof`: the serial number that the person typed: the right one
    overrules FIXED, a wrong one is a reason of its own. `sectors`: bytes that its sectors may have.
    """
    found = [
        reason
        for look in (_kind, _partition, _system, _mounted, _held, _read_only)
        for reason in look(machine, device, kinds)
    ]
    if any(reason.danger is Danger.SYSTEM for reason in found):  # nobody is told to unmount what the system needs
        found = [reason for reason in found if reason.danger not in (Danger.MOUNTED, Danger.HELD)]
    return (*found, *_fitting(device, size, sectors), *_meant(device, proof))


def refuse(device: BlockDevice, reasons: tuple[Refusal, ...]) -> None:
    """Raise UserError with all reasons in one line; nothing when there are none."""
    if reasons:
        text = "; also: ".join(f"{reason.why}: {reason.next_step}" for reason in reasons)
        raise UserError(f"is not written to: {text}", where=str(device.path))


def _kind(_: Machine, device: BlockDevice, kinds: frozenset[Kind]) -> Iterator[Refusal]:
    if device.kind is Kind.PARTITION or device.kind in kinds:
        return
    made_of = f" on {', '.join(device.slaves)}" if device.slaves else ""
    otherwise = "give a disk: no firmware boots from such a volume"
    yield Refusal(Danger.KIND, f"it is a {device.kind}{made_of}", _INSTEAD.get(device.kind, otherwise))


def _partition(machine: Machine, device: BlockDevice, _: frozenset[Kind]) -> Iterator[Refusal]:
    if device.part_of:
        why = f"it is a partition of {device.part_of}, and what boots is the whole disk"
        yield Refusal(Danger.PARTITION, why, f"give {machine.devices[device.part_of].path}")


def _system(machine: Machine, device: BlockDevice, _: frozenset[Kind]) -> Iterator[Refusal]:
    for way in touched_by(machine, device):
        places = [place for place in way[-1].mounts if is_system_place(place)]
        if way[-1].swap:
            places.append("swap space")
        if way[-1].pool.endswith("(mounted on /)"):
            places.append(f"the root pool {way[-1].pool.split()[0]}")
        if places:
            why = f"this system runs from it: {', '.join(places)}{_by_way_of(way)}"
            other = f"take another device ({LIST_THEM})"
            only_swap = places == ["swap space"]
            yield Refusal(Danger.SYSTEM, why, f"swapoff {way[-1].path}, or {other}" if only_swap else other)


def _mounted(machine: Machine, device: BlockDevice, _: frozenset[Kind]) -> Iterator[Refusal]:
    for way in touched_by(machine, device):
        places = [place for place in way[-1].mounts if not is_system_place(place)]
        if places:
            why = f"it is mounted on {', '.join(places)}{_by_way_of(way)}"
            yield Refusal(Danger.MOUNTED, why, f"umount {' '.join(places)}")


def _held(machine: Machine, device: BlockDevice, _: frozenset[Kind]) -> Iterator[Refusal]:
    said = {device.name}  # twins are each other's, and a loop device holds what it is made of
    for way in touched_by(machine, device):
        if way[-1].pool:
            pool = way[-1].pool.split()[0]
            yield Refusal(Danger.HELD, f"ZFS pool {pool} is on it{_by_way_of(way)}", f"zpool export {pool}")
        for name in (twin for twin in way[-1].twins if twin not in said):
            said.add(name)
            why = f"loop device {name} stands on the same file{_by_way_of(way)}"
            yield Refusal(Danger.HELD, why, f"losetup -d /dev/{name}")
        for name in way[-1].holders:
            if name in (one.name for one in way):
                continue
            holder = machine.devices.get(name)
            what, next_step = _holder_words(name, holder)
            yield Refusal(Danger.HELD, f"{what} is on it{_by_way_of(way)}", next_step)


def _holder_words(name: str, holder: BlockDevice | None) -> tuple[str, str]:
    """Return what a holder is, and how it lets go."""
    label = holder.label if holder is not None and holder.label else name
    match holder.kind if holder is not None else None:
        case Kind.MAPPER:
            return (
                f"device-mapper volume {label} ({name})",
                f"vgchange -an, cryptsetup close or dmsetup remove {label}",
            )
        case Kind.RAID:
            return f"software RAID {name}", f"mdadm --stop /dev/{name}"
        case Kind.LOOP:
            return f"loop device {name}", f"losetup -d /dev/{name}"
        case Kind.CACHE:
            return f"bcache device {name}", f"echo 1 > /sys/block/{name}/bcache/stop"
        case _:
            return f"{name}", f"stop what uses /dev/{name}"


def _read_only(_: Machine, device: BlockDevice, __: frozenset[Kind]) -> Iterator[Refusal]:
    if device.read_only:
        yield Refusal(Danger.READ_ONLY, "it is read-only", "look for a write-protection switch on it")


def _fitting(device: BlockDevice, size: int, sectors: tuple[int, ...]) -> Iterator[Refusal]:
    if size > device.size:
        why = f"it is too small: it has {device.size} bytes, {size} are needed"
        yield Refusal(Danger.TOO_SMALL, why, "take a larger one")
    if device.sector_size not in sectors:
        made_for = " or ".join(map(str, sectors))
        why = f"its sectors have {device.sector_size} bytes, and what is to be written is made for {made_for}"
        yield Refusal(Danger.SECTOR_SIZE, why, "take one with sectors of 512 bytes, as sticks have")


def _meant(device: BlockDevice, proof: str) -> Iterator[Refusal]:
    if proof and proof != device.proof:
        why = f"{proof!r} is not its {proof_words(device)}"
        yield Refusal(Danger.OTHER, why, f"look at what is written on it; {LIST_THEM}")
    elif not proof and not device.removable and not device.part_of:
        why = "it is not removable, and may be the wrong one"
        yield Refusal(Danger.FIXED, why, f"if it is the one, give its {proof_words(device)} with --serial")


def proof_words(device: BlockDevice) -> str:
    """Return what a person has to type for this device, in words."""
    return "serial number" if device.identity.serial else "name (it has no serial number)"


def is_system_place(place: str) -> bool:
    """Whether a running system needs what is mounted there."""
    return any(place == one or (one != "/" and place.startswith(f"{one}/")) for one in _SYSTEM_PLACES)


def _by_way_of(way: tuple[BlockDevice, ...]) -> str:
    """Return ` (sda2, vg-root)`: what stands between the device and its use."""
    between = [f"{one.label} {one.name}" if one.kind is Kind.MAPPER else one.name for one in way[1:]]
    return f" ({' > '.join(between)})" if between else ""
