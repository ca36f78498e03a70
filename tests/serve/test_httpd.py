"""The boot plane's HTTP, asked by curl and by raw sockets: what firmware needs in the answers."""

import asyncio
import hashlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run as run_process

import pytest

from hobnail.boot.content import BytesContent, Content, FileContent, Missing
from hobnail.errors import SystemFailure
from hobnail.observe.events import FileDone, FileFailed, FileMissing, FileSized, FileStarted
from hobnail.serve.httpd import HttpServer
from tests.serve.running_httpd import Running, curl, serving
from tests.tools import need_tool

BIG = bytes(range(256)) * 20_000
CONFIG = b"DEFAULT hobnail\n"


pytestmark = pytest.mark.usefixtures("silent")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    path = tmp_path_factory.mktemp("http") / "blob"
    path.write_bytes(BIG)
    names: dict[str, Content] = {
        "/big": FileContent(path, len(BIG)),
        "/module": FileContent(path, len(BIG), immutable=True),
        "//a//big": FileContent(path, len(BIG)),
        "/cfg": BytesContent(CONFIG),
        "/with blank": BytesContent(b"blank"),
        "/gone": FileContent(path.with_name("gone"), 5),
        "/folder": FileContent(path.parent, 5),
    }
    with serving(names) as server:
        yield server


