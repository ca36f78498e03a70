"""HTTPS beside HTTP, asked by curl that trusts our test CA, and by raw sockets that misbehave."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from ipaddress import IPv4Address
from pathlib import Path
from subprocess import run as run_process

import pytest

from hobnail.boot.content import BytesContent, Content, FileContent
from hobnail.observe.events import FileDone, FileFailed, FileSized, FileStarted
from hobnail.serve.tls import load_certificate
from tests.authority import NOW, Authority, write_pair
from tests.serve.running_httpd import Running, curl, serving
from tests.tools import need_tool

pytestmark = pytest.mark.usefixtures("silent")

BIG = bytes(range(256)) * 40_000
LARGE = 64 << 20
CONFIG = b"kernel=b.b00\n"
CA = Authority()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("https")
    write_pair(folder, CA.sign("127.0.0.1"))
    (folder / "ca.pem").write_bytes(CA.pem)
    (folder / "big").write_bytes(BIG)
    with (folder / "large").open("wb") as file:
        file.truncate(LARGE)
    return folder


def context(folder: Path) -> ssl.SSLContext:
    files = folder / "certificate.pem", folder / "key.pem"
    return load_certificate(*files, IPv4Address("127.0.0.1"), NOW.timestamp()).context


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    names: dict[str, Content] = {
        "/big": FileContent(folder / "big", len(BIG)),
        "/large": FileContent(folder / "large", LARGE),
        "/i.iso": FileContent(folder / "big", len(BIG), kind="application/vnd.efi-iso"),
        "/cfg": BytesContent(CONFIG),
    }
    with serving(names, tls=context(folder)) as server:
        yield server


def fetch(folder: Path, *arguments: str) -> bytes:
    return curl("--cacert", str(folder / "ca.pem"), *arguments)


def test_the_same_as_by_http(running: Running, folder: Path) -> None:
    assert fetch(folder, running.secure_url("/big")) == BIG == curl(running.url("/big"))
    assert fetch(folder, running.secure_url("/cfg")) == CONFIG
    assert fetch(folder, "-r", "1000-300000", running.secure_url("/big")) == BIG[1000:300001]
    head = fetch(folder, "-I", running.secure_url("/i.iso")).decode().lower()
    assert f"content-length: {len(BIG)}\r\n" in head
    assert "content-type: application/vnd.efi-iso\r\n" in head
    assert "transfer-encoding" not in head
    assert fetch(folder, "-w", "%{http_code}", running.secure_url("/none")).endswith(b"404")


def test_events_are_those_of_http(running: Running, folder: Path) -> None:
    running.events.clear()
    fetch(folder, "-I", running.secure_url("/big"))
    fetch(folder, running.secure_url("/big"))
    assert [type(event) for event in running.events] == [FileSized, FileStarted, FileDone]


def test_one_connection_for_many_files(running: Running, folder: Path) -> None:
    need_tool("curl")
    urls = [running.secure_url("/big"), running.secure_url("/none"), running.secure_url("/cfg")]
    command = ["curl", "-svv", "--cacert", str(folder / "ca.pem"), *(["-o", "/dev/null"] * 3), *urls]
    done = run_process(command, check=True, capture_output=True, text=True)
    assert done.stderr.count("Connected to ") == 1, done.stderr
    assert done.stderr.count("Re-using existing connection") == 2


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_tls_from_1_2_on(running: Running, folder: Path, version: str) -> None:
    need_tool("curl")
    command = ["curl", "-s", "--cacert", str(folder / "ca.pem"), f"--tlsv{version}", "--tls-max", version]
    done = run_process(
        [*command, "--ciphers", "DEFAULT@SECLEVEL=0", running.secure_url("/cfg")], check=False, capture_output=True
    )
    assert done.stdout == (CONFIG if version in ("1.2", "1.3") else b"")


def test_a_cipher_without_elliptic_curves(running: Running, folder: Path) -> None:
    """Firmware that was built without them."""
    limits = ("--tls-max", "1.2", "--ciphers", "AES256-GCM-SHA384")
    assert fetch(folder, *limits, running.secure_url("/cfg")) == CONFIG


def test_a_client_without_our_authority_gets_nothing(running: Running, capfd: pytest.CaptureFixture[str]) -> None:
    running.events.clear()
    done = run_process(["curl", "-s", running.secure_url("/cfg")], check=False, capture_output=True)
    assert done.returncode == 60
    assert done.stdout == b""
    assert running.events == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "rubbish", [b"GET /cfg HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(500), b"\0"]
)
def test_what_is_no_tls_ends_its_own_connection(
    running: Running, folder: Path, rubbish: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", running.secure_port), timeout=10) as connection:
        connection.sendall(rubbish)
        connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while connection.recv(65536):
                pass
    assert fetch(folder, running.secure_url("/cfg")) == CONFIG
    assert capfd.readouterr().err == ""


def test_a_handshake_that_stalls_gives_its_place_back(folder: Path) -> None:
    names: dict[str, Content] = {"/cfg": BytesContent(CONFIG)}
    with serving(names, tls=context(folder), crowd=4, header_seconds=0.5) as server, ExitStack() as stack:
        for _ in range(4):
            held = socket.create_connection(("127.0.0.1", server.secure_port), timeout=10)
            stack.enter_context(held)
            held.settimeout(10)
            stack.callback(held.recv, 100)  # the end: it is closed from over there
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            done = run_process(["curl", "-s", server.url("/cfg")], check=False, capture_output=True)
            if done.stdout == CONFIG:
                break
        assert done.stdout == CONFIG


def test_both_doors_share_one_crowd(folder: Path) -> None:
    names: dict[str, Content] = {"/cfg": BytesContent(CONFIG)}
    with serving(names, tls=context(folder), crowd_of_address=2) as server, ExitStack() as stack:
        for port in (server.port, server.secure_port):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        time.sleep(0.1)
        assert run_process(["curl", "-s", server.url("/cfg")], check=False, capture_output=True).returncode != 0
        assert curl("--interface", "127.0.0.2", server.url("/cfg")) == CONFIG


def test_a_reader_that_stalls_holds_little_memory(running: Running, folder: Path) -> None:
    """Of 64 MB no more is read than what waits in buffers: pieces, TLS records, the kernel's."""
    running.events.clear()
    trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        plain.connect(("127.0.0.1", running.secure_port))
        with trust.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
            secure.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            secure.recv(100)
            time.sleep(0.5)
            secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    deadline = time.monotonic() + 10
    while len(running.events) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    failed = running.events[-1]
    assert isinstance(failed, FileFailed)
    assert 0 < failed.sent < 4 << 20


def test_a_file_that_was_cut_short_ends_the_connection(folder: Path) -> None:
    path = folder / "short"
    path.write_bytes(b"x" * 5_000_000)
    names: dict[str, Content] = {"/short": FileContent(path, 5_000_000)}
    with serving(names, tls=context(folder)) as server:
        trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        with socket.create_connection(("127.0.0.1", server.secure_port), timeout=10) as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                secure.sendall(b"GET /short HTTP/1.1\r\nHost: x\r\n\r\n")
                secure.recv(100)
                path.write_bytes(b"")
                got = 0
                with suppress(OSError):
                    while data := secure.recv(1 << 20):
                        got += len(data)
        assert got < 5_000_000
        deadline = time.monotonic() + 10
        while len(server.events) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert isinstance(server.events[-1], FileFailed)
