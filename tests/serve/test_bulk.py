"""Large files in short turns: all get on, small things go first, and nobody's descriptors are kept."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from hobnail.boot.content import BytesContent, Content, FileContent
from hobnail.serve.bulk import GIVEN_WAY, Bulk
from tests.serve.running_httpd import curl, serving

SIZE = 20 << 20


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    path = tmp_path / "large"
    with path.open("wb") as written:
        written.truncate(SIZE)
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def in_a_loop(body: Callable[[Bulk], Awaitable[None]]) -> None:
    async def run() -> None:
        bulk = Bulk(asyncio.get_running_loop())
        try:
            await asyncio.wait_for(body(bulk), 30)
        finally:
            bulk.close()

    asyncio.run(run())


def pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.setblocking(False)
    return ours, theirs


async def read_all(theirs: socket.socket, count: int) -> int:
    loop, got = asyncio.get_running_loop(), 0
    while got < count and (data := await loop.sock_recv(theirs, 1 << 20)):
        got += len(data)
    return got


def test_several_files_get_on_together_and_arrive_whole(file: int) -> None:
    async def body(bulk: Bulk) -> None:
        pairs = [pair() for _ in range(8)]
        sends = [bulk.send(ours.fileno(), file, 0, SIZE) for ours, _ in pairs]
        reads = [read_all(theirs, SIZE) for _, theirs in pairs]
        assert await asyncio.gather(*sends, *reads) == [SIZE] * 16
        for both in pairs:
            for one in both:
                one.close()

    in_a_loop(body)


def test_a_part_and_a_file_that_is_shorter(file: int) -> None:
    async def body(bulk: Bulk) -> None:
        ours, theirs = pair()
        with ours, theirs:
            assert await bulk.send(ours.fileno(), file, SIZE - 1000, 1000) == 1000
            assert await bulk.send(ours.fileno(), file, SIZE - 1000, 5000) == 1000
            assert await read_all(theirs, 2000) == 2000

    in_a_loop(body)


def test_a_peer_that_is_gone_is_an_error(file: int) -> None:
    async def body(bulk: Bulk) -> None:
        ours, theirs = pair()
        with ours:
            theirs.close()
            with pytest.raises(BrokenPipeError):
                await bulk.send(ours.fileno(), file, 0, SIZE)

    in_a_loop(body)


def test_one_that_is_cancelled_leaves_nothing_behind(file: int) -> None:
    async def body(bulk: Bulk) -> None:
        ours, theirs = pair()
        with ours, theirs:
            task = asyncio.ensure_future(bulk.send(ours.fileno(), file, 0, SIZE))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert bulk.waiting == 0
            assert await bulk.send(ours.fileno(), file, 0, 1000) == 1000  # the same descriptor can be sent to again

    in_a_loop(body)


def test_it_gives_way_for_some_turns_and_then_goes_on(file: int) -> None:
    """A count of turns, so that neither can starve the other."""

    async def body(bulk: Bulk) -> None:
        ours, theirs = pair()
        with ours, theirs:
            task = asyncio.ensure_future(bulk.send(ours.fileno(), file, 0, 1000))
            bulk.give_way()
            turns = 0
            while not task.done():
                await asyncio.sleep(0)
                turns += 1
            assert GIVEN_WAY <= turns <= GIVEN_WAY + 5

    in_a_loop(body)


def test_a_request_is_answered_while_others_take_all_that_can_be_sent(tmp_path: Path) -> None:
    """Hosts that read without end: the small file comes while not one of them has finished."""
    path = tmp_path / "large"
    with path.open("wb") as written:
        written.truncate(1 << 30)
    names: dict[str, Content] = {"/large": FileContent(path, 1 << 30), "/cfg": BytesContent(b"kernel=b.b00\n")}
    with serving(names) as running:
        held = [socket.create_connection(("127.0.0.1", running.port), timeout=10) for _ in range(20)]
        for one in held:
            one.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            one.recv(1000)
        assert curl(running.url("/cfg")) == b"kernel=b.b00\n"
        assert curl("-r", "0-99", running.url("/large")) == bytes(100)
        for one in held:
            one.close()
