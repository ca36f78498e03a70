"""Our TFTP server in a thread of its own, over a dict of names, and a host that talks to it packet by packet."""

import asyncio
import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from hobnail.boot.content import Content, Missing
from hobnail.observe.events import BootEvent
from hobnail.serve.tftpd import TftpServer
from hobnail.wire.tftp import Ack, Data, OptionAck, Options, Packet, ReadRequest, decode, encode

ADDRESS = "127.0.0.1"
T = TypeVar("T")


class Host:
    """A host with one UDP port; it talks to the server's well-known port until an answer comes from another."""

    def __init__(self, running: "Running", server: str = ADDRESS) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(3)
        self.server = (server, running.port)
        self.transfer = self.server

    def ask(self, packet: Packet | bytes) -> None:
        self.socket.sendto(packet if isinstance(packet, bytes) else encode(packet), self.server)

    def say(self, packet: Packet) -> None:
        self.socket.sendto(encode(packet), self.transfer)

    def hear(self) -> Packet:
        datagram, self.transfer = self.socket.recvfrom(65535)
        return decode(datagram)

    def hears_nothing(self, seconds: float) -> bool:
        return not select.select([self.socket], [], [], seconds)[0]

    def fetch(self, name: str, asked: Options) -> bytes:
        """Take a file without a loss on the way."""
        self.ask(ReadRequest(name, options=asked))
        content, blocks, granted = bytearray(), 0, Options()
        while True:
            match self.hear():
                case OptionAck(granted):
                    self.say(Ack(0))
                case Data(block, payload) if block == (blocks + 1) & 0xFFFF:
                    content += payload
                    blocks += 1
                    last = len(payload) < (granted.block_size or 512)
                    if last or blocks % (granted.window_size or 1) == 0:
                        self.say(Ack(block))
                    if last:
                        return bytes(content)

    def close(self) -> None:
        self.socket.close()


class Running:
    """What a test sees of the server: its port, what it was asked for and what it recorded."""

    def __init__(self, catalogue: Mapping[str, Content]) -> None:
        self.catalogue = dict(catalogue)
        self.asked: list[tuple[str, str]] = []
        self.events: list[BootEvent] = []
        self.server: TftpServer
        self.loop = asyncio.new_event_loop()

    @property
    def port(self) -> int:
        return self.server.port

    def find(self, name: str, peer: str) -> Content | Missing:
        self.asked.append((name, peer))
        return self.catalogue.get(name, Missing(f"no file {name}", expected=name.startswith("pxelinux.cfg/")))

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the server's thread."""

        async def run() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)

    def wait_for(self, kind: type[BootEvent], count: int = 1, seconds: float = 10) -> list[BootEvent]:
        """Return the events of a kind as soon as there are so many."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [event for event in self.events if isinstance(event, kind)]
            if len(found) >= count:
                return found
            time.sleep(0.005)
        raise AssertionError(f"no {count} {kind.__name__} within {seconds} s: {self.events}")


@contextlib.contextmanager
def serving(
    catalogue: Mapping[str, Content], *, address: str = ADDRESS, segmented: bool = True, crowd: int = 100
) -> Iterator[Running]:
    """Serve the catalogue on a free port."""
    running = Running(catalogue)
    running.server = TftpServer(
        address=address,
        interface=None,
        port=0,
        find=running.find,
        record=running.events.append,
        clock=time.time,
        monotonic=time.monotonic,
        segmented=segmented,
        crowd=crowd,
    )
    running.server.start(running.loop)
    thread = threading.Thread(target=running.loop.run_forever)
    thread.start()
    try:
        yield running
    finally:
        running.call(running.server.close)
        running.loop.call_soon_threadsafe(running.loop.stop)
        thread.join()
        running.loop.close()
