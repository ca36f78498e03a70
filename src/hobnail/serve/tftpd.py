"""The boot plane's TFTP server: read-only, a socket for each transfer, a window with each system call.

What a flood of requests can do is bounded: at most LARGEST_CROWD transfers are under way. When all places are taken,
the oldest one whose host never answered gives way (a forged address never answers); where all have answered, the
request is dropped, and firmware asks again. A silent host loses its place after 10 s, or 30 s once it has answered.
Until a host has answered it is sent one small packet at a time, so that forged requests are not worth forging.
"""

import asyncio
from collections.abc import Callable

from hobnail.boot.content import BytesContent, Content, FileContent, Find, Missing
from hobnail.errors import ProtocolError, SystemFailure
from hobnail.observe.events import FileFailed, FileMissing, Record, Transfer
from hobnail.serve.mapped_files import MappedFiles
from hobnail.serve.tftp_link import Link, prepare_tables
from hobnail.serve.tftp_transfers import Transfers
from hobnail.system.limits import raise_open_files
from hobnail.system.udp import open_udp
from hobnail.wire.tftp import LARGEST_REQUEST, Error, ErrorCode, ReadRequest, WriteRequest, decode, encode
from hobnail.wire.transfer import Sender

LARGEST_CROWD = 4096
"""Transfers at once, at most; fewer where the limit of open files is low."""

FILES_FOR_OTHERS = 256
"""Open files that transfers leave to the rest of the process: DHCP, HTTP, the database."""

REQUEST_BUFFER = 1 << 20
"""Bytes of requests that wait in the kernel: hundreds of hosts that are switched on at once."""

REQUESTS_A_TURN = 32
"""Requests that are answered before transfers go on: some 3 ms."""

RESTART_SILENCE = 2.0
"""Seconds of silence in a transfer after which the same request means that its host began anew (was reset)."""

LONGEST_MESSAGE = 200
"""Characters of an ERROR's message: it must fit the smallest buffer that firmware may have for it."""

Host = tuple[str, int]


class TftpServer:
    """Serves what `find` gives for a name, on one address: the one that hosts are told to ask, not a wildcard.

    `clock` is the time of day for events, in seconds since the epoch; `monotonic` drives the timers. `segmented`
    False sends each block by itself, as where the kernel cannot do it. A peer's bytes end its own transfer at most.
    """

    def __init__(
        self,
        *,
        address: str,
        interface: str | None,
        port: int = 69,
        find: Find,
        record: Record,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        segmented: bool = True,
        crowd: int = LARGEST_CROWD,
    ) -> None:
        self.port = port
        self._address = address
        self._interface = interface
        self._find = find
        self._record = record
        self._clock = clock
        self._segmented = segmented
        self._crowd = crowd
        self._files = MappedFiles()
        self._transfers = Transfers(record, clock, monotonic)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen and serve from `loop`; SystemFailure when the port cannot be had. Port 0 picks one, see `port`."""
        prepare_tables()
        self._crowd = max(1, raise_open_files(self._crowd + FILES_FOR_OTHERS) - FILES_FOR_OTHERS)
        self._listener = open_udp(self._address, self.port, interface=self._interface, receive_buffer=REQUEST_BUFFER)
        self.port = self._listener.getsockname()[1]
        self._transfers.watch(self._listener.fileno(), self._receive_requests)
        self._transfers.start(loop)

    def close(self) -> None:
        """Stop listening; hosts with a transfer under way are told. Only after `start`, and once."""
        self._transfers.close()
        self._listener.close()

    def transfers(self) -> list[Transfer]:
        """Return what is under way."""
        return self._transfers.snapshots()

    def _receive_requests(self, now: float) -> None:
        """Take several requests a turn: a crowd that is switched on must not wait for each other's blocks."""
        for _ in range(REQUESTS_A_TURN):
            try:
                datagram, host = self._listener.recvfrom(LARGEST_REQUEST + 1)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error for an earlier answer
            self._answer(datagram, host, now)

    def _answer(self, datagram: bytes, host: Host, now: float) -> None:
        try:
            packet = decode(datagram)
        except ProtocolError as error:
            if datagram[:2] in (b"\0\1", b"\0\2"):
                self._refuse(host, "", ErrorCode.ILLEGAL_OPERATION, str(error))
            return
        match packet:
            case ReadRequest():
                self._begin(packet, host, now)
            case WriteRequest(name=name):
                self._refuse(host, name, ErrorCode.ACCESS_VIOLATION, "this server is read-only")
            case _:
                return  # a straggler of a transfer that is over; and an ERROR is never answered with one

    def _begin(self, request: ReadRequest, host: Host, now: float) -> None:
        before = self._transfers.of_host(host)
        if before is not None:
            lively = not before.sender.answered or now - before.sender.heard < RESTART_SILENCE
            if before.request == request and lively:
                before.repeat(now)
                return
            self._transfers.abort(before, "the host began anew", tell=False)  # it would take that for our new answer
        if request.mode != "octet":
            reason = f"{request.mode!r} mode would change the file's bytes: ask in octet (binary) mode"
            self._refuse(host, request.name, ErrorCode.NOT_DEFINED, reason)
            return
        match self._find(request.name, host[0]):
            case Missing(reason, expected, forbidden):
                code = ErrorCode.ACCESS_VIOLATION if forbidden else ErrorCode.FILE_NOT_FOUND
                self._send_error(host, code, reason)
                self._record(FileMissing(self._clock(), host[0], request.name, reason, expected, "tftp"))
            case FileContent() | BytesContent() as content:
                self._open(request, host, content, now)

    def _open(self, request: ReadRequest, host: Host, content: Content, now: float) -> None:
        if not self._make_room():
            reason = f"{self._crowd} transfers are under way, the most there can be; the host will ask again"
            self._record_failure(host, request.name, reason)
            return
        try:
            view = self._view(content)
            connected = open_udp(self._address, 0, interface=self._interface)
            connected.connect(host)
        except (OSError, SystemFailure) as error:
            self._refuse(host, request.name, ErrorCode.NOT_DEFINED, f"cannot be sent: {error}")
            return
        sender = Sender(request.options, content.size, now)
        link = Link(connected, host, request, sender, view, now=now, segmented=self._segmented)
        self._transfers.add(link, now)

    def _make_room(self) -> bool:
        """Whether one more transfer may begin, after the oldest unanswered one gave way where that is needed."""
        if len(self._transfers) < self._crowd:
            return True
        oldest = self._transfers.oldest_unanswered()
        if oldest is not None:
            self._transfers.abort(oldest, "gave way to another host, all places are taken")
        return oldest is not None

    def _view(self, content: Content) -> memoryview:
        if isinstance(content, BytesContent):
            return memoryview(content.data)
        return self._files.view(content.path, content.size)

    def _refuse(self, host: Host, name: str, code: ErrorCode, reason: str) -> None:
        self._send_error(host, code, reason)
        self._record_failure(host, name, reason)

    def _record_failure(self, host: Host, name: str, reason: str) -> None:
        self._record(FileFailed(self._clock(), host[0], name, 0, 0, reason, "tftp"))

    def _send_error(self, host: Host, code: ErrorCode, message: str) -> None:
        """Answer from the well-known port: a refusal needs no socket of its own, and clients take the first reply."""
        try:
            self._listener.sendto(encode(Error(code, message[:LONGEST_MESSAGE])), host)
        except OSError:
            return  # as if lost on the way: the host asks again
