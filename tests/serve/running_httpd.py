"""A running HTTP server for tests, in a thread with a loop of its own, and curl to ask it."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from subprocess import run as run_process

from hobnail.boot.content import Content, Missing
from hobnail.observe.events import BootEvent
from hobnail.serve.http_door import HEADER_SECONDS
from hobnail.serve.httpd import LARGEST_CROWD_HTTP, LARGEST_CROWD_OF_ADDRESS, HttpServer, Secure
from tests.tools import need_tool


@dataclass
class Running:
    """Where it listens, what it recorded, and how to end it early."""

    port: int
    secure_port: int
    close: Callable[[], None]
    events: list[BootEvent] = field(default_factory=list)

    def url(self, name: str) -> str:
        """Return the URL of a name."""
        return f"http://127.0.0.1:{self.port}{name}"

    def secure_url(self, name: str) -> str:
        """Return the same by HTTPS."""
        return f"https://127.0.0.1:{self.secure_port}{name}"

    def begin(self) -> None:
        """Forget what earlier requests told: an event may come a moment after its client has all bytes."""
        count = -1
        while count != len(self.events):
            count = len(self.events)
            time.sleep(0.05)
        self.events.clear()

    def told(self, count: int) -> list[BootEvent]:
        """Return what was told, once that are so many events; after ten seconds whatever there is."""
        deadline = time.monotonic() + 10
        while len(self.events) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return list(self.events)


@contextmanager
def serving(
    names: Mapping[str, Content],
    *,
    crowd: int = LARGEST_CROWD_HTTP,
    crowd_of_address: int = LARGEST_CROWD_OF_ADDRESS,
    header_seconds: float = HEADER_SECONDS,
    tls: ssl.SSLContext | None = None,
    queried: Callable[[str, str, str], None] = lambda *_: None,
) -> Iterator[Running]:
    """Serve names on 127.0.0.1; the clock of the events stands at 1."""
    events: list[BootEvent] = []
    server = HttpServer(
        address="127.0.0.1",
        interface="lo",
        port=0,
        find=lambda name, peer: names.get(name, Missing(f"no {name} for {peer}")),
        record=events.append,
        clock=lambda: 1.0,
        crowd=crowd,
        crowd_of_address=crowd_of_address,
        header_seconds=header_seconds,
        secure=None if tls is None else Secure(0, tls),
        queried=queried,
    )
    loop = asyncio.new_event_loop()
    loop.run_until_complete(server.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        close = lambda: asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)  # noqa: E731
        yield Running(server.port, server.secure_port, close, events)
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def curl(*arguments: str) -> bytes:
    """Return what curl prints."""
    need_tool("curl")
    return run_process(
        ["curl", "-sS", "--max-time", "20", "--path-as-is", *arguments], check=True, capture_output=True
    ).stdout
