"""The screen: what a person sees of hosts in each stage."""

import io

from rich.console import Console

from hobnail.cli.screen import MESSAGES, Screen
from hobnail.observe.events import FileMissing, FileSized
from hobnail.observe.progress import BootStage, HostProgress


def host(number: int, stage: BootStage, **facts: object) -> HostProgress:
    values: dict[str, object] = {
        "mac": f"52:54:00:4c:00:{number:02x}",
        "address": f"10.77.0.{number}",
        "client": "BIOS",
        "stage": stage,
        "trouble": None,
        "module": 0,
        "modules": 7,
        "bytes": 0,
        "rate": 0.0,
        "file": None,
        "seen": float(number),
        "boots": 1,
    } | facts
    return HostProgress(**values)  # type: ignore[arg-type] # a table of values


def drawn(screen: Screen, *hosts: HostProgress, height: int = 40) -> str:
    console = Console(file=io.StringIO(), width=160, height=height, force_terminal=True, color_system=None)
    screen._console = console
    console.print(screen.frame(hosts))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_stage_has_its_words() -> None:
    text = drawn(
        Screen(),
        host(1, BootStage.OFFERED),
        host(2, BootStage.MODULES, module=3, bytes=9_000_000, rate=12_300_000.0, file="abc/sys.vgz"),
        host(3, BootStage.HANDED_OVER, module=7, bytes=70_000_000),
        host(4, BootStage.SIZE_PASS, client="UEFI x86-64", sized=12, modules=94),
        host(5, BootStage.MENU, client="UEFI x86-64"),
    )
    lines = text.splitlines()
    assert [line for line in lines if "52:54:00:4c:00:01" in line and "10.77.0.1 " in line and "offered" in line]
    (second,) = [line for line in lines if "52:54:00:4c:00:02" in line]
    assert "module 3 of 7" in second
    assert "9.0 MB" in second
    assert "12.3 MB/s" in second
    assert "sys.vgz" in second
    assert "handed over" in text
    (fourth,) = [line for line in lines if "52:54:00:4c:00:04" in line]
    assert "size pass 12 of 95" in fourth
    (fifth,) = [line for line in lines if "52:54:00:4c:00:05" in line]
    assert "boot.cfg" in fifth


def test_nobody_yet_says_what_to_do() -> None:
    assert "switch one on" in drawn(Screen())


def test_what_is_missing_is_shown_once_with_its_count() -> None:
    screen = Screen()
    for at in (1.0, 2.0, 3.0):
        screen.event(FileMissing(at, "10.77.0.1", "mboot.c32", "apt-get install syslinux-common", False, "tftp"))
    screen.event(FileMissing(4.0, "10.77.0.1", "pxelinux.cfg/0", "search list", True, "tftp"))
    screen.event(FileSized(4.0, "10.77.0.1", "vmk.gz", 1, "tftp"))
    text = drawn(screen)
    assert text.count("apt-get install syslinux-common") == 1
    assert "(3 times)" in text
    assert "search list" not in text


def test_a_crowd_fits_the_terminal() -> None:
    screen = Screen()
    for at in range(20):
        screen.event(FileMissing(float(at), "10.77.0.1", f"file{at}", "no", False, "tftp"))
    text = drawn(screen, *(host(number, BootStage.LOADER) for number in range(200)), height=30)
    assert len(text.splitlines()) <= 30, text
    assert "more" in text
    assert "52:54:00:4c:00:c7" in text, "the latest are shown"
    assert sum(f"file{at} " in text for at in range(20)) == MESSAGES


def test_trouble_is_marked() -> None:
    (line,) = [one for one in drawn(Screen(), host(1, BootStage.LOADER, trouble="x")).splitlines() if ":01" in one]
    assert "loader !" in line


def test_what_a_peer_sends_reaches_neither_terminal_nor_markup() -> None:
    screen = Screen()
    screen.event(FileMissing(1.0, "10.77.0.1", "a\x1b[2J\n\x9b", "no", False, "http"))
    screen._messages.append(("warning: \x1b]0;title\x07", 1, 1.0))
    screen._head = "ESXi \x1bc"
    token = "0123456789abcdef" * 2
    text = drawn(
        screen,
        host(1, BootStage.LOADER, file="abc/[red]\x1bc\u202e", client="[/]\x1b"),
        host(2, BootStage.LOADER, file=f"done/{token}"),
    )
    assert not set(text) & {"\x1b", "\x9b", "\x07", "\u202e"}
    for shown in ("a\\x1b[2J\\x0a\\x9b", "[red]\\x1bc\\u202e", "[/]\\x1b", "ESXi \\x1bc", "012345… "):
        assert shown in text
