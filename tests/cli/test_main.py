"""The one place where errors become words."""

from pathlib import Path

import pytest

from hobnail.cli import main
from hobnail.errors import UserError
from hobnail.profile.problems import InvalidSettingsError

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
