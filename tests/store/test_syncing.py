"""Blobs are synced in threads: none is moved before all are on the disk, and a disk that fails leaves nothing."""

import errno
import os
import time
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure
from hobnail.store import Store
from hobnail.store.blobs import Blobs
from tests.store.samples import publish, ticking

CONTENTS = (b"kernel", b"one", b"two", b"three", b"four")


def test_all_bytes_are_on_the_disk_before_the_first_blob_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    adopt = Blobs.adopt

    def slowly(descriptor: int) -> None:
        time.sleep(0.05)
        os.fsync(descriptor)
        os.close(descriptor)
        happened.append("synced")

    def moved(blobs: Blobs, staged: Path, sha256: str) -> None:
        happened.append("moved")
        adopt(blobs, staged, sha256)

    monkeypatch.setattr("hobnail.store.blobs._sync", slowly)
    monkeypatch.setattr(Blobs, "adopt", moved)
    with Store.open(tmp_path, now=ticking) as store:
        publish(store, "1", *CONTENTS)
    assert happened == ["synced"] * len(CONTENTS) + ["moved"] * len(CONTENTS)


def test_a_disk_that_fails_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(descriptor: int) -> None:
        os.close(descriptor)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("hobnail.store.blobs._sync", fails)
    with Store.open(tmp_path, now=ticking) as store:
        with pytest.raises(SystemFailure, match=r"cannot finish a file: Input/output error; the disk may be failing"):
            publish(store, "1", *CONTENTS)
        assert store.images() == []
    assert not [path for folder in ("blobs", "staging") for path in (tmp_path / folder).rglob("*") if path.is_file()]
