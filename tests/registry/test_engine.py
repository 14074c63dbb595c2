from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from dispatch.errors import BadInput
from dispatch.registry import tables
from dispatch.registry.engine import (
    HEAD,
    migrate,
    open_engine,
    reading,
    serialise,
    stored_revision,
    writing,
)


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with reading(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }


def test_opening_again_does_not_give_up_what_is_open(tmp_path: Path) -> None:
    """Another process that comes and goes must not believe that it was the last."""
    path = tmp_path / "a.db"
    first = open_engine(f"sqlite:///{path}")
    migrate(first)
    second = open_engine(f"sqlite:///{path}")
    passing = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM region')"
    subprocess.run([sys.executable, "-c", passing, str(path)], check=True)
    assert (tmp_path / "a.db-wal").exists()
    first.dispose()
    second.dispose()


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
        migrate(engine)
        modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        engine.dispose()
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_foreign_keys_are_enforced(registry: Engine) -> None:
    with pytest.raises(IntegrityError), writing(registry) as connection:
        connection.execute(insert(tables.team).values(id=9, name="Lost", region="nowhere", level=0))


def test_a_failed_block_stores_nothing(registry: Engine) -> None:
    whole = insert(tables.team).values(id=9, name="Whole", region="99", level=0)
    broken = insert(tables.team).values(id=10, name="Whole", region="99", level=0)

    def store_both() -> None:
        with writing(registry) as connection:
            connection.execute(whole)
            connection.execute(broken)

    with pytest.raises(IntegrityError):
        store_both()
    with reading(registry) as connection:
        assert set(connection.execute(select(tables.team.c.id)).scalars()) == {1, 2, 3}


def test_reads_see_one_state_and_do_not_wait(registry: Engine) -> None:
    count = select(tables.team.c.id)
    with reading(registry) as reader:
        before = reader.execute(count).scalars().all()
        with writing(registry) as writer:
            writer.execute(insert(tables.team).values(id=9, name="New", region="99", level=0))
        assert reader.execute(count).scalars().all() == before
    with reading(registry) as reader:
        assert len(reader.execute(count).scalars().all()) == len(before) + 1


def test_a_reader_does_not_wait_for_an_open_writer(registry: Engine) -> None:
    with writing(registry) as writer:
        writer.execute(tables.team.delete())
        with reading(registry) as reader:
            assert len(reader.execute(select(tables.team.c.id)).all()) == 3
        with registry.connect() as plain:
            assert len(plain.execute(select(tables.team.c.id)).all()) == 3


def test_writers_that_read_first_queue_and_lose_nothing(registry: Engine) -> None:
    paid = tables.policy.c.paid_sum

    def pay_one(_: int) -> None:
        with writing(registry) as connection:
            serialise(connection, "pay")
            sum_now = connection.execute(select(paid).where(tables.policy.c.id == 1)).scalar_one()
            connection.execute(
                tables.policy.update().where(tables.policy.c.id == 1).values(paid_sum=sum_now + 1)
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pay_one, range(40)))
    with reading(registry) as connection:
        assert connection.execute(select(paid).where(tables.policy.c.id == 1)).scalar() == 40


def test_a_fresh_store_has_no_revision(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    assert stored_revision(engine) is None
    migrate(engine)
    assert stored_revision(engine) == HEAD
    engine.dispose()


def test_a_newer_schema_is_refused(migrated: Path, tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    path.write_bytes(migrated.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInput, match=r"newer version .*9999"):
        migrate(engine)
    engine.dispose()
    with pytest.raises(BadInput, match=r"newer version .*9999"):
        open_engine(f"sqlite:///{path}")


def _text_file(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("not a database, but long enough to be looked at as one\n" * 100)
    return path


def _torn_file(folder: Path) -> Path:
    path = folder / "torn.db"
    whole = sqlite3.connect(path)
    whole.execute("CREATE TABLE t (x)")
    whole.commit()
    whole.close()
    path.write_bytes(b"X" * 100 + path.read_bytes()[100:])
    return path


@pytest.mark.parametrize("make", [_text_file, _torn_file])
def test_a_file_that_is_no_database_is_refused(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = make(tmp_path)
    before = path.read_bytes()
    with pytest.raises(BadInput, match=f"{path}.*not a database") as refusal:
        open_engine(f"sqlite:///{path}")
    assert "\n" not in str(refusal.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////no/such/folder/a.db", "folder /no/such/folder does not exist"),
        ("sqlite:////", "directory"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("mysql://host/db", "not mysql"),
        ("nonsense", "not of the form"),
        ("", "not of the form"),
    ],
)
def test_an_address_that_cannot_be_used_says_why(url: str, reason: str) -> None:
    with pytest.raises(BadInput, match=reason) as refusal:
        open_engine(url)
    assert "\n" not in str(refusal.value)


def test_a_message_never_shows_a_password() -> None:
    with pytest.raises(BadInput) as refusal:
        open_engine("postgresql://me:secret@127.0.0.1:9/none")
    assert "secret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_second_engine_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    """POSIX locks fall when any descriptor of the file is closed; SQLite's must not."""
    path = tmp_path / "dispatch.db"
    first = open_engine(f"sqlite:///{path}")
    migrate(first)
    open_engine(f"sqlite:///{path}").dispose()
    look = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('select 1 from region')"
    subprocess.run([sys.executable, "-c", f"{look}; c.close()"], check=True)
    assert path.with_name("dispatch.db-wal").exists()
    first.dispose()


def test_a_connection_that_broke_in_any_way_is_replaced(postgres_engine: Engine) -> None:
    """One whose server went away in mid-word says neither that it is closed nor what is wrong."""
    with postgres_engine.connect() as connection:
        raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.pgconn.send_query(b"SELECT pg_sleep(0)")
    with reading(postgres_engine) as connection:
        assert connection.execute(select(1)).scalar() == 1
