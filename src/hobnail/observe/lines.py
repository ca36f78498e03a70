"""Boot events as people and programs read them: one line of words, or one flat record."""

from dataclasses import asdict
from typing import Any, assert_never

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


def record(event: BootEvent) -> dict[str, Any]:
    """Return the event as a flat record: `event` is its name; `at` is in seconds since the epoch, sizes in bytes."""
    return {"event": _NAMES[type(event)], **asdict(event)}


def line(event: BootEvent) -> str | None:
    """Return the event in words, or None for what a person need not read: healthy probes and beginnings."""
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
