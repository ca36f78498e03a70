"""A host's ks.cfg, made from its profile, right for its release (5.0 and later).

What the installer's own commands say does not depend on anything else: the disk, root's hash, the management network,
the licence. %pre finds the disk where it is chosen by rules; %post, last of all, calls the server back, so that the
host boots from its disk the next time and is not installed again. Both run under UEFI Secure Boot too.

All other settings are left to %firstboot (first_boot.py), which Secure Boot skips: there is no other way, as an
unsigned module in the boot bank is refused there (facts 2.2, host facts 4). So nothing of the installation rests on
%firstboot, `left_for_first_boot` names what is not done there, and that is made through the API after the boot.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from hobnail.errors import UserError
from hobnail.formats.bootcfg_keys import parse_release
from hobnail.profile.kickstart.commands import DISK_TYPES, KEYBOARDS, LICENSED_BY_VCENTER_SINCE
from hobnail.profile.kickstart.disk import install_line, pre_script, script
from hobnail.profile.kickstart.finding import near
from hobnail.profile.kickstart.first_boot import (
    IN_COMMAND,
    first_boot_script,
    left_for_first_boot,
)
from hobnail.profile.kickstart.grammar import INSTALLER_OF_5
from hobnail.profile.kickstart.words import quoted, word
from hobnail.profile.overlay.request import Content
from hobnail.profile.password import MAKE_ONE, check_hash, is_vendor_default
from hobnail.profile.release import Release
from hobnail.profile.settings import Install, Settings, Source

__all__ = ["left_for_first_boot", "notes", "release_for_install", "render"]

POST_TIMEOUT = 300
"""Seconds that the call-back may take, with all its tries."""


def release_for_install(version: str) -> Release:
    """Return the release of a version ("7.0.2"). UserError where images have no installer or it takes no script."""
    release = parse_release(version)
    if release < INSTALLER_OF_5:
        raise UserError(
            f"images of ESXi {version} are imported without their installer",
            next_step="boot it stateless; installations work from ESXi 5.0 on",
        )
    return release[0], release[1], release[2]


def no_content(source: Source) -> bytes:
    """Stand for the bytes of files that the settings name, where none can be had."""
    raise UserError(f"the content of {source.name} is not known here", next_step="apply the settings first")


def render(settings: Settings, version: str, *, callback_url: str = "", content: Content = no_content) -> bytes:
    """Return the ks.cfg of a host. `content` returns the bytes of scripts that the settings name.

    `callback_url` is fetched once by GET when the installation is done; http alone, as old hosts speak no more.
    UserError for what is missing, cannot be said to the installer, or is not known to the release.
    """
    release = release_for_install(version)
    commands = "".join(f"{line}\n" for line in _commands(settings, release))
    pre = pre_script(settings.install)
    post = _call_back(callback_url) if callback_url and not settings.install.dry_run else ""
    first_boot = "" if settings.install.dry_run else first_boot_script(settings, release, version, content)
    sections = (
        ("%pre --interpreter=busybox", pre),
        (f"%post --interpreter=busybox --timeout={POST_TIMEOUT}", post),
        ("%firstboot --interpreter=busybox", first_boot),
    )
    text = commands + "".join(f"\n{head}\n{body}" for head, body in sections if body)
    return text.encode("ascii")


def _commands(settings: Settings, release: Release) -> Iterator[str]:
    install = settings.install
    yield "# Made by hobnail from the host's profile."
    yield _agreement(install)
    yield f"rootpw --iscrypted {_root_hash(settings)}"
    yield install_line(install)
    if install.keyboard:
        yield f"keyboard {_keyboard(install.keyboard)}"
    yield f"network {' '.join(_network(settings))}"
    if settings.license_key and release < LICENSED_BY_VCENTER_SINCE:
        yield f"serialnum --esx={word(settings.license_key, 'license.key')}"
    # Without reboot after a dry run: the host would come back to the same script for ever.
    yield "dryrun" if install.dry_run else "reboot"


def _agreement(install: Install) -> str:
    if not install.accept_eula:
        raise UserError(
            "nobody has accepted VMware's licence agreement for this host",
            where="install.accept_eula",
            next_step="read it, then write accept_eula = true",
        )
    return "vmaccepteula"


def _root_hash(settings: Settings) -> str:
    """Return root's hash; the installer takes $1$ and $6$ and no `*`, so a locked account cannot be installed."""
    root = settings.root
    if root.locked:
        raise UserError(
            "the installer wants a password for root and takes none that is locked",
            where="root.locked",
            next_step=f"give root.password_hash for the installation ({MAKE_ONE}), lock it through the API after",
        )
    if not root.password_hash:
        raise UserError("root has no password", where="root.password_hash", next_step=MAKE_ONE)
    check_hash(root.password_hash, where="root.password_hash")
    if is_vendor_default(root.password_hash):
        what = "is the hash of the password of the vendor's own ks.cfg, which everybody can read"
        raise UserError(what, where="root.password_hash", next_step=f"take another; {MAKE_ONE}")
    return root.password_hash


