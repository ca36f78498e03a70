"""What the store remembers of a host besides its settings: that it is installed, and the keys made for it."""

from hobnail.app.configuration import load_configuration
from hobnail.boot.plan import mac_address
from hobnail.errors import UserError
from hobnail.store import Store


def install_again(store: Store, name: str) -> tuple[str, ...]:
    """Let a host (a name, or a MAC address) be installed again when it boots next; the MAC addresses it concerns.

    UserError when there is no such host, or it was not installed from here.
    """
    forgotten = tuple(mac for mac in _macs(store, name) if store.installations.forget(mac))
    if not forgotten:
        step = 'it installs when it boots with mode = "install"'
        raise UserError(f"{name} was not installed from here", next_step=step)
    return forgotten


def forget_keys(store: Store, name: str) -> None:
    """Drop a host's SSH keys and certificate, so that new ones are made for its next boot.

    UserError when there is no such host, or none were made.
    """
    if name not in load_configuration(store).hosts.by_name:
        raise UserError(f"there is no host {name!r} in the settings", next_step="`hobnail host list` shows them")
    if not store.host_secrets.forget(name):
        raise UserError(f"no keys were made for {name} yet", next_step="they are, when it boots for the first time")


def _macs(store: Store, name: str) -> tuple[str, ...]:
    hosts = load_configuration(store).hosts
    host = hosts.by_name.get(name)
    if host is None:
        return (mac_address(name),)
    seen = [
        machine.mac
        for machine in store.machines.all()
        if hosts.match(mac=machine.mac, uuid=machine.uuid, serial=machine.serial, asset=machine.asset).host == host
    ]
    return tuple(dict.fromkeys((*host.macs, *seen)))
