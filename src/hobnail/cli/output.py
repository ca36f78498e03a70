"""Standard output that never holds the servers up: a thread writes, and what it cannot take in time is dropped.

A pager, a stopped terminal or a hung ssh otherwise blocks the event loop, and with it DHCP and TFTP.
"""

import queue
import sys
import threading
from typing import TextIO

WAITING = 2000
"""Texts that wait for a slow reader, at most: some minutes of a busy screen."""

_PATIENCE = 2.0
"""Seconds that the last texts have to leave at the end."""


class Output:
    """A text stream for `print` and rich. `broken` tells that the reader has gone."""

    encoding = "utf-8"

    def __init__(self, stream: TextIO | None = None) -> None:
        self.broken = False
        self._stream = stream or sys.stdout
        self._texts: queue.Queue[str | None] = queue.Queue(WAITING)
        self._dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="output", daemon=True)
        self._thread.start()

    def write(self, text: str) -> int:
        """Hand a text to the writer; dropped when too much waits already."""
        try:
            self._texts.put_nowait(text)
        except queue.Full:
            self._dropped += 1
        return len(text)

    def flush(self) -> None:
        """Nothing to do: the writer flushes."""

    def isatty(self) -> bool:
        """Whether a terminal reads."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor below, which rich asks for the size of the terminal."""
        return self._stream.fileno()

    def close(self) -> None:
        """Wait a moment for the last texts to leave."""
        try:
            self._texts.put(None, timeout=_PATIENCE)
        except queue.Full:
            return
        self._thread.join(_PATIENCE)

    def _write_all(self) -> None:
        while (text := self._texts.get()) is not None:
            if self._dropped and text.endswith("\n"):
                text += f"({self._dropped} lines were not written: the reader is too slow)\n"
                self._dropped = 0
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):
                self.broken = True
                return
