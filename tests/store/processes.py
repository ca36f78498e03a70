"""Runs tests/store/importer.py step by step, so that several can be at chosen places at once."""

import sqlite3
import subprocess
import sys
import time
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
        self._at = ""

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


@contextmanager
def stopped_before_its_rows(root: Path, importer: Importer) -> Iterator[None]:
    """Let it publish up to where its blobs are in their place, but hold the database that it writes its rows to."""
    importer.until("staged")
    before = set(root.glob("blobs/sha256/*/*"))
    held = sqlite3.connect(root / "hobnail.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    try:
        importer.go()
        deadline = time.monotonic() + 20
        while set(root.glob("blobs/sha256/*/*")) == before:
            assert time.monotonic() < deadline, "no blob came"
            time.sleep(0.01)
        yield
    finally:
        held.execute("ROLLBACK")
        held.close()
