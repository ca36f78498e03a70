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
    SettingsTaken,
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


ESC = "\x1b[2J\n15:00:00 forged"
SHOWN = "\\x1b[2J\\x0a15:00:00 forged"


@pytest.mark.parametrize(
    "event",
    [
        DhcpDecided(1.0, MAC, None, ESC, "DISCOVER", "refused", "no"),
        DhcpDecided(1.0, MAC, None, "BIOS", "DISCOVER", "refused", ESC),
        HostIdentified(1.0, PEER, MAC, "", "Dell", ESC, "", ""),
        HostIdentified(1.0, PEER, MAC, "", "Dell", "", "", ESC),
        FileDone(1.0, PEER, ESC, 1, 1.0, "http"),
        FileMissing(1.0, PEER, ESC, "no", False, "http"),
        FileMissing(1.0, PEER, "x", f"the image has no module {ESC}", False, "tftp"),
        FileFailed(1.0, PEER, ESC, 0, 1, "no", "tftp"),
        FileFailed(1.0, PEER, "x", 0, 1, f"the host says: {ESC}", "tftp"),
        SettingsTaken(1.0, 1, 1, ESC),
    ],
)
def test_a_line_is_one_line_without_control_characters(event: BootEvent) -> None:
    text = line(event)
    assert text is not None
    assert SHOWN in text
    assert text.isprintable()
    assert ESC in record(event).values() or ESC in " ".join(map(str, record(event).values())), "records stay whole"


TOKEN = "0123456789abcdef" * 2
HANDOUT = f"e6d5ca95037d/{TOKEN}/hobnail.tgz"


@pytest.mark.parametrize(
    "event",
    [
        FileStarted(1.0, PEER, HANDOUT, 1, "http"),
        FileSized(1.0, PEER, HANDOUT, 1, "http"),
        FileDone(1.0, PEER, HANDOUT, 1, 1.0, "http"),
        FileDone(1.0, PEER, f"done/{TOKEN}", 1, 1.0, "http"),
        FileDone(1.0, PEER, f"{TOKEN.upper()}\\hobnail.tgz", 1, 1.0, "tftp"),
        FileMissing(1.0, PEER, HANDOUT, f"{TOKEN} is over", False, "http"),
        FileFailed(1.0, PEER, HANDOUT, 0, 1, f"no {HANDOUT}", "tftp"),
    ],
)
def test_no_token_stands_whole_in_a_log(event: BootEvent) -> None:
    for text in (line(event) or "012345…", json.dumps(record(event), ensure_ascii=False)):
        assert TOKEN[6:] not in text.lower()
        assert "012345…" in text


def test_what_is_no_token_stays_whole() -> None:
    names = (f"{TOKEN}{TOKEN}", f"{TOKEN}.0/x"[1:], "e6d5ca95037d/vmk.gz", "pxelinux.cfg/01-52-54-00-4c-00-01")
    for name in names:
        assert record(FileDone(1.0, PEER, name, 1, 1.0, "http"))["name"] == name
