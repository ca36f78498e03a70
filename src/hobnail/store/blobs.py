"""Blobs: files named by the SHA-256 of their bytes, written once, and the staging folder they are written in.

A blob is written in the staging folder of one import and moved, whole and synced, to its place when the image is
published (Store). So nothing that stands in `blobs/` is ever half-written. Threads wait for the disk while the next
blob is written; all of them are done before the first blob is moved.
"""

import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hobnail.store.disk import failure, lock_file, make_folder, sync_folder, telling

_CHUNK = 1 << 20
_SYNC_THREADS = 2
"""Enough to keep one sync waiting behind the other; more gain nothing (measured on ext4)."""
_SHELF = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"[0-9a-f]{64}")
_PREFIX = "import-"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: `sha256` as 64 hex digits, `size` in bytes."""

    sha256: str
    size: int


class BlobWriter:
    """Takes one blob's bytes, in order, and hashes them on the way. Left by `with` unfinished, it leaves nothing."""

    def __init__(self, staging: "Staging", folder: Path, name: str) -> None:
        """Open the new file `name` in the `folder` of `staging`; SystemFailure when that cannot be."""
        self._staging = staging
        self._folder = folder
        self._path = folder / name
        self._hash = hashlib.sha256()
        self._size = 0
        with telling(folder, "make a file"):
            self._file = self._path.open("xb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.abort()

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`; SystemFailure when the disk is full or fails."""
        self._hash.update(data)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise failure(error, self._folder, f"write after {self._size} bytes", needed=len(data)) from error
        self._size += len(data)

    def finish(self) -> Blob:
        """Put the bytes, read-only, under their hash, and begin to sync them (`Staging.sync` waits for that).

        SystemFailure when that fails.
        """
        blob = Blob(self._hash.hexdigest(), self._size)
        try:
            os.fchmod(self._file.fileno(), 0o444)
            self._path.replace(self._folder / blob.sha256)
            self._staging.sync_later(os.dup(self._file.fileno()), blob)
            self._file.close()
        except OSError as error:
            raise failure(error, self._folder, "finish a file", needed=self._size) from error
        return blob

    def abort(self) -> None:
        """Drop what was written; does nothing after `finish`."""
        if not self._file.closed:
            with suppress(OSError):
                self._file.close()
            self._path.unlink(missing_ok=True)


class Staging:
    """One import's own folder, under a lock for as long as its process lives."""

    def __init__(self, parent: Path) -> None:
        """Make it, while holding the store's lock: else `remove_leavings` could meet it before it is locked."""
        self._numbers = itertools.count(1)
        self._writers: list[BlobWriter] = []
        self._pool: ThreadPoolExecutor | None = None
        self._syncs: list[tuple[Blob, Future[None]]] = []
        self._lock: int | None = None
        with telling(parent, "make a folder"):
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            try:
                self._lock = lock_file(self._folder / _LOCK, wait=True)
            except OSError:
                self.remove()
                raise

    def writer(self) -> BlobWriter:
        """Begin a blob."""
        writer = BlobWriter(self, self._folder, f"{next(self._numbers)}.part")
        self._writers.append(writer)
        return writer

    def sync_later(self, descriptor: int, blob: Blob) -> None:
        """Sync a finished blob in a thread, and close its descriptor there."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="sync")
        self._syncs.append((blob, self._pool.submit(_sync, descriptor)))

    def sync(self) -> None:
        """Return when the bytes of all finished blobs are on the disk; SystemFailure when one of them is not."""
        for blob, done in self._syncs:
            try:
                done.result()
            except OSError as error:
                raise failure(error, self._folder, "finish a file", needed=blob.size) from error

    def holds(self, blob: Blob) -> bool:
        """Whether this import wrote that blob."""
        path = self.path(blob.sha256)
        return path.is_file() and path.stat().st_size == blob.size

    def path(self, sha256: str) -> Path:
        """Where a finished blob stands until it is published."""
        return self._folder / sha256

    def remove(self) -> None:
        """Remove the folder and let its lock go. What cannot be removed now goes with the next `remove_leavings`."""
        for writer in self._writers:
            with suppress(OSError):
                writer.abort()
        if self._pool is not None:
            self._pool.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leavings(parent: Path) -> None:
    """Remove the staging folders whose owner died: their lock is free. Call it holding the store's lock."""
    for folder in parent.glob(_PREFIX + "*"):
        lock = lock_file(folder / _LOCK, wait=False)
        if lock is not None:
            shutil.rmtree(folder)
            os.close(lock)


class Blobs:
    """The folder of published blobs: `ab/abcdef…` by SHA-256. Whoever changes it holds the store's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where the blob stands if it is there."""
        return self._folder / sha256[:2] / sha256

    def __iter__(self) -> Iterator[str]:
        """Give the SHA-256 of each blob that is there; files that are not blobs are left alone."""
        for shelf in self._folder.iterdir():
            if _SHELF.fullmatch(shelf.name):
                yield from (name for name in os.listdir(shelf) if _NAME.fullmatch(name) and name[:2] == shelf.name)

    def adopt(self, staged: Path, sha256: str) -> None:
        """Move a finished file to its place. A blob that is there stays, unless it is damaged."""
        place = self.path(sha256)
        if not _same_bytes(staged, place):
            make_folder(place.parent, 0o755)
            staged.replace(place)

    def sync(self, hashes: Iterable[str]) -> None:
        """Make the names of these blobs survive a power cut; their bytes were synced when they were finished."""
        for shelf in {self.path(sha256).parent for sha256 in hashes}:
            sync_folder(shelf)
        sync_folder(self._folder)

    def discard(self, sha256: str) -> int:
        """Remove a blob, and its shelf when that is empty; the bytes freed."""
        place = self.path(sha256)
        try:
            size = place.stat().st_size
            place.unlink()
        except FileNotFoundError:
            return 0
        with suppress(OSError):
            place.parent.rmdir()
        return size


def _same_bytes(new: Path, old: Path) -> bool:
    """Compare the bytes: a blob that rotted on the disk is put right by importing its medium again."""
    try:
        if new.stat().st_size != old.stat().st_size:
            return False
        with new.open("rb") as left, old.open("rb") as right:
            while chunk := left.read(_CHUNK):
                if chunk != right.read(_CHUNK):
                    return False
    except OSError:
        return False
    return True
