"""The door to long-running programs: lines as they come, and nothing left running."""

import os
import signal
import time
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure
from hobnail.system import processes
from hobnail.system.processes import Process


def alive(pid: int) -> bool:
    return Path("/proc", str(pid)).exists()  # also for a zombie, which was not reaped


def test_lines_of_both_outputs_and_the_status() -> None:
    with Process(["sh", "-c", "echo one; echo two >&2; printf three; exit 3"]) as program:
        assert list(program.lines()) == ["one", "two", "three"]
        assert list(program.lines()) == []
        assert program.wait(5) == 3
        assert program.status == 3


def test_lines_come_while_it_runs() -> None:
    with Process(["sh", "-c", "echo ready; exec sleep 60"]) as program:
        assert next(program.lines(5)) == "ready"
        assert program.status is None


def test_reading_ends_when_the_time_is_over() -> None:
    with Process(["sleep", "60"]) as program:
        began = time.monotonic()
        assert list(program.lines(0.2)) == []
        assert 0.15 < time.monotonic() - began < 5
        assert program.wait(0.01) is None


def test_leaving_the_block_stops_and_reaps_it() -> None:
    def start_and_fail() -> None:
        with Process(["sleep", "60"]) as program:
            pids.append(program.pid)
            assert alive(program.pid)
            raise KeyError

    pids: list[int] = []
    with pytest.raises(KeyError):
        start_and_fail()
    assert not alive(pids[0])


def test_a_program_that_does_not_listen_is_killed() -> None:
    with Process(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"], patience=0.3) as program:
        assert next(program.lines(5)) == "deaf"
        assert program.stop() == -signal.SIGKILL
    assert not alive(program.pid)


def test_stopping_twice_is_harmless() -> None:
    program = Process(["sleep", "60"])
    assert program.stop() == program.stop() == -signal.SIGTERM


def test_bytes_that_are_no_text_are_shown() -> None:
    with Process(["printf", r"a\377b\r\n"]) as program:
        assert list(program.lines(5)) == [r"a\xffb"]


def test_a_program_that_talks_much_does_not_wait_for_us() -> None:
    with Process(["seq", "200000"]) as program:
        assert program.wait(20) == 0  # far more than a pipe holds, and nobody has read yet
        assert sum(1 for _ in program.lines(5)) == 200000


def test_a_missing_program_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setattr(processes, "SYSTEM_FOLDERS", str(tmp_path))
    with pytest.raises(SystemFailure, match=r"qemu-system-x86_64.*apt-get install qemu-system-x86"):
        Process(["qemu-system-x86_64"])
