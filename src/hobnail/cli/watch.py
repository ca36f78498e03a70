"""How serving is shown: a screen that lives on a terminal, lines when piped, records for programs."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from hobnail.observe.lines import is_trouble, line, record

if TYPE_CHECKING:
    from hobnail.app.serving import Serving, Watch
    from hobnail.observe.events import BootEvent
    from hobnail.observe.progress import HostProgress


def watch_for(log_format: str) -> "Watch":
    """Return the face for `--log-format`: auto is the screen on a terminal, else lines."""
    if log_format == "json":
        return Records()
    if log_format == "auto" and sys.stdout.isatty():
        from hobnail.cli.screen import Screen  # late: rich takes longer to load than serving to a pipe needs

        return Screen()
    return Lines()


def headline(serving: "Serving") -> str:
    """Return what is served, where and how, in one line."""
    options = serving.options
    dhcp = {"proxy": "DHCP proxy", "full": "DHCP full", "off": "no DHCP"}[options.dhcp]
    if serving.pool is not None:
        dhcp += f" {serving.pool.first}-{serving.pool.last}"
    loader = f"PXELINUX {serving.loader_release}" if serving.loader_release else "PXELINUX"
    return (
        f"{serving.stored.image.title} ({serving.stored.image.short_id}) on {serving.interface.name} "
        f"{serving.interface.address}: {dhcp}, TFTP, HTTP port {options.http_port}; {loader}"
    )


class Lines:
    """One line for each thing that a person would want to know."""

    def started(self, serving: "Serving") -> None:
        """Say what is served."""
        self._print(f"serving {headline(serving)}")

    def event(self, event: "BootEvent") -> None:
        """Print the event if it says something."""
        text = line(event)
        if text is not None:
            self._print(("! " if is_trouble(event) else "") + text, event.at)

    def tick(self, hosts: "Sequence[HostProgress]") -> None:
        """Lines do not move."""

    def finished(self) -> None:
        """Say that it is over."""
        self._print("stopped")

    def _print(self, text: str, at: float | None = None) -> None:
        when = datetime.fromtimestamp(at) if at is not None else datetime.now()
        print(f"{when:%H:%M:%S} {text}", flush=True)  # noqa: T201 - this is a face


class Records:
    """One JSON record a line."""

    def started(self, serving: "Serving") -> None:
        """Say what is served."""
        image = serving.stored.image
        self._print(
            {
                "event": "started",
                "interface": serving.interface.name,
                "address": str(serving.interface.address),
                "dhcp": serving.options.dhcp,
                "http_port": serving.options.http_port,
                "image": image.id,
                "title": image.title,
            }
        )

    def event(self, event: "BootEvent") -> None:
        """Print the event, whatever it is."""
        self._print(record(event))

    def tick(self, hosts: "Sequence[HostProgress]") -> None:
        """Records do not move."""

    def finished(self) -> None:
        """Say that it is over."""
        self._print({"event": "stopped"})

    def _print(self, facts: dict[str, object]) -> None:
        print(json.dumps(facts), flush=True)  # noqa: T201 - this is a face
