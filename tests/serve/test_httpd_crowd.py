"""The HTTP server under peers that hold on: half-open connections, slow readers, what is not HTTP."""

import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from hobnail.boot.content import BytesContent, FileContent
from hobnail.observe.events import FileFailed
from tests.serve.running_httpd import curl, serving

pytestmark = pytest.mark.usefixtures("silent")

CONFIG = {"/cfg": BytesContent(b"DEFAULT hobnail\n")}
HALF = b"GET /cfg HTTP/1.1\r\nHost: x\r\n"


def ended(connection: socket.socket, seconds: float = 5) -> bool:
    """Tell whether the server ended a connection within some seconds."""
    connection.settimeout(seconds)
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def half_open(stack: ExitStack, port: int, source: str = "127.0.0.1") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))
    stack.enter_context(connection)
    with suppress(ConnectionError):  # closed at the door
        connection.sendall(HALF)
    return connection


def test_one_address_cannot_take_all_places(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(CONFIG, crowd=20, crowd_of_address=8) as running, ExitStack() as stack:
        held = [half_open(stack, running.port) for _ in range(200)]
        assert curl("--interface", "127.0.0.2", running.url("/cfg")) == b"DEFAULT hobnail\n"
        assert all(ended(connection) for connection in held[8:])
        assert not any(ended(connection, 0.01) for connection in held[:8])
        for connection in held:
            connection.close()
        deadline = time.monotonic() + 5
        while True:  # their places are free again
            with ExitStack() as again:
                if not ended(half_open(again, running.port), 0.1):
                    break
            assert time.monotonic() < deadline
    assert capfd.readouterr().err == ""


def test_all_addresses_together_have_a_limit() -> None:
    with serving(CONFIG, crowd=4, crowd_of_address=2) as running, ExitStack() as stack:
        held = [half_open(stack, running.port, f"127.0.0.{2 + number // 2}") for number in range(6)]
        assert [ended(connection, 0.5) for connection in held] == [False] * 4 + [True] * 2


def test_a_request_that_does_not_end_ends_its_connection() -> None:
    with serving(CONFIG, header_seconds=0.3) as running, ExitStack() as stack:
        slow, silent_one = half_open(stack, running.port), half_open(stack, running.port)
        for _ in range(4):
            time.sleep(0.05)
            slow.sendall(b"a: b\r\n")
        assert ended(slow)
        assert ended(silent_one)
        kept = half_open(stack, running.port)
        kept.sendall(b"\r\n")
        assert kept.recv(4096).startswith(b"HTTP/1.1 200")
        assert not ended(kept, 0.6), "one that asked may be idle"


def test_closing_waits_for_no_slow_reader(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(bytes(30_000_000))
    with serving({"/big": FileContent(path, 30_000_000)}) as running, ExitStack() as stack:
        for _ in range(3):
            slow = socket.socket()
            stack.enter_context(slow)
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", running.port))
            slow.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
            for _ in range(3):
                assert slow.recv(1000)
                time.sleep(0.05)
        half_open(stack, running.port)
        started = time.monotonic()
        running.close()
        assert time.monotonic() - started < 1
        failed = [event for event in running.events if isinstance(event, FileFailed)]
        assert [event.reason for event in failed] == ["the server was stopped"] * 3


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: [\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nrubbish",
        b"GET /cfg HTTP/1.1\r\nHost: x\r\nIf-None-Match: rubbish\r\nRange: \xff\r\n\r\n",
        b"GET /" + b"a" * 100_000,
        b"\r\n\r\nnonsense\r\n\r\n" * 40,
    ],
)
def test_what_is_not_a_request_is_no_traceback(request_bytes: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(CONFIG) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=5) as connection:
            connection.sendall(request_bytes)
            connection.shutdown(socket.SHUT_WR)
            ended(connection, 0.3)
        assert curl(running.url("/cfg")) == b"DEFAULT hobnail\n"
    assert capfd.readouterr().err == ""
