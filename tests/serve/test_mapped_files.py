"""Mapped files: shared while in use, gone afterwards, and never another file's bytes."""

from pathlib import Path

import pytest

from hobnail.serve.mapped_files import MappedFiles


def open_maps(path: Path) -> int:
    return Path("/proc/self/maps").read_text(encoding="utf-8").count(str(path))


def test_transfers_of_one_file_share_it_until_the_last_ends(tmp_path: Path) -> None:
    path = tmp_path / "module"
    path.write_bytes(b"x" * 5000)
    files = MappedFiles()
    first, second = files.view(path, 5000), files.view(path, 5000)
    assert first is second
    assert open_maps(path) == 1
    del first
    assert bytes(second[:3]) == b"xxx"
    del second
    assert open_maps(path) == 0


def test_a_file_that_was_replaced_is_another_file(tmp_path: Path) -> None:
    path = tmp_path / "loader"
    path.write_bytes(b"old")
    files = MappedFiles()
    old = files.view(path, 3)
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "new").rename(path)
    assert bytes(files.view(path, 3)) == b"new"
    assert bytes(old) == b"old"


def test_an_empty_file_is_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert len(MappedFiles().view(tmp_path / "empty", 0)) == 0


@pytest.mark.parametrize(("name", "says"), [("short", "has 3 bytes, 9 were expected"), ("gone", "No such file")])
def test_what_cannot_be_sent_is_said(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "short").write_bytes(b"abc")
    with pytest.raises(OSError, match=says):
        MappedFiles().view(tmp_path / name, 9)
