"""How serving is shown: a screen that lives on a terminal, lines when piped, records for programs."""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from hobnail.cli.output import Output
from hobnail.formats.printable import printable
from hobnail.observe.lines import is_trouble, line, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        f"{serving.interface.address}: {dhcp}, TFTP, HTTP port {options.http_port}{_http_boot(serving)}; {loader}"
    )


def _http_boot(serving: "Serving") -> str:
    """Return what UEFI HTTP Boot is offered besides plain HTTP."""
    offer = serving.http_boot
    secure = f", HTTPS at {offer.where.base}" if offer.secure is not None else ""
    return secure + (f", HTTP Boot of {offer.iso.path.name}" if offer.iso is not None else "")


class _Face:
    """What the faces share: output that never blocks, and an end when nobody reads it."""

    def __init__(self, output: Output | None = None) -> None:
        self._output = output or Output()

    def tick(self, hosts: "Callable[[], Sequence[HostProgress]]") -> None:
        """Lines and records do not move; BrokenPipeError when the reader has gone."""
        if self._output.broken:
            raise BrokenPipeError


class Lines(_Face):
    """One line for each thing that a person would want to know."""

    def started(self, serving: "Serving") -> None:
        """Say what is served, and what a person should know of it."""
        self._print(f"serving {headline(serving)}")
        for warning in serving.warnings:
            self._print(f"! warning: {warning}")

    def event(self, event: "BootEvent") -> None:
        """Print the event if it says something."""
        text = line(event)
        if text is not None:
            self._print(("! " if is_trouble(event) else "") + text, event.at)

    def finished(self) -> None:
        """Say that it is over."""
        self._print("stopped")
        self._output.close()

    def _print(self, text: str, at: float | None = None) -> None:
        when = datetime.fromtimestamp(at) if at is not None else datetime.now()
        self._output.write(f"{when:%H:%M:%S} {printable(text)}\n")


class Records(_Face):
    """One JSON record a line."""

    def started(self, serving: "Serving") -> None:
        """Say what is served, and what a person should know of it."""
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
        for warning in serving.warnings:
            self._print({"event": "warning", "text": warning})

    def event(self, event: "BootEvent") -> None:
        """Print the event, whatever it is."""
        self._print(record(event))

    def finished(self) -> None:
        """Say that it is over."""
        self._print({"event": "stopped"})
        self._output.close()

    def _print(self, facts: dict[str, object]) -> None:
        self._output.write(json.dumps(facts) + "\n")
