"""Several programs on one store: real processes, stopped where they could hurt each other."""

import threading
from pathlib import Path

import pytest

from hobnail.store import ModuleOk, Store
from hobnail.store.database import Database
from hobnail.store.disk import locked
from tests.store.processes import importers, stopped_before_its_rows
from tests.store.samples import listing, publish, ticking


def healthy(store: Store) -> list[str]:
    """The builds that the store shows, after hashing all their blobs."""
    images = [stored.image for stored in store.images()]
    assert all(isinstance(found, ModuleOk) for image in images for found in store.verify(image))
    return sorted(image.build for image in images)


def test_a_fresh_store_opened_by_many_at_once(tmp_path: Path) -> None:
    many = [(str(number), "kernel", f"mine {number}") for number in range(4)]
    with importers(tmp_path, *many) as running:
        assert [importer.finish() for importer in running] == ["new"] * 4
    with Store.open(tmp_path, now=ticking) as store:
        assert healthy(store) == ["0", "1", "2", "3"]


def test_the_same_medium_twice_at_once(tmp_path: Path) -> None:
    with importers(tmp_path, ("1", "kernel", "vmk"), ("1", "kernel", "vmk")) as running:
        for importer in running:
            importer.until("staged")
        assert sorted(importer.finish() for importer in running) == ["known", "new"]
    with Store.open(tmp_path, now=ticking) as store:
        assert healthy(store) == ["1"]
        assert len(store.images()[0].media) == 1


def test_two_media_that_share_a_blob(tmp_path: Path) -> None:
    with importers(tmp_path, ("1", "kernel", "one"), ("2", "kernel", "two")) as (one, two):
        one.until("staged")
        two.until("staged")
        assert (two.finish(), one.finish()) == ("new", "new")
    with Store.open(tmp_path, now=ticking) as store:
        assert healthy(store) == ["1", "2"]
        assert sum("/blobs/" in f"/{path}" and path.count("/") == 3 for path in listing(tmp_path)) == 3


@pytest.mark.parametrize("stage", ["half", "staged"])
def test_opening_and_removing_leave_a_running_import_alone(tmp_path: Path, stage: str) -> None:
    with Store.open(tmp_path, now=ticking) as store:
        publish(store, "0", b"kernel", b"zero")
        with importers(tmp_path, ("1", "kernel", "vmk")) as (importer,):
            importer.until(stage)
            with Store.open(tmp_path, now=ticking) as other:
                assert healthy(other) == ["0"]
                assert other.remove("4.0.0-0") == len(b"kernel" + b"zero"), "its kernel is one that the import brings"
            assert importer.finish() == "new"
        assert healthy(store) == ["1"]


def test_a_failed_import_leaves_what_another_brought_meanwhile(tmp_path: Path) -> None:
    with Store.open(tmp_path, now=ticking) as store, importers(tmp_path, ("1", "kernel", "vmk")) as (importer,):
        importer.until("staged")
        publish(store, "2", b"kernel")
        importer.kill()
        with Store.open(tmp_path, now=ticking) as other:
            assert healthy(other) == ["2"]


def test_opening_leaves_an_import_alone_whose_blobs_have_no_rows_yet(tmp_path: Path) -> None:
    Store.open(tmp_path, now=ticking).close()
    with importers(tmp_path, ("1", "kernel", "vmk")) as (importer,):
        with stopped_before_its_rows(tmp_path, importer):
            Store.open(tmp_path, now=ticking).close()
        assert importer.finish() == "new"
    with Store.open(tmp_path, now=ticking) as store:
        assert healthy(store) == ["1"]


def test_a_new_store_is_not_made_twice(tmp_path: Path) -> None:
    opened: list[int] = []

    def open_store() -> None:
        with Store.open(tmp_path, now=ticking) as store:
            opened.append(len(store.images()))

    thread = threading.Thread(target=open_store)
    with locked(tmp_path / "lock"):  # another program makes the tables
        thread.start()
        thread.join(timeout=0.5)
        assert opened == []
        database = Database(tmp_path / "hobnail.db")
        assert database.schema() is None
        database.migrate()
        database.close()
    thread.join(timeout=30)
    assert opened == [0]
