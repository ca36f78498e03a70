"""`hobnail ks`, as a person runs it."""

import json
from pathlib import Path

import pytest

from tests.cli.command import hobnail
from tests.profile.test_password import SHA512

GOOD = f"vmaccepteula\nrootpw --iscrypted {SHA512}\ninstall --disk=naa.5000 --overwritevmfs\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "ks.cfg"
    file.write_text(GOOD)
    return file


def test_nothing_to_complain_about(script: Path) -> None:
    done = hobnail("ks", "lint", script, "--release", "7.0", "--ks", "http://192.0.2.1/ks.cfg", store=script.parent)
    assert done.stdout == f"{script}: nothing to complain about\n"


def test_a_warning_is_no_failure(script: Path) -> None:
    script.write_text(GOOD.replace("--disk=naa.5000", "--firstdisk"))
    done = hobnail("ks", "lint", script, store=script.parent)
    assert done.stdout == (
        f"{script}:3: warning: --firstdisk alone takes the first disk that is found: any local one, then one of the "
        "storage network; name it with --disk=, or by model, size and type in %pre\n"
    )


def test_an_error_is_a_failure(script: Path) -> None:
    script.write_text(GOOD + "install --dpupcislots=1 --disk=naa.1\n")
    done = hobnail("ks", "lint", script, "--release", "7.0", "--ks", "cdrom:/ks.cfg", store=script.parent, status=2)
    first, second, *_ = done.stdout.splitlines()
    assert first.startswith(f"{script}: error: ks=cdrom:/ks.cfg: names on the CD are upper case")
    assert second.startswith(f"{script}:4: error: the installer of 7.0 does not know --dpupcislots of install")


def test_findings_for_programs(script: Path) -> None:
    script.write_text(GOOD + "foo\n")
    done = hobnail("ks", "lint", script, "--json", store=script.parent, status=2)
    facts = json.loads(done.stdout)
    assert facts["file"] == str(script)
    assert [(f["severity"], f["line"]) for f in facts["findings"]] == [("error", 4)]
    assert set(facts["findings"][0]) == {"severity", "line", "key", "what", "next_step", "source"}


def test_what_stands_in_the_file_cannot_move_the_cursor(script: Path) -> None:
    script.write_text(GOOD + "network --device=\x1b[2J\n")
    done = hobnail("ks", "lint", script, store=script.parent, status=2)
    assert "\x1b" not in done.stdout
    assert "\\x1b[2J" in done.stdout


@pytest.mark.parametrize("release", ["4.0", "x"])
def test_a_release_that_takes_no_script(script: Path, release: str) -> None:
    done = hobnail("ks", "lint", script, "--release", release, store=script.parent, status=2)
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in hobnail("ks", "lint", tmp_path / "none", store=tmp_path, status=2).stderr
    assert "cannot be read" in hobnail("ks", "lint", tmp_path, store=tmp_path, status=2).stderr
    large = tmp_path / "large"
    large.write_bytes(b"#" * ((1 << 20) + 1))
    assert "more than 1048576 bytes" in hobnail("ks", "lint", large, store=tmp_path, status=2).stderr
