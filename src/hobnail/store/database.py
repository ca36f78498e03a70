"""The store's database: SQLite through SQLAlchemy, its schema brought up to date by alembic.

- journal_mode=WAL: readers go on while an import publishes.
- synchronous=FULL: a commit is on the disk when it returns. With NORMAL a power cut may take back the last commits
  of a WAL database (https://www.sqlite.org/pragma.html#pragma_synchronous), and so bring back an image whose blobs
  `remove` has already unlinked.
- foreign_keys and busy_timeout must be set on each connection; the journal mode stands in the file.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from hobnail.errors import SystemFailure
from hobnail.store.tables import SCHEMA, metadata

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT: Final = 30_000  # milliseconds
_BEGIN: Final = "hobnail_begin"  # the execution option that says how a connection begins its transactions
_VERSION_TABLE: Final = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""As alembic makes it, so that its steps go on from here."""
_RESTORE: Final = "restore it from a backup, or move the store away and import the media again"

# The start of SQLite's result code (https://www.sqlite.org/rescode.html), what it means, what to do.
_FAILURES: Final = (
    ("SQLITE_NOTADB", "it is not an SQLite database", _RESTORE),
    ("SQLITE_CORRUPT", "the database is damaged", _RESTORE),
    ("SQLITE_FULL", "no space left on the disk", "free space there or choose another folder for the store"),
    ("SQLITE_READONLY", "the store cannot be written", "run as the user who owns it, or mount it for writing"),
    ("SQLITE_CANTOPEN", "the database cannot be opened", "check who owns the folder and its files"),
    ("SQLITE_BUSY", "another program has held the database for too long", "end that program or try again"),
    ("SQLITE_IOERR", "the disk failed or is full", "see the kernel's log and the free space there"),
)


class Database:
    """One database file. Every failure of its engine comes out as SystemFailure with a next step."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is opened at first use."""
        self._path = path
        self._engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
        event.listen(self._engine, "connect", _set_up)
        event.listen(self._engine, "begin", _begin)

    def close(self) -> None:
        """Close all connections; the last program to do so folds the write-ahead log into the file."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection on which all reads see one moment."""
        with self._connected("BEGIN") as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[sa.Connection]:
        """Give a connection whose writes come into force together at the end, or not at all.

        `patience` is for how many seconds another program's write is waited for; half a minute if not said.
        """
        wait = _BUSY_TIMEOUT if patience is None else round(patience * 1000)
        with self._connected(f"PRAGMA busy_timeout={wait};BEGIN IMMEDIATE") as connection, connection.begin():
            yield connection

    def schema(self) -> str | None:
        """Return the schema that the file holds; None for a new file."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            return version

    def migrate(self) -> None:
        """Bring the schema up to date in one transaction. The caller holds the store's lock.

        A new file gets the newest tables at once: alembic takes longer to load than a store to make. SystemFailure
        when a newer program made the store.
        """
        if self.schema() is not None:
            self.upgrade()
            return
        self._keep_log_ahead()
        with self.writing() as connection:
            metadata.create_all(connection)
            connection.exec_driver_sql(_VERSION_TABLE)
            connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (SCHEMA,))

    def upgrade(self) -> None:
        """Go up the steps of `migrations/` from the schema that is there. The caller holds the store's lock."""
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        found = self.schema()
        known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise SystemFailure(
                f"made by a newer hobnail (schema {found}; this one knows up to {SCHEMA})",
                where=str(self._path),
                next_step="upgrade hobnail or choose another folder for the store",
            )
        self._keep_log_ahead()
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def _keep_log_ahead(self) -> None:
        with self._connected("") as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")  # refused inside a transaction

    @contextmanager
    def _connected(self, begin: str) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(**{_BEGIN: begin})
        except sa.exc.IntegrityError:
            raise  # a fault of ours, not of the machine
        except sa.exc.DatabaseError as error:
            raise self._failure(error) from error

    def _failure(self, error: sa.exc.DatabaseError) -> SystemFailure:
        code = getattr(error.orig, "sqlite_errorname", "")
        for start, what, next_step in _FAILURES:
            if code.startswith(start):
                return SystemFailure(f"{what} ({error.orig})", where=str(self._path), next_step=next_step)
        return SystemFailure(f"the database failed: {error.orig}", where=str(self._path), next_step=_RESTORE)


def _set_up(connection: Any, _record: object) -> None:
    """Leave transactions to `_begin`: sqlite3 by itself begins none for SELECT and for changes of the schema."""
    connection.isolation_level = None
    for pragma in (f"busy_timeout={_BUSY_TIMEOUT}", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """Let writers take the write lock at once: a reader that turns writer half-way fails rather than waits."""
    if statements := connection.get_execution_options()[_BEGIN]:
        for statement in statements.split(";"):
            connection.exec_driver_sql(statement)
