"""SIGTERM and SIGHUP, sent for real: a line, the status that shells expect, and nothing left of what was begun."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.command import hobnail
from tests.tools import need_tool
from tests.vm.later import fill_later_store

TARGETS = {
    "disk": ("disk", "made"),
    "iso": ("iso", "made"),
    "tree": ("tree", "made"),
    "pmem": ("pmem", "--btt-image", "made"),
}


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of which one file never comes: writing it waits for ever, where the test wants it to."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("endless")
    fill_later_store(folder / "7", "7.0", {})
    store = folder / "7" / "store"
    image = json.loads(hobnail("image", "show", "7.0.3", "--json", store=store).stdout)
    late = next(module for module in image["modules"] if module["name"] == "s.v00")
    (blob,) = (path for path in store.rglob("*") if path.is_file() and path.name.endswith(late["sha256"][2:]))
    blob.unlink()
    os.mkfifo(blob)
    return store


def command(store: Path, target: str) -> list[str]:
    return [sys.executable, "-m", "hobnail", "--store", str(store), "write", *TARGETS[target]]


def wait_for_begin(folder: Path, process: "subprocess.Popen[str]") -> None:
    """Return when something of it stands there."""
    while not list(folder.iterdir()):
        assert process.poll() is None
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_left(target: str, number: signal.Signals, endless: Path, tmp_path: Path) -> None:
    with subprocess.Popen(command(endless, target), cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        wait_for_begin(tmp_path, process)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1].splitlines()
    assert process.returncode == 128 + number
    assert said[-1] == ("hobnail: interrupted" if number == signal.SIGINT else f"hobnail: ended by {number.name}")
    assert not [line for line in said if "Traceback" in line]
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_goes_away(endless: Path, tmp_path: Path) -> None:
    """As when ssh drops: SIGHUP comes, and nothing can be said any more."""
    ours, theirs = pty.openpty()
    code = (
        "import fcntl, os, sys, termios; fcntl.ioctl(2, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
    )
    words = [sys.executable, "-c", code, *command(endless, "disk")]
    with subprocess.Popen(
        words, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, text=True, start_new_session=True
    ) as process:
        os.close(theirs)
        wait_for_begin(tmp_path, process)
        os.close(ours)
        process.wait(60)
    assert process.returncode == 128 + signal.SIGHUP
    assert list(tmp_path.iterdir()) == []


def test_nohup_is_heeded(endless: Path, tmp_path: Path) -> None:
    words = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *command(endless, "disk")]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        wait_for_begin(tmp_path, process)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + signal.SIGTERM, said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_the_handlers_of_whoever_calls_us_come_back(name: str, tmp_path: Path) -> None:
    from hobnail.cli import main

    number = signal.Signals[f"SIG{name}"]
    before = signal.getsignal(number)
    assert main._status(["--store", str(tmp_path), "image", "list"]) == 0
    assert signal.getsignal(number) is before
