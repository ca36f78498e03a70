import ast
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.schema import CreateIndex, CreateTable

from hobnail.errors import SystemFailure
from hobnail.store import Store, tables
from hobnail.store import database as database_module
from hobnail.store.database import Database
from tests.store.samples import publish, ticking

STEPS = sorted((Path(database_module.__file__).parent / "migrations" / "versions").glob("v*.py"))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "hobnail.db")
    database.migrate()
    return database


def test_the_steps_make_the_tables(tmp_path: Path) -> None:
    stepped = Database(tmp_path / "stepped.db")
    stepped.upgrade()
    assert stepped.schema() == tables.SCHEMA
    with stepped.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_new_file_is_as_if_it_had_gone_up_the_steps(database: Database, tmp_path: Path) -> None:
    stepped = Database(tmp_path / "stepped.db")
    stepped.upgrade()
    assert database.schema() == stepped.schema() == tables.SCHEMA
    with database.reading() as new, stepped.reading() as old:
        assert compare_metadata(MigrationContext.configure(new), tables.metadata) == []
        for table in [*tables.metadata.tables, "alembic_version"]:
            assert columns(new, table) == columns(old, table)
        assert names(new) == names(old)
    database.upgrade()


def columns(connection: sa.Connection, table: str) -> object:
    inspector = sa.inspect(connection)
    found = [(one["name"], str(one["type"]), one["nullable"]) for one in inspector.get_columns(table)]
    return found, inspector.get_pk_constraint(table)["constrained_columns"], inspector.get_foreign_keys(table)


def names(connection: sa.Connection) -> set[str]:
    return set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").scalars())


def test_the_comparison_sees_a_difference(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("DROP INDEX ix_module_sha256")
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) != []


def test_the_newest_step_is_the_schema() -> None:
    newest = ast.parse(STEPS[-1].read_text(encoding="utf-8"))
    assert f"revision = '{tables.SCHEMA}'" in [ast.unparse(node) for node in newest.body]
    assert STEPS[-1].name.startswith(f"v{tables.SCHEMA}_")


def test_the_tables_suit_postgresql() -> None:
    dialect = PGDialect()  # type: ignore[no-untyped-call]
    for table in tables.metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=dialect))


def test_each_connection_is_set_up(database: Database) -> None:
    with database.reading() as connection:
        found = {
            pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            for pragma in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30_000, "synchronous": 2}


def test_writes_come_into_force_together_or_not_at_all(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(tables.setting).values(key="a", value="1"))
            connection.exec_driver_sql("CREATE TABLE half (a)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.writing() as connection:
        assert connection.execute(sa.select(tables.setting)).all() == []
        assert not sa.inspect(connection).has_table("half")


def test_a_reader_sees_one_moment_and_does_not_wait_for_a_writer(database: Database) -> None:
    query = sa.select(sa.func.count()).select_from(tables.setting)
    with database.reading() as reader:
        assert reader.scalar(query) == 0
        with database.writing() as writer:
            writer.execute(sa.insert(tables.setting).values(key="a", value="1"))
        assert reader.scalar(query) == 0
    with database.reading() as reader:
        assert reader.scalar(query) == 1


def test_opening_a_current_store_does_without_alembic(tmp_path: Path) -> None:
    Store.open(tmp_path, now=ticking).close()
    program = (
        "import sys, time, pathlib; from hobnail.store import Store;"
        "Store.open(pathlib.Path(sys.argv[1]), now=time.time); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_store_of_a_newer_program(tmp_path: Path, database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SystemFailure, match=r"newer hobnail \(schema 9999; this one knows up to 0003\); upgrade"):
        Store.open(tmp_path, now=ticking)


@pytest.mark.parametrize("content", [b"not a database, but long enough to look at" * 100, b"SQLite format 3\0" * 300])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hobnail.db").write_bytes(content)
    with pytest.raises(SystemFailure, match=r"hobnail\.db: .*restore it from a backup"):
        Store.open(tmp_path, now=ticking)


def test_a_damaged_database(tmp_path: Path) -> None:
    store = Store.open(tmp_path, now=ticking)
    publish(store, "1", b"kernel", b"vmk")
    store.close()
    path = tmp_path / "hobnail.db"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(SystemFailure, match=r"hobnail\.db: the database is damaged"):
        Store.open(tmp_path, now=ticking)


@pytest.mark.parametrize("empty", [True, False])
def test_a_lost_database_does_not_cost_the_blobs(tmp_path: Path, empty: bool) -> None:
    store = Store.open(tmp_path, now=ticking)
    kernel = publish(store, "1", b"kernel").stored.image.kernel
    store.close()
    (tmp_path / "hobnail.db").unlink()
    if empty:
        (tmp_path / "hobnail.db").touch()
    for _ in range(2):
        with pytest.raises(SystemFailure, match="their database is lost"):
            Store.open(tmp_path, now=ticking)
    assert store.blob_path(kernel.sha256).read_bytes() == b"kernel"
