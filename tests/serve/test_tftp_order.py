"""Who goes first: a request and a small file are served before the next turn of large ones."""

import asyncio
import socket
import time
from pathlib import Path

import pytest

from hobnail.boot.content import BytesContent, Content, FileContent, Missing
from hobnail.serve import tftp_transfers
from hobnail.serve.tftpd import TftpServer

REQUEST = b"\0\1%s\0octet\0"
CONFIG = b"kernel=b.b00\n"


def host() -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.settimeout(10)
    door.bind(("127.0.0.1", 0))
    return door


def test_a_boot_cfg_comes_before_what_many_large_files_are_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn is one batch of one large file here; all of them are due when the request comes in."""
    monkeypatch.setattr(tftp_transfers, "LARGEST_BATCH", 1)
    monkeypatch.setattr(tftp_transfers, "LONGEST_TURN", 0.0)
    path = tmp_path / "large"
    path.write_bytes(bytes(10 << 20))
    names: dict[str, Content] = {"large": FileContent(path, 10 << 20), "boot.cfg": BytesContent(CONFIG)}
    loop = asyncio.new_event_loop()
    server = TftpServer(
        address="127.0.0.1",
        interface=None,
        port=0,
        find=lambda name, _: names.get(name, Missing("none")),
        record=lambda _: None,
        clock=lambda: 1.0,
        monotonic=time.monotonic,
    )
    server.start(loop)
    hosts = [host() for _ in range(30)]
    try:
        due = []
        for one in hosts:
            one.sendto(REQUEST % b"large", ("127.0.0.1", server.port))
            turns(loop, 4)
            block, peer = one.recvfrom(2000)
            assert block[:4] == b"\0\3\0\1"
            due.append((one, peer))
        for one, peer in due:
            one.sendto(b"\0\4\0\1", peer)  # each is owed its next block now
        asking = host()
        hosts.append(asking)
        asking.sendto(REQUEST % b"boot.cfg", ("127.0.0.1", server.port))
        turns(loop, 3)
        asking.setblocking(False)
        assert asking.recv(2000) == b"\0\3\0\1" + CONFIG
        waiting = [one for one, _ in due if not has_something(one)]
        assert len(waiting) >= 20, "the large files had their turns first"
        turns(loop, 100)
        assert all(has_something(one) for one, _ in due), "and then they go on"
    finally:
        server.close()
        loop.close()
        for one in hosts:
            one.close()


def turns(loop: asyncio.AbstractEventLoop, count: int) -> None:
    """Let the loop turn some times."""
    for _ in range(count):
        loop.call_soon(loop.stop)
        loop.run_forever()


def has_something(door: socket.socket) -> bool:
    door.setblocking(False)
    try:
        return bool(door.recv(2000, socket.MSG_PEEK))
    except BlockingIOError:
        return False
