"""One import: blobs are staged, then published together with the image, or not at all."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hobnail.errors import SystemFailure
from hobnail.image.model import Image
from hobnail.store.blobs import Blob, Blobs, BlobWriter, Staging
from hobnail.store.database import Database
from hobnail.store.disk import locked, telling
from hobnail.store.images import Medium, Published, insert_image, insert_medium, load_image
from hobnail.store.loaders import StoredLoader, insert_loader
from hobnail.store.sweeping import discard_unreferenced


class Import:
    """What `Store.importing` gives: write the blobs, then publish once.

    Order, so that a crash at any moment leaves whole images only: bytes synced, names in `blobs/` synced, rows
    committed. Blobs whose rows never came are removed by the next sweep; nobody sees them before.
    """

    def __init__(
        self, staging: Staging, blobs: Blobs, database: Database, lock: Path, now: Callable[[], float]
    ) -> None:
        self._staging = staging
        self._blobs = blobs
        self._database = database
        self._lock = lock
        self._now = now

    def blob(self) -> BlobWriter:
        """Begin a blob. Several may be open at once."""
        return self._staging.writer()

    def publish(self, image: Image, medium: Medium) -> Published:
        """Make the image visible, or learn one more medium of an image that is; SystemFailure leaves neither.

        ValueError when a module's blob was not finished in this import.
        """
        modules = {module.sha256: module for module in image.files}
        for module in modules.values():
            if not self._staging.holds(Blob(module.sha256, module.size)):
                raise ValueError(f"module {module.name} ({module.sha256}) was not written in this import")
        self._staging.sync()
        with locked(self._lock):
            try:
                with telling(self._lock.parent, "move blobs to their place"):
                    for sha256 in modules:
                        self._blobs.adopt(self._staging.path(sha256), sha256)
                    self._blobs.sync(modules)
                return self._record(image, medium)
            except BaseException:
                with suppress(OSError, SystemFailure):  # else the next sweep does it
                    discard_unreferenced(self._database, self._blobs, modules)
                raise

    def keep_loader(self, name: str, blob: Blob, origin: str) -> StoredLoader:
        """Keep a finished blob as a loader that hosts may be served; SystemFailure leaves nothing."""
        self._staging.sync()
        with locked(self._lock):
            try:
                with telling(self._lock.parent, "move blobs to their place"):
                    self._blobs.adopt(self._staging.path(blob.sha256), blob.sha256)
                    self._blobs.sync([blob.sha256])
                with self._database.writing() as connection:
                    return insert_loader(connection, StoredLoader(name, blob.size, blob.sha256, origin), self._now())
            except BaseException:
                discard_unreferenced(self._database, self._blobs, [blob.sha256])
                raise

    def _record(self, image: Image, medium: Medium) -> Published:
        identity = image.id
        with self._database.writing() as connection:
            stored = load_image(connection, identity)
            if stored is None:
                insert_image(connection, image, self._now())
            insert_medium(connection, medium, identity, self._now())
            after = load_image(connection, identity)
        assert after is not None, "it was inserted in this transaction"
        return Published(after, new=stored is None)
