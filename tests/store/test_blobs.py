import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import SystemFailure
from hobnail.store.blobs import Blobs, Staging, remove_leavings
from hobnail.store.disk import failure


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path)


@given(pieces=st.lists(st.binary(max_size=2000), max_size=8))
@settings(max_examples=25)
def test_a_blob_is_its_pieces_in_order(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    staging = Staging(tmp_path_factory.mktemp("staging"))
    with staging.writer() as writer:
        for piece in pieces:
            writer.write(piece)
        blob = writer.finish()
    whole = b"".join(pieces)
    assert (blob.sha256, blob.size) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert staging.path(blob.sha256).read_bytes() == whole
    assert staging.holds(blob)
    staging.remove()


def test_a_view_is_written_whole(staging: Staging) -> None:
    with staging.writer() as writer:
        writer.write(memoryview(b"0123456789")[2:5])
        blob = writer.finish()
    assert staging.path(blob.sha256).read_bytes() == b"234"


def test_a_finished_blob_is_read_only(staging: Staging) -> None:
    old = os.umask(0o077)
    try:
        writer = staging.writer()
        blob = writer.finish()
    finally:
        os.umask(old)
    assert stat.S_IMODE(staging.path(blob.sha256).stat().st_mode) == 0o444


def test_an_unfinished_blob_leaves_nothing(tmp_path: Path, staging: Staging) -> None:
    before = sorted(tmp_path.rglob("*"))
    with staging.writer() as writer:
        writer.write(b"half")
    assert sorted(tmp_path.rglob("*")) == before


def test_removing_the_staging_folder_closes_what_was_being_written(tmp_path: Path, staging: Staging) -> None:
    writer = staging.writer()
    writer.write(b"half")
    staging.remove()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")


def test_two_writers_of_the_same_bytes(staging: Staging) -> None:
    first, second = staging.writer(), staging.writer()
    for writer in (first, second):
        writer.write(b"same")
    assert first.finish() == second.finish()


def test_leavings_go_and_a_living_import_stays(tmp_path: Path, staging: Staging) -> None:
    (tmp_path / "import-dead").mkdir()
    (tmp_path / "import-dead" / "1.part").write_bytes(b"half")
    (tmp_path / "foreign").mkdir()
    remove_leavings(tmp_path)
    assert sorted(path.name[:7] for path in tmp_path.iterdir()) == ["foreign", "import-"]
    assert staging.writer().finish()


def adopt(blobs: Blobs, staging: Staging, data: bytes) -> str:
    with staging.writer() as writer:
        writer.write(data)
        sha256 = writer.finish().sha256
    blobs.adopt(staging.path(sha256), sha256)
    blobs.sync([sha256])
    return sha256


def test_blobs_stand_under_their_hash(tmp_path: Path, staging: Staging) -> None:
    (tmp_path / "blobs").mkdir()
    blobs = Blobs(tmp_path / "blobs")
    sha256 = adopt(blobs, staging, b"data")
    assert blobs.path(sha256) == tmp_path / "blobs" / sha256[:2] / sha256
    assert list(blobs) == [sha256]
    assert stat.S_IMODE(blobs.path(sha256).parent.stat().st_mode) == 0o755
    assert blobs.discard(sha256) == 4
    assert blobs.discard(sha256) == 0
    assert list((tmp_path / "blobs").iterdir()) == []


def test_a_blob_that_is_there_is_not_written_again(tmp_path: Path, staging: Staging) -> None:
    (tmp_path / "blobs").mkdir()
    blobs = Blobs(tmp_path / "blobs")
    sha256 = adopt(blobs, staging, b"data")
    before = blobs.path(sha256).stat()
    adopt(blobs, staging, b"data")
    after = blobs.path(sha256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("rotten", [b"dat", b"dat4", b"data and more", b""])
def test_a_damaged_blob_is_put_right(tmp_path: Path, staging: Staging, rotten: bytes) -> None:
    (tmp_path / "blobs").mkdir()
    blobs = Blobs(tmp_path / "blobs")
    sha256 = adopt(blobs, staging, b"data")
    blobs.path(sha256).chmod(0o644)
    blobs.path(sha256).write_bytes(rotten)
    adopt(blobs, staging, b"data")
    assert blobs.path(sha256).read_bytes() == b"data"


def test_files_that_are_not_blobs_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "notes.txt").touch()
    (tmp_path / "ab" / ("cd" * 32)).touch()
    (tmp_path / "README").touch()
    assert list(Blobs(tmp_path)) == []


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemFailure, match=str(tmp_path / "gone")):
        Staging(tmp_path / "gone")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (28, r"No space left on device \(100 bytes needed, \d+ bytes free\); free space there"),
        (122, r"Disk quota exceeded \(100 bytes needed, \d+ bytes free\); free space there"),
        (5, r"Input/output error; the disk may be failing"),
        (30, r"Read-only file system; mount it for writing"),
        (13, r"Permission denied; run as the user who owns it"),
    ],
)
def test_failures_say_what_to_do(tmp_path: Path, number: int, text: str) -> None:
    told = failure(OSError(number, os.strerror(number)), tmp_path, "write", needed=100)
    with pytest.raises(SystemFailure, match=f"{tmp_path}: cannot write: {text}"):
        raise told
