"""The boot plane's HTTP server: the same names as over TFTP, read-only, by sendfile.

Source: RFC 9110 (GET, HEAD, Range, If-None-Match, Content-Length), and what firmware needs (boot-traces, section 7):
HEAD with Content-Length, HTTP/1.1 with keep-alive, never chunked, no empty header, no close after a reply.
"""

import asyncio
import hashlib
import os
import ssl
import urllib.parse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from io import FileIO
from typing import NoReturn

from aiohttp import web

from hobnail.boot.content import BytesContent, Content, Find, Missing
from hobnail.errors import SystemFailure
from hobnail.observe.events import FileDone, FileFailed, FileMissing, FileSized, FileStarted, Record
from hobnail.serve.bulk import Bulk
from hobnail.serve.http_door import HEADER_SECONDS, Connection, Crowd, Door
from hobnail.serve.http_reply import Reply, decide, requested_path, requested_query
from hobnail.serve.tftpd import FILES_FOR_OTHERS, LARGEST_CROWD
from hobnail.system.limits import raise_open_files
from hobnail.system.tcp import open_tcp

LARGEST_CROWD_HTTP = 1024
"""Connections at once, at most; fewer where the limit of open files is low, for TFTP and DHCP need theirs."""

SMALLEST_CROWD_HTTP = 64
"""Connections that there may be however low that limit is: their files are among TFTP's FILES_FOR_OTHERS."""

LARGEST_CROWD_OF_ADDRESS = 64
"""Connections of one address: a host needs one or two, an HTTP cache in front of us some dozens."""

_FILES_OF_CONNECTION = 3
"""Its socket, again while it sends, and what it sends."""

_PIECE = 128 << 10
"""Bytes of a file that are read at once for TLS, which has no sendfile; with what waits, 0.6 MB a connection."""

_NAME = {"Server": "hobnail"}  # aiohttp's own would tell every host which versions run here
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"  # keep it, but ask with its ETag each time (RFC 9111, 5.2.2.4)
_NEVER_KEEP = "no-store"  # it is made for one host (RFC 9111, 5.2.2.5)


@dataclass(frozen=True, slots=True)
class _Body:
    """What stands behind a name, open; `size` in bytes, `etag` with its quotes."""

    content: FileIO | bytes
    size: int
    etag: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Secure:
    """HTTPS beside HTTP: its port (0 picks one) and TLS settings."""

    port: int
    context: ssl.SSLContext


class HttpServer:
    """Serves what `find` gives for a name, on one address. Errors of a peer end its connection, nothing else.

    `secure` serves the same by HTTPS too. `queried` hears of requests with a query: name, query, the peer's address.
    At most `crowd` connections in all and `crowd_of_address` of one address; others are closed at once, as is one
    that has not sent a whole request after `header_seconds`.
    """

    def __init__(
        self,
        *,
        address: str,
        interface: str | None,
        port: int,
        find: Find,
        record: Record,
        clock: Callable[[], float],
        crowd: int = LARGEST_CROWD_HTTP,
        crowd_of_address: int = LARGEST_CROWD_OF_ADDRESS,
        header_seconds: float = HEADER_SECONDS,
        secure: Secure | None = None,
        queried: Callable[[str, str, str], None] = lambda *_: None,
    ) -> None:
        self.port = port
        self.secure_port = secure.port if secure is not None else 0
        self._secure = secure
        self._queried = queried
        self._address = address
        self._interface = interface
        self._find = find
        self._record = record
        self._clock = clock
        self._crowd = crowd
        self._crowd_of_address = crowd_of_address
        self._header_seconds = header_seconds
        self._doors: list[Door] = []
        self._bulk: Bulk | None = None

    async def start(self) -> None:
        """Listen; SystemFailure when a port is taken or not allowed. Port 0 picks one, see `port`, `secure_port`."""
        crowd = Crowd(_room(self._crowd), self._crowd_of_address)
        self._bulk = Bulk(asyncio.get_running_loop())
        server = web.Server(self._answer)
        try:
            self.port = self._open(server, crowd, self.port, "--http-port", None)
            if self._secure is not None:
                context = self._secure.context
                self.secure_port = self._open(server, crowd, self._secure.port, "--https-port", context)
        except SystemFailure:
            await self.close()
            raise

    def _open(self, server: web.Server, crowd: Crowd, port: int, option: str, tls: ssl.SSLContext | None) -> int:
        """Open a door; return its port."""
        listener = open_tcp(self._address, port, interface=self._interface, option=option)
        try:
            listener.listen(1024)
        except OSError as error:  # bound by another without listening: only listen() tells
            listener.close()
            raise SystemFailure(f"cannot listen: {error.strerror or error}", where=self._address) from error
        assert self._bulk is not None, "made by start"
        door = Door(listener, server, self._bulk, crowd=crowd, header_seconds=self._header_seconds, tls=tls)
        self._doors.append(door)
        door.open()
        opened: int = listener.getsockname()[1]
        return opened

    async def close(self) -> None:
        """Stop listening and end the open connections, within a second."""
        doors, self._doors = self._doors, []
        await asyncio.gather(*(door.close() for door in doors))
        bulk, self._bulk = self._bulk, None
        if bulk is not None:
            bulk.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if isinstance(request.protocol, Connection):
            request.protocol.asked = True
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers=_NAME | {"Allow": "GET, HEAD"}, text="read-only: GET or HEAD\n")
        name = urllib.parse.unquote(requested_path(request.raw_path))
        peer = request.remote or "?"
        query = requested_query(request.raw_path)
        if query:
            self._queried(name, query, peer)
        found = self._find(name, peer)
        if isinstance(found, Missing):
            return self._missing(peer, name, found)
        with ExitStack() as stack:
            try:
                body = _open(found, stack)
            except FileNotFoundError:  # between `find` and here
                return self._missing(peer, name, Missing("its file has just gone: the image or loader was removed"))
            except OSError as error:
                reason = f"its file cannot be read: {error.strerror or error}"
                self._record(FileFailed(self._clock(), peer, name, 0, found.size, reason, "http"))
                return web.Response(status=500, headers=_NAME, text=f"{reason}\n")
            reply = decide(request.method, request.headers, body.etag, body.size)
            if request.method == "GET" and reply.status in (200, 206) and reply.count == body.size:
                return await self._hand_over(request, name, peer, body, reply)
            self._record(FileSized(self._clock(), peer, name, body.size, "http"))  # a part is no file
            response = _response(body, reply)
            try:
                await _send(request, response, body, reply)
            except OSError:  # the peer has what it wanted, or asks again
                response.force_close()
            return response

    def _missing(self, peer: str, name: str, missing: Missing) -> web.Response:
        self._record(FileMissing(self._clock(), peer, name, missing.reason, missing.expected, "http"))
        status = 403 if missing.forbidden else 404
        return web.Response(status=status, headers=_NAME, text=f"{missing.reason}\n")

    async def _hand_over(
        self, request: web.BaseRequest, name: str, peer: str, body: _Body, reply: Reply
    ) -> web.StreamResponse:
        """Send a whole file, and record its beginning and its end."""
        started = self._clock()
        self._record(FileStarted(started, peer, name, body.size, "http"))
        response = _response(body, reply)
        reason = "the server was stopped"
        try:
            await _send(request, response, body, reply)
            reason = ""
        except ConnectionError as error:
            reason = f"the host closed the connection: {error}"
            response.force_close()
        except OSError as error:
            reason = str(error)
            response.force_close()
        finally:
            now = self._clock()
            if reason:
                sent = body.content.tell() if isinstance(body.content, FileIO) else 0
                self._record(FileFailed(now, peer, name, sent, body.size, reason, "http"))
            else:
                self._record(FileDone(now, peer, name, body.size, now - started, "http"))
        return response


