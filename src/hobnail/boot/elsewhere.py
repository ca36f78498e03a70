"""DHCP mode off: what to set on somebody else's DHCP server, in that server's own words.

Sources: dhcpd.conf(5) and dhcp-options(5) of ISC DHCP 4.4, dnsmasq(8) 2.90, the Kea administrator's manual 2.2
(client classes). What each client needs stands in docs/formats/dhcp-and-pxe.md.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from hobnail.boot.boot_files import BootFile, BootFiles, Refused
from hobnail.wire.pxe import ARCHITECTURES, BOOT_AS_OFFERED, HTTP_CLASS, PXE_CLASS, Architecture


@dataclass(frozen=True, slots=True)
class _Firmware:
    """A kind of firmware, by its values of option 93, and what it must be sent."""

    tag: str
    numbers: tuple[int, ...]
    vendor_class: str
    vendor_information: bytes
    file: BootFile


def describe_options(server: IPv4Address, files: BootFiles) -> list[str]:
    """Return lines for a person to copy: for dnsmasq, ISC dhcpd, Kea, and by number for every other server."""
    firmwares = list(_firmwares(files))
    lines = [f"# no boot file for {tag}: {reason}" for tag, reason in _refusals(files)]
    if firmwares:
        for section in (_dnsmasq, _isc_dhcpd, _kea, _by_number):
            lines += ["", *section(server, firmwares)] if lines else section(server, firmwares)
    return lines


def _firmwares(files: BootFiles) -> Iterator[_Firmware]:
    skip, pxe = BOOT_AS_OFFERED, PXE_CLASS.decode()
    if isinstance(files.bios, BootFile):
        yield _Firmware("bios", _numbers(Architecture("BIOS", "")), pxe, skip, files.bios)
    if isinstance(files.uefi, BootFile):
        yield _Firmware("uefi", _numbers(Architecture("UEFI", "x86-64")), pxe, skip, files.uefi)
    if isinstance(files.uefi_http, BootFile):
        numbers = _numbers(Architecture("UEFI", "x86-64", http=True))
        yield _Firmware("uefi-http", numbers, HTTP_CLASS.decode(), b"", files.uefi_http)


def _refusals(files: BootFiles) -> Iterator[tuple[str, str]]:
    for tag, file in (("BIOS", files.bios), ("UEFI", files.uefi), ("UEFI HTTP", files.uefi_http)):
        if isinstance(file, Refused):
            yield tag, file.reason


def _numbers(wanted: Architecture) -> tuple[int, ...]:
    return tuple(number for number, architecture in ARCHITECTURES.items() if architecture == wanted)


def _dnsmasq(server: IPv4Address, firmwares: list[_Firmware]) -> list[str]:
    lines = ["# dnsmasq: /etc/dnsmasq.d/hobnail.conf"]
    for one in firmwares:
        tag = f"hobnail-{one.tag}"
        lines += [f"dhcp-match=set:{tag},option:client-arch,{number}" for number in one.numbers]
        lines.append(f"dhcp-boot=tag:{tag},{one.file.name},,{server}")
        lines.append(f"dhcp-option-force=tag:{tag},60,{one.vendor_class}")
        if one.vendor_information:
            lines.append(f"dhcp-option-force=tag:{tag},43,{one.vendor_information.hex(':')}")
    return lines


def _isc_dhcpd(server: IPv4Address, firmwares: list[_Firmware]) -> list[str]:
    lines = ["# ISC dhcpd: dhcpd.conf, outside of any subnet"]
    lines.append("option hobnail-architecture code 93 = unsigned integer 16;")
    for one in firmwares:
        tests = " or ".join(f"option hobnail-architecture = {number.to_bytes(2).hex(':')}" for number in one.numbers)
        lines += [
            f'class "hobnail-{one.tag}" {{',
            f"  match if {tests};",
            f"  next-server {server};",
            f'  filename "{one.file.name}";',
            f'  option vendor-class-identifier "{one.vendor_class}";',
        ]
        if one.vendor_information:
            lines.append(f"  option vendor-encapsulated-options {one.vendor_information.hex(':')};")
        lines.append("}")
    return lines


def _kea(server: IPv4Address, firmwares: list[_Firmware]) -> list[str]:
    classes = []
    for one in firmwares:
        options: list[dict[str, object]] = [
            {"name": "vendor-class-identifier", "data": one.vendor_class, "always-send": True}
        ]
        if one.vendor_information:
            data = one.vendor_information.hex()
            options.append({"code": 43, "csv-format": False, "data": data, "always-send": True})
        classes.append(
            {
                "name": f"hobnail-{one.tag}",
                "test": " or ".join(f"option[93].hex == 0x{number:04x}" for number in one.numbers),
                "next-server": str(server),
                "boot-file-name": one.file.name,
                "option-data": options,
            }
        )
    text = json.dumps(classes, indent=2)
    return ["# Kea: kea-dhcp4.conf, inside Dhcp4", *f'"client-classes": {text}'.splitlines()]


def _by_number(server: IPv4Address, firmwares: list[_Firmware]) -> list[str]:
    lines = ["# any other server (Windows, a router), for each value of option 93 (client architecture)"]
    for one in firmwares:
        values = " or ".join(str(number) for number in one.numbers)
        lines += [
            f"# architecture {values}",
            f"next server (field siaddr) and option 66: {server}",
            f"boot file (field file) and option 67: {one.file.name}",
            f"option 60 (text): {one.vendor_class}",
        ]
        if one.vendor_information:
            lines.append(f"option 43 (hexadecimal): {one.vendor_information.hex(' ')}")
    return lines
