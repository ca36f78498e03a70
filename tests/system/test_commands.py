"""The door to other programs: what comes back, and what is said when one fails or is missing."""

from pathlib import Path

import pytest

from hobnail.errors import SystemFailure
from hobnail.system.commands import run


def test_output_and_input() -> None:
    done = run(["cat"], stdin=b"a\0b")
    assert (done.argv, done.stdout, done.stderr) == (("cat",), b"a\0b", b"")


def test_without_input_the_program_reads_an_empty_one() -> None:
    assert run(["cat"]).stdout == b""


def test_folder_and_environment(tmp_path: Path) -> None:
    done = run(["sh", "-c", 'pwd; echo "$WORD $LC_ALL"'], cwd=tmp_path, env={"WORD": "x"})
    assert done.stdout.decode().splitlines() == [str(tmp_path), "x C.UTF-8"]


def test_failure_names_command_status_and_last_lines() -> None:
    with pytest.raises(SystemFailure) as caught:
        run(["sh", "-c", "seq 9 >&2; exit 3"])
    text = str(caught.value)
    assert text.startswith("`sh -c 'seq 9 >&2; exit 3'` ended with status 3")
    assert text.split()[-5:] == ["5", "6", "7", "8", "9"]


def test_a_signal_is_named() -> None:
    with pytest.raises(SystemFailure, match="ended by signal 15"):
        run(["sh", "-c", "kill $$"])


def test_missing_program_names_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hobnail.system.commands.SYSTEM_FOLDERS", str(tmp_path))
    with pytest.raises(SystemFailure, match=r"mcopy is not installed; apt-get install mtools"):
        run(["mcopy"], env={"PATH": str(tmp_path)})
    with pytest.raises(SystemFailure, match=r"no-such-program is not installed; install no-such-program"):
        run(["no-such-program"])


def test_missing_folder_is_not_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="no such folder"):
        run(["true"], cwd=tmp_path / "none")


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match="cannot start"):
        run([tmp_path])
