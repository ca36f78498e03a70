"""SIGTERM and SIGHUP as Ctrl-C is: an exception, so that what was begun is taken back and a line says why it ended.

systemd and `kill` send the first, a terminal or ssh session that goes away the second. What installs handlers of its
own (`hobnail serve`) has them, ours are then not called.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

HANDLED = (signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """A signal told us to end; what minds Ctrl-C minds this."""


@dataclass(slots=True)
class Ending:
    """Which signal told us to end, as long as the command runs; None: none has."""

    by: signal.Signals | None = None

    @property
    def words(self) -> str:
        """What is said of it."""
        return "interrupted" if self.by is None else f"ended by {self.by.name}"

    @property
    def status(self) -> int:
        """The exit status: 128 + the signal's number, as shells have it."""
        return 128 + (self.by or signal.SIGINT)


@contextmanager
def signals_raised() -> Iterator[Ending]:
    """Have the first of these signals raise `Ended` inside; further ones do not disturb the clearing up.

    One that was ignored when we were started stays so: `nohup hobnail …`.
    """
    ending = Ending()

    def end(number: int, frame: FrameType | None) -> None:
        if ending.by is None:
            ending.by = signal.Signals(number)
            raise Ended

    before = {number: signal.getsignal(number) for number in HANDLED}
    ours = [number for number in HANDLED if before[number] is signal.SIG_DFL]
    with suppress(ValueError):  # only the main thread may; a test that calls us in another keeps the handlers
        for number in ours:
            signal.signal(number, end)
    try:
        yield ending
    finally:
        for number in ours:
            if signal.getsignal(number) is end:
                signal.signal(number, before[number])
