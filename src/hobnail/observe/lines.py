"""Boot events as people and programs read them: one line of words, or one flat record.

Names and reasons come from peers. A line holds no control character of theirs, or a host could forge a second line,
or move the cursor of whoever reads the log; a record is for JSON, which has its own way to write them. Neither holds
the whole name of a handout: whoever reads the log could fetch it, or report an installation in the host's name.
"""

import re
from dataclasses import asdict, replace
from typing import Any, assert_never

from hobnail.formats.printable import printable
from hobnail.observe.events import (
    BootEvent,
    DhcpDecided,
    FileDone,
    FileFailed,
    FileMissing,
    FileSized,
    FileStarted,
    HostIdentified,
    HostInstalled,
    SettingsTaken,
)

_NAMES = {
    DhcpDecided: "dhcp",
    HostIdentified: "host_identified",
    FileStarted: "file_started",
    FileDone: "file_done",
    FileSized: "file_sized",
    FileMissing: "file_missing",
    FileFailed: "file_failed",
    HostInstalled: "host_installed",
    SettingsTaken: "settings_taken",
}

_TOKEN = re.compile(r"(?<![0-9A-Za-z])([0-9a-f]{6})[0-9a-f]{26}(?![0-9A-Za-z])", re.IGNORECASE)
"""A folder's name as boot/handouts.py makes them; whatever stands around it, as long as it ends there."""


def without_tokens(text: str) -> str:
    """Return text with each token shortened to its first six digits, enough to tell two boots apart."""
    return _TOKEN.sub(r"\1…", text)


def _shareable(event: BootEvent) -> BootEvent:
    match event:
        case FileMissing(name=name, reason=reason) | FileFailed(name=name, reason=reason):
            return replace(event, name=without_tokens(name), reason=without_tokens(reason))
        case FileStarted(name=name) | FileDone(name=name) | FileSized(name=name):
            return replace(event, name=without_tokens(name))
        case _:
            return event


def record(event: BootEvent) -> dict[str, Any]:
    """Return the event as a flat record: `event` is its name; `at` is in seconds since the epoch, sizes in bytes."""
    return {"event": _NAMES[type(event)], **asdict(_shareable(event))}


def line(event: BootEvent) -> str | None:
    """Return the event in words, or None for what a person need not read: healthy probes and beginnings."""
    text = _words(_shareable(event))
    return None if text is None else printable(text)


def _words(event: BootEvent) -> str | None:
    match event:
        case DhcpDecided(outcome="ignored"):
            return None
        case DhcpDecided(mac=mac, client=client, message=message, outcome=outcome, reason=reason, address=address):
            text = f"{mac} {client}: {message} {outcome}" + (f", {address}" if address else "")
            return f"{text}: {reason}" if reason else text
        case HostIdentified(mac=mac, manufacturer=manufacturer, product=product):
            named = {"serial": event.serial, "asset tag": event.asset, "UUID": event.uuid}
            facts = [" ".join((manufacturer, product)).strip(), *(f"{k} {v}" for k, v in named.items() if v)]
            return f"{mac} is {', '.join(fact for fact in facts if fact)}" if any(facts) else None
        case FileDone(peer=peer, name=name, size=size, seconds=seconds, protocol=protocol):
            return f"{peer} has {name} ({size} bytes in {seconds:.2f} s, {protocol})"
        case FileMissing(expected=True) | FileStarted() | FileSized():
            return None
        case FileMissing(peer=peer, name=name, reason=reason, protocol=protocol):
            return f"{peer} asked for {name} ({protocol}), which is missing: {reason}"
        case FileFailed(peer=peer, name=name, sent=sent, size=size, reason=reason, protocol=protocol):
            return f"{peer} got {sent} of {size} bytes of {name} ({protocol}): {reason}"
        case HostInstalled(mac=mac):
            return f"{mac} is installed, and boots from its disk from now on"
        case SettingsTaken(revision=revision, hosts=hosts, reason=reason):
            text = f"settings: revision {revision} holds, {hosts} hosts are named"
            return f"{text}: {reason}" if reason else text
        case _:
            assert_never(event)


def is_trouble(event: BootEvent) -> bool:
    """Tell whether a person should look: something was refused, is missing or broke off."""
    match event:
        case DhcpDecided(outcome=outcome):
            return outcome == "refused"
        case FileMissing(expected=expected):
            return not expected
        case FileFailed():
            return True
        case SettingsTaken(reason=reason):
            return bool(reason)
        case _:
            return False
