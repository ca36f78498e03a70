"""The HTTP server's door: who may be connected, how many at once, and how long without a request."""

import asyncio
import socket
import ssl
from collections import Counter

from aiohttp import web

from hobnail.serve.bulk import Bulk
from hobnail.system.tcp import set_send_buffer

HEADER_SECONDS = 15.0
"""From connecting to a whole first request: firmware sends it within milliseconds, over a lossy link in seconds."""

IDLE_SECONDS = 75.0
"""For which a connection may be silent after a reply: firmware unpacks a file for up to a minute before the next."""

_ACCEPTED_A_TURN = 32
"""Connections that are taken before others go on: TFTP's timers share this loop."""

_CLOSING_SECONDS = 0.5
"""For transfers to see that they are cancelled, which takes a few turns of the loop."""

_REST_SECONDS = 0.5
"""Before the door is tried again when the kernel is out of files or memory."""

SEND_BUFFER = 2 << 20
"""Bytes of a file that each sendfile may hand over: fewer wake-ups a megabyte (measured: a fifth less CPU time)."""


SEND_BUFFER_TLS = 256 << 10
"""The same under TLS, where the bytes are copies of our own and not pages of the file."""

_GOODBYE_SECONDS = 5.0
"""For a peer to answer TLS's close_notify."""


class Crowd:
    """Who is connected, over all doors: at most `total`, and `per_address` of one address."""

    def __init__(self, total: int, per_address: int) -> None:
        self._total = total
        self._per_address = per_address
        self._count = 0
        self._of_address: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        """Take a place; False when there is none."""
        if self._count >= self._total or self._of_address[peer] >= self._per_address:
            return False
        self._count += 1
        self._of_address[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Give a place back."""
        self._count -= 1
        self._of_address[peer] -= 1
        if not self._of_address[peer]:
            del self._of_address[peer]


class Connection(web.RequestHandler):
    """One connection: aiohttp's, but what a peer sends wrong is a reply, never a traceback on our screen."""

    def __init__(self, server: web.Server, door: "Door", peer: str) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=0,  # the body of a request is of no interest, so nobody waits for its end
            access_log=None,  # type: ignore[arg-type]  # as web.Server passes it on
        )
        self.peer = peer
        self.bulk = door.bulk
        self.asked = False
        self.task: asyncio.Task[None] | None = None
        self._door = door
        self._link: asyncio.BaseTransport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; aiohttp's own limit is that of an idle connection, far too long for one that never asked."""
        self._link = transport
        self._deadline = asyncio.get_running_loop().call_later(self._door.header_seconds, self._late)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take in a request, or a part of one; large files wait meanwhile."""
        self.bulk.give_way()
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End, and leave the place to another."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._door.leave(self)
        super().connection_lost(exc)

    async def start(self) -> None:
        """Answer requests, one after the other."""
        self.task = asyncio.current_task()
        await super().start()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP with 400 and the end; a defect of ours (500) is logged with its traceback."""
        if status != 400:
            return super().handle_error(request, status, exc, message)
        response = web.Response(status=400, headers={"Server": "hobnail"}, text="not a request that HTTP/1.1 knows\n")
        response.force_close()
        return response

    def abort(self) -> None:
        """End now, with what is still to be sent."""
        if isinstance(self._link, asyncio.WriteTransport):
            self._link.abort()

    def _late(self) -> None:
        if not self.asked:
            self.abort()


class Door:
    """Accepts for `server` whom the `crowd` has a place for; the others are closed. With `tls` its peers speak TLS.

    asyncio's own accept would take all that wait at once, and answer a shortage of files with a traceback a second.
    A TLS handshake has to be over within `header_seconds`, and the first request within as many more.
    """

    def __init__(
        self,
        listener: socket.socket,
        server: web.Server,
        bulk: Bulk,
        *,
        crowd: Crowd,
        header_seconds: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.header_seconds = header_seconds
        self._listener = listener
        self._server = server
        self._crowd = crowd
        self.bulk = bulk
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._connections: set[Connection] = set()
        self._entering: set[asyncio.Task[None]] = set()
        self._rest: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Begin to accept; the socket listens already."""
        self._rest = None
        self._loop.add_reader(self._listener, self._accept)

    async def close(self) -> None:
        """Stop accepting and end all connections, within a second whatever their peers do."""
        self._loop.remove_reader(self._listener)
        if self._rest is not None:
            self._rest.cancel()
        self._listener.close()
        tasks = {connection.task for connection in self._connections if connection.task is not None} | self._entering
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSING_SECONDS)
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)  # in which the transports close their sockets

    def leave(self, connection: Connection) -> None:
        """See a connection end."""
        if connection in self._connections:
            self._connections.remove(connection)
            self._crowd.leave(connection.peer)

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_A_TURN):
            try:
                accepted, (peer, _port) = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # out of files or memory, which hosts that finish give back
                self._loop.remove_reader(self._listener)
                self._rest = self._loop.call_later(_REST_SECONDS, self.open)
                return
            if not self._crowd.enter(peer):
                accepted.close()
                continue
            accepted.setblocking(False)
            self.bulk.give_way()
            set_send_buffer(accepted, SEND_BUFFER if self._tls is None else SEND_BUFFER_TLS)
            connection = Connection(self._server, self, peer)
            self._connections.add(connection)
            task = self._loop.create_task(self._enter(connection, accepted))
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _enter(self, connection: Connection, accepted: socket.socket) -> None:
        try:
            if self._tls is None:
                await self._loop.connect_accepted_socket(lambda: connection, accepted)
            else:
                await self._loop.connect_accepted_socket(
                    lambda: connection,
                    accepted,
                    ssl=self._tls,
                    ssl_handshake_timeout=self.header_seconds,
                    ssl_shutdown_timeout=_GOODBYE_SECONDS,
                )
        except OSError:  # gone before it was in, or what it said is no TLS that we know
            accepted.close()
            self.leave(connection)
