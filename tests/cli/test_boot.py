"""`hobnail boot check` as a person runs it: the story, the verdict, the exit status."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hobnail.boot.content import ONLY_THAT_HOST
from hobnail.cli.boot import boot
from hobnail.errors import UserError
from tests.app.settings import store_with
from tests.app.test_boot_check_servers import Kept, http_server
from tests.boot.check.trees import MAC, efi, uefi_tree, write_tree


def run(*arguments: str) -> Result:
    return CliRunner().invoke(boot, ["check", *arguments], standalone_mode=False)


class Keeping(Kept):
    """Refuses one file, with words of its own; the body of a web page says nothing in a line."""

    words = b""
    kind = "text/plain; charset=utf-8"

    def do_GET(self) -> None:  # noqa: N802 - http.server's own name
        if not self.path.endswith("k.b00"):
            super().do_GET()
            return
        self.send_response(403)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.words)))
        self.end_headers()
        self.wfile.write(self.words)


def refusing(tmp_path: Path, words_: bytes, kind_: str = Keeping.kind) -> Result:
    handler = type("Handler", (Keeping,), {"words": words_, "kind": kind_})
    with http_server(handler, write_tree(tmp_path, uefi_tree())) as base:
        return run("--arch", "uefi-http", "--mac", MAC, "--http", f"{base}/esxi7/mboot.efi")


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


def test_a_file_that_only_its_host_is_handed_is_a_warning_at_the_end(tmp_path: Path) -> None:
    done = refusing(tmp_path, f"k.b00 was made for {MAC} and {ONLY_THAT_HOST}\n".encode())
    assert done.return_value == 0
    last = done.output[done.output.index("requests, ") :]
    assert "boots: all that can be had from here came whole, up to the kernel's start; not checked: k.b00" in last
    assert (
        f"could not be checked from here: the server answers status 403 Forbidden: k.b00 was made for {MAC}" in last
    )


def test_a_refusal_is_told_in_the_servers_own_words_bounded_and_printable(tmp_path: Path) -> None:
    done = refusing(tmp_path, b"its time is \x1b]0;over\x07\nreset the host" + b"x" * 5000)
    assert done.return_value == 2
    assert "status 403 Forbidden: its time is \\x1b]0;over\\x07\\x0areset the hostxx" in done.output
    assert max(map(len, done.output.splitlines())) < 400
    page = refusing(tmp_path, b"<html>forbidden page</html>", "text/html")
    assert page.return_value == 2
    assert "forbidden page" not in page.output


def test_a_loader_that_is_ipxe_is_not_called_a_boot(tmp_path: Path) -> None:
    with http_server(Kept, write_tree(tmp_path, {"snponly.efi": efi() + b"iPXE"})) as base:
        arguments = ("--arch", "uefi-http", "--http", f"{base}/snponly.efi")
        done, record = run(*arguments), run(*arguments, "--json")
    assert (done.return_value, record.return_value) == (1, 1)
    assert "boots:" not in done.output
    last = done.output.splitlines()[-1]
    assert last.startswith("not checked further: iPXE asks DHCP for its script")
    assert "--arch ipxe-uefi --http URL" in last
    found = json.loads(record.output)
    assert found["boots"] is None
    assert "DHCP is not played" in found["not_checked_further"]


SETTINGS = f"""
[hosts.esx01]
mac = "{MAC}"

[hosts.esx02]
serial = "ABC"
"""


def test_a_host_of_the_settings_is_played_by_its_mac(tmp_path: Path) -> None:
    with store_with(tmp_path, SETTINGS):
        pass
    with http_server(Kept, write_tree(tmp_path / "tree", uefi_tree())) as base:
        arguments = ["check", "--arch", "uefi-http", "--http", f"{base}/esxi7/mboot.efi", "--host"]

        def play(*further: str) -> Result:
            return CliRunner().invoke(boot, [*arguments, *further], standalone_mode=False, obj=tmp_path / "store")

        assert "/esxi7/01-52-54-00-4c-00-01/boot.cfg" in play("esx01").output
        for further, said in (
            (("esx02",), r"host esx02 has no MAC address.*--mac"),
            (("esx1",), r'there is no host "esx1".*did you mean esx01'),
            (("esx01", "--mac", MAC), "--host and --mac both name the client"),
        ):
            failed = play(*further)
            with pytest.raises(UserError, match=said):
                raise failed.exception or AssertionError(failed.output)
