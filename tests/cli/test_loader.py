"""`hobnail loader`, as a person runs it."""

import json
from pathlib import Path

from tests.cli.command import hobnail

OLD = b"\xeb\x1cPXELINUX 3.86 2010-04-01" + bytes(1000)


def test_add_list_remove(tmp_path: Path) -> None:
    store, path = tmp_path / "store", tmp_path / "renamed.bin"
    path.write_bytes(OLD)
    added = hobnail("loader", "add", path, store=store)
    assert added.stdout.startswith("pxelinux.0: PXELINUX 3.86 COM32R, 1026 bytes, sha256 ")
    rows = json.loads(hobnail("loader", "list", "--json", store=store).stdout)
    assert (rows[0]["place"], rows[0]["release"], rows[0]["name"]) == ("the store", "3.86", "pxelinux.0")
    assert Path(rows[0]["path"]).read_bytes() == OLD
    assert "removed pxelinux.0" in hobnail("loader", "remove", "pxelinux.0", store=store).stdout
    assert not Path(rows[0]["path"]).exists()
    assert "no loader called" in hobnail("loader", "remove", "pxelinux.0", store=store, status=2).stderr


def test_scan_names_what_it_finds(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.0").write_bytes(OLD)
    out = hobnail("loader", "scan", tmp_path, store=tmp_path / "store").stdout
    assert "PXELINUX 3.86 COM32R" in out
    assert str(tmp_path / "a") in out


def test_what_is_no_loader_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("text")
    assert "no boot loader" in hobnail("loader", "add", tmp_path / "x", store=tmp_path / "s", status=2).stderr
    assert "no boot loader" in hobnail("loader", "add", tmp_path / "none", store=tmp_path / "s", status=2).stderr
