"""What can be checked before anything is imported or served: this machine, the pool of addresses, the image."""

from collections.abc import Iterable
from ipaddress import IPv4Address

from hobnail.app.serve_options import ServeOptions
from hobnail.errors import UserError
from hobnail.host.hosts import Host
from hobnail.host.pool import Pool
from hobnail.serve.dhcpd import open_port
from hobnail.store import Store, StoredImage
from hobnail.system.interfaces import Interface, find_interface
from hobnail.system.privileges import require_boot_ports
from hobnail.system.tcp import open_tcp
from hobnail.system.udp import open_udp
from hobnail.wire.dhcp import PROXY_PORT, SERVER_PORT, HardwareAddress

TFTP_PORT = 69


def check_machine(options: ServeOptions) -> Interface:
    """Check what this machine must have, before anything is imported or started.

    SystemFailure or UserError: no such interface, no address on it, a range outside its network, not allowed to
    answer on low ports, a port in use.
    """
    interface = find_interface(options.interface)
    pool_for(options, interface)
    require_boot_ports()
    for port in {"proxy": (SERVER_PORT, PROXY_PORT), "full": (SERVER_PORT,), "off": ()}[options.dhcp]:
        open_port(interface.name, port).close()
    open_udp(str(interface.address), TFTP_PORT, interface=interface.name).close()
    doors = {"--http-port": options.http_port}
    if options.http_boot.certificate is not None:
        doors["--https-port"] = options.http_boot.port
    for option, port in doors.items():
        open_tcp(str(interface.address), port, interface=interface.name, option=option, listen=True).close()
    return interface


def image_for(store: Store, reference: str | None) -> StoredImage:
    """Return the image that hosts boot when nothing else is said of them. UserError when there is none."""
    if reference is not None:
        return store.get(reference)
    stored = store.default_image()
    if stored is not None:
        return stored
    there = ", ".join(one.image.short_id for one in store.images())
    if there:
        raise UserError(
            "no image is the default one",
            next_step=f"name it with --image, or make it so by `hobnail image default`: {there}",
        )
    raise UserError(
        "there is no image to serve",
        next_step="import one: hobnail image import FILE, or all at once: hobnail up FILE --interface IF",
    )


def pool_for(
    options: ServeOptions, interface: Interface, hosts: Iterable[Host] = ()
) -> tuple[Pool | None, tuple[str, ...]]:
    """Return the addresses to give, None when none are given, and which of the hosts' own cannot be, a line each.

    A host's address is kept for the first of its cards: two of them cannot have it at once.
    UserError for what was typed and cannot be.
    """
    if options.range is None:
        return None, ()
    first, last = options.range
    reserved: dict[HardwareAddress, IPv4Address] = {}
    for mac, address in options.reservations:
        hardware = HardwareAddress.parse(mac)
        if reserved.setdefault(hardware, address) != address:
            raise UserError(f"{mac} is given two addresses by --reserve: {reserved[hardware]} and {address}")
    if options.gateway is not None and options.gateway not in interface.network:
        raise UserError(
            f"--gateway {options.gateway} is not in the hosts' network {interface.network}",
            next_step="name the router's address on that network",
        )
    left_out = []
    taken = set(reserved.values())
    for host in hosts:
        if host.address is None:
            continue
        if not host.macs:
            left_out.append(f"host {host.name}: {host.address} is kept for nobody: DHCP needs its MAC address")
            continue
        hardware = HardwareAddress.parse(host.macs[0])
        if host.address not in interface.network or host.address == interface.address:
            left_out.append(f"host {host.name}: {host.address} is none that can be given in {interface.network}")
        elif hardware not in reserved and host.address not in taken:
            reserved[hardware] = host.address
            taken.add(host.address)
    return Pool(interface.network, first, last, interface.address, reserved), tuple(left_out)