def headers(text: bytes) -> dict[str, str]:
    lines = text.decode().split("\r\n\r\n")[0].splitlines()[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_get_gives_the_whole_file(running: Running) -> None:
    assert hashlib.sha256(curl(running.url("/big"))).digest() == hashlib.sha256(BIG).digest()
    assert curl(running.url("//a//big")) == BIG
    assert curl(running.url("/cfg")) == CONFIG
    assert curl(running.url("/with%20blank?x=1")) == b"blank"


@pytest.mark.parametrize(("name", "size"), [("/big", len(BIG)), ("/cfg", len(CONFIG))])
def test_head_and_get_say_the_length_and_nothing_that_firmware_chokes_on(
    running: Running, name: str, size: int
) -> None:
    for method in (["-I"], ["-D", "-", "-o", "/dev/null"]):
        got = headers(curl(*method, running.url(name)))
        assert got["content-length"] == str(size)
        assert "transfer-encoding" not in got
        assert got.get("connection", "keep-alive").lower() == "keep-alive"
        assert all(got.values()), f"an empty header hangs firmware: {got}"


def test_range_and_if_none_match(running: Running) -> None:
    assert curl("-r", "1000-1999", running.url("/big")) == BIG[1000:2000]
    assert curl("-r", "-5", running.url("/big")) == BIG[-5:]
    for name in ("/big", "/cfg"):
        etag = headers(curl("-I", running.url(name)))["etag"]
        code = curl("-o", "/dev/null", "-w", "%{http_code}", "-H", f"If-None-Match: {etag}", running.url(name))
        assert code == b"304"
        code = curl("-o", "/dev/null", "-w", "%{http_code}", "-H", 'If-None-Match: "other"', running.url(name))
        assert code == b"200"


def test_missing_names_the_reason(running: Running) -> None:
    running.begin()
    out = curl("-w", "%{http_code}", running.url("/../../etc/passwd"))
    assert out == b"no /../../etc/passwd for 127.0.0.1\n404"
    assert running.told(1) == [
        FileMissing(1.0, "127.0.0.1", "/../../etc/passwd", "no /../../etc/passwd for 127.0.0.1", False, "http")
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_read_only(running: Running, method: str) -> None:
    assert curl("-X", method, "-o", "/dev/null", "-w", "%{http_code}", running.url("/cfg")) == b"405"


def test_events_tell_sizes_from_transfers(running: Running) -> None:
    running.begin()
    curl("-I", running.url("/big"))
    curl(running.url("/big"))
    assert running.told(3) == [
        FileSized(1.0, "127.0.0.1", "/big", len(BIG), "http"),
        FileStarted(1.0, "127.0.0.1", "/big", len(BIG), "http"),
        FileDone(1.0, "127.0.0.1", "/big", len(BIG), 0.0, "http"),
    ]


def test_files_keep_the_connection_open(running: Running, capfd: pytest.CaptureFixture[str]) -> None:
    need_tool("curl")
    urls = [running.url("/big"), running.url("/cfg"), running.url("/big"), running.url("/missing")]
    outputs = ["-o", "/dev/null"] * len(urls)
    done = run_process(["curl", "-svv", *outputs, *urls], check=True, capture_output=True, text=True)
    assert done.stderr.count("Connected to ") == 1, done.stderr
    assert done.stderr.count("Re-using existing connection") == 3
    assert capfd.readouterr().err == "", "nothing went wrong behind the client's back"


def test_a_host_that_goes_away_is_recorded(running: Running) -> None:
    running.begin()
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1000)
    assert [type(event) for event in running.told(2)] == [FileStarted, FileFailed]


def test_one_connection_serves_many_requests_of_1_0_and_1_1(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(b"GET /cfg HTTP/1.1\r\nHost: x\r\nUser-Agent: esx-boot/2.0\r\n\r\n")
            got = b""
            while not got.endswith(CONFIG):
                got += connection.recv(4096)
            assert got.startswith(b"HTTP/1.1 200")
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.sendall(b"GET /cfg HTTP/1.0\r\n\r\n")
        got = b""
        while chunk := connection.recv(4096):
            got += chunk
        assert got.endswith(CONFIG)


def test_rubbish_ends_only_its_own_connection(running: Running) -> None:
    for rubbish in (b"\x16\x03\x01" + bytes(300), b"GET " + b"/" * 100_000, b"GET /big HTTP/9.9\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
            connection.sendall(rubbish)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
    assert curl(running.url("/cfg")) == CONFIG


def test_a_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = HttpServer(
            address="127.0.0.1",
            interface=None,
            port=taken.getsockname()[1],
            find=lambda name, peer: Missing(name + peer),
            record=lambda _: None,
            clock=lambda: 0.0,
        )
        with pytest.raises(SystemFailure, match="--http-port"):
            asyncio.run(server.start())


def test_the_file_is_sent_by_sendfile(tmp_path: Path) -> None:
    """The same server in a process of its own under strace: the body leaves by sendfile, never by write."""
    need_tool("strace", "curl")
    (tmp_path / "blob").write_bytes(BIG)
    code = f"""
import asyncio, pathlib, sys
from hobnail.serve.httpd import HttpServer
from hobnail.boot.content import FileContent
async def main():
    server = HttpServer(address="127.0.0.1", interface=None, port=0, record=lambda e: None, clock=lambda: 0.0,
        find=lambda n, p: FileContent(pathlib.Path({str(tmp_path / "blob")!r}), {len(BIG)}))
    await server.start()
    curl = await asyncio.create_subprocess_exec("curl", "-s", "-o", {str(tmp_path / "got")!r},
        f"http://127.0.0.1:{{server.port}}/x")
    await curl.wait()
    await server.close()
asyncio.run(main())
"""
    trace = tmp_path / "trace"
    run_process(
        ["strace", "-e", "trace=sendfile", "-o", str(trace), sys.executable, "-c", code], check=True, timeout=60
    )
    assert (tmp_path / "got").read_bytes() == BIG
    sent = sum(
        int(line.rsplit("=", 1)[1])
        for line in trace.read_text().splitlines()
        if "sendfile(" in line and "-1" not in line.rsplit("=", 1)[1]
    )
    assert sent == len(BIG)


def test_every_reply_has_a_length_and_who_sent_it(running: Running) -> None:
    tag = headers(curl("-I", running.url("/big")))["etag"]
    for code, arguments in {
        "416": ["-r", "99999999-", running.url("/big")],
        "206": ["-r", "0-9", running.url("/cfg")],
        "404": [running.url("/gone")],
        "405": ["-X", "PUT", running.url("/cfg")],
        "412": ["-H", 'If-Match: "other"', running.url("/big")],
        "500": [running.url("/folder")],
        "304": ["-H", f"If-None-Match: {tag}", running.url("/big")],
    }.items():
        text = curl("-D", "-", *arguments)
        got = headers(text)
        assert text.split()[1] == code.encode()
        assert "transfer-encoding" not in got
        assert ("content-length" in got) == (code != "304"), got
        assert got["server"] == "hobnail"
        if code == "416":
            assert got["content-range"] == f"bytes */{len(BIG)}"


def test_several_ranges_get_the_whole_file(running: Running) -> None:
    assert curl("-r", "0-1,5-6", running.url("/big")) == BIG


def test_the_absolute_form_of_a_target(running: Running) -> None:
    assert curl("--request-target", "http://host:80/cfg", running.url("/")) == CONFIG


def test_caches_need_not_ask_again_for_modules_only(running: Running) -> None:
    told = {name: headers(curl("-I", running.url(name))) for name in ("/big", "/cfg", "/module")}
    assert [told[name]["cache-control"] for name in told] == [
        "no-cache",
        "no-cache",
        "public, max-age=31536000, immutable",
    ]
    assert all(got["etag"] for got in told.values())


def test_a_part_is_not_recorded_as_the_file(running: Running) -> None:
    tag = headers(curl("-I", running.url("/big")))["etag"]
    running.begin()
    curl("-r", "0-9", running.url("/big"))
    curl("-r", f"{len(BIG)}-", running.url("/big"))
    curl("-H", f"If-None-Match: {tag}", running.url("/big"))
    assert running.told(3) == [FileSized(1.0, "127.0.0.1", "/big", len(BIG), "http")] * 3
    running.begin()
    curl("-r", "0-", running.url("/big"))
    assert [type(event) for event in running.told(2)] == [FileStarted, FileDone]


@pytest.mark.parametrize(("name", "code", "kind"), [("/gone", b"404", FileMissing), ("/folder", b"500", FileFailed)])
def test_a_file_that_went_since_it_was_found(running: Running, name: str, code: bytes, kind: type) -> None:
    running.begin()
    assert curl("-o", "/dev/null", "-w", "%{http_code}", running.url(name)) == code
    assert [type(event) for event in running.told(1)] == [kind]
