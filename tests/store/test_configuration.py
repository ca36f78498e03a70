"""The settings in the store: a revision is there whole or not at all, and its files as long as it is."""

import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.profile.build import NamedFile
from hobnail.profile.settings import HostSecrets, Source
from hobnail.store import SeenMachine, Store
from hobnail.store.configuration import KEPT, Content, Revision
from tests.store.samples import listing, publish, ticking


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path, now=ticking) as store:
        yield store


def source(data: bytes, name: str = "content") -> Source:
    return Source(name, hashlib.sha256(data).hexdigest(), len(data))


def content(image: str = "x", inline: bytes = b"inline", **files: bytes) -> Content:
    named = {name: NamedFile(source(data, name), (f"key of {name}",)) for name, data in files.items()}
    tables = {"defaults": {"image": image}, "images": {}}
    return Content(tables, "[]", named, frozenset({source(inline)}))


def apply(store: Store, made: Content, *data: bytes) -> Revision:
    with store.configurations.applying() as applying:
        for one in data:
            with applying.blob() as writer:
                writer.write(one)
                writer.finish()
        return applying.publish(made)


def test_nothing_was_applied(store: Store) -> None:
    assert (store.configurations.revision(), store.configurations.load(), store.configurations.history()) == (
        0,
        None,
        [],
    )


def test_what_is_applied_is_read_back(tmp_path: Path, store: Store) -> None:
    made = content(keys=b"keys", other=b"inline")
    revision = apply(store, made, b"keys", b"inline")
    assert revision.number == store.configurations.revision() == 1
    store.close()
    with Store.open(tmp_path, now=ticking) as again:
        loaded = again.configurations.load()
        assert loaded is not None
        assert (loaded.revision, loaded.tables, loaded.places) == (revision, made.tables, "[]")
        assert loaded.files == made.files
        for file in made.blobs:
            assert hashlib.sha256(again.blob_path(file.sha256).read_bytes()).hexdigest() == file.sha256


def test_revisions_rise_and_the_old_ones_go_with_their_files(tmp_path: Path, store: Store) -> None:
    for number in range(1, KEPT + 4):
        data = str(number).encode()
        assert apply(store, content(str(number), data), data).number == number
    assert [one.number for one in store.configurations.history()] == list(range(KEPT + 3, 3, -1))
    assert store.configurations.load(3) is None
    kept = store.configurations.load(4)
    assert kept is not None
    assert kept.tables["defaults"] == {"image": "4"}
    blobs = {path.name for path in tmp_path.glob("blobs/sha256/*/*")}
    assert blobs == {source(str(number).encode()).sha256 for number in range(4, KEPT + 4)}


def test_the_places_can_move(store: Store) -> None:
    apply(store, content("1"), b"inline")
    apply(store, content("2"), b"inline")
    store.configurations.move_places('[["b.toml",3,"defaults"]]')
    newest, oldest = store.configurations.load(), store.configurations.load(1)
    assert newest is not None
    assert oldest is not None
    assert (newest.places, oldest.places) == ('[["b.toml",3,"defaults"]]', "[]")


def test_images_and_settings_keep_each_other_s_blobs(tmp_path: Path, store: Store) -> None:
    image = publish(store, "1", b"kernel", b"shared").stored.image
    apply(store, content(shared=b"shared"), b"shared", b"inline")
    store.remove(image.id)
    assert store.blob_path(source(b"shared").sha256).read_bytes() == b"shared"
    assert not store.blob_path(image.kernel.sha256).exists()
    store.close()
    with Store.open(tmp_path, now=ticking) as again:
        assert again.blob_path(source(b"inline").sha256).read_bytes() == b"inline"


def test_what_is_not_published_leaves_nothing(tmp_path: Path, store: Store) -> None:
    before = listing(tmp_path)
    with store.configurations.applying() as applying:
        with applying.blob() as writer:
            writer.write(b"x")
            writer.finish()
        assert listing(tmp_path) != before
    assert listing(tmp_path) == before


def test_a_file_that_was_not_staged(tmp_path: Path, store: Store) -> None:
    before = listing(tmp_path)
    with pytest.raises(ValueError, match="was not written in this apply"):
        apply(store, content(keys=b"keys"), b"inline")
    assert listing(tmp_path) == before
    assert store.configurations.revision() == 0


