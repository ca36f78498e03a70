"""The store: published images, the blobs they are made of, and the media they came from.

hobnail.db          what there is (database.py)
blobs/sha256/ab/…   the bytes, by hash (blobs.py)
staging/import-…/   what a running import has written so far
lock                held for the moment in which blobs and rows change together
"""

import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import sqlalchemy as sa

from hobnail.errors import SystemFailure, UserError
from hobnail.image.model import Image
from hobnail.store import tables
from hobnail.store.blobs import Blobs, Staging, remove_leavings
from hobnail.store.configuration import Configurations
from hobnail.store.database import Database
from hobnail.store.disk import locked, make_folder, telling
from hobnail.store.host_secrets import SecretsOfHosts
from hobnail.store.images import StoredImage, load_image
from hobnail.store.importing import Import
from hobnail.store.installations import Installations
from hobnail.store.loaders import StoredLoader, delete_loaders, load_loaders
from hobnail.store.machines import Machines
from hobnail.store.references import Entry, choose
from hobnail.store.sweeping import discard_unreferenced
from hobnail.store.verification import ModuleOk, Problem, verify_image

_DEFAULT_IMAGE: Final = "default_image"


class Store:
    """One folder. Any number of programs may use it at once; a thread may use it that did not open it."""

    def __init__(self, root: Path, database: Database, now: Callable[[], float]) -> None:
        """Use `open`."""
        self._lock = root / "lock"
        self._staging = root / "staging"
        self._blobs = Blobs(root / "blobs" / "sha256")
        self._database = database
        self._now = now
        self.configurations = Configurations(self._staging, self._blobs, database, self._lock, now)
        self.host_secrets = SecretsOfHosts(database, now)
        self.machines = Machines(database, now)
        self.installations = Installations(database, now)

    @classmethod
    def open(cls, root: Path, *, now: Callable[[], float]) -> Self:
        """Open the store in the folder `root`, made if missing, and clear what crashed imports left.

        `now` gives seconds since the epoch. UserError when `root` is not a folder; SystemFailure when it cannot be
        written, or when its database is damaged, lost, or of a newer program.
        """
        _make_folders(root)
        store = cls(root, Database(root / "hobnail.db"), now)
        try:
            store._bring_up_to_date()
            store._sweep()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def find_medium(self, fingerprint: str) -> StoredImage | None:
        """Return the image that came from the medium with this SHA-256."""
        query = sa.select(tables.medium.c.image).where(tables.medium.c.sha256 == fingerprint)
        with self._database.reading() as connection:
            identity = connection.scalar(query)
            return None if identity is None else load_image(connection, identity)

    @contextmanager
    def importing(self) -> Iterator[Import]:
        """Stage blobs and publish an image; left without `publish`, however, nothing of it stays."""
        with locked(self._lock):
            staging = Staging(self._staging)
        try:
            yield Import(staging, self._blobs, self._database, self._lock, self._now)
        finally:
            staging.remove()

    def images(self) -> list[StoredImage]:
        """Return all images, the first published first."""
        with self._database.reading() as connection:
            stored = [load_image(connection, entry.id) for entry in _entries(connection)]
        return [image for image in stored if image is not None]

    def get(self, reference: str) -> StoredImage:
        """Return the image called so: id, its first 4 or more digits, version, or version-build; else UserError."""
        with self._database.reading() as connection:
            stored = load_image(connection, choose(reference, _entries(connection)).id)
        assert stored is not None, "it was listed in this transaction"
        return stored

    def remove(self, reference: str) -> int:
        """Remove the image called so, and each blob that no other image shares; the bytes freed.

        Rows first: when it is cut short, blobs without an image are left for the next `open` to remove.
        """
        module = tables.module
        with locked(self._lock):
            with self._database.writing() as connection:
                identity = choose(reference, _entries(connection)).id
                blobs = connection.scalars(sa.select(module.c.sha256).where(module.c.image == identity)).all()
                connection.execute(sa.delete(tables.image).where(tables.image.c.id == identity))
                default = (tables.setting.c.key == _DEFAULT_IMAGE) & (tables.setting.c.value == identity)
                connection.execute(sa.delete(tables.setting).where(default))
            with telling(self._lock.parent, "remove blobs"):
                return discard_unreferenced(self._database, self._blobs, blobs)

    def verify(self, image: Image, progress: Callable[[int], None] = lambda _: None) -> Iterator[ModuleOk | Problem]:
        """Hash each blob of the image again, in boot order; `progress` is told how many bytes more were read."""
        return verify_image(image, self.blob_path, progress)

    def blob_path(self, sha256: str) -> Path:
        """Return the file of a published module. It never changes while its image is in the store."""
        return self._blobs.path(sha256)

    def loaders(self) -> list[StoredLoader]:
        """Return the loaders that a person added, the latest first."""
        with self._database.reading() as connection:
            return load_loaders(connection)

    def remove_loader(self, name: str) -> int:
        """Remove every added loader of that name; the bytes freed. UserError when there is none."""
        with locked(self._lock):
            with self._database.writing() as connection:
                hashes = delete_loaders(connection, name)
            with telling(self._lock.parent, "remove blobs"):
                return discard_unreferenced(self._database, self._blobs, hashes)

    def default_image(self) -> StoredImage | None:
        """Return the image for hosts that nothing else was said about."""
        query = sa.select(tables.setting.c.value).where(tables.setting.c.key == _DEFAULT_IMAGE)
        with self._database.reading() as connection:
            identity = connection.scalar(query)
            return None if identity is None else load_image(connection, identity)

    def set_default(self, image_id: str) -> None:
        """Make the image with this whole id the default; UserError when it is not in the store."""
        setting = tables.setting
        with self._database.writing() as connection:
            if image_id not in {entry.id for entry in _entries(connection)}:
                raise UserError(
                    f"no image has the id {image_id}", next_step="`hobnail image list` shows what there is"
                )
            connection.execute(sa.delete(setting).where(setting.c.key == _DEFAULT_IMAGE))
            connection.execute(sa.insert(setting).values(key=_DEFAULT_IMAGE, value=image_id))

    def _bring_up_to_date(self) -> None:
        if self._database.schema() == tables.SCHEMA:
            return
        with locked(self._lock):
            found = self._database.schema()  # another program may just have done it
            if found is None and any(self._blobs):
                raise SystemFailure(
                    "there are blobs but their database is lost",
                    where=str(self._lock.parent / "hobnail.db"),
                    next_step="restore it from a backup, or remove the folder `blobs` and import the media again",
                )
            if found != tables.SCHEMA:
                self._database.migrate()

    def _sweep(self) -> None:
        with locked(self._lock, wait=False) as alone:
            if alone:
                with telling(self._lock.parent, "remove what crashed imports left"):
                    remove_leavings(self._staging)
                    discard_unreferenced(self._database, self._blobs, self._blobs)


def _entries(connection: sa.Connection) -> Sequence[Entry]:
    table = tables.image
    query = sa.select(table.c.id, table.c.version, table.c.build).order_by(table.c.created, table.c.id)
    return [Entry(row.id, row.version, row.build) for row in connection.execute(query)]


def _make_folders(root: Path) -> None:
    with telling(root, "open the store"):
        if root.exists() and not root.is_dir():
            raise UserError("it is a file; the store is a folder", where=str(root), next_step="choose another place")
        root.parent.mkdir(parents=True, exist_ok=True)
        make_folder(root, 0o700)
        for name in ("blobs", "blobs/sha256", "staging"):
            make_folder(root / name, 0o755)
        (root / "lock").touch(0o600)
        _keep_private(root / "hobnail.db")


def _keep_private(database: Path) -> None:
    """Let nobody else read the database: hashes and keys stand in it. SQLite gives its side files the same mode."""
    if not database.exists():
        database.touch(0o600)
    if stat.S_IMODE(database.stat().st_mode) & 0o077:
        for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
            with suppress(FileNotFoundError, PermissionError):
                (database.parent / name).chmod(0o600)
