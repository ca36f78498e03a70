"""A network of its own for the demo: a namespace that nothing of this machine's network reaches.

Whatever runs in it (servers, machines, the bridge between them) disappears with it, even after kill -9. It has
its own process ids too: when we go, its first process is killed, and then the kernel ends the others.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from hobnail.errors import SystemFailure
from hobnail.system.commands import run

BRIDGE = "br0"
ADDRESS = "10.77.0.1"
FIRST, LAST = "10.77.0.100", "10.77.0.150"
"""Addresses to give to machines."""
LINK_LOCAL = "fe80::1"

TUN = Path("/dev/net/tun")
_UNSHARE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--pid", "--fork", "--kill-child")
"""All of util-linux."""
_AS_USER = ("--user", "--map-root-user")
SYSCTL = Path("/proc/sys")
SETTINGS = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu 23.10 and later
    ("kernel.unprivileged_userns_clone", "0", "1"),  # Debian
    ("user.max_user_namespaces", "0", "10000"),
)
"""What keeps a plain user from a namespace of their own: setting, the value that forbids, one that allows."""


def in_namespace(argv: Sequence[str]) -> list[str]:
    """Return the command that runs `argv` in a network namespace of its own, as its root."""
    return [*_UNSHARE, *(() if os.geteuid() == 0 else _AS_USER), *argv]


def check_namespace() -> None:
    """Make a namespace and leave it. SystemFailure, with the setting to change, where that is not allowed."""
    try:
        run(in_namespace(["ip", "link", "set", "lo", "up"]))  # Ubuntu may make one, and then allow nothing in it
    except SystemFailure as error:
        if error.next_step is not None:
            raise
        reason = error.what.splitlines()[-1].strip()
        raise SystemFailure(f"cannot make a network namespace: {reason}", next_step=_remedy()) from error


def check_tun() -> None:
    """SystemFailure when virtual machines cannot be plugged into a bridge here."""
    if os.access(TUN, os.R_OK | os.W_OK):
        return
    if TUN.exists():
        what, remedy = "you may not open it", f"run it as root, or allow it to users: sudo chmod 666 {TUN}"
    else:
        what, remedy = "it is missing", "sudo modprobe tun; a container must be given it: --device /dev/net/tun"
    raise SystemFailure(f"{what}, and it plugs virtual machines into a network", where=str(TUN), next_step=remedy)


def _remedy() -> str:
    if os.geteuid() == 0:
        return "root of a container may not make one: run it with --privileged, or on the machine itself"
    for name, forbids, allows in SETTINGS:
        path = SYSCTL / name.replace(".", "/")
        if path.exists() and path.read_text().strip() == forbids:
            return f"run it as root, or allow it to users: sudo sysctl {name}={allows}"
    return "run it as root"


def set_up(taps: Sequence[str]) -> None:
    """Inside the namespace: make the bridge, with our address on it, and a tap for each machine."""
    run(["ip", "link", "set", "lo", "up"])
    run(["ip", "link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0"])
    for tap in taps:
        run(["ip", "tuntap", "add", tap, "mode", "tap"])
        run(["ip", "link", "set", tap, "master", BRIDGE, "up"])
    run(["ip", "address", "add", f"{ADDRESS}/24", "dev", BRIDGE])
    run(["ip", "link", "set", BRIDGE, "up"])


def add_link_local(interface: str) -> bool:
    """Inside the namespace: give the interface an IPv6 address that can be used at once; False without IPv6."""
    try:
        run(["ip", "address", "add", f"{LINK_LOCAL}/64", "dev", interface, "nodad"])
    except SystemFailure:
        return False
    return True
