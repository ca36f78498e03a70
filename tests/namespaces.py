"""Network namespaces for tests: machines, cables, switches and taps that exist only while the test runs.

    with Namespaces() as lan:
        server, client = lan.add("server"), lan.add("client")
        lan.connect(server, "eth0", client, "eth0")
        server.set_address("eth0", "10.77.0.1/24")
        client.start("udhcpc", "-f", "-i", "eth0", ...)

Names hold this process's id, so that two test runs do not meet; what a killed run left behind is removed by the
next one. Needs root.
"""

import contextlib
import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

PREFIX = "hobnail-test"
RUNTIME = Path("/run/netns")
CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=20)


def _set_network_namespace(descriptor: int) -> None:
    """Move the calling thread (os.setns comes with Python 3.12 only)."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """One machine: its own interfaces, addresses and routes. Made by `Namespaces.add`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._started: list[subprocess.Popen[bytes]] = []
        _ip("netns", "add", name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments: str) -> None:
        """Run `ip` for this machine."""
        _ip("-n", self.name, *arguments)

    def set_address(self, interface: str, address: str) -> None:
        """Give the interface an address such as `10.77.0.1/24`."""
        self.ip("address", "add", address, "dev", interface)

    def add_bridge(self, bridge: str, *ports: str) -> None:
        """Make a switch of the ports; it forwards at once (no spanning tree delay)."""
        self.ip("link", "add", bridge, "type", "bridge", "stp_state", "0", "forward_delay", "0")
        for port in ports:
            self.ip("link", "set", port, "master", bridge)
        self.ip("link", "set", bridge, "up")

    def add_tap(self, tap: str, bridge: str) -> None:
        """Make a tap for a virtual machine, plugged into the bridge."""
        self.ip("tuntap", "add", tap, "mode", "tap")
        self.ip("link", "set", tap, "master", bridge)
        self.ip("link", "set", tap, "up")

    def command(self, *arguments: str) -> list[str]:
        """Return the argument list that runs a program on this machine."""
        return ["ip", "netns", "exec", self.name, *arguments]

    def run(self, *arguments: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
        """Run a program on this machine to its end; its exit status is the caller's to judge."""
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=timeout, check=False)

    def start(self, *arguments: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program on this machine; it is stopped when the namespaces are removed."""
        with contextlib.ExitStack() as files:
            output = files.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            process = subprocess.Popen(
                self.command(*arguments), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._started.append(process)
        return process

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Put the calling thread on this machine: sockets made within belong to it, for as long as they live."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        here = os.open(RUNTIME / self.name, os.O_RDONLY)
        try:
            _set_network_namespace(here)
            try:
                yield
            finally:
                _set_network_namespace(home)
        finally:
            os.close(here)
            os.close(home)

    def remove(self) -> None:
        """Stop what was started, then remove the machine."""
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(timeout=3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _ip("netns", "delete", self.name)


class Namespaces:
    """All machines of one test; leaving the `with` removes them, whatever happened."""

    def __init__(self) -> None:
        self._machines: list[Namespace] = []

    def __enter__(self) -> Self:
        _remove_leftovers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.ExitStack() as every:
            for machine in self._machines:
                every.callback(machine.remove)

    def add(self, label: str) -> Namespace:
        """Make a machine that has only a loopback interface."""
        machine = Namespace(f"{PREFIX}-{os.getpid()}-{next(_numbers)}-{label}")
        self._machines.append(machine)
        return machine

    def connect(self, left: Namespace, left_interface: str, right: Namespace, right_interface: str) -> None:
        """Lay a cable (veth) between two machines; both ends are up."""
        _ip(
            *("link", "add", "name", left_interface, "netns", left.name, "type", "veth"),
            *("peer", "name", right_interface, "netns", right.name),
        )
        left.ip("link", "set", left_interface, "up")
        right.ip("link", "set", right_interface, "up")


def _remove_leftovers() -> None:
    """Remove the machines of test processes that are no more."""
    for path in RUNTIME.glob(f"{PREFIX}-*"):
        owner = path.name.removeprefix(f"{PREFIX}-").split("-")[0]
        if not Path("/proc", owner).exists():
            with contextlib.suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", path.name)