def test_killed_between_files_and_rows(tmp_path: Path) -> None:
    root, settings = tmp_path / "store", tmp_path / "a.toml"
    settings.write_text("[defaults.files.'/etc/x']\ncontent = 'one'\n", encoding="utf-8")
    command = [sys.executable, "-m", "hobnail", "--store", str(root), "apply", "-f", str(settings)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    before = listing(root)
    settings.write_text("[defaults.files.'/etc/x']\ncontent = 'two'\n", encoding="utf-8")
    held = sqlite3.connect(root / "hobnail.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        place = root / "blobs" / "sha256" / source(b"two").sha256[:2] / source(b"two").sha256
        deadline = time.monotonic() + 60
        while not place.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.kill()
    held.execute("ROLLBACK")
    held.close()
    assert listing(root) != before
    with Store.open(root, now=ticking) as store:
        assert store.configurations.revision() == 1
        assert listing(root) == before


def test_a_file_that_the_disk_does_not_take(tmp_path: Path) -> None:
    root, settings = tmp_path / "store", tmp_path / "a.toml"
    with Store.open(root, now=ticking):
        before = listing(root)
    (tmp_path / "big").write_bytes(os.urandom(3_000_000))
    settings.write_text("[defaults.files.'/etc/x']\nsource = 'big'\n", encoding="utf-8")
    command = f"ulimit -f 2000; exec {sys.executable} -m hobnail --store {root} apply -f {settings}"
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr
    assert listing(root) == before


def test_a_store_of_the_schema_before_is_brought_up_to_date(tmp_path: Path) -> None:
    with Store.open(tmp_path, now=ticking) as store:
        image = publish(store, "1", b"kernel").stored
    connection = sqlite3.connect(tmp_path / "hobnail.db")
    old = {"image", "module", "left_out", "medium", "loader", "setting", "alembic_version"}
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for name in set(names) - old:
        connection.execute(f"DROP TABLE {name}")
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    connection.close()
    with Store.open(tmp_path, now=ticking) as store:
        assert store.images() == [image]
        assert apply(store, content(), b"inline").number == 1


def test_nobody_else_reads_the_database(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        with Store.open(tmp_path, now=ticking) as store:
            apply(store, content(), b"inline")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("hobnail.db*")}
            assert len(modes) > 1, "the files beside the database are there"
            assert set(modes.values()) == {0o600}
            (tmp_path / "hobnail.db").chmod(0o644)
    finally:
        os.umask(old)
    with Store.open(tmp_path, now=ticking):
        assert stat.S_IMODE((tmp_path / "hobnail.db").stat().st_mode) == 0o600


SECRETS = HostSecrets("rsa", "ecdsa", b"\0\xff", "tls", "certificate")


def test_a_host_s_keys_are_made_once(tmp_path: Path, store: Store) -> None:
    made = []

    def make() -> HostSecrets:
        made.append(1)
        return SECRETS

    assert store.host_secrets.get("esx01") is None
    assert store.host_secrets.get_or_make("esx01", make) == SECRETS
    store.close()
    with Store.open(tmp_path, now=ticking) as again:
        assert again.host_secrets.get_or_make("esx01", make) == again.host_secrets.get("esx01") == SECRETS
        assert len(made) == 1
        assert again.host_secrets.forget("esx01")
        assert not again.host_secrets.forget("esx01")
        again.host_secrets.get_or_make("esx01", make)
        assert len(made) == 2


def test_of_two_that_make_keys_at_once_one_wins(store: Store) -> None:
    def make() -> HostSecrets:
        store.host_secrets.get_or_make("esx01", lambda: SECRETS)
        return HostSecrets("other")

    assert store.host_secrets.get_or_make("esx01", make) == SECRETS


def test_machines_that_were_seen(store: Store) -> None:
    first = store.machines.see(SeenMachine("52:54:00:00:00:01", "QEMU", "Standard PC", serial="1"))
    second = store.machines.see(SeenMachine("52:54:00:00:00:01", uuid="u", serial="2"))
    other = store.machines.see(SeenMachine("52:54:00:00:00:02"))
    assert (second.manufacturer, second.serial, second.uuid) == ("QEMU", "2", "u")
    assert first.seen < second.seen
    assert store.machines.get("52:54:00:00:00:01") == second
    assert store.machines.all() == [other, second]
    assert store.machines.get("52:54:00:00:00:03") is None


def test_the_settings_stand_as_json(tmp_path: Path, store: Store) -> None:
    """Other programs, and an upgrade, read what stands there: it is part of the schema."""
    apply(store, content("é"), b"inline")
    row = sqlite3.connect(tmp_path / "hobnail.db").execute("SELECT revision, settings FROM configuration").fetchone()
    assert row == (1, '{"defaults":{"image":"\\u00e9"},"images":{}}')
    assert json.loads(row[1])["defaults"]["image"] == "é"


def test_several_apply_at_once(tmp_path: Path) -> None:
    numbers: list[int] = []

    def run(number: int) -> None:
        data = str(number).encode()
        with Store.open(tmp_path, now=ticking) as store:
            numbers.append(apply(store, content(str(number), data, shared=b"shared"), data, b"shared").number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    with Store.open(tmp_path, now=ticking) as store:
        for number in numbers:
            applied = store.configurations.load(number)
            assert applied is not None
            data = applied.tables["defaults"]["image"].encode()
            assert store.blob_path(source(data).sha256).read_bytes() == data
            assert store.blob_path(applied.files["shared"].source.sha256).read_bytes() == b"shared"
