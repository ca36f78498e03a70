"""The screen that lives while it serves: each host with its stage, and below what was refused or missing."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TextIO, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hobnail.cli.output import Output
from hobnail.cli.text import size_text
from hobnail.cli.watch import headline
from hobnail.formats.printable import printable
from hobnail.observe.events import BootEvent
from hobnail.observe.lines import is_trouble, line, without_tokens
from hobnail.observe.progress import BootStage, HostProgress

if TYPE_CHECKING:
    from hobnail.app.serving import Serving

MESSAGES = 6
"""Messages kept below the table; the same one is shown once with its count."""


class Screen:
    """Drawn four times a second on standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self._output = Output()
        self._console = console or Console(file=cast("TextIO", self._output))
        self._live = Live(console=self._console, auto_refresh=False)
        self._head = ""
        self._messages: deque[tuple[str, int, float]] = deque(maxlen=MESSAGES)

    def started(self, serving: "Serving") -> None:
        """Draw the frame."""
        self._head = f"hobnail serves {headline(serving)}"
        self._messages.extend((f"warning: {warning}", 1, time.time()) for warning in serving.warnings)
        self._live.start()

    def event(self, event: BootEvent) -> None:
        """Keep what a person should look at."""
        text = line(event)
        if text is None or not is_trouble(event):
            return
        count = 1
        for message in self._messages:
            if message[0] == text:
                count += message[1]
                self._messages.remove(message)
                break
        self._messages.append((text, count, event.at))

    def tick(self, hosts: Callable[[], Sequence[HostProgress]]) -> None:
        """Draw again; BrokenPipeError when the terminal has gone."""
        if self._output.broken:
            raise BrokenPipeError
        self._live.update(self.frame(hosts()), refresh=True)

    def finished(self) -> None:
        """Leave the last picture standing."""
        self._live.stop()
        self._output.close()

    def frame(self, hosts: Sequence[HostProgress]) -> RenderableType:
        """Return the picture: the latest hosts that fit, then the messages."""
        messages = [self._message(*message) for message in self._messages]
        lines = sum(-(-len(message) // self._console.width) for message in messages)
        room = max(3, self._console.height - lines - 8)
        shown = sorted(hosts, key=lambda host: host.seen)[-room:]
        table = Table(box=None, pad_edge=False, header_style="bold")
        columns = [column for column in COLUMNS if self._console.width >= column.from_width]
        for column in columns:
            table.add_column(
                column.title,
                justify="right" if column.title in ("FETCHED", "RATE") else "left",
                no_wrap=True,
                min_width=column.least,
            )
        for host in sorted(shown, key=lambda host: (host.mac or "", host.address or "")):
            cells = _cells(host)
            table.add_row(*(cells[column.title] for column in columns))
        parts: list[RenderableType] = [Text(printable(self._head), style="bold"), Text(""), table]
        if not hosts:
            parts.append(Text("no host has asked yet: switch one on and let it boot from the network", style="dim"))
        if len(hosts) > len(shown):
            parts.append(Text(f"… and {len(hosts) - len(shown)} more", style="dim"))
        parts += [Text(""), *messages] if messages else []
        parts.append(Text("\nCtrl-C ends.", style="dim"))
        return Group(*parts)

    def _message(self, text: str, count: int, at: float) -> Text:
        times = f" ({count} times)" if count > 1 else ""
        return Text(f"{datetime.fromtimestamp(at):%H:%M:%S} {printable(text)}{times}", style="red")


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    from_width: int  # columns of the terminal from which on it is shown
    least: int | None = None  # its own, below which it is not cut


COLUMNS = (
    _Column("HOST", 0, 17),  # a MAC address, which is of no use when cut
    _Column("ADDRESS", 64),
    _Column("CLIENT", 80),
    _Column("STAGE", 0),
    _Column("FETCHED", 40),
    _Column("RATE", 92),
    _Column("FILE", 100),
)


def _cells(host: HostProgress) -> dict[str, Text]:
    """Return a host's line. Names come from peers, so none is read as rich's markup nor by the terminal."""
    stage = host.stage_text
    style = "red" if host.trouble else "green" if host.stage is BootStage.HANDED_OVER else ""
    if host.trouble:
        stage += " !"
    words = {
        "HOST": host.mac or host.address or "?",
        "ADDRESS": host.address or "",
        "CLIENT": host.client or "",
        "STAGE": stage,
        "FETCHED": size_text(host.bytes) if host.bytes else "",
        "RATE": f"{size_text(host.rate)}/s" if host.rate else "",
        "FILE": without_tokens((host.file or "").rpartition("/")[2]),
    }
    return {title: Text(printable(text), style if title == "STAGE" else "") for title, text in words.items()}
