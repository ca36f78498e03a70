"""`hobnail password`, as a person runs it."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hobnail.profile.password import Scheme, scheme_of
from tests.tools import need_tool

GOOD = "xQaT3#Ahh"


def run(*arguments: str, stdin: bytes = b"", status: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "hobnail", "password", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize(("arguments", "scheme", "flag"), [((), Scheme.SHA512, "-6"), (("--md5",), Scheme.MD5, "-1")])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_from_standard_input(arguments: tuple[str, ...], scheme: Scheme, flag: str, end: bytes) -> None:
    need_tool("openssl")
    done = run("--stdin", *arguments, stdin=GOOD.encode() + end)
    made = done.stdout.decode().removesuffix("\n")
    assert scheme_of(made) is scheme
    assert done.stderr == b""
    salt = made.split("$")[2]
    again = subprocess.run(
        ["openssl", "passwd", flag, "-salt", salt, "-stdin"], input=GOOD.encode(), capture_output=True, check=True
    )
    assert again.stdout.decode().strip() == made


def test_a_weak_one_is_warned_about_and_not_refused() -> None:
    done = run("--stdin", stdin=b"abc\n")
    assert scheme_of(done.stdout.decode().strip()) is Scheme.SHA512
    warnings = done.stderr.decode().splitlines()
    assert warnings[0] == (
        "hobnail: warning: ESXi's default policy would refuse this password: 3 characters: 7 to 39 are wanted"
    )
    assert len(warnings) == 2
    assert "abc" not in done.stderr.decode()


@pytest.mark.parametrize(
    ("stdin", "what"),
    [
        (b"", b"the password is empty"),
        (b"\n", b"the password is empty"),
        (b"one\ntwo\n", b"more than one line"),
        (b"\xff\xfe", b"not UTF-8"),
        (b"a" * 5000, b"more than 4096 bytes"),
        (b"a\0b", b"NUL"),
        (b"myp@ssw0rd\n", b"in the vendor's manual"),
    ],
)
def test_bad_input_gets_one_line(stdin: bytes, what: bytes) -> None:
    done = run("--stdin", stdin=stdin, status=2)
    assert what in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


@pytest.mark.parametrize("arguments", [("hunter2",), ("--stdin", "hunter2"), ("--hunter2",), ("-9secret",)])
def test_a_password_as_an_argument_is_refused_and_not_repeated(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, status=2)
    assert b"takes no arguments" in done.stderr
    assert arguments[-1].encode() not in done.stderr + done.stdout


def test_without_a_terminal_it_says_how() -> None:
    assert b"--stdin" in run(status=2).stderr


@pytest.mark.parametrize(("second", "status"), [(GOOD, 0), ("xQaT3#Ahi", None)])
def test_at_a_terminal_it_asks_twice_and_shows_nothing(tmp_path: Path, second: str, status: int | None) -> None:
    """A terminal of our own: what is typed must not be on it; two that differ are asked for again."""
    out = tmp_path / "out"
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, 1)
        os.execv(sys.executable, [sys.executable, "-m", "hobnail", "password"])
    seen = _until(terminal, b"Password for root: ")
    os.write(terminal, GOOD.encode() + b"\n")
    seen += _until(terminal, b"The same again: ")
    os.write(terminal, second.encode() + b"\n")
    if status is None:
        seen += _until(terminal, b"Password for root: ")
        os.write(terminal, b"\x03")  # Ctrl-C
    seen += _until(terminal, None)
    _, ended = os.waitpid(pid, 0)
    os.close(terminal)
    assert GOOD.encode() not in seen
    assert os.waitstatus_to_exitcode(ended) == (130 if status is None else status)
    assert scheme_of(out.read_text().strip()) is (None if status is None else Scheme.SHA512)


def _until(terminal: int, text: bytes | None) -> bytes:
    """Read what a terminal shows up to a text, or to its end."""
    seen = b""
    while text is None or text not in seen:
        try:
            data = os.read(terminal, 1024)
        except OSError:  # the other side has gone
            data = b""
        if not data:
            assert text is None, seen
            break
        seen += data
    return seen
