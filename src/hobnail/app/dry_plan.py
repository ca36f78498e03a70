"""A host's boot, tried out when its settings are applied: all that would fail when it boots fails now.

Done as host_plans.py does it for a boot, from the same parts, with stand-ins for what each host or each boot has of
its own: its name and addresses, its keys, the one-time token.
"""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

from hobnail.boot import mboot_config, pxelinux
from hobnail.boot.additions import Addition
from hobnail.boot.plan import plan_for
from hobnail.errors import UserError
from hobnail.image.model import Image, Module, Role
from hobnail.profile import overlay
from hobnail.profile.kickstart.interactive import lost_without_script
from hobnail.profile.kickstart.render import render
from hobnail.profile.settings import ExtraModule, HostSecrets, Settings, Source

_MAC = "52:54:00:00:00:01"
_TOKEN = "0" * 32
_BASE = "http://255.255.255.255"
_ADDRESS = IPv4Interface("192.0.2.1/24")
_GATEWAY = IPv4Address("192.0.2.254")
_NETWORK = " ".join(
    f"{word}=255.255.255.255" for word in ("ip", "netmask", "gateway", "nameserver")
)  # as long as can be
_KEYS = HostSecrets("key", "key", b"key", "key", "key")


def alike(settings: Settings) -> Settings:
    """Return the settings without what each host has of its own and cannot fail: hosts that are alike are tried once.

    What is replaced was checked by its kind; what is not plain ASCII stays, since an installer may not take it.
    """
    management = settings.management
    if management.address is not None:
        gateway = None if management.gateway is None else _GATEWAY
        management = replace(management, address=_ADDRESS, gateway=gateway)
    ports = settings.vmkernel_ports
    return replace(
        settings,
        image="",
        host_name="host" if settings.host_name else "",
        license_key="AAAAA-BBBBB-CCCCC-DDDDD-EEEEE" if settings.license_key else "",
        management=management,
        vmkernel_ports=tuple(port if port.address is None else replace(port, address=_ADDRESS) for port in ports),
        scratch="/scratch" if settings.scratch and settings.scratch.isascii() else settings.scratch,
    )


def try_out(
    settings: Settings,
    image: Image,
    content: Callable[[Source], bytes],
    *,
    named: bool,
    host_name_said: bool = False,
) -> None:
    """Make all that a boot is made of, and forget it. UserError is what would stand in its way.

    `named` is for a host in the settings, which has keys of its own. A refusal of a file has `where`, its key.
    """
    boot = settings.boot
    install = boot.mode == "install"
    secrets = _secrets(settings) if named and not install else HostSecrets()
    made = overlay.build(settings, secrets, image.generation, image.version, content)
    words = [boot.kernel_options, *made.kernel_options]
    with_overlay = bool(made.members)
    if install:
        words += [_NETWORK] if settings.management.address is not None else []
        if settings.install.accept_eula:
            render(settings, image.version, callback_url=f"{_BASE}/done/{_TOKEN}", content=content)
            boot = replace(boot, kickstart=f"{_BASE}/{image.short_id}/{_TOKEN}/ks.cfg")
            with_overlay = settings.install.deliver == "overlay"
        else:
            _check_interactive(settings, host_name_said)
    additions = [addition(module) for module in settings.modules]
    if with_overlay:
        additions.append(Addition(Module(f"{_TOKEN}/{overlay.NAME}", Role.OVERLAY, 0, "", "made for each host")))
    plan = plan_for(image, _MAC, replace(boot, kernel_options=" ".join(filter(None, words))), additions)
    pxelinux.render(plan)
    if image.boot_config:
        mboot_config.render(plan)


def _check_interactive(settings: Settings, host_name_said: bool) -> None:
    lost = lost_without_script(settings, host_name_said=host_name_said)
    if lost:
        raise UserError(
            f"nobody has accepted VMware's licence agreement, so no script can do: {', '.join(lost)}",
            where="install.accept_eula",
            next_step="read it, then write install.accept_eula = true; or leave these out: the installer asks",
        )


def _secrets(settings: Settings) -> HostSecrets:
    """Return stand-ins of a host's keys, so that a file of the person's own in their place is seen."""
    keys = _KEYS if settings.ssh.keep_host_keys else replace(_KEYS, rsa_key="", ecdsa_key="", dropbear_key=b"")
    return keys if settings.keep_certificate else replace(keys, tls_key="", tls_certificate="")


def addition(module: ExtraModule) -> Addition:
    """Return a module of the settings as a boot plan takes it."""
    source = module.source
    added = Module(module.name, Role.ADDED, source.size, source.sha256, source.name)
    return Addition(added, module.before, module.after)
