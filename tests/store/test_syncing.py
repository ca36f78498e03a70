"""Blobs are synced in threads: none is moved before all are on the disk, and a disk that fails leaves nothing."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure
from hobnail.store import Store
from hobnail.store.blobs import Blobs
from tests.store.samples import publish, ticking
from tests.tools import need_tool

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


def traced(tmp_path: Path, code: str) -> list[str]:
    """Run code in a process of its own; its calls that write, sync and rename, in order, under `tmp_path`."""
    need_tool("strace")
    trace = tmp_path / "trace"
    calls = "trace=write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat"
    subprocess.run(
        ["strace", "-f", "-y", "-e", calls, "-o", str(trace), sys.executable, "-c", code], check=True, timeout=60
    )
    return [line for line in trace.read_text().splitlines() if str(tmp_path / "store") in line and "= -1" not in line]


def last(calls: list[str], *parts: str) -> int:
    return max(number for number, call in enumerate(calls) if all(part in call for part in parts))


def test_a_lease_is_on_the_disk_when_its_writing_returns(tmp_path: Path) -> None:
    code = (
        "from tests.store.test_lease_file import lease, write\n"
        "from pathlib import Path\n"
        f"write(Path({str(tmp_path / 'store' / 'leases')!r}), lease(7))\n"
    )
    calls = traced(tmp_path, code)
    written = last(calls, "write(", "10.77.0.7")
    assert [call for call in calls[written:] if "fsync(" in call or "fdatasync(" in call], calls


def test_names_of_blobs_are_on_the_disk_before_the_image_is_visible(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from hobnail.store import Store\n"
        "from tests.store.samples import publish, ticking\n"
        f"with Store.open(Path({str(tmp_path / 'store')!r}), now=ticking) as store:\n"
        "    publish(store, '1', b'kernel', b'module')\n"
    )
    calls = traced(tmp_path, code)
    moved = last(calls, "rename", "/blobs/sha256/")
    shelf_synced = [n for n, call in enumerate(calls) if "fsync(" in call and "/blobs/sha256/" in call and n > moved]
    committed = last(calls, "write", "hobnail.db")
    assert shelf_synced, "the folder that holds the name is synced after the move"
    assert min(shelf_synced) < committed
