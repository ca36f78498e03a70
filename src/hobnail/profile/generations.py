"""What a release cannot do is refused when a boot is planned, and never dropped; what Secure Boot refuses is told.

The rows are in ways.py, those of boot options in ways_boot.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hobnail.boot.plan import PlanOptions
from hobnail.image.model import Generation
from hobnail.profile.release import Release, release_of, spoken
from hobnail.profile.settings import Settings
from hobnail.profile.ways import way_of
from hobnail.profile.ways_boot import OF_THE_LOADER, boot_options_used, boot_way

FIRST_WITH_MBOOT_EFI = (5, 0, 0)
"""The first release that UEFI boots, and so with a boot.cfg."""

SECURE_BOOT_SINCE = (6, 5, 0)
"""The first release that boots under UEFI Secure Boot."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A setting that this release cannot do. `key` is the setting as people write it."""

    key: str
    reason: str
    next_step: str


def refusals(
    settings: Settings, generation: Generation, version: str, mboot: Release | None = None
) -> tuple[Refusal, ...]:
    """Return what the settings ask of a release that it cannot do; empty when all can be done.

    `mboot` is the release of the mboot.efi that UEFI hosts get, where that is not the image's own.
    """
    release = release_of(generation, version)
    return (*refused_of(used(settings), release), *_refused_boot(settings.boot, release, mboot or release))


def _refused_boot(options: PlanOptions, release: Release, mboot: Release) -> Iterator[Refusal]:
    """What neither the image nor, for what its loader does, the newest mboot.efi can do; before 5.0 there is none."""
    for option in boot_options_used(options):
        newest = max(release, mboot) if option in OF_THE_LOADER and release >= FIRST_WITH_MBOOT_EFI else release
        if (way := boot_way(option, newest)).refused:
            yield Refusal(option, f"ESXi {spoken(release)}: {way.refused}", way.next_step)


@lru_cache(1024)
def refused_of(settings: tuple[str, ...], release: Release) -> tuple[Refusal, ...]:
    """Return the refusals of rows of the table; many hosts ask for the same ones."""
    ways = ((setting, way_of(setting, release)) for setting in settings)
    return tuple(
        Refusal(setting, f"ESXi {spoken(release)}: {way.refused}", way.next_step)
        for setting, way in ways
        if way.refused
    )


def used(settings: Settings) -> tuple[str, ...]:
    """Name the rows of the table that the settings ask for."""
    return tuple(dict.fromkeys((*_accounts(settings), *_services(settings), *_network(settings))))


def _accounts(settings: Settings) -> Iterator[str]:
    root, ssh = settings.root, settings.ssh
    if root.locked:
        yield "root.locked"
    elif root.password_hash:
        yield "root.password_hash"
        if root.password_hash.startswith("$6$"):
            yield "root.password_hash $6$"
    if ssh.enabled is not None:
        yield "ssh.enabled"
    if ssh.authorized_keys:
        yield "ssh.authorized_keys"
    if settings.shell is not None:
        yield "shell on" if settings.shell else "shell off"


def _services(settings: Settings) -> Iterator[str]:
    asked = {
        "host_name": settings.host_name,
        "domain": settings.domain,
        "name_servers": settings.name_servers or settings.search_domains,
        "ntp_servers": settings.ntp_servers,
        "syslog": settings.syslog,
        "syslog tcp, ssl": settings.syslog.startswith(("tcp:", "ssl:")),
        "license_key": settings.license_key,
        "scratch": settings.scratch,
        "advanced": settings.advanced,
        "serial": settings.serial_console or settings.serial_log,
        "serial_speed": settings.serial_speed,
        "welcome": settings.welcome,
        "firewall": settings.firewall,
        "files": settings.files,
        "files /etc/shadow": any(file.path == "/etc/shadow" for file in settings.files),
        "scripts": settings.scripts,
    }
    yield from (key for key, value in asked.items() if value)


def _network(settings: Settings) -> Iterator[str]:
    management = settings.management
    if (
        management.dhcp
        or management.address
        or management.gateway
        or management.vlan is not None
        or management.uplink
    ):
        yield "management"
    if settings.switches or settings.port_groups:
        yield "switches"
    if settings.vmkernel_ports:
        yield "vmkernel_ports"
    if any(switch.mtu for switch in settings.switches) or any(port.mtu for port in settings.vmkernel_ports):
        yield "mtu"
    for port in settings.vmkernel_ports:
        yield from (f"vmkernel_ports.services {service}" for service in port.services)
    for store in settings.nfs:
        yield "nfs" if store.version == "3" else "nfs 4.1"
        if store.read_only:
            yield "nfs read_only"


@dataclass(frozen=True, slots=True)
class SecureBootWarning:
    """What will not work on a host whose firmware has UEFI Secure Boot switched on, and what does."""

    what: str
    next_step: str


def secure_boot_warnings(
    settings: Settings, generation: Generation, version: str, *, script: bool = True
) -> tuple[SecureBootWarning, ...]:
    """Return what to know before such a host boots with these settings; if it is installed, with a `script` or not.

    mboot itself takes an unsigned tgz; the running system checks the signatures of what it is made of (facts 2.2).
    """
    if release_of(generation, version) < SECURE_BOOT_SINCE:
        what = f"ESXi {spoken(release_of(generation, version))} does not boot under UEFI Secure Boot"
        return (SecureBootWarning(what, "switch Secure Boot off in the firmware, or use ESXi 6.5 or later"),)
    found = []
    asked = dict.fromkeys(key.split()[0] for key in used(settings) if not key.startswith("serial"))
    if asked and settings.boot.mode == "stateless":
        found.append(
            SecureBootWarning(
                f"the overlay is unsigned and the running system will refuse it: {', '.join(asked)}",
                "what works there: kernel options, and settings made through the API after the boot",
            )
        )
    if settings.modules:
        names = ", ".join(module.name for module in settings.modules)
        found.append(SecureBootWarning(f"modules that VMware has not signed are refused: {names}", "leave them out"))
    if settings.boot.mode == "install" and script:
        found.append(
            SecureBootWarning(
                "%firstboot scripts do not run there (VMware's installation guide)",
                "what works there: kernel options, and the kickstart's own commands, %pre and %post",
            )
        )
        if settings.install.deliver == "overlay":
            found.append(
                SecureBootWarning(
                    "a kickstart in the overlay cannot be read where the overlay is refused", 'write deliver = "http"'
                )
            )
    return tuple(found)
