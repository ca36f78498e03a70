"""All TFTP transfers under way: their sockets in two epoll objects, their timers behind one alarm.

The event loop watches an epoll object as a single file: one callback serves many hosts, without a task or a loop
timer for each packet. Requests and small files (a boot.cfg) have an object of their own, which is looked at between
the turns of the large ones: a host's first byte does not wait until hundreds of others have had their windows.
"""

import asyncio
import heapq
import itertools
import math
import select
from collections.abc import Callable
from os import read, writev

from hobnail.observe.events import FileDone, FileFailed, FileSized, FileStarted, Record, Transfer
from hobnail.serve.tftp_link import Buffers, Link
from hobnail.wire.transfer import Delivered, Failed, Sending, SizeOnly

LARGEST_ACK = 128
"""Bytes of a datagram that are looked at: an ACK has 4, an ERROR its message."""

LARGEST_BATCH = 48
"""Sockets that are served together; requests and small files wait for no more than these (about a millisecond)."""

LONGEST_TURN = 0.001
"""Seconds that the callback may go on before the loop serves others: HTTP and DHCP."""

SMALL = 64 << 10
"""Bytes of a file that goes before larger ones: configurations, and most loaders."""

SHORTEST_NAP = 0.002
"""Seconds between two alarms at least, so that hosts that are due one after another are served together."""


