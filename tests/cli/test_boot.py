"""`hobnail boot check` as a person runs it: the story, the verdict, the exit status."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from hobnail.cli.boot import boot
from tests.app.test_boot_check_servers import Kept, http_server
from tests.boot.check.trees import MAC, uefi_tree, write_tree


def run(*arguments: str) -> Result:
    return CliRunner().invoke(boot, ["check", *arguments], standalone_mode=False)


def test_a_boot_that_works_and_one_that_does_not(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, uefi_tree())
    with http_server(Kept, tree) as base:
        arguments = ("--arch", "uefi-http", "--mac", MAC, "--http", f"{base}/esxi7/mboot.efi")
        works = run(*arguments)
        (tree / "esxi7" / "s.v00").unlink()
        fails = run(*arguments)
        record = run(*arguments, "--json")
    assert works.return_value == 0
    assert "boots: everything came whole" in works.output
    assert f"{base}/esxi7/s.v00  [module 4 of 4]" in works.output
    assert "and 5 s of the loader's own waiting" in works.output
    assert fails.return_value == 2
    assert f"WOULD FAIL at {base}/esxi7/s.v00: is not there (status 404" in fails.output
    assert "on the screen: Fatal error: 15 (Not found)" in fails.output
    assert record.return_value == 2
    found = json.loads(record.output)
    assert (found["boots"], found["first_failure"]["where"]) == (False, f"{base}/esxi7/s.v00")


def test_nothing_that_a_server_sends_moves_the_cursor(tmp_path: Path) -> None:
    config = b"kernel=\x1b[2Jb.b00\nmodules=\n"
    with http_server(Kept, write_tree(tmp_path, uefi_tree(config=config))) as base:
        done = run("--arch", "uefi-http", "--http", f"{base}/esxi7/mboot.efi")
    assert done.return_value == 2
    assert "\x1b" not in done.output
