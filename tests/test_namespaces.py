"""The test machines are real: they reach each other, and are gone afterwards."""

import socket
import subprocess

import pytest

from tests.namespaces import RUNTIME, Namespaces
from tests.tools import need_root, need_tool


@pytest.fixture(autouse=True)
def _root() -> None:
    need_root()
    need_tool("ip")


def test_machines_on_a_bridge_reach_each_other_and_are_removed() -> None:
    with Namespaces() as lan:
        switch, one, two = lan.add("switch"), lan.add("one"), lan.add("two")
        lan.connect(switch, "port1", one, "eth0")
        lan.connect(switch, "port2", two, "eth0")
        switch.add_bridge("br0", "port1", "port2")
        switch.add_tap("tap0", "br0")
        one.set_address("eth0", "10.77.0.1/24")
        two.set_address("eth0", "10.77.0.2/24")
        with one.entered(), socket.create_server(("10.77.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            with two.entered(), socket.create_connection(("10.77.0.1", port), timeout=5) as link:
                assert link.getpeername() == ("10.77.0.1", port)
        names = [machine.name for machine in (switch, one, two)]
    assert not [name for name in names if (RUNTIME / name).exists()]


def test_what_was_started_is_stopped() -> None:
    with Namespaces() as lan:
        process = lan.add("one").start("sleep", "600")
        assert process.poll() is None
    assert process.returncode is not None


def test_leftovers_of_a_dead_run_are_removed() -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    name = f"hobnail-test-{dead.pid}-0-left"
    subprocess.run(["ip", "netns", "add", name], check=True)
    with Namespaces():
        assert not (RUNTIME / name).exists()
