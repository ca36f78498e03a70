"""How a window leaves the server: with one system call where the path allows it, block by block where it does not."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.boot.content import FileContent
from hobnail.wire.tftp import Ack, Options, ReadRequest
from tests.namespaces import Namespaces
from tests.serve.running_tftpd import ADDRESS, Host, serving
from tests.tools import need_root, need_tool

UDP_GRO = 104
CONTENT = bytes(n * 13 % 251 for n in range(300_000))
SERVER = "10.77.0.1"


@pytest.fixture
def blob(tmp_path: Path) -> FileContent:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    return FileContent(path, len(CONTENT))


@pytest.mark.parametrize(("segmented", "largest"), [(True, 16 * (4 + 1408)), (False, 4 + 1408)])
def test_a_window_is_one_send(blob: FileContent, segmented: bool, largest: int) -> None:
    """A receiver that lets the kernel join what belongs together (UDP_GRO) gets on loopback what was one send."""
    with serving({"blob": blob}, segmented=segmented) as running, contextlib.closing(Host(running)) as host:
        host.socket.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
        host.ask(ReadRequest("blob", options=Options(block_size=1408, window_size=16)))
        host.hear()
        host.say(Ack(0))
        assert len(host.socket.recv(65535)) == largest


@pytest.fixture
def lan() -> Iterator[Namespaces]:
    need_root()
    need_tool("ip")
    with Namespaces() as machines:
        yield machines


@pytest.mark.parametrize("segmented", [True, False])
@pytest.mark.parametrize(
    ("block_size", "window"),
    [
        (1468, 16),  # as large as Ethernet takes
        (1469, 16),  # one byte more: the kernel refuses to cut, and plain sends are fragmented
        (8192, 7),
        (65464, 16),
    ],
)
def test_blocks_larger_than_the_path_takes_arrive_all_the_same(
    lan: Namespaces, blob: FileContent, block_size: int, window: int, segmented: bool
) -> None:
    server, client = lan.add("server"), lan.add("client")
    lan.connect(server, "eth0", client, "eth0")
    server.set_address("eth0", f"{SERVER}/24")
    client.set_address("eth0", "10.77.0.2/24")
    with contextlib.ExitStack() as stack:
        with server.entered():
            running = stack.enter_context(serving({"blob": blob}, address=SERVER, segmented=segmented))
        with client.entered():
            host = stack.enter_context(contextlib.closing(Host(running, SERVER)))
        assert host.fetch("blob", Options(block_size=block_size, window_size=window)) == CONTENT


def test_a_last_window_of_one_large_block_arrives(lan: Namespaces, tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(CONTENT[:6000])
    machine = lan.add("server")
    machine.ip("link", "set", "lo", "mtu", "1500")
    with contextlib.ExitStack() as stack:
        with machine.entered():
            running = stack.enter_context(serving({"small": FileContent(path, 6000)}))
            host = stack.enter_context(contextlib.closing(Host(running, ADDRESS)))
        assert host.fetch("small", Options(block_size=8192, window_size=4)) == CONTENT[:6000]
