"""`kill -9` at each moment of an import: nothing shows, the next open clears up, the next import works."""

import sqlite3
from pathlib import Path

import pytest

from hobnail.store import Store
from tests.store.processes import importers, stopped_before_its_rows
from tests.store.samples import listing, publish, ticking


@pytest.fixture
def before(tmp_path: Path) -> list[str]:
    """A store with one image, and what it looks like."""
    with Store.open(tmp_path, now=ticking) as store:
        publish(store, "0", b"kernel", b"zero")
    return listing(tmp_path)


def assert_cleared(root: Path, before: list[str]) -> None:
    assert listing(root) != before, "the crash left something to clear up"
    with Store.open(root, now=ticking) as store:
        assert [stored.image.build for stored in store.images()] == ["0"]
        assert listing(root) == before
        assert publish(store, "1", b"kernel", b"vmk").new


@pytest.mark.parametrize("stage", ["half", "staged"])
def test_killed_while_it_writes(tmp_path: Path, before: list[str], stage: str) -> None:
    with importers(tmp_path, ("1", "kernel", "vmk")) as (importer,):
        importer.until(stage)
        importer.kill()
    assert_cleared(tmp_path, before)


def test_killed_between_blobs_and_rows(tmp_path: Path, before: list[str]) -> None:
    with importers(tmp_path, ("1", "kernel", "vmk")) as (importer,), stopped_before_its_rows(tmp_path, importer):
        importer.kill()
    assert_cleared(tmp_path, before)


def test_killed_between_making_its_folder_and_locking_it(tmp_path: Path, before: list[str]) -> None:
    (tmp_path / "staging" / "import-abcd1234").mkdir()
    assert_cleared(tmp_path, before)


def test_removal_cut_short(tmp_path: Path, before: list[str]) -> None:
    with Store.open(tmp_path, now=ticking) as store:
        kernel = publish(store, "1", b"kernel", b"vmk").stored.image.kernel
    connection = sqlite3.connect(tmp_path / "hobnail.db")  # what `remove` commits before it unlinks
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("DELETE FROM image WHERE build = '1'")
    connection.commit()
    connection.close()
    assert_cleared(tmp_path, before)
    with Store.open(tmp_path, now=ticking) as store:
        assert store.blob_path(kernel.sha256).exists(), "another image shares it"
