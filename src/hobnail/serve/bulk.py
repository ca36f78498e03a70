"""Large files over TCP by sendfile, in short turns: who asks for something small does not wait for hundreds of them.

asyncio's own sendfile gives every connection that can take bytes its share in each turn of the loop: with 200 hosts
that is most of a second, and a request needs several turns (measured: 760 ms to the first byte of a boot.cfg at the
median, with these turns 2). So the connections that send stand in an epoll object of their own, which the loop
watches as a single file; a turn of it is short, and while a request is on its way there is none.
"""

import asyncio
import os
import select
import time
from collections.abc import Callable
from contextlib import suppress

LARGEST_SLICE = 2 << 20
SMALLEST_SLICE = 256 << 10
ROUND = 96 << 20
"""Bytes that one call may send: as many as the send buffer holds, which costs least (with half a megabyte a third
more CPU time), until all together would be more than a round: with 200 hosts it is half a megabyte. Measured in turn
on a busy machine, first byte of a boot.cfg at 200 hosts, p99: 90 ms with 2 MB for each, 30 ms with this."""

LONGEST_TURN = 0.0005
"""Seconds after which the loop serves others."""

GIVEN_WAY = 12
"""Turns that are left out for a request: accepting it, reading it and answering take the loop so many."""


class Bulk:
    """Sends files on behalf of one loop. `give_way` is for whoever begins something that should not wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._poll = select.epoll()
        self._steps: dict[int, Callable[[], None]] = {}
        self._left_out = 0
        loop.add_reader(self._poll.fileno(), self._turn)

    def close(self) -> None:
        """Send no more; transfers that wait are to be cancelled by their owners."""
        self._loop.remove_reader(self._poll.fileno())
        self._poll.close()

    @property
    def waiting(self) -> int:
        """How many files are under way."""
        return len(self._steps)

    def give_way(self) -> None:
        """Leave the next turns of the loop to others."""
        self._left_out = GIVEN_WAY

    async def send(self, connected: int, file: int, offset: int, count: int) -> int:
        """Send `count` bytes of a file from `offset`; return how many it had. OSError when the peer is gone.

        The connection is a descriptor that is the caller's own until this returns.
        """
        done: asyncio.Future[int] = self._loop.create_future()
        sent = 0

        def step() -> None:
            nonlocal sent
            try:
                got = os.sendfile(connected, file, offset + sent, min(self._slice(), count - sent))
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._end(connected, done, error)
                return
            sent += got
            if not got or sent == count:
                self._end(connected, done, sent)

        self._steps[connected] = step
        self._poll.register(connected, select.EPOLLOUT)
        try:
            return await done
        finally:
            self._forget(connected)

    def _slice(self) -> int:
        return max(SMALLEST_SLICE, min(LARGEST_SLICE, ROUND // max(1, len(self._steps))))

    def _end(self, connected: int, done: asyncio.Future[int], result: int | OSError) -> None:
        self._forget(connected)
        if done.done():  # cancelled in this turn
            return
        if isinstance(result, OSError):
            done.set_exception(result)
        else:
            done.set_result(result)

    def _forget(self, connected: int) -> None:
        if self._steps.pop(connected, None) is not None:
            with suppress(OSError, ValueError):  # the poll object has gone first
                self._poll.unregister(connected)

    def _turn(self) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        end = time.monotonic() + LONGEST_TURN
        while ready := self._poll.poll(0, 1):
            for connected, _ in ready:
                self._steps[connected]()
            if time.monotonic() >= end:
                return
