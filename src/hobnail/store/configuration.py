"""The settings that were applied: each apply is a revision, whole or not there; the newest is in force.

The files that a revision names are blobs like those of images, and are kept as long as the revision is.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from hobnail.errors import SystemFailure
from hobnail.profile.build import NamedFile
from hobnail.profile.settings import Source
from hobnail.store import tables
from hobnail.store.blobs import Blob, Blobs, BlobWriter, Staging
from hobnail.store.database import Database
from hobnail.store.disk import locked, telling
from hobnail.store.sweeping import discard_unreferenced

KEPT: Final = 20
"""Revisions that are kept: older ones go, with the files that only they name."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One apply, by number, and when it was (seconds since the epoch)."""

    number: int
    applied: float


@dataclass(frozen=True, slots=True)
class Applied:
    """The settings of a revision. `places` is what Places.dump gave."""

    revision: Revision
    tables: Mapping[str, Any]
    places: str
    files: Mapping[str, NamedFile]


class Configurations:
    """All revisions. `Store.configurations` is one."""

    def __init__(self, staging: Path, blobs: Blobs, database: Database, lock: Path, now: Callable[[], float]) -> None:
        self._staging = staging
        self._blobs = blobs
        self._database = database
        self._lock = lock
        self._now = now

    def revision(self) -> int:
        """Return the number of the revision in force, 0 when nothing was ever applied. Quick: servers poll it."""
        with self._database.reading() as connection:
            return _newest(connection)

    def load(self, revision: int | None = None) -> Applied | None:
        """Return a revision, the one in force if not said; None when there is none."""
        table = tables.configuration
        with self._database.reading() as connection:
            number = _newest(connection) if revision is None else revision
            row = connection.execute(sa.select(table).where(table.c.revision == number)).one_or_none()
            files = _files(connection, number)
        if row is None:
            return None
        return Applied(Revision(row.revision, row.applied), json.loads(row.settings), row.places, files)

    def history(self) -> list[Revision]:
        """Return the revisions that are kept, the newest first."""
        table = tables.configuration
        query = sa.select(table.c.revision, table.c.applied).order_by(table.c.revision.desc())
        with self._database.reading() as connection:
            return [Revision(row.revision, row.applied) for row in connection.execute(query)]

    def move_places(self, places: str) -> None:
        """Note for the revision in force where its keys stand now: the same settings, in other lines."""
        table = tables.configuration
        with self._database.writing() as connection:
            newest = table.c.revision == _newest(connection)
            connection.execute(sa.update(table).where(newest).values(places=places))

    @contextmanager
    def applying(self) -> "Iterator[Applying]":
        """Stage files and publish a revision; left without `publish`, however, nothing of it stays."""
        with locked(self._lock):
            staging = Staging(self._staging)
        try:
            yield Applying(staging, self)
        finally:
            staging.remove()

    def publish(self, staging: Staging, content: "Content") -> Revision:
        """Put staged files in their place and the new revision in force, together; SystemFailure leaves neither."""
        for blob in content.blobs:
            if not staging.holds(blob):
                raise ValueError(f"{blob.sha256} was not written in this apply")
        staging.sync()
        hashes = {blob.sha256 for blob in content.blobs}
        with locked(self._lock):
            try:
                with telling(self._lock.parent, "move files to their place"):
                    for sha256 in hashes:
                        self._blobs.adopt(staging.path(sha256), sha256)
                    self._blobs.sync(hashes)
                with self._database.writing() as connection:
                    revision = self._record(connection, content)
                    hashes = _forget_old(connection, revision.number)
            except BaseException:
                with suppress(OSError, SystemFailure):  # else the next sweep does it
                    discard_unreferenced(self._database, self._blobs, hashes)
                raise
            with suppress(OSError, SystemFailure):
                discard_unreferenced(self._database, self._blobs, hashes)
        return revision

    def _record(self, connection: sa.Connection, content: "Content") -> Revision:
        revision = Revision(_newest(connection) + 1, self._now())
        connection.execute(
            sa.insert(tables.configuration).values(
                revision=revision.number,
                applied=revision.applied,
                settings=json.dumps(content.tables, sort_keys=True, separators=(",", ":")),
                places=content.places,
            )
        )
        if rows := content.rows(revision.number):
            connection.execute(sa.insert(tables.configuration_file), rows)
        return revision


@dataclass(frozen=True, slots=True)
class Content:
    """What a revision is made of. `files` by the name that the settings say; `inline` stand in the settings."""

    tables: Mapping[str, Any]
    places: str
    files: Mapping[str, NamedFile]
    inline: frozenset[Source]

    @property
    def blobs(self) -> set[Blob]:
        """The files as blobs."""
        sources = {file.source for file in self.files.values()} | self.inline
        return {Blob(source.sha256, source.size) for source in sources}

    def rows(self, revision: int) -> list[dict[str, object]]:
        """The rows of the files."""
        named = [(name, file.source, file.keys) for name, file in self.files.items()]
        named += [("", source, ()) for source in self.inline]
        return [
            {
                "revision": revision,
                "name": name,
                "sha256": source.sha256,
                "size": source.size,
                "keys": json.dumps(keys),
            }
            for name, source, keys in named
        ]


class Applying:
    """What `Configurations.applying` gives: write the files, then publish once."""

    def __init__(self, staging: Staging, configurations: Configurations) -> None:
        self._staging = staging
        self._configurations = configurations

    def blob(self) -> BlobWriter:
        """Begin a file."""
        return self._staging.writer()

    def publish(self, content: Content) -> Revision:
        """Put the revision in force; SystemFailure leaves all as it was. ValueError for a file not written here."""
        return self._configurations.publish(self._staging, content)


def _newest(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(tables.configuration.c.revision))) or 0


def _files(connection: sa.Connection, revision: int) -> Mapping[str, NamedFile]:
    table = tables.configuration_file
    query = sa.select(table).where(table.c.revision == revision, table.c.name != "").order_by(table.c.name)
    return {
        row.name: NamedFile(Source(row.name, row.sha256, row.size), tuple(json.loads(row.keys)))
        for row in connection.execute(query)
    }


def _forget_old(connection: sa.Connection, newest: int) -> set[str]:
    """Delete the revisions that are too old; the files that they named."""
    old = tables.configuration_file.c.revision <= newest - KEPT
    hashes = set(connection.scalars(sa.select(tables.configuration_file.c.sha256).where(old)))
    connection.execute(sa.delete(tables.configuration).where(tables.configuration.c.revision <= newest - KEPT))
    return hashes
