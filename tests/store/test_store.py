import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.image.model import Role
from hobnail.store import Medium, Store
from tests.store.samples import fingerprint, listing, medium, publish, stage, ticking


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store"


@pytest.fixture
def store(root: Path) -> Store:
    return Store.open(root, now=ticking)


def test_a_new_store_is_private_and_empty(root: Path, store: Store) -> None:
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert listing(root) == ["blobs", "blobs/sha256", "lock", "staging"]
    assert store.images() == []
    assert store.default_image() is None


def test_what_is_published_is_read_back(root: Path, store: Store) -> None:
    published = publish(store, "208167", b"kernel", b"vmk", b"sys")
    assert published.new
    assert published.stored.media == (medium("208167.iso"),)
    assert [m.name for m in published.stored.image.modules] == ["m1.tgz", "m2.tgz"]
    assert [item.name for item in published.stored.image.left_out] == ["z.tgz", "a.tgz"]
    store.close()
    with Store.open(root, now=ticking) as again:
        assert again.images() == [published.stored]
        assert again.get(published.stored.image.id) == published.stored
        assert again.blob_path(published.stored.image.kernel.sha256).read_bytes() == b"kernel"


def test_images_come_in_the_order_of_their_import(store: Store) -> None:
    builds = ["9", "1", "5"]
    for build in builds:
        publish(store, build, b"kernel", build.encode())
    assert [stored.image.build for stored in store.images()] == builds


def test_the_same_image_from_another_medium_only_adds_the_medium(root: Path, store: Store) -> None:
    first = publish(store, "1", b"kernel", b"vmk")
    before = listing(root)
    second = publish(store, "1", b"kernel", b"vmk", name="oem.iso")
    assert not second.new
    assert second.stored.created == first.stored.created
    assert [m.name for m in second.stored.media] == ["1.iso", "oem.iso"]
    assert listing(root) == before
    assert store.images() == [second.stored]


def test_a_medium_is_found_by_its_fingerprint(store: Store) -> None:
    stored = publish(store, "1", b"kernel", b"vmk").stored
    assert store.find_medium(fingerprint("1.iso")) == stored
    assert store.find_medium(fingerprint("2.iso")) is None


def test_a_medium_that_is_read_anew_belongs_to_its_newer_image(store: Store) -> None:
    publish(store, "1", b"kernel", b"vmk", name="same.iso")
    newer = publish(store, "1", b"kernel", b"vmk", b"found since", name="same.iso").stored
    assert store.find_medium(fingerprint("same.iso")) == newer
    assert sorted(len(stored.media) for stored in store.images()) == [0, 1]


def test_nothing_shows_before_publish(root: Path, store: Store) -> None:
    with store.importing() as running:
        image = stage(running, "1", [b"kernel", b"vmk"])
        with Store.open(root, now=ticking) as other:
            assert other.images() == []
            assert list((root / "blobs" / "sha256").iterdir()) == []
        running.publish(image, medium("1.iso"))
    assert len(store.images()) == 1


@pytest.mark.parametrize("error", [UserError("a bad medium"), KeyboardInterrupt()])
def test_an_import_that_fails_leaves_nothing(root: Path, store: Store, error: BaseException) -> None:
    publish(store, "0", b"kernel", b"shared")
    before = listing(root)

    def fail() -> None:
        with store.importing() as running:
            stage(running, "1", [b"kernel", b"mine"])
            running.blob().write(b"half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert listing(root) == before


def test_only_what_was_written_can_be_published(root: Path, store: Store) -> None:
    publish(store, "0", b"kernel", b"vmk")
    before = listing(root)
    with store.importing() as running:
        image = stage(running, "1", [b"kernel", b"vmk"])
        wrong = replace(image, kernel=replace(image.kernel, size=7))
        with pytest.raises(ValueError, match=r"m0\.tgz"):
            running.publish(wrong, medium("1.iso"))
        absent = replace(image, kernel=replace(image.kernel, sha256="0" * 64))
        with pytest.raises(ValueError, match="was not written"):
            running.publish(absent, medium("1.iso"))
    assert listing(root) == before


def test_remove_frees_what_no_other_image_shares(root: Path, store: Store) -> None:
    before = listing(root)
    publish(store, "1", b"kernel", b"one one")
    publish(store, "2", b"kernel", b"two")
    assert store.remove("4.0.0-1") == len(b"one one")
    (left,) = store.images()
    assert all(store.blob_path(m.sha256).exists() for m in (left.image.kernel, *left.image.modules))
    assert store.find_medium(fingerprint("1.iso")) is None
    assert store.remove("4.0.0") == len(b"kernel") + len(b"two")
    assert listing(root) == before


def test_the_default_image(store: Store) -> None:
    one, two = publish(store, "1", b"kernel", b"1").stored, publish(store, "2", b"kernel", b"2").stored
    store.set_default(one.image.id)
    store.set_default(two.image.id)
    assert store.default_image() == two
    store.remove("4.0.0-1")
    assert store.default_image() == two
    store.remove("4.0.0-2")
    assert store.default_image() is None
    with pytest.raises(UserError, match="no image has the id"):
        store.set_default(one.image.id)


def test_a_file_in_the_place_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="it is a file"):
        Store.open(tmp_path / "file", now=ticking)
    with pytest.raises(SystemFailure, match=f"cannot open the store: File exists: {tmp_path}/file"):
        Store.open(tmp_path / "file" / "store", now=ticking)


def test_files_of_others_in_the_folder_are_left_alone(root: Path, store: Store) -> None:
    strangers = [root / "notes", root / "staging" / "notes", root / "blobs" / "sha256" / "notes"]
    for stranger in strangers:
        stranger.write_text("mine")
    store.close()
    Store.open(root, now=ticking).close()
    assert all(stranger.read_text() == "mine" for stranger in strangers)


def test_rows_that_were_changed_are_named_and_can_be_removed(root: Path, store: Store) -> None:
    short = publish(store, "1", b"kernel", b"vmk").stored.image.short_id
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE module SET name = 'evil' WHERE position = 1")
    with pytest.raises(SystemFailure, match=rf"image {short} .* changed or lost.*image remove {short}"):
        store.images()
    assert store.remove(short) == len(b"kernel") + len(b"vmk")


@pytest.mark.parametrize("column", ["role", "generation"])
def test_values_of_another_program_are_named(store: Store, column: str) -> None:
    publish(store, "1", b"kernel", b"vmk")
    table = "module" if column == "role" else "image"
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = 'strange'")
    with pytest.raises(SystemFailure, match="strange"):
        store.images()


def test_another_thread_may_read(store: Store) -> None:
    publish(store, "1", b"kernel", b"vmk")
    found: list[Medium] = []
    thread = threading.Thread(target=lambda: found.extend(store.get("4.0.0").media))
    thread.start()
    thread.join()
    assert found == [medium("1.iso")]


def test_loaders_and_options_of_later_generations_come_back(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store", now=lambda: 1.0) as store:
        with store.importing() as running:
            plain = stage(running, "1", [b"kernel", b"module", b"mboot"])
            loader = replace(plain.modules[-1], name="mboot.efi", role=Role.LOADER)
            module = replace(plain.modules[0], options="a=1")
            image = replace(plain, modules=(module,), loaders=(loader,), boot_config="kernel=/b.b00\r\n")
            running.publish(image, medium("7.iso"))
        stored = store.get(image.id).image
        assert stored == image
        assert stored.id != plain.id
        assert [result.module.name for result in store.verify(stored)] == ["m0.tgz", "m1.tgz", "mboot.efi"]
        assert store.remove(image.id) == len(b"kernel" + b"module" + b"mboot")
