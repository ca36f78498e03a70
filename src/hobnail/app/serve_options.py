"""What the person asks for when serving, parsed and checked for sense; nothing here looks at the machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Literal

from hobnail.app.http_boot import PLAIN, HttpBootOptions
from hobnail.boot.plan import PlanOptions, mac_address
from hobnail.errors import UserError
from hobnail.host.pool import parse_range

DhcpMode = Literal["proxy", "full", "off"]


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What the person asked for, parsed."""

    interface: str
    image: str | None
    dhcp: DhcpMode
    range: tuple[IPv4Address, IPv4Address] | None
    reservations: tuple[tuple[str, IPv4Address], ...]
    gateway: IPv4Address | None
    dns: tuple[IPv4Address, ...]
    lease_seconds: int
    plan: PlanOptions
    http_port: int
    loaders: Path | None
    newest_mboot: bool  # UEFI hosts get the newest mboot.efi of all images, not their image's own
    http_boot: HttpBootOptions = PLAIN

    @classmethod
    def parse(
        cls,
        *,
        interface: str,
        image: str | None,
        dhcp: DhcpMode,
        range_text: str | None,
        reservations: Sequence[str],
        gateway: str | None,
        dns: Sequence[str],
        lease_seconds: int,
        plan: PlanOptions,
        http_port: int,
        loaders: Path | None,
        newest_mboot: bool,
        http_boot: HttpBootOptions = PLAIN,
    ) -> "ServeOptions":
        """Read what was typed; UserError for what cannot be, or does not go with the DHCP mode."""
        full_only = {"--range": range_text, "--reserve": reservations, "--gateway": gateway, "--dns": dns}
        if dhcp != "full":
            given = [name for name, value in full_only.items() if value]
            if given:
                raise UserError(
                    f"{' and '.join(given)} says which addresses to give, and --dhcp {dhcp} gives none",
                    next_step="add --dhcp full if no other DHCP server is on this network, else leave it out",
                )
        elif range_text is None:
            raise UserError(
                "--dhcp full needs to know which addresses to give",
                next_step="add --range, for example --range 10.0.0.100-10.0.0.199",
            )
        if http_boot.name and dhcp == "full" and not dns:
            raise UserError(
                f"hosts are sent to https://{http_boot.name}, and are told no name server to find that",
                next_step="add --dns ADDRESS",
            )
        return cls(
            interface=interface,
            image=image,
            dhcp=dhcp,
            range=parse_range(range_text) if range_text else None,
            reservations=tuple(map(_reservation, reservations)),
            gateway=_address(gateway, "--gateway") if gateway else None,
            dns=tuple(_address(text, "--dns") for text in dns),
            lease_seconds=lease_seconds,
            plan=plan,
            http_port=http_port,
            loaders=loaders,
            newest_mboot=newest_mboot,
            http_boot=http_boot,
        )


def _address(text: str, option: str) -> IPv4Address:
    try:
        return IPv4Address(text.strip())
    except AddressValueError as error:
        raise UserError(f"{option} {text!r} is no IPv4 address", next_step="write it like 10.0.0.1") from error


def _reservation(text: str) -> tuple[str, IPv4Address]:
    mac, sign, address = text.partition("=")
    if not sign:
        raise UserError(f"--reserve {text!r} is not MAC=ADDRESS", next_step="write 52:54:00:4c:00:01=10.0.0.10")
    return mac_address(mac), _address(address, "--reserve")
