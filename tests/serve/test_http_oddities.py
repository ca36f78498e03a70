"""What firmware's HTTP clients choke on, looked for in the bytes of every kind of reply."""

import socket
from pathlib import Path

import pytest

from hobnail.boot.content import BytesContent, Content, FileContent
from tests.serve.running_httpd import serving

pytestmark = pytest.mark.usefixtures("silent")

REQUESTS = (
    ("GET /cfg", "", 200),
    ("HEAD /cfg", "", 200),
    ("GET /big", "", 200),
    ("HEAD /big", "", 200),
    ("GET /big", "Range: bytes=0-9\r\n", 206),
    ("GET /big", "Range: bytes=99999999-\r\n", 416),
    ("GET /cfg", "If-None-Match: *\r\n", 304),
    ("GET /cfg", 'If-Match: "other"\r\n', 412),
    ("GET /none", "", 404),
    ("HEAD /none", "", 404),
    ("GET /gone", "", 404),
    ("GET /folder", "", 500),
    ("DELETE /cfg", "", 405),
    ("GET /cfg", "", 200),
)


def exchange(connection: socket.socket, line: str, more: str) -> tuple[int, list[tuple[str, str]]]:
    """Send a request and read its reply; return the status and the headers."""
    connection.sendall(f"{line} HTTP/1.1\r\nHost: x\r\nUser-Agent: UefiHttpBoot/1.0\r\n{more}\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        data = connection.recv(65536)
        assert data, f"{line}: the connection ended"
        got += data
    head, _, body = got.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (one.partition(":") for one in lines)]
    length = 0 if line.startswith("HEAD") else int(dict(headers).get("content-length", 0))
    while len(body) < length:
        data = connection.recv(65536)
        assert data, f"{line}: the connection ended within the body"
        body += data
    return int(status.split()[1]), headers


def test_no_reply_has_an_empty_header_or_ends_the_connection(tmp_path: Path) -> None:
    """All over one connection: the next request could not be answered otherwise."""
    path = tmp_path / "big"
    path.write_bytes(bytes(300_000))
    names: dict[str, Content] = {
        "/cfg": BytesContent(b"kernel=b.b00\n"),
        "/big": FileContent(path, 300_000),
        "/gone": FileContent(tmp_path / "gone", 5),
        "/folder": FileContent(tmp_path, 5),
    }
    with serving(names) as running, socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        for line, more, status in REQUESTS:
            told, headers = exchange(connection, line, more)
            assert told == status, line
            assert [name for name, value in headers if not value] == [], line
            assert dict(headers).get("connection", "keep-alive").lower() == "keep-alive", line
            assert "transfer-encoding" not in dict(headers), line
            assert ("content-length" in dict(headers)) == (status != 304), line
