"""Machines: what is told apart at the console. Consoles here are played by printf; tests/vm boots real ones."""

import time
from pathlib import Path

import pytest

from hobnail.app.demo.machines import DEAD_ENDS, TAIL, Booted, NotBooted, boot, clean, fleet
from hobnail.app.demo.report import parse_report
from tests.app.demo.test_report import LINES


def play(folder: Path, lines: list[str], then: str = "exit 0") -> list[str]:
    """Return a command that prints these lines as a serial port does, then does something."""
    script = folder / "console"
    script.write_bytes("".join(f"{line}\r\n" for line in lines).encode("latin-1"))
    return ["sh", "-c", f"cat '{script}'; {then}"]


def test_a_report_ends_the_machine_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    result = boot(play(tmp_path, ["\x1bcSeaBIOS", *LINES], "exec sleep 60"), 30)
    assert isinstance(result, Booted)
    assert result.report == parse_report(LINES)
    assert 0 < result.seconds <= time.monotonic() - began < 10


@pytest.mark.parametrize("words", DEAD_ENDS)
def test_a_dead_end_is_not_waited_for(words: str, tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(20)]
    result = boot(play(tmp_path, [*lines, "", f"\x1b[1m{words}\x1b[0m"], "exec sleep 60"), 30)
    assert isinstance(result, NotBooted)
    assert words in result.reason
    assert result.seconds < 10
    assert result.console == (*lines[1 - TAIL :], words)


@pytest.mark.parametrize(
    ("lines", "then", "reason"),
    [
        (["boot:"], "exec sleep 60", "no report after 1 s"),
        (LINES[:-1], "exit 0", "reset itself or powered off"),
        (["qemu: no such device"], "exit 1", "QEMU ended with status 1"),
        (["HOBNAIL-PROBE 2"], "exec sleep 60", "version 2"),
    ],
)
def test_no_report_is_explained(lines: list[str], then: str, reason: str, tmp_path: Path) -> None:
    result = boot(play(tmp_path, list(lines), then), 0.8)
    assert isinstance(result, NotBooted)
    assert reason in result.reason
    assert result.console[-1] == lines[-1].rstrip()


def test_lines_are_passed_on_as_they_come(tmp_path: Path) -> None:
    seen: list[str] = []
    boot(play(tmp_path, ["\x1b[25;1H\x1b[?7lone", "two "]), 10, seen.append)
    assert seen == ["one", "two "]


def test_only_what_moves_or_colours_is_taken_from_a_line() -> None:
    assert clean("Loading e/vmkboot.g\x1b[25;19H\x1b[25;20Hz... ok") == "Loading e/vmkboot.gz... ok"
    assert clean("a\x1b[0;1mb [1m \tc\x08\x00") == "ab [1m \tc"


def test_machines_differ() -> None:
    machines = fleet(8)
    for what in ("mac", "uuid", "tap"):
        assert len({getattr(machine, what) for machine in machines}) == 8
    assert {(machine.chipset, machine.card) for machine in machines} == {("pc", "e1000"), ("q35", "virtio-net-pci")}
    assert fleet(2) == machines[:2]


def test_the_command_names_no_kvm_and_no_display() -> None:
    command = " ".join(fleet(1)[0].command())
    assert "-accel tcg" in command
    assert "-display none" in command
    assert "kvm" not in command
    assert "mac=52:54:00:4c:00:01" in command
