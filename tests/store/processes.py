"""Runs tests/store/importer.py step by step, so that several can be at chosen places at once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Importer:
    """One import in a process of its own."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.importer", str(root), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._at = ""

    def step(self) -> str:
        """Let it go on to its next line."""
        assert self._process.stdout is not None
        if self._at:
            self.go()
        self._at = self._process.stdout.readline().strip()
        return self._at

    def go(self) -> None:
        """Let it go on, and do not wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def until(self, stage: str) -> None:
        """Let it run to the stage; it stops there."""
        while self.step() != stage:
            assert self._at in {"open", "half"}, self._at

    def finish(self) -> str:
        """Let it run to its end; its last line."""
        while self.step() in {"open", "half", "staged"}:
            pass
        assert self._process.wait(timeout=30) == 0, self._at
        return self._at

    def kill(self) -> None:
        """As `kill -9` does: no handler, no clean-up."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def importers(root: Path, *arguments: tuple[str, ...]) -> Iterator[list[Importer]]:
    """Start one process for each tuple of arguments; none outlives the test."""
    running = [Importer(root, *each) for each in arguments]
    try:
        yield running
    finally:
        for importer in running:
            importer.kill()
