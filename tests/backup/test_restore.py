"""The way back: into an empty place, as a whole, proven, under a new identity."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from dispatch.audit import audit
from dispatch.backup.restore import Request, restore
from dispatch.backup.save import save
from dispatch.errors import BadInput
from dispatch.eventlog import SqlEventLog
from dispatch.registry.engine import HEAD, open_engine, reading, stored_revision
from dispatch.registry.snapshot import load_roster
from dispatch.settings import Settings
from tests.backup.made import AGENCY, execute, made, only_a_log
from tests.backup.test_sqlite import old
from tests.servers import PostgresServer

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)


class Place:
    """Where to restore to: a new folder, and a new database on PostgreSQL."""

    def __init__(self, folder: Path, postgres: PostgresServer | None) -> None:
        self._folder, self._postgres, self._count = folder, postgres, 0

    def empty(self) -> Settings:
        self._count += 1
        url = self._postgres.database("template0") if self._postgres else ""
        return Settings(data_dir=self._folder / str(self._count), database_url=url)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    wanted = request.param == "postgresql"
    return Place(tmp_path, request.getfixturevalue("postgres") if wanted else None)


@pytest.fixture
def saved(place: Place, tmp_path: Path) -> tuple[Settings, Path]:
    """A store, and a backup of it."""
    there = place.empty()
    settings = made(there.data_dir, there.database_url)
    (settings.data_dir / "acceptance-v2.json").write_text('{"version": 2}')
    execute(settings, *SESSION)
    return settings, backup_of(settings, tmp_path / "x.zip")


SESSION = (
    "INSERT INTO access_session VALUES ('h', 'commander', 'li', 1, 9999999999999999, NULL)",
    "INSERT INTO access_link VALUES ('k', 'commander', 'li', 1, 9999999999999999, NULL)",
)


def backup_of(settings: Settings, path: Path) -> Path:
    engine = open_engine(settings.url)
    save(engine, settings.data_dir, path, NOW)
    engine.dispose()
    return path


def request_for(settings: Settings, file: Path, **more: bool) -> Request:
    return Request(file=file, data_dir=settings.data_dir, url=settings.url, **more)


def log_id(settings: Settings) -> str:
    engine = open_engine(settings.url)
    log = SqlEventLog(engine)
    try:
        return asyncio.run(log.log_id(AGENCY))
    finally:
        log.close()
        engine.dispose()


def count(settings: Settings, table: str) -> int:
    engine = open_engine(settings.url)
    with reading(engine) as connection:
        found = connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return int(found)


def test_everything_comes_back_under_a_new_identity(
    saved: tuple[Settings, Path], place: Place
) -> None:
    before, file = saved
    after = place.empty()
    restored = restore(request_for(after, file), NOW)
    engines = open_engine(before.url), open_engine(after.url)
    rosters = [load_roster(engine) for engine in engines]
    assert rosters[0].ids.tolist() == rosters[1].ids.tolist()
    reports = []
    for engine in engines:
        with reading(engine) as connection:
            reports.append(audit(connection, AGENCY))
        engine.dispose()
    assert reports[0].chain == reports[1].chain == restored.manifest.logs[0].chain
    assert reports[1].sound
    assert reports[0].log_id != reports[1].log_id == log_id(after)
    assert (after.data_dir / "acceptance-v2.json").read_text() == '{"version": 2}'
    assert not list(after.data_dir.glob(".restore-*"))


def test_sessions_stand_unless_told_otherwise(saved: tuple[Settings, Path], place: Place) -> None:
    there = place.empty()
    restore(request_for(there, saved[1]), NOW)
    assert (count(there, "access_session"), count(there, "access_link")) == (1, 1)
    there = place.empty()
    restore(request_for(there, saved[1], end_sessions=True), NOW)
    assert (count(there, "access_session"), count(there, "access_link")) == (0, 0)


def test_a_place_that_is_not_empty_is_refused_by_name(saved: tuple[Settings, Path]) -> None:
    settings, file = saved
    was = log_id(settings)
    with pytest.raises(BadInput, match=r"holds 8 events and 6\d volunteers"):
        restore(request_for(settings, file), NOW)
    assert log_id(settings) == was


def test_force_replaces_what_is_there(saved: tuple[Settings, Path]) -> None:
    settings, file = saved
    execute(settings, "DELETE FROM event", "DELETE FROM action")
    restored = restore(request_for(settings, file, force=True), NOW)
    assert count(settings, "event") == 8
    if restored.kept is not None:
        kept = Settings(database_url=f"sqlite:///{restored.kept}")
        assert count(kept, "event") == 0
    assert (restored.kept is None) == ("postgresql" in settings.url)


def test_an_empty_schema_is_an_empty_place(saved: tuple[Settings, Path], place: Place) -> None:
    there = place.empty()
    from dispatch.app import open_store

    open_store(there).dispose()
    restore(request_for(there, saved[1]), NOW)
    assert count(there, "event") == 8


def test_a_store_in_use_is_refused(saved: tuple[Settings, Path]) -> None:
    settings, file = saved
    engine = open_engine(settings.url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 FROM event"))
        with pytest.raises(BadInput, match="in use: stop the server first"):
            restore(request_for(settings, file, force=True), NOW)
    engine.dispose()
    assert count(settings, "event") == 8


def test_a_damaged_file_changes_nothing(saved: tuple[Settings, Path], place: Place) -> None:
    settings, file = saved
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    was, there = log_id(settings), place.empty()
    for request in (request_for(settings, file, force=True), request_for(there, file)):
        with pytest.raises(BadInput, match="no whole backup"):
            restore(request, NOW)
    assert log_id(settings) == was
    assert not (there.data_dir / "dispatch.db").exists()


def test_a_file_that_would_be_replaced_is_named_before_anything_is_done(
    saved: tuple[Settings, Path], place: Place
) -> None:
    there = place.empty()
    there.data_dir.mkdir()
    (there.data_dir / "acceptance-v2.json").write_text("mine")
    with pytest.raises(BadInput, match=r"acceptance-v2\.json holds a file"):
        restore(request_for(there, saved[1]), NOW)
    assert not (there.data_dir / "dispatch.db").exists()
    restore(request_for(there, saved[1], force=True), NOW)
    assert (there.data_dir / "acceptance-v2.json").read_text() == '{"version": 2}'


def test_the_other_store_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    file = backup_of(only_a_log(tmp_path / "a"), tmp_path / "x.zip")
    there = Settings(data_dir=tmp_path / "b", database_url=postgres.database("template0"))
    with pytest.raises(BadInput, match="is of a sqlite database, this one is postgresql"):
        restore(request_for(there, file), NOW)


def test_tables_of_something_else_are_never_dropped(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    file = backup_of(
        only_a_log(tmp_path / "a", postgres.database()), tmp_path / "x.zip"
    )  # fmt: skip
    there = Settings(data_dir=tmp_path / "b", database_url=postgres.database("template0"))
    execute(there, "CREATE TABLE ledger (n INTEGER)", "INSERT INTO ledger VALUES (1)")
    with pytest.raises(BadInput, match="something else"):
        restore(request_for(there, file, force=True), NOW)
    assert count(there, "ledger") == 1


def test_a_restore_that_fails_half_way_changes_nothing(
    tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = only_a_log(tmp_path / "a", postgres.database())
    file = backup_of(settings, tmp_path / "x.zip")
    was = log_id(settings)
    broken = "SELECT 1 / 0"
    monkeypatch.setattr("dispatch.backup.restore._renaming", lambda *_: broken)
    with pytest.raises(BadInput, match="division by zero"):
        restore(request_for(settings, file, force=True), NOW)
    assert count(settings, "event") == 8
    assert log_id(settings) == was


def test_a_damaged_database_can_be_replaced(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path / "data")
    file = backup_of(settings, tmp_path / "x.zip")
    path = settings.data_dir / "dispatch.db"
    path.write_bytes(b"\x00" * 5_000)
    (settings.data_dir / "dispatch.db-wal").write_bytes(b"stale")
    with pytest.raises(BadInput, match="cannot be read"):
        restore(request_for(settings, file), NOW)
    restored = restore(request_for(settings, file, force=True), NOW)
    assert count(settings, "event") == 8
    assert restored.kept is not None
    assert restored.kept.read_bytes() == b"\x00" * 5_000
    assert restored.kept.with_name(restored.kept.name + "-wal").read_bytes() == b"stale"


def test_a_backup_of_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    file = backup_of(old(tmp_path / "a"), tmp_path / "x.zip")
    there = Settings(data_dir=tmp_path / "b")
    restore(request_for(there, file), NOW)
    engine = open_engine(there.url)
    assert stored_revision(engine) == HEAD
    engine.dispose()


def test_a_backup_of_a_newer_schema_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = backup_of(only_a_log(tmp_path / "a"), tmp_path / "x.zip")
    monkeypatch.setattr("dispatch.backup.restore.REVISIONS", ("0001",))
    with pytest.raises(BadInput, match="newer version of this program"):
        restore(request_for(Settings(data_dir=tmp_path / "b"), file), NOW)
