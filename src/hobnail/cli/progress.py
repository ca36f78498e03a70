"""An import's progress: a bar with bytes and rate on a terminal, plain lines when piped, JSON lines for programs."""

import json
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from hobnail.cli.text import size_text

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from hobnail.app.import_image import Step

_INTERVAL = 2.0  # seconds between plain lines
_WORDS = {"reading": "reading the medium", "copying": "copying modules"}


class ImportProgress:
    """Shows the steps of one import on standard error. Use as a context manager; pass `report` on."""

    def __init__(self, json_: bool) -> None:
        self._json = json_
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._phase = ""
        self._began = 0.0
        self._next = 0.0

    def __enter__(self) -> Self:
        if not self._json and sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def report(self, step: "Step") -> None:
        """Show one step."""
        first = step.phase != self._phase
        if first:
            self._phase = step.phase
            self._began = time.monotonic()
        if self._bar is not None:
            self._draw(self._bar, step, first)
            return
        now = time.monotonic()
        if first or now >= self._next or step.done == step.total:
            self._next = now + _INTERVAL
            self._print(step, now - self._began)

    def _draw(self, bar: "Progress", step: "Step", first: bool) -> None:
        if first or self._task is None:
            self._task = bar.add_task(_WORDS[step.phase], total=step.total, name=step.name)
        bar.update(self._task, completed=step.done, total=step.total, name=step.name)

    def _print(self, step: "Step", seconds: float) -> None:
        rate = step.done / seconds if seconds > 0 else 0.0
        if self._json:
            facts = {
                "phase": step.phase,
                "name": step.name,
                "done": step.done,
                "total": step.total,
                "rate": round(rate),
            }
            line = json.dumps(facts)
        else:
            share = f"{size_text(step.done)} of {size_text(step.total)}"
            line = f"{_WORDS[step.phase]}: {share}" + (f", {size_text(rate)}/s" if seconds > 0.2 else "")
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is a face


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[name]}"),
        console=Console(stderr=True),
    )