class Transfers:
    """Serves the links that are added until they end, and records how they ended.

    `clock` gives seconds since the epoch for events, `monotonic` drives the timers.
    """

    def __init__(self, record: Record, clock: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._record = record
        self._clock = clock
        self._now = monotonic
        self._ready = select.epoll()  # large files
        self._quick = select.epoll()  # requests and small files
        self._links: dict[int, Link] = {}
        self._by_host: dict[tuple[str, int], Link] = {}
        self._unanswered: dict[int, Link] = {}  # the oldest first
        self._others: dict[int, Callable[[float], None]] = {}
        self._alarms: list[tuple[float, int, Link]] = []  # a heap; entries that a link has replaced are passed over
        self._serial = itertools.count()
        self._alarm_at = math.inf
        self._alarm: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._links)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve from this loop on."""
        self._loop = loop
        loop.add_reader(self._quick.fileno(), self._drain)
        loop.add_reader(self._ready.fileno(), self._drain)

    def close(self) -> None:
        """End every transfer; the hosts are told."""
        if self._loop is not None:
            self._loop.remove_reader(self._quick.fileno())
            self._loop.remove_reader(self._ready.fileno())
        if self._alarm is not None:
            self._alarm.cancel()
        for link in list(self._links.values()):
            self.abort(link, "the server is stopping")
        self._quick.close()
        self._ready.close()

    def watch(self, descriptor: int, receive: Callable[[float], None]) -> None:
        """Call `receive(now)` when another socket has something, before the next turn of large files."""
        self._others[descriptor] = receive
        self._quick.register(descriptor, select.EPOLLIN)

    def add(self, link: Link, now: float) -> None:
        """Send the link's first answer and serve it from now on."""
        descriptor = link.descriptor
        self._links[descriptor] = self._unanswered[descriptor] = self._by_host[link.host] = link
        self._poll_of(link).register(descriptor, select.EPOLLIN)
        link.send(link.sender.start(now))
        self._settle(link)

    def of_host(self, host: tuple[str, int]) -> Link | None:
        """Return the transfer to this address and port."""
        return self._by_host.get(host)

    def oldest_unanswered(self) -> Link | None:
        """Return the transfer that has waited longest for its host's first answer."""
        return next(iter(self._unanswered.values()), None)

    def abort(self, link: Link, reason: str, *, tell: bool = True) -> None:
        """End a transfer from our side; the host is told unless `tell` is false."""
        link.abort(reason, tell=tell)
        self._settle(link)

    def snapshots(self) -> list[Transfer]:
        """Return how far each transfer is."""
        return [link.snapshot() for link in self._links.values()]

    def _poll_of(self, link: Link) -> select.epoll:
        return self._quick if link.sender.size <= SMALL else self._ready

    def _drain(self) -> None:
        """Serve sockets that have something, one datagram each, in batches until the turn is over."""
        end = self._now() + LONGEST_TURN
        while True:
            quick = self._quick.poll(0, LARGEST_BATCH)
            if quick:
                self._serve(quick)
            ready = self._ready.poll(0, LARGEST_BATCH)
            if ready:
                self._serve(ready)
            if not (quick or ready) or self._now() >= end:
                return

    def _serve(self, ready: list[tuple[int, int]]) -> None:
        """Receive from all, then decide for all, then send to all.

        Each part stays in the processor's caches, and hosts are kept busy rather than woken one by one. Measured: a
        quarter less CPU time for a packet.
        """
        now = self._now()
        links, datagrams, others = self._receive(ready)
        self._send(*self._decide(links, datagrams, now))
        for descriptor in others:  # last, because a request may end a transfer that is due
            self._others[descriptor](now)

    def _receive(self, ready: list[tuple[int, int]]) -> tuple[list[Link], list[bytes], list[int]]:
        """Take a datagram of each transfer; also return which sockets are none of a transfer's."""
        links: list[Link] = []
        datagrams: list[bytes] = []
        others: list[int] = []
        for descriptor, _ in ready:
            try:
                links.append(self._links[descriptor])
                datagrams.append(read(descriptor, LARGEST_ACK))
            except KeyError:
                others.append(descriptor)
            except ConnectionRefusedError:
                links[-1].sender.receive_refusal()
                datagrams.append(b"")
            except OSError:
                datagrams.append(b"")  # an error of the path that passes; the timer goes on
        return links, datagrams, others

    def _decide(
        self, links: list[Link], datagrams: list[bytes], now: float
    ) -> tuple[list[Link], list[Sending], list[Buffers]]:
        """Tell each machine what has come; return to whom something is due, what, and the bytes of it."""
        due: list[Link] = []
        sendings: list[Sending] = []
        buffers: list[Buffers] = []
        for link, datagram in zip(links, datagrams, strict=True):
            sender = link.sender
            sending = sender.receive_datagram(datagram, now)
            if sending is not None:
                parts = link.gather(sending)
                if parts is None:
                    link.send(sending)
                else:
                    due.append(link)
                    sendings.append(sending)
                    buffers.append(parts)
            if sender.news:
                self._settle(link)
        return due, sendings, buffers

    @staticmethod
    def _send(due: list[Link], sendings: list[Sending], buffers: list[Buffers]) -> None:
        for link, sending, parts in zip(due, sendings, buffers, strict=True):
            try:
                writev(link.descriptor, parts)
            except OSError as error:
                link.judge(error, sending)

    def _settle(self, link: Link) -> None:
        """After a turn: tell of a host's first answer, set the alarm, or record the end."""
        sender = link.sender
        sender.news = False
        if sender.answered and not link.greeted:
            link.greeted = True
            self._unanswered.pop(link.descriptor, None)
            self._record(FileStarted(self._clock(), link.host[0], link.request.name, sender.size, "tftp"))
        deadline = sender.next_timer()
        if deadline is None:
            self._finish(link)
        elif deadline < link.wakes_at:
            link.wakes_at = deadline
            heapq.heappush(self._alarms, (deadline, next(self._serial), link))
            if deadline < self._alarm_at:
                self._set_alarm()

    def _finish(self, link: Link) -> None:
        descriptor = link.descriptor
        del self._links[descriptor]
        self._unanswered.pop(descriptor, None)
        if self._by_host.get(link.host) is link:
            del self._by_host[link.host]
        self._poll_of(link).unregister(descriptor)
        link.close()
        link.wakes_at = math.inf
        at, host, name, sender = self._clock(), link.host[0], link.request.name, link.sender
        match sender.result:
            case Delivered():
                self._record(FileDone(at, host, name, sender.size, self._now() - link.asked_at, "tftp"))
            case SizeOnly():
                self._record(FileSized(at, host, name, sender.size, "tftp"))
            case Failed(reason):
                self._record(FileFailed(at, host, name, sender.acknowledged, sender.size, reason, "tftp"))

    def _ring(self) -> None:
        """Give every link that is due its timer."""
        now = self._now()
        alarms = self._alarms
        self._alarm_at = math.inf
        while alarms and alarms[0][0] <= now:
            when, _, link = heapq.heappop(alarms)
            if link.wakes_at != when:
                continue
            link.wakes_at = math.inf
            sending = link.sender.handle_timer(now)
            if sending is not None:
                link.send(sending)
            self._settle(link)
        self._set_alarm()

    def _set_alarm(self) -> None:
        if not self._alarms or self._loop is None:
            return
        now = self._now()
        self._alarm_at = max(self._alarms[0][0], now + SHORTEST_NAP)
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_later(self._alarm_at - now, self._ring)
