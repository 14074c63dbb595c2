"""Opening the store: one engine for the registry and the event log, and its schema.

SQLite runs in WAL with synchronous=FULL: what was committed survives a power cut, and readers
never wait for writers. A transaction that reads before it writes takes its turn with `writing`:
begun as a reader, SQLite would refuse it ("database is locked") without any wait.

PostgreSQL commits synchronously whatever the server or role says. A connection that broke is
replaced when it is next taken, so a server that was restarted is used again without any ado.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    ExceptionContext,
    Table,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from dispatch.errors import BadInput, StoreUnavailable

REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005")
"""The schema revisions this program knows, oldest first. A test compares them with migrations."""
HEAD: Final = REVISIONS[-1]

BUSY_TIMEOUT_S: Final = 10
_WRITING: Final = {"writing": True}
_GIVE_UP_ON_SILENCE: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Seconds, the last in milliseconds: after these a host that vanished is given up."""
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations"


def open_engine(url: str) -> Engine:
    """Return the engine for `sqlite:///file` or `postgresql://user@host/name`.

    A missing file is created, a missing database is not. The caller disposes the engine;
    `migrate` brings the schema up to date.

    Raises:
        BadInput: the address, folder, file or server cannot be used, or the schema is newer than
            this program.
    """
    address = _parse(url)
    engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    try:
        _probe(engine, address)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one consistent state and never waits for writers.

    Raises:
        StoreUnavailable: the store cannot answer now.
    """
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with _answering(), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that may write; commits unless the block raises.

    On SQLite it waits its turn before the first statement, up to BUSY_TIMEOUT_S.

    Raises:
        StoreUnavailable: the store cannot answer now; whether it stored anything is not known when
            it went away during the commit.
    """
    with _answering(), engine.execution_options(**_WRITING).begin() as connection:
        yield connection


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (OperationalError, NoConnectionLeft) as error:
        raise StoreUnavailable(_reason(error)) from error
    except DatabaseError as error:
        # SQLite says of a damaged file no more than this; the kinds below it are our own mistakes.
        if type(error) is not DatabaseError:
            raise
        raise StoreUnavailable(_reason(error)) from error


def inserting(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can say what to do when the row is there already: ON CONFLICT is spelt
    alike in both stores, but is in neither's common ground."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def serialise(connection: Connection, name: str) -> None:
    """Let one transaction at a time pass, per `name`. On SQLite writers queue anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def migrate(engine: Engine) -> None:
    """Bring the schema to `HEAD`, all of it or nothing; does no work when it is there already.

    Raises:
        BadInput: the schema is newer than this program, or the store refuses the step.
    """
    if stored_revision(engine) == HEAD:
        return
    # Loaded late: most starts find the schema in place and need not pay for the import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    try:
        with writing(engine) as connection:
            serialise(connection, "migrate")
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
    except (DBAPIError, StoreUnavailable) as error:
        raise BadInput(f"cannot migrate {_shown(engine.url)}: {_reason(error)}") from error


def stored_revision(engine: Engine) -> str | None:
    """Return the revision of the stored schema, None for an empty store.

    Raises:
        BadInput: this program does not know that revision.
    """
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if revision is not None and revision not in REVISIONS:
        raise BadInput(
            f"{_shown(engine.url)} was written by a newer version of this program (schema "
            f"{revision}, this one knows up to {HEAD}); update the program"
        )
    return revision


def _parse(url: str) -> URL:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise BadInput("the database address is not of the form sqlite:///file") from None
    if backend not in ("sqlite", "postgresql"):
        raise BadInput(f"the database must be sqlite or postgresql, not {backend}")
    if backend == "sqlite" and address.database in (None, "", ":memory:"):
        raise BadInput("the database must be a file: nothing kept in memory survives a restart")
    return address


def _shown(address: URL) -> str:
    """Return what to call the store in a message: the file, or the address without password."""
    if address.get_backend_name() == "sqlite":
        return str(address.database)
    return address.render_as_string(hide_password=True)


def _sqlite(address: URL) -> Engine:
    path = Path(str(address.database))
    if not path.parent.is_dir():
        raise BadInput(f"the folder {path.parent} does not exist")
    if path.is_dir():
        raise BadInput(f"cannot use {path} as a database: it is a directory")
    try:
        # Personal data: nobody but the owner reads the file. SQLite's side files inherit the mode.
        # A file that is there is not touched: closing it would drop the locks this process holds
        # on it, and another process would then remove the write-ahead log under our feet.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if path.is_dir():
            raise BadInput(f"cannot use {path} as a database: it is a directory") from None
    except OSError as error:
        raise BadInput(f"cannot use {path} as a database: {error.strerror}") from None
    engine = create_engine(
        address, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=5, max_overflow=35
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does.
    connection.isolation_level = None
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise BadInput(f"this place cannot keep a write-ahead log (journal mode {mode})")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(address: URL) -> Engine:
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    try:
        engine = create_engine(
            address,
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=35,
            connect_args=_GIVE_UP_ON_SILENCE | dict(address.query),
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise BadInput(f"the driver for {_shown(address)} is not installed: {error}") from None
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "handle_error", _replace_what_broke)
    return engine


def _replace_what_broke(failure: ExceptionContext) -> None:
    # A server that goes away in mid-word leaves a connection that does not say it is closed.
    if failure.is_pre_ping:
        failure.is_disconnect = True


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # Only ever stronger: `remote_apply` stays what it is.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )
    # A machine that vanished while it held the head of the log must not keep it for the two hours
    # that the server's own system would wait.
    connection.execute(
        "SELECT set_config('tcp_keepalives_idle', '5', false),"
        " set_config('tcp_keepalives_interval', '2', false),"
        " set_config('tcp_keepalives_count', '3', false),"
        " set_config('tcp_user_timeout', '10000', false)"
    )
    connection.commit()


def _probe(engine: Engine, address: URL) -> None:
    """Start and leave a write transaction: finds what opening alone does not."""
    try:
        with writing(engine) as connection:
            connection.execute(select(1))
        stored_revision(engine)
    except (DBAPIError, StoreUnavailable) as error:
        raise BadInput(f"cannot use {_shown(address)} as a database: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split())
