"""SQLite's own online copy."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from dispatch.app import open_store
from dispatch.backup.sqlite import alone, copy, keep_before_upgrade
from dispatch.errors import BadInput
from dispatch.registry.engine import HEAD, REVISIONS, open_engine, stored_revision
from dispatch.settings import Settings
from tests.backup.made import execute, only_a_log

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)


def count(path: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_copy_made_while_others_write_is_one_state(tmp_path: Path) -> None:
    """Both tables grow together; no copy sees one without the other."""
    path, over = tmp_path / "a.db", threading.Event()
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE one (n INTEGER, pad TEXT)")
        made.execute("CREATE TABLE other (n INTEGER, pad TEXT)")

    def write() -> None:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            while not over.is_set():
                with connection:
                    for table in ("one", "other"):
                        connection.execute(f"INSERT INTO {table} VALUES (1, hex(randomblob(900)))")

    writing = threading.Thread(target=write)
    writing.start()
    try:
        seen = []
        for n in range(8):
            copy(path, tmp_path / f"{n}.db")
            seen.append((count(tmp_path / f"{n}.db", "one"), count(tmp_path / f"{n}.db", "other")))
    finally:
        over.set()
        writing.join()
    assert all(one == other for one, other in seen)
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


def test_a_damaged_database_is_not_copied_as_if_it_were_sound(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path)
    path = tmp_path / "dispatch.db"
    alone(path)
    whole = bytearray(path.read_bytes())
    whole[4096 * 3 : 4096 * 12] = b"\x5a" * (4096 * 9)
    path.write_bytes(whole)
    with pytest.raises(BadInput, match=r"damaged|malformed"):
        copy(path, tmp_path / "copy.db")
    assert settings.url.endswith("dispatch.db")


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path) -> None:
    only_a_log(tmp_path)
    with pytest.raises(BadInput, match="cannot copy"):
        copy(tmp_path / "none.db", tmp_path / "copy.db")
    with pytest.raises(BadInput, match="cannot write"):
        copy(tmp_path / "dispatch.db", tmp_path / "none" / "copy.db")
    (tmp_path / "there.db").touch()
    with pytest.raises(BadInput, match="cannot write"):
        copy(tmp_path / "dispatch.db", tmp_path / "there.db")


def test_a_database_in_use_is_not_ours_alone(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path)
    engine = open_engine(settings.url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 FROM event"))
        with pytest.raises(BadInput, match="in use"):
            alone(tmp_path / "dispatch.db")
    engine.dispose()
    alone(tmp_path / "dispatch.db")
    assert not (tmp_path / "dispatch.db-wal").exists()


def test_the_old_schema_is_kept_before_an_upgrade(tmp_path: Path) -> None:
    settings = old(tmp_path)
    open_store(settings).dispose()
    (kept,) = (tmp_path / "backups").iterdir()
    before, after = open_engine(f"sqlite:///{kept}"), open_engine(settings.url)
    assert (stored_revision(before), stored_revision(after)) == (REVISIONS[-2], HEAD)
    assert count(kept, "region") == 1
    assert kept.stat().st_mode & 0o777 == 0o600
    before.dispose()
    after.dispose()


def test_no_copy_is_kept_when_nothing_changes(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for _ in range(2):
        open_store(settings).dispose()
    assert not (tmp_path / "backups").exists()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path)
    execute(settings, "UPDATE alembic_version SET version_num = '9999'")
    before = (tmp_path / "dispatch.db").read_bytes()
    with pytest.raises(BadInput, match="newer version"):
        open_store(settings)
    assert not (tmp_path / "backups").exists()
    alone(tmp_path / "dispatch.db")
    assert len((tmp_path / "dispatch.db").read_bytes()) >= len(before)


def test_an_upgrade_without_room_for_a_copy_does_not_begin(tmp_path: Path) -> None:
    settings = old(tmp_path)
    (tmp_path / "backups").write_text("in the way")
    engine = open_engine(settings.url)
    with pytest.raises(BadInput, match="cannot make the folder"):
        keep_before_upgrade(engine, NOW)
    with pytest.raises(BadInput):
        open_store(settings)
    assert stored_revision(engine) == REVISIONS[-2]
    engine.dispose()


def old(folder: Path) -> Settings:
    """A store of the schema before the newest, with a region."""
    from alembic import command
    from alembic.config import Config

    from dispatch.registry import engine as module
    from dispatch.registry.engine import writing

    folder.mkdir(exist_ok=True)
    settings = Settings(data_dir=folder)
    engine = open_engine(settings.url)
    config = Config()
    config.set_main_option("script_location", str(module._MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, REVISIONS[-2])
        connection.execute(
            sa.text("INSERT INTO region VALUES ('04', NULL, 1, '科金博', 'Coquimbo')")
        )
    engine.dispose()
    return settings
