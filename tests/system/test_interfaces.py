"""Interfaces, neighbours and privileges of machines that the test makes."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.system.interfaces import find_interface
from hobnail.system.neighbours import find_mac
from hobnail.system.privileges import effective_capabilities, may_serve_boot_ports, require_boot_ports
from tests.namespaces import Namespace, Namespaces
from tests.tools import need_root, need_tool


@pytest.fixture
def pair() -> Iterator[tuple[Namespace, Namespace]]:
    need_root()
    need_tool("ip")
    with Namespaces() as lan:
        one, two = lan.add("one"), lan.add("two")
        lan.connect(one, "eth0", two, "eth0")
        yield one, two


def test_an_interface_is_described(pair: tuple[Namespace, Namespace]) -> None:
    one, _ = pair
    one.ip("link", "set", "eth0", "address", "52:54:00:4C:00:01", "mtu", "1400")
    one.set_address("eth0", "10.77.3.1/22")
    with one.entered():
        found = find_interface("eth0")
        index = socket.if_nametoindex("eth0")
    assert (found.name, found.index, found.mac, found.mtu) == ("eth0", index, "52:54:00:4c:00:01", 1400)
    assert (found.address, found.network) == (IPv4Address("10.77.3.1"), IPv4Network("10.77.0.0/22"))


def test_a_wrong_name_is_answered_with_the_right_ones(pair: tuple[Namespace, Namespace]) -> None:
    with pair[0].entered(), pytest.raises(UserError, match="no interface is called 'eth1'; name one of: lo, eth0"):
        find_interface("eth1")


@pytest.mark.parametrize("name", ["", "x" * 40, "eth0\0", "é"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(UserError, match="no interface is called"):
        find_interface(name)


def test_an_interface_without_an_address_says_how_to_give_one(pair: tuple[Namespace, Namespace]) -> None:
    with pair[0].entered(), pytest.raises(SystemFailure, match=r"ip address add 10\.77\.0\.1/24 dev eth0"):
        find_interface("eth0")


def test_an_interface_that_is_down_says_how_to_start_it(pair: tuple[Namespace, Namespace]) -> None:
    pair[0].set_address("eth0", "10.77.0.1/24")
    pair[0].ip("link", "set", "eth0", "down")
    with pair[0].entered(), pytest.raises(SystemFailure, match="eth0: the interface is down; ip link set eth0 up"):
        find_interface("eth0")


def test_a_host_that_sent_a_packet_is_known(pair: tuple[Namespace, Namespace]) -> None:
    one, two = pair
    two.ip("link", "set", "eth0", "address", "52:54:00:4c:00:02")
    one.set_address("eth0", "10.77.0.1/24")
    two.set_address("eth0", "10.77.0.2/24")
    with one.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("10.77.0.1", 6969))
        listener.settimeout(5)
        assert find_mac(IPv4Address("10.77.0.2"), "eth0") is None
        with two.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"hello", ("10.77.0.1", 6969))
        assert listener.recv(10) == b"hello"
        assert find_mac(IPv4Address("10.77.0.2"), "eth0") == "52:54:00:4c:00:02"
        assert find_mac(IPv4Address("10.77.0.2"), "lo") is None
        assert find_mac(IPv4Address("10.77.0.2"), "eth9") is None


def test_an_address_that_nobody_answers_for_is_not_known(pair: tuple[Namespace, Namespace]) -> None:
    one, _ = pair
    one.set_address("eth0", "10.77.0.1/24")
    with one.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", ("10.77.0.9", 6969))
        assert find_mac(IPv4Address("10.77.0.9"), "eth0") is None


def test_root_may_serve() -> None:
    need_root()
    assert effective_capabilities() != 0
    assert may_serve_boot_ports()
    require_boot_ports()


def test_nobody_may_not_and_is_told_what_to_do() -> None:
    need_root()
    code = (  # the modules are loaded first: nobody may not be able to read them
        "import os\n"
        "from hobnail.errors import SystemFailure\n"
        "from hobnail.system.privileges import require_boot_ports\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: require_boot_ports()\n"
        "except SystemFailure as failure: print(failure)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_bytes())
    assert ("run it as root (sudo), or give it the capabilities" in done.stdout) == (first > 67)