def _room(crowd: int) -> int:
    """Return how many connections there may be, beside TFTP's crowd, under the limit of open files."""
    others = LARGEST_CROWD + FILES_FOR_OTHERS
    allowed = raise_open_files(others + crowd * _FILES_OF_CONNECTION)
    return min(crowd, max(SMALLEST_CROWD_HTTP, (allowed - others) // _FILES_OF_CONNECTION))


def _open(found: Content, stack: ExitStack) -> _Body:
    """Open what was found, until `stack` ends; OSError where that cannot be."""
    if isinstance(found, BytesContent):
        etag = f'"{hashlib.sha256(found.data).hexdigest()[:32]}"'
        keep = _NEVER_KEEP if found.private else _ASK_AGAIN
        kind = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": keep}
        return _Body(found.data, found.size, etag, kind)
    file = stack.enter_context(FileIO(found.path))
    status = os.fstat(file.fileno())
    kind = {"Content-Type": found.kind, "Cache-Control": _FOR_EVER if found.immutable else _ASK_AGAIN}
    return _Body(file, status.st_size, f'"{status.st_mtime_ns:x}-{status.st_size:x}"', kind)


def _response(body: _Body, reply: Reply) -> web.StreamResponse:
    headers = _NAME | body.headers | {"ETag": body.etag, "Accept-Ranges": "bytes"}
    content_range = reply.content_range(body.size)
    if content_range is not None:
        headers["Content-Range"] = content_range
    response = web.StreamResponse(status=reply.status, headers=headers)
    if reply.status != 304:  # which says nothing of a length (RFC 9110, 15.4.5)
        response.content_length = reply.count
    return response


async def _send(request: web.BaseRequest, response: web.StreamResponse, body: _Body, reply: Reply) -> None:
    """Send headers and bytes; OSError when the peer is gone, or the file has become shorter."""
    await response.prepare(request)
    if request.method == "GET" and reply.count:
        if isinstance(body.content, bytes):
            await response.write(body.content[reply.start : reply.start + reply.count])
        elif request.transport is None:
            raise ConnectionResetError("before the first byte")
        elif request.transport.get_extra_info("ssl_object") is not None:
            await _copy(response, request.transport, body.content, reply)
        else:
            await _send_file(request, request.transport, body.content, reply)
    await response.write_eof()


async def _send_file(request: web.BaseRequest, transport: asyncio.Transport, file: FileIO, reply: Reply) -> None:
    """Send a part of a file by sendfile: with all others in turn, or by the loop where headers still wait."""
    file.seek(reply.start)
    if transport.get_write_buffer_size() or not isinstance(request.protocol, Connection):
        sent = await asyncio.get_running_loop().sendfile(transport, file, reply.start, reply.count)
    else:
        connected = os.dup(transport.get_extra_info("socket").fileno())  # ours, whatever becomes of the transport
        transport.pause_reading()
        try:
            sent = await request.protocol.bulk.send(connected, file.fileno(), reply.start, reply.count)
        finally:
            os.close(connected)
            transport.resume_reading()
        file.seek(reply.start + sent)
    if sent < reply.count:
        _cut_short(transport)


async def _copy(response: web.StreamResponse, transport: asyncio.Transport, file: FileIO, reply: Reply) -> None:
    """Send a part of a file through TLS, never more ahead of the peer than a few pieces."""
    file.seek(reply.start)
    left = reply.count
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            _cut_short(transport)
        await response.write(piece)
        left -= len(piece)


def _cut_short(transport: asyncio.Transport) -> NoReturn:
    """End the connection: the peer waits for bytes that will not come."""
    transport.abort()
    raise OSError("the file became shorter while it was sent")
