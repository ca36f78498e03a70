"""Programs that run beside us: a server, a virtual machine. Their output is read line by line as it comes."""

import os
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Self

from hobnail.errors import SystemFailure
from hobnail.system.commands import DEBIAN_PACKAGES, SYSTEM_FOLDERS

PATIENCE = 5.0
"""Seconds between asking a program to end and ending it."""


class Process:
    """A program that was started; leaving the `with` block stops and reaps it, however the block is left.

    Standard output and standard error come as one stream of lines. Reading goes on in a thread, so that the program
    never waits for us.
    """

    def __init__(self, argv: Sequence[str | os.PathLike[str]], *, patience: float = PATIENCE) -> None:
        """Start it, without input; `patience` is for `stop`.

        SystemFailure when the program is missing or cannot be started.
        """
        self._patience = patience
        words = [os.fspath(word) for word in argv]
        surroundings = {**os.environ, "PATH": f"{os.environ.get('PATH', '/usr/bin:/bin')}:{SYSTEM_FOLDERS}"}
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=surroundings
            )
        except OSError as error:
            package = DEBIAN_PACKAGES.get(words[0])
            hint = f"apt-get install {package}" if package else None
            raise SystemFailure(f"cannot start {words[0]}: {error.strerror}", next_step=hint) from error
        assert self._process.stdout is not None, "it was asked for"
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's id; it stays ours until the process is reaped."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Exit status, negative for the signal that ended it; None while it runs."""
        return self._process.poll()

    def lines(self, seconds: float | None = None) -> Iterator[str]:
        """Yield each line without its end, until the output ends or `seconds` are over (None: no limit)."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            if line is None:
                self._lines.put(None)  # whoever reads next is told too
                return
            yield line

    def wait(self, seconds: float) -> int | None:
        """Wait for it to end by itself and return `status`; None when it still runs after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int:
        """Ask it to end (SIGTERM), end it when patience is over (SIGKILL), reap it, and return its status."""
        if self._process.poll() is None:
            self._process.terminate()
            if self.wait(self._patience) is None:
                self._process.kill()
        status = self._process.wait()
        self._reader.join(PATIENCE)  # a grandchild may hold the pipe open: then the thread is left behind
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._lines.put(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))
        self._lines.put(None)
