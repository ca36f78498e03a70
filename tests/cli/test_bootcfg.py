"""`hobnail bootcfg`, as a person runs it."""

import json
from pathlib import Path

import pytest

from tests.cli.command import hobnail

CONFIG = b"""title=Loading ESXi installer
kernel=b.b00
kernelopt=runweasel
modules=k.b00 --- s.v00 debug
future=1
"""


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A server's root with an image in a folder."""
    folder = tmp_path / "root" / "esxi"
    folder.mkdir(parents=True)
    for name in ("b.b00", "k.b00", "s.v00"):
        folder.joinpath(name).write_bytes(b"x")
    folder.joinpath("boot.cfg").write_bytes(CONFIG)
    return folder


def test_a_warning_is_told_with_file_and_line_and_is_no_failure(served: Path) -> None:
    file = served / "boot.cfg"
    done = hobnail("bootcfg", "lint", file, "--tree", served.parent, "--over", "tftp", store=served)
    assert done.stdout == (
        f"{file}:5: warning: mboot does not know 'future': the line is skipped; "
        "remove the line, or make it a # comment\n"
    )


def test_an_error_is_a_failure(served: Path) -> None:
    file = served / "boot.cfg"
    served.joinpath("k.b00").rename(served / "K.B00")
    done = hobnail("bootcfg", "lint", file, "--tree", served.parent, "--stateless", store=served, status=2)
    assert f"{file}:3: error: runweasel starts the installer" in done.stdout
    assert (
        f"{file}:4: error: differs by case from the file that is there: esxi/k.b00 (there is esxi/K.B00)"
        in done.stdout
    )


def test_the_tree_may_be_elsewhere_and_the_place_be_named(served: Path) -> None:
    apart = served.parent.parent / "apart.cfg"
    apart.write_bytes(CONFIG.replace(b"future=1\n", b""))
    done = hobnail("bootcfg", "lint", apart, "--tree", served, "--over", "tftp", store=served)
    assert done.stdout == f"{apart}: nothing to complain about\n"
    done = hobnail("bootcfg", "lint", apart, "--tree", served.parent, "--at", "esxi", "--over", "http", store=served)
    assert done.stdout == f"{apart}: nothing to complain about\n"
    done = hobnail("bootcfg", "lint", apart, "--tree", served.parent, store=served, status=2)
    assert "not there: k.b00, s.v00." in done.stdout


def test_findings_for_programs(served: Path) -> None:
    file = served / "boot.cfg"
    done = hobnail("bootcfg", "lint", file, "--json", "--over", "http", "--stateless", store=served, status=2)
    facts = json.loads(done.stdout)
    assert facts["file"] == str(file)
    assert [(f["severity"], f["line"], f["key"]) for f in facts["findings"]] == [
        ("error", 3, "kernelopt"),
        ("warning", 5, ""),
    ]
    assert set(facts["findings"][0]) == {"severity", "line", "key", "what", "next_step", "source"}


def test_the_release_decides_which_keys_are_known(served: Path) -> None:
    file = served / "boot.cfg"
    file.write_bytes(CONFIG.replace(b"future", b"errtimeout"))
    old = hobnail("bootcfg", "lint", file, "--release", "7.0U3", "--over", "tftp", store=served).stdout
    assert "mboot of 7.0.3 skips errtimeout=, which is known to 8.0.1 and later only" in old
    new = hobnail("bootcfg", "lint", file, "--release", "8.0.3", "--over", "tftp", store=served).stdout
    assert new == f"{file}: nothing to complain about\n"


def test_show_tells_what_mboot_asks_for(served: Path) -> None:
    done = hobnail("bootcfg", "show", served / "boot.cfg", "--at", "http://h/esxi", store=served)
    assert done.stdout.splitlines() == [
        "title         Loading ESXi installer",
        "kernel        http://h/esxi/b.b00",
        "command line  http://h/esxi/b.b00 runweasel",
        "modules       2",
        "    1  http://h/esxi/k.b00",
        "    2  http://h/esxi/s.v00  with debug",
        "line 5 is skipped: future=1",
    ]


def test_show_for_programs(served: Path) -> None:
    facts = json.loads(hobnail("bootcfg", "show", served / "boot.cfg", "--json", store=served).stdout)
    assert facts["modules"] == [["k.b00", ""], ["s.v00", "debug"]]
    assert facts["skipped"] == [[5, "future=1"]]


def test_what_stands_in_the_file_cannot_move_the_cursor(served: Path) -> None:
    file = served / "boot.cfg"
    file.write_bytes(b"kernel=b.b00\n\x1b[2J=1\n")
    for done in (
        hobnail("bootcfg", "lint", file, "--over", "tftp", store=served),
        hobnail("bootcfg", "show", file, store=served),
    ):
        assert "\x1b" not in done.stdout
        assert "x1b[2J" in done.stdout


def test_wrong_arguments_are_told(served: Path, tmp_path: Path) -> None:
    file = served / "boot.cfg"
    assert "cannot be read" in hobnail("bootcfg", "show", tmp_path / "none", store=served, status=2).stderr
    assert "cannot be read" in hobnail("bootcfg", "show", tmp_path, store=served, status=2).stderr
    assert "is no folder" in hobnail("bootcfg", "lint", file, "--tree", file, store=served, status=2).stderr
    assert "is no release" in hobnail("bootcfg", "lint", file, "--release", "new", store=served, status=2).stderr
    file.write_bytes(b"x" * ((1 << 20) + 1))
    assert "more than 1048576 bytes" in hobnail("bootcfg", "lint", file, store=served, status=2).stderr
