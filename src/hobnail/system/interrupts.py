"""Ctrl-C once: what is cleared up after the first is not ended by a second."""

import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_Handler = Callable[[int, FrameType | None], object]


class FirstInterrupt:
    """Inside, the first of the signals that end a program is handled as before, and all others do nothing.

    Use as a context manager. Handlers of ours stay away from signals that are ignored, or that end the process at
    once; and from all but the main thread, where there are none.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, _Handler] = {}
        self._spent = False

    def __enter__(self) -> Self:
        with suppress(ValueError):  # not the main thread
            for number in _NUMBERS:
                handler = signal.getsignal(number)
                if callable(handler) and not isinstance(handler, signal.Handlers):
                    signal.signal(number, self._handle)
                    self._before[number] = handler
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def no_more(self) -> None:
        """From now on none is handled."""
        self._spent = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._spent:
            self._spent = True
            self._before[signal.Signals(number)](number, frame)
