"""Dry boots against foreign servers on the loopback, good ones and ones with a single fault each."""

import http.server
import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from hobnail.app.boot_check import Wanted, check_boot
from hobnail.boot.check.clients import Client
from hobnail.boot.check.summary import as_record
from hobnail.wire.tftp import Data, OptionAck, Options, encode
from tests.boot.check.trees import MAC, bios_tree, uefi_tree, write_tree


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own server: HTTP/1.0 unless said otherwise, files with Content-Length."""

    root: ClassVar[str] = ""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments, directory=self.root)  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        pass


class Kept(Quiet):
    protocol_version = "HTTP/1.1"


class NoLength(Quiet):
    def send_header(self, keyword: str, value: str) -> None:
        if keyword != "Content-Length":
            super().send_header(keyword, value)


class SlowToRefuse(Kept):
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        time.sleep(1.2)
        super().send_error(code, message, explain)


class Chunked(Kept):
    def send_header(self, keyword: str, value: str) -> None:
        if keyword == "Content-Length" and self.path == "/esxi7/boot.cfg":
            super().send_header("Transfer-Encoding", "chunked")
        else:
            super().send_header(keyword, value)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if self.path != "/esxi7/boot.cfg":
            super().copyfile(source, outputfile)


class CutShort(Kept):
    def copyfile(self, source: Any, outputfile: Any) -> None:
        if not self.path.endswith("s.v00"):
            super().copyfile(source, outputfile)
        self.close_connection = self.path.endswith("s.v00")


@contextmanager
def http_server(handler: type[Quiet], folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback; return its URL."""
    made = type("Handler", (handler,), {"root": str(folder)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("handler", "where", "cause"),
    [
        (Kept, "", ""),
        (Quiet, "", "closes the connection after each reply"),
        (NoLength, "mboot.efi", "no Content-Length"),
        (SlowToRefuse, "", "takes 1.2 s to say that this is not there"),
        (Chunked, "boot.cfg", "is chunked"),
        (CutShort, "s.v00", "ends after 0 bytes"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_http_servers(handler: type[Quiet], where: str, cause: str, tmp_path: Path) -> None:
    with http_server(handler, write_tree(tmp_path, uefi_tree())) as base:
        wanted = Wanted(client=Client.UEFI_HTTP, mac=MAC, url=f"{base}/esxi7/mboot.efi")
        journal = check_boot(wanted, lambda _: None)
    failure = journal.first_failure
    assert (failure.where.rpartition("/")[2] if failure else "") == where
    assert (cause in " ".join(one.cause for one in journal.findings)) if cause else not journal.findings
    record = as_record(journal)
    assert record["boots"] == (failure is None)
    json.dumps(record)


def test_a_kept_connection_that_the_server_has_closed_is_opened_again(tmp_path: Path) -> None:
    class Impatient(Kept):
        def do_GET(self) -> None:
            super().do_GET()
            self.close_connection = True  # without saying so

    with http_server(Impatient, write_tree(tmp_path, uefi_tree())) as base:
        wanted = Wanted(client=Client.UEFI_HTTP, mac=MAC, url=f"{base}/esxi7/mboot.efi")
        assert check_boot(wanted, lambda _: None).first_failure is None


class OldTftp(socketserver.BaseRequestHandler):
    """A TFTP server that answers options its own way; it serves one block of each file."""

    answer: Callable[[], bytes]

    def handle(self) -> None:
        _, door = self.request
        door.sendto(type(self).answer(), self.client_address)


@contextmanager
def one_answer(packet: Data | OptionAck) -> Iterator[str]:
    """Run a TFTP server that gives every request this answer; return its address."""
    handler = type("Handler", (OldTftp,), {"answer": staticmethod(lambda: encode(packet))})
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_server_that_repeats_itself_is_left() -> None:
    with one_answer(OptionAck(Options(block_size=1432))) as address:
        first = check_boot(Wanted(server=address, patience=1), lambda _: None).first_failure
    assert first is not None
    assert "nothing new came for 1 s" in first.cause


@pytest.mark.parametrize(
    "packet", [Data(1, b"short"), OptionAck(Options(block_size=1468))], ids=["no options", "no tsize"]
)
def test_a_tftp_server_without_tsize(packet: Data | OptionAck) -> None:
    with one_answer(packet) as address:
        first = check_boot(Wanted(client=Client.UEFI, server=address, patience=1), lambda _: None).first_failure
    assert first is not None
    assert "does not tell the size" in first.cause
    assert "tsize" in first.fix


def test_bios_by_ipxe_over_http(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, bios_tree())
    with http_server(Kept, tree) as base:
        (tree / "boot.ipxe").write_text(f"#!ipxe\nset 210:string {base}/\nchain {base}/pxelinux.0\n")
        wanted = Wanted(client=Client.IPXE_BIOS, mac=MAC, url=f"{base}/boot.ipxe")
        assert check_boot(wanted, lambda _: None).findings == []
