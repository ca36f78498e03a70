"""The one place where errors become words."""

from pathlib import Path

import pytest

from hobnail.app.demo.lab import HOSTS
from hobnail.cli import main
from hobnail.errors import UserError
from hobnail.profile.problems import InvalidSettingsError
from tests.cli.command import hobnail

HOSTILE = "a\x1b]0;title\x07\u202eb"
"""click itself drops only `ESC [` sequences, and only where no terminal reads."""


def test_an_error_that_quotes_a_hostile_name_moves_no_cursor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main._status(["--store", str(tmp_path / "store"), "image", "import", str(tmp_path / HOSTILE)])
    told = capsys.readouterr().err
    assert status == 2
    assert "a\\x1b]0;title\\x07\\u202eb" in told
    assert told.count("\n") == 1
    assert told.rstrip("\n").isprintable()


def test_each_problem_of_a_file_keeps_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    problems = InvalidSettingsError([UserError("one"), UserError("t\x1bwo")])
    main._tell(f"hobnail: {problems}")
    assert capsys.readouterr().err == "hobnail: one\nt\\x1bwo\n"


def test_the_help_lists_every_command(tmp_path: Path) -> None:
    lines = hobnail("--help", store=tmp_path).stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert sorted(listed) == sorted(main._COMMANDS)


def test_the_help_of_the_demo_counts_its_machines(tmp_path: Path) -> None:
    (line,) = [line for line in hobnail("--help", store=tmp_path).stdout.splitlines() if line.startswith("  demo ")]
    assert len(HOSTS) == 3
    assert "three virtual machines" in line
