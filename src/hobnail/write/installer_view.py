"""Would the installer of ESXi list this device among its targets? And what to do instead where it would not.

Sources: facts 9 (`--firstdisk=local,remote,usb`), facts 10 (persistent memory is never listed; 6.7 and later take it
as a datastore of their own); sizes: VMware's installation guides of 5.0 to 6.7 ("a boot device that is a minimum of
1 GB"), of 7.0 ("a boot disk of at least 32 GB … such as HDD, SSD, or NVMe"), and VMware Cloud Foundation 4.3, boot
devices ("at least 8 GB for USB or SD devices"). The guides say what is needed, not what the list leaves out.
"""

from dataclasses import dataclass

from hobnail.system.block_devices import BlockDevice, Kind
from hobnail.system.pmem_namespaces import Namespace

GIGABYTE = 10**9
SMALLEST = 1 * GIGABYTE
SMALLEST_7_USB, SMALLEST_7 = 8 * GIGABYTE, 32 * GIGABYTE
PMEM_NEVER = "persistent memory is never listed (7.0 U2 seen; from 6.7 on it becomes a datastore of the host's own)"
_ONLY_HERE = frozenset(
    {Kind.LOOP, Kind.RAM, Kind.MAPPER, Kind.RAID, Kind.VOLUME, Kind.CACHE, Kind.NETWORK, Kind.PARTITION}
)
_BY_CONTROLLER = frozenset({"sata", "sas", "scsi", "nvme", "fc", "iscsi"})


@dataclass(frozen=True, slots=True)
class InstallerView:
    """`listed`: True, False, or None where nothing public tells."""

    listed: bool | None
    why: str
    instead: str = ""


def installer_view(device: BlockDevice) -> InstallerView:
    """Return whether a device would be listed, and why (not)."""
    if device.kind is Kind.PMEM:
        return InstallerView(False, PMEM_NEVER, PMEM_INSTEAD)
    if device.kind is Kind.PARTITION:
        return InstallerView(False, "whole disks are listed")
    if device.kind in _ONLY_HERE:
        return InstallerView(False, f"a {device.kind} exists only in this Linux")
    if device.kind in (Kind.CD, Kind.FLOPPY):
        return InstallerView(False, f"a {device.kind} is no target")
    if device.size < SMALLEST:
        why = "every release wants 1 GB at least; whether it lists smaller ones is not published"
        return InstallerView(None, why, "boot the host from the network, or from a stick")
    transport = device.identity.transport
    if transport == "usb":
        return InstallerView(True, f"USB disks are listed{_too_small_for_7(device.size, SMALLEST_7_USB)}")
    if transport in _BY_CONTROLLER:
        small = _too_small_for_7(device.size, SMALLEST_7)
        return InstallerView(True, f"where the release has a driver for its {transport} controller{small}")
    return InstallerView(None, f"nothing public tells for {transport or 'this kind of'} devices")


def _too_small_for_7(size: int, least: int) -> str:
    return f"; 7.0 and later want {least // GIGABYTE} GB" if size < least else ""


PMEM_INSTEAD = (
    "ndctl create-namespace -m sector -l 4096, then `hobnail write pmem`; or boot from the network, and leave the "
    "memory to ESXi"
)


def namespace_advice(namespace: Namespace) -> str:
    """Return what to do with a namespace; "" when it can be written as it is."""
    if namespace.is_sector:
        return ""
    return (
        f"ndctl create-namespace -f -e {namespace.name} -m sector -l 4096 (erases it), then `hobnail write pmem`; "
        "or boot from the network"
    )
