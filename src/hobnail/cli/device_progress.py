"""The progress of writing a device or a file: a bar with rate and time left on a terminal, else lines, or JSON."""

import json
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hobnail.cli.text import size_text

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hobnail.write.device_writer import Step

_INTERVAL = 2.0  # seconds between plain lines
_SOONEST = 0.1  # seconds between two looks of the bar


class DeviceProgress:
    """Shows the steps of one writing on standard error. Use as a context manager; pass `report` on."""

    def __init__(self, json_: bool) -> None:
        self._json = json_
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._phase = ""
        self._done, self._endless = (
            0,
            False,
        )  # of the bar's last task: bytes, and that nobody knows how many there are
        self._began = self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def measuring(self, done: int) -> None:
        """Show that a compressed image is being looked through."""
        self._show("looking through the medium", done, None)

    def writing(self, done: int, total: int) -> None:
        """Show how far a file is written."""
        self._show("writing", done, total)

    def report(self, step: "Step") -> None:
        """Show one step."""
        self._show(step.phase, step.done, step.total)

    def _show(self, phase: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        first = phase != self._phase
        if first:
            self._phase, self._began = phase, now
        elif now < self._next and done != total:
            return
        if not self._json and sys.stderr.isatty():
            self._next = now + _SOONEST
            self._draw(phase, done, total, first)
        else:
            self._next = now + _INTERVAL
            self._print(phase, done, total, now - self._began)

    def _draw(self, phase: str, done: int, total: int | None, first: bool) -> None:
        if self._bar is None:  # late: the person was asked before
            self._bar = _bar()
            self._bar.start()
        if first or self._task is None:
            if self._task is not None and self._endless:
                self._bar.update(self._task, total=self._done)  # it has come to its end
            self._task = self._bar.add_task(phase, total=total)
        self._bar.update(self._task, completed=done)
        self._done, self._endless = done, total is None

    def _print(self, phase: str, done: int, total: int | None, seconds: float) -> None:
        rate = done / seconds if seconds > 0.2 else 0.0
        left = (total - done) / rate if rate and total is not None else None
        if self._json:
            facts = {"phase": phase, "done": done, "total": total, "rate": round(rate), "seconds_left": left}
            line = json.dumps(facts)
        else:
            line = f"{phase}: {size_text(done)}" if done or total is not None else phase
            line += "" if total is None else f" of {size_text(total)}"
            line += f", {size_text(rate)}/s" if rate else ""
            line += f", {left:.0f} s left" if left else ""
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is a face


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
