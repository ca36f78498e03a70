"""UDP sockets: bound to one interface, and clear about what stands in the way."""

import contextlib
import socket

import pytest

from hobnail.errors import SystemFailure
from hobnail.system.udp import open_udp, set_segment_size
from tests.namespaces import Namespaces
from tests.tools import need_root, need_tool


def test_the_kernel_picks_a_port() -> None:
    with open_udp("127.0.0.1", 0, interface="lo", receive_buffer=1 << 20) as made:
        assert made.getsockname()[1] > 0
        assert not made.getblocking()
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 212_992


def test_a_port_in_use_names_who_to_ask() -> None:
    with open_udp("127.0.0.1", 0, interface=None) as made:
        port = made.getsockname()[1]
        with pytest.raises(SystemFailure, match=rf"127.0.0.1: cannot listen on UDP port {port}.*ss -ulpn"):
            open_udp("127.0.0.1", port, interface=None)


@pytest.mark.parametrize(
    ("address", "interface", "says"),
    [
        ("127.0.0.1", "no-such-if", "no interface is called no-such-if"),
        ("192.0.2.1", None, "give the interface the address 192.0.2.1"),
    ],
)
def test_what_is_not_there_is_named(address: str, interface: str | None, says: str) -> None:
    with pytest.raises(SystemFailure, match=says):
        open_udp(address, 0, interface=interface)


def test_another_interface_is_not_heard() -> None:
    """Linux takes a datagram for any of its addresses on every interface, unless the socket is bound to one."""
    need_root()
    need_tool("ip")
    with Namespaces() as lan, contextlib.ExitStack() as stack:
        server, client = lan.add("server"), lan.add("client")
        lan.connect(server, "eth0", client, "eth0")
        lan.connect(server, "eth1", client, "eth1")
        server.set_address("eth0", "10.77.0.1/24")
        server.set_address("eth1", "10.78.0.1/24")
        client.set_address("eth1", "10.78.0.2/24")
        client.ip("route", "add", "10.77.0.1", "via", "10.78.0.1")
        with server.entered():
            only = stack.enter_context(open_udp("10.77.0.1", 0, interface="eth0"))
            every = stack.enter_context(open_udp("10.77.0.1", 0, interface=None))
        with client.entered():
            sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sender.sendto(b"x", ("10.77.0.1", only.getsockname()[1]))
        sender.sendto(b"x", ("10.77.0.1", every.getsockname()[1]))
        every.settimeout(5)
        assert every.recv(10) == b"x"
        with pytest.raises(BlockingIOError):
            only.recv(10)


def test_one_send_is_cut_into_datagrams() -> None:
    with open_udp("127.0.0.1", 0, interface=None) as receiver, open_udp("127.0.0.1", 0, interface=None) as sender:
        sender.connect(receiver.getsockname())
        set_segment_size(sender, 4)
        sender.send(b"aaaabbbbcc")
        set_segment_size(sender, 0)
        sender.send(b"whole")
        receiver.settimeout(5)
        assert [receiver.recv(100) for _ in range(4)] == [b"aaaa", b"bbbb", b"cc", b"whole"]
