"""Privileges: whether this process may serve the boot plane, known before anything is opened.

Source: capabilities(7), ip(7) (ip_unprivileged_port_start). Binding a socket to an interface needs no privilege
since Linux 5.7; an older kernel says so when the port is opened.
"""

from pathlib import Path

from hobnail.errors import SystemFailure

CAP_NET_BIND_SERVICE = 10
FIRST_BOOT_PORT = 67
"""The lowest port of the boot plane: DHCP 67, TFTP 69, HTTP 80, PXE 4011."""


def may_serve_boot_ports() -> bool:
    """Say whether this process may listen on the boot plane's ports, without trying."""
    if effective_capabilities() >> CAP_NET_BIND_SERVICE & 1:
        return True
    return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_bytes()) <= FIRST_BOOT_PORT


def require_boot_ports() -> None:
    """Raise SystemFailure where `may_serve_boot_ports` says no."""
    if not may_serve_boot_ports():
        raise SystemFailure(
            "not allowed to listen on the ports of DHCP (67) and TFTP (69)",
            next_step="run it as root (sudo), or give it the capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW",
        )


def effective_capabilities() -> int:
    """Return this process's effective capabilities as a bit mask."""
    status = Path("/proc/self/status").read_bytes()
    line = next(line for line in status.splitlines() if line.startswith(b"CapEff:"))
    return int(line.split()[1], 16)
