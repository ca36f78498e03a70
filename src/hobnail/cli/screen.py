"""The screen that lives while it serves: each host with its stage, and below what was refused or missing."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hobnail.cli.text import size_text
from hobnail.cli.watch import headline
from hobnail.observe.events import BootEvent
from hobnail.observe.lines import is_trouble, line
from hobnail.observe.progress import BootStage, HostProgress

if TYPE_CHECKING:
    from hobnail.app.serving import Serving

MESSAGES = 6
"""Messages kept below the table; the same one is shown once with its count."""


class Screen:
    """Drawn four times a second on standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._live = Live(console=self._console, auto_refresh=False)
        self._head = ""
        self._messages: deque[tuple[str, int, float]] = deque(maxlen=MESSAGES)

    def started(self, serving: "Serving") -> None:
        """Draw the frame."""
        self._head = f"hobnail serves {headline(serving)}"
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

    def tick(self, hosts: Sequence[HostProgress]) -> None:
        """Draw again."""
        self._live.update(self.frame(hosts), refresh=True)

    def finished(self) -> None:
        """Leave the last picture standing."""
        self._live.stop()

    def frame(self, hosts: Sequence[HostProgress]) -> RenderableType:
        """Return the picture: the latest hosts that fit, then the messages."""
        messages = [self._message(*message) for message in self._messages]
        lines = sum(-(-len(message) // self._console.width) for message in messages)
        room = max(3, self._console.height - lines - 8)
        shown = sorted(hosts, key=lambda host: host.seen)[-room:]
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("HOST", "ADDRESS", "CLIENT", "STAGE"):
            table.add_column(column, no_wrap=True)
        for column in ("FETCHED", "RATE"):
            table.add_column(column, justify="right", no_wrap=True)
        table.add_column("FILE", overflow="ellipsis", no_wrap=True)
        for host in hosts:
            if host in shown:
                table.add_row(*_cells(host))
        parts: list[RenderableType] = [Text(self._head, style="bold"), Text(""), table]
        if not hosts:
            parts.append(Text("no host has asked yet: switch one on and let it boot from the network", style="dim"))
        if len(hosts) > len(shown):
            parts.append(Text(f"… and {len(hosts) - len(shown)} more", style="dim"))
        parts += [Text(""), *messages] if messages else []
        parts.append(Text("\nCtrl-C ends.", style="dim"))
        return Group(*parts)

    def _message(self, text: str, count: int, at: float) -> Text:
        times = f" ({count} times)" if count > 1 else ""
        return Text(f"{datetime.fromtimestamp(at):%H:%M:%S} {text}{times}", style="red")


def _cells(host: HostProgress) -> tuple[Text | str, ...]:
    stage = host.stage.label
    if host.stage is BootStage.MODULES:
        stage = f"module {host.module} of {host.modules}"
    style = "red" if host.trouble else "green" if host.stage is BootStage.HANDED_OVER else ""
    if host.trouble:
        stage += " !"
    return (
        host.mac or "?",
        host.address or "",
        host.client or "",
        Text(stage, style=style),
        size_text(host.bytes) if host.bytes else "",
        f"{size_text(host.rate)}/s" if host.rate else "",
        (host.file or "").rpartition("/")[2],
    )
