"""The boot plane's HTTP server: the same names as over TFTP, read-only, by sendfile.

Source: RFC 9110 (GET, HEAD, Range, If-None-Match, Content-Length), and what firmware needs (boot-traces, section 7):
HEAD with Content-Length, HTTP/1.1 with keep-alive, never chunked, no empty header, no close after a reply.
"""

import hashlib
import urllib.parse
from collections.abc import Callable

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from hobnail.boot.content import BytesContent, Content, FileContent, Find, Missing
from hobnail.errors import SystemFailure
from hobnail.observe.events import FileDone, FileFailed, FileMissing, FileSized, FileStarted, Record
from hobnail.system.tcp import open_tcp

_NAME = {"Server": "hobnail"}  # aiohttp's own would tell every host which versions run here
_IMMUTABLE = _NAME | {"Cache-Control": "public, max-age=31536000, immutable"}
_RENDERED = _NAME | {"Cache-Control": "no-cache"}


class HttpServer:
    """Serves what `find` gives for a name, on one address. Errors of a peer end its connection, nothing else."""

    def __init__(
        self,
        *,
        address: str,
        interface: str | None,
        port: int,
        find: Find,
        record: Record,
        clock: Callable[[], float],
    ) -> None:
        self.port = port
        self._address = address
        self._interface = interface
        self._find = find
        self._record = record
        self._clock = clock
        self._runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen; SystemFailure when the port is taken or not allowed. Port 0 picks one, see `port`."""
        door = open_tcp(self._address, self.port, interface=self._interface, option="--http-port")
        runner = web.ServerRunner(web.Server(self._answer, access_log=None), handle_signals=False)
        try:
            await runner.setup()
            await web.SockSite(runner, door, backlog=1024).start()
        except BaseException as error:
            door.close()
            await runner.cleanup()
            if isinstance(error, OSError):  # bound by another without listening: only listen() tells
                raise SystemFailure(f"cannot listen: {error.strerror or error}", where=self._address) from error
            raise
        self.port = door.getsockname()[1]
        self._runner = runner

    async def close(self) -> None:
        """Stop listening and end the open connections."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, headers=_NAME | {"Allow": "GET, HEAD"}, text="read-only: GET or HEAD\n")
        name = urllib.parse.unquote(request.raw_path.partition("?")[0])
        peer = request.remote or "?"
        found = self._find(name, peer)
        if isinstance(found, Missing):
            self._record(FileMissing(self._clock(), peer, name, found.reason, found.expected, "http"))
            return web.Response(status=404, headers=_NAME, text=f"{found.reason}\n")
        if request.method == "HEAD":
            self._record(FileSized(self._clock(), peer, name, found.size, "http"))
            return _response(request, found)
        return self._sending(request, found, name, peer)

    def _sending(self, request: web.BaseRequest, found: Content, name: str, peer: str) -> web.StreamResponse:
        """Return the response to a GET; it records its own end."""
        started = self._clock()
        self._record(FileStarted(started, peer, name, found.size, "http"))
        response = _response(request, found)

        def ended(error: OSError | None) -> None:
            now = self._clock()
            if error is not None:
                reason = f"the host closed the connection: {error}"
                self._record(FileFailed(now, peer, name, 0, found.size, reason, "http"))
            elif response.status in (200, 206):
                self._record(FileDone(now, peer, name, found.size, now - started, "http"))

        response.ended = ended
        return response


class _File(web.FileResponse):
    """A file by sendfile, which happens in `prepare`. aiohttp calls that; if we did too, it would go out twice."""

    ended: Callable[[OSError | None], None] = staticmethod(lambda error: None)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send headers and file."""
        try:
            writer = await super().prepare(request)
        except OSError as error:
            self.ended(error)
            raise
        self.ended(None)
        return writer


class _Text(web.Response):
    """Rendered bytes, which are sent in `write_eof`."""

    ended: Callable[[OSError | None], None] = staticmethod(lambda error: None)

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the body."""
        try:
            await super().write_eof(data)
        except OSError as error:
            self.ended(error)
            raise
        self.ended(None)


def _response(request: web.BaseRequest, found: Content) -> _File | _Text:
    match found:
        case FileContent(path=path):
            return _File(path, headers=_IMMUTABLE)
        case BytesContent(data=data):
            etag = hashlib.sha256(data).hexdigest()[:32]
            if any(tag.value in (etag, "*") for tag in request.if_none_match or ()):
                response = _Text(status=304, headers=_RENDERED)
            else:
                response = _Text(body=data, content_type="text/plain", headers=_RENDERED)
            response.etag = etag
            return response
