"""Boot events in words and as records."""

import json

import pytest

from hobnail.observe.events import (
    BootEvent,
    DhcpDecided,
    FileDone,
    FileFailed,
    FileMissing,
    FileSized,
    FileStarted,
    HostIdentified,
)
from hobnail.observe.lines import is_trouble, line, record

MAC = "52:54:00:4c:00:01"
PEER = "10.77.0.101"

EVENTS: list[tuple[BootEvent, str | None, bool]] = [
    (DhcpDecided(1.0, MAC, PEER, "BIOS", "DISCOVER", "offered", ""), f"{MAC} BIOS: DISCOVER offered, {PEER}", False),
    (
        DhcpDecided(1.0, MAC, None, "UEFI x86-64", "DISCOVER", "refused", "set it to BIOS boot"),
        f"{MAC} UEFI x86-64: DISCOVER refused: set it to BIOS boot",
        True,
    ),
    (DhcpDecided(1.0, MAC, None, "", "DISCOVER", "ignored", "not network-booting"), None, False),
    (
        HostIdentified(1.0, PEER, MAC, "u-u", "Dell Inc.", "R640", "ABC", "rack 7"),
        f"{MAC} is Dell Inc. R640, serial ABC, asset tag rack 7, UUID u-u",
        False,
    ),
    (HostIdentified(1.0, PEER, MAC, "", "", "", "ABC", ""), f"{MAC} is serial ABC", False),
    (HostIdentified(1.0, PEER, MAC, "", "", "", "", ""), None, False),
    (FileStarted(1.0, PEER, "vmk.gz", 10, "tftp"), None, False),
    (FileSized(1.0, PEER, "vmk.gz", 10, "http"), None, False),
    (FileDone(2.0, PEER, "vmk.gz", 10, 1.0, "tftp"), f"{PEER} has vmk.gz (10 bytes in 1.00 s, tftp)", False),
    (FileMissing(1.0, PEER, "pxelinux.cfg/0A", "search list", True, "tftp"), None, False),
    (
        FileMissing(1.0, PEER, "mboot.c32", "apt-get install syslinux-common", False, "tftp"),
        f"{PEER} asked for mboot.c32 (tftp), which is missing: apt-get install syslinux-common",
        True,
    ),
    (
        FileFailed(1.0, PEER, "sys.vgz", 5, 10, "the host went silent", "tftp"),
        f"{PEER} got 5 of 10 bytes of sys.vgz (tftp): the host went silent",
        True,
    ),
]


@pytest.mark.parametrize(("event", "text", "trouble"), EVENTS)
def test_words_and_trouble(event: BootEvent, text: str | None, trouble: bool) -> None:
    assert line(event) == text
    assert is_trouble(event) is trouble


@pytest.mark.parametrize("event", [event for event, _, _ in EVENTS])
def test_records_are_flat_json_with_a_name(event: BootEvent) -> None:
    facts = json.loads(json.dumps(record(event)))
    files = {"file_started", "file_done", "file_sized", "file_missing", "file_failed"}
    assert facts["event"] in {"dhcp", "host_identified", *files}
    assert facts["at"] == event.at
    assert all(not isinstance(value, dict | list) for value in facts.values())
