"""What a disk calls itself: vendor, model, serial number, and the bus it hangs on.

Sources: lsblk (util-linux misc-utils/lsblk-properties.c) for the files and their order; SPC-4 7.8.16 for the serial
number in vital product data page 80h.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from hobnail.system.sysfs import lines, text

_USB = re.compile(r"/usb\d+/")
_BY_PATH = (
    (_USB, "usb"),
    (re.compile(r"/nvme"), "nvme"),
    (re.compile(r"/end_device-"), "sas"),
    (re.compile(r"/rport-"), "fc"),
    (re.compile(r"/session\d+/"), "iscsi"),
    (re.compile(r"/ata\d+/"), "sata"),
    (re.compile(r"/mmc\d*/"), "mmc"),
    (re.compile(r"/virtio\d+/"), "virtio"),
    (re.compile(r"/ndbus\d+/"), "nvdimm"),
    (re.compile(r"/host\d+/"), "scsi"),
)
"""A part of the device's place in the tree of devices -> its transport; the first that fits."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Empty where the device does not tell."""

    vendor: str = ""
    model: str = ""
    serial: str = ""
    transport: str = ""


def identity_of(root: Path, folder: Path, numbers: tuple[int, int]) -> Identity:
    """Return what is known of the disk with this folder in /sys/block."""
    place = folder.resolve()
    transport = next((name for pattern, name in _BY_PATH if pattern.search(f"{place}/")), "")
    udev = _udev(root, numbers)
    vendor, model = text(folder / "device/vendor"), text(folder / "device/model") or text(folder / "device/name")
    if vendor == "ATA" or vendor.startswith("0x"):  # the bus's name; virtio's number
        vendor = ""
    serial = (
        (_usb_serial(place) if transport == "usb" else "")
        or udev.get("ID_SERIAL_SHORT", "")
        or udev.get("SCSI_IDENT_SERIAL", "")
        or text(folder / "serial")
        or text(folder / "device/serial")
        or _unit_serial(folder / "device/vpd_pg80")
    )
    return Identity(vendor, model or udev.get("ID_MODEL", "").replace("_", " ").strip(), serial, transport)


def _usb_serial(place: Path) -> str:
    """Return the serial number of the nearest USB device above: what is printed on sticks, and what udev takes."""
    for above in place.parents:
        if (above / "idVendor").exists():
            return text(above / "serial")
    return ""


def _unit_serial(path: Path) -> str:
    """Return the serial number in vital product data page 80h: two bytes of length at 2, then ASCII."""
    try:
        page = path.read_bytes()
    except OSError:
        return ""
    length = int.from_bytes(page[2:4], "big")
    plain = page[4 : 4 + length].decode("ascii", "replace")
    return "".join(char for char in plain if char.isprintable() and char != "\ufffd").strip()


def _udev(root: Path, numbers: tuple[int, int]) -> dict[str, str]:
    """Return the properties that udev keeps of a block device, which everybody may read."""
    properties = {}
    for line in lines(root / f"run/udev/data/b{numbers[0]}:{numbers[1]}"):
        if line.startswith("E:"):
            name, _, value = line[2:].partition("=")
            properties[name] = "".join(char for char in value if char.isprintable()).strip()
    return properties