def _keyboard(name: str) -> str:
    if name not in KEYBOARDS:
        raise UserError(
            f"{name!r} is no keyboard of the installer's",
            where="install.keyboard",
            next_step=near(name, KEYBOARDS) or "write US Default, German, …",
        )
    return quoted(name, "install.keyboard")


def _network(settings: Settings) -> Iterator[str]:
    management = settings.management
    static = management.address
    yield f"--bootproto={'static' if static else 'dhcp'}"
    if management.uplink:  # otherwise the card that was booted from (BOOTIF)
        yield f"--device={word(management.uplink, 'network.management.uplink')}"
    if management.vlan:
        yield f"--vlanid={management.vlan}"
    if static is None:
        return
    yield f"--ip={static.ip}"
    yield f"--netmask={static.netmask}"
    if management.gateway is not None:
        if management.gateway not in static.network:
            raise UserError(
                f"gateway {management.gateway} is not in {static.network}", where="network.management.gateway"
            )
        yield f"--gateway={management.gateway}"
    if settings.name_servers:
        yield f"--nameserver={','.join(str(server) for server in settings.name_servers[:IN_COMMAND])}"
    if settings.host_name:
        name = f"{settings.host_name}.{settings.domain}" if settings.domain else settings.host_name
        yield f"--hostname={word(name, 'identity.host_name')}"


def _call_back(url: str) -> str:
    if not url.startswith("http://") or any(not "!" <= char <= "~" or char in "'\\" for char in url):
        raise UserError(
            "the address of the call-back is none that a host can fetch",
            next_step="hand out an http:// address in plain ASCII",
        )
    return f"url='{url}'\n{script('call-back.sh')}"


def notes(settings: Settings, version: str, *, callback_url: str = "") -> tuple[str, ...]:
    """Return what to know before this host is installed, a sentence each."""
    release = release_for_install(version)
    found = []
    install = settings.install
    if install.first_disk and {part.strip() for part in install.first_disk.split(",")} <= DISK_TYPES:
        found.append(f"first_disk = {install.first_disk}: with more than one such disk it is luck which is taken")
    if settings.management.address is not None and settings.management.gateway is None:
        found.append("without network.management.gateway the installer makes one up from the address")
    if (left := left_for_first_boot(settings, release)) and not install.dry_run:
        found.append(
            f"made at the first boot, which UEFI Secure Boot does not let happen: {', '.join(left)}; "
            "there, make them through the API after the boot"
        )
    if settings.serial_console or settings.serial_log:
        found.append("serial ports are for the installer; whether the installed host keeps them is not known")
    if not callback_url and not install.dry_run:
        found.append("without a call-back the host installs again when it next boots from the network")
    if callback_url and urlsplit(callback_url).port not in (None, 80):
        found.append("the call-back is not to port 80: the firewall of the installer may not let it out")
    return tuple(found)
