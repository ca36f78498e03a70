"""Files appear whole or not at all, and replace nothing that they are not to: disk images and BTT files alike."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.formats.fat_write import MIB
from hobnail.write.btt_file import write_btt_file
from hobnail.write.disk import write_image
from hobnail.write.layout import Extent, Layout
from hobnail.write.staging import stage_path
from tests.write.test_btt_file import GEOMETRY
from tests.write.test_btt_file import SMALL as BTT_SMALL

SMALL = Layout(MIB, (Extent(0, 512, b"begin"), Extent(MIB - 512, 512, b"end")))
Report = Callable[[int, int], None]
Writer = Callable[[Path, bool, Report], object]


def nothing(done: int, total: int) -> None:
    """Report to nobody."""


def putting(path: Path) -> Report:
    """Somebody else writes a file there, while we write ours."""

    def put(done: int, total: int) -> None:
        path.write_bytes(b"precious")

    return put


def write_raw(path: Path, force: bool, report: Report) -> object:
    return write_image(SMALL, path, format="raw", force=force, progress=report)


def write_qcow2(path: Path, force: bool, report: Report) -> object:
    return write_image(SMALL, path, format="qcow2", force=force, progress=report)


def write_btt(path: Path, force: bool, report: Report) -> object:
    return write_btt_file(BTT_SMALL, GEOMETRY, path, force=force, report=report)


WRITERS = [write_raw, write_qcow2, write_btt]


@pytest.mark.parametrize("write", WRITERS)
def test_what_appears_meanwhile_is_kept(write: Writer, tmp_path: Path) -> None:
    path = tmp_path / "same"
    with pytest.raises(
        UserError, match=r"same: has appeared meanwhile, and is kept: .*; choose another name, or add"
    ):
        write(path, False, putting(path))
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]
    write(path, True, putting(path))
    assert path.stat().st_size > 1 << 16, "with force it is replaced"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", WRITERS)
def test_our_number_is_taken(write: Writer, tmp_path: Path) -> None:
    """A run that was killed has left its file, and this one has its number; or they are in two containers."""
    stage = stage_path(tmp_path / "disk")
    stage.write_bytes(b"of somebody with our number")
    with pytest.raises(SystemFailure, match=r"disk\.hobnail-\d+: is in the way: an earlier run .*; remove it if no"):
        write(tmp_path / "disk", False, nothing)
    assert stage.read_bytes() == b"of somebody with our number"
    assert list(tmp_path.iterdir()) == [stage]


@pytest.mark.parametrize("write", WRITERS)
def test_what_an_earlier_run_left_does_not_matter(write: Writer, tmp_path: Path) -> None:
    left = tmp_path / f".disk.hobnail-{os.getpid() + 1}"
    left.write_bytes(b"left")
    write(tmp_path / "disk", False, nothing)
    assert sorted(tmp_path.iterdir()) == [left, tmp_path / "disk"]


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT, as on sticks: what is there is kept all the same. Not every kernel has FAT, so that the error is made."""

    def no_links(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_raw(tmp_path / "disk", False, nothing)
    assert (tmp_path / "disk").read_bytes()[:5] == b"begin"
    path = tmp_path / "same"
    with pytest.raises(UserError, match="has appeared meanwhile, and is kept"):
        write_raw(path, False, putting(path))
    assert path.read_bytes() == b"precious"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["disk", "same"]


def test_the_hash_is_of_the_whole_file(tmp_path: Path) -> None:
    made = write_image(SMALL, tmp_path / "x", format="raw", hashed=True)
    assert made.sha256 == hashlib.sha256((tmp_path / "x").read_bytes()).hexdigest()


def test_hashing_comes_before_it_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there: list[bool] = []
    really = hashlib.file_digest

    def look(file: object, digest: str) -> object:
        there.append((tmp_path / "x").exists())
        return really(file, digest)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", look)
    write_image(SMALL, tmp_path / "x", format="raw", hashed=True)
    assert there == [False]
