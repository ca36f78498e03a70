"""What the store remembers of a host besides its settings: that it is installed, and the keys made for it."""

from hobnail.app.configuration import load_configuration
from hobnail.boot.plan import mac_address
from hobnail.errors import UserError
from hobnail.store import Store


def install_again(store: Store, name: str) -> None:
    """Let a host (a name, or a MAC address) be installed again when it boots next.

    UserError when there is no such host, or it was not installed from here.
    """
    macs = _macs(store, name)
    known_as = {*macs, name} if name in load_configuration(store).hosts.by_name else {*macs}
    forgotten = [store.installations.forget(one, macs) for one in sorted(known_as)]  # all of them
    if True not in forgotten:
        step = 'it installs when it boots with mode = "install"'
        raise UserError(f"{name} was not installed from here", next_step=step)


def note_installed(store: Store, name: str) -> None:
    """Note by hand that a host (a name, or a MAC address) is installed. UserError when there is no such host."""
    known_as = name if name in load_configuration(store).hosts.by_name else mac_address(name)
    store.installations.add(known_as, "noted by hand: ESXi")


def installed_title(store: Store, name: str) -> str:
    """Return what a host of that name has installed, "" when it has not."""
    installed = store.installations.all()
    return next((installed[one] for one in (name, *_macs(store, name)) if one in installed), "")


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
