"""The database: reachable, safe, of our schema, with a log that holds together."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.doctor import store
from dispatch.doctor.finding import Finding, Level
from dispatch.settings import Settings
from tests.backup.made import execute, only_a_log
from tests.backup.test_sqlite import old
from tests.servers import PostgresServer


def seen(settings: Settings) -> dict[str, Finding]:
    return {f.name: f for f in store.database(settings)}


def test_a_sound_file(tmp_path: Path) -> None:
    found = seen(only_a_log(tmp_path))
    assert {name: f.level for name, f in found.items()} == dict.fromkeys(
        ("database", "schema", "log"), Level.OK
    )


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert seen(Settings(data_dir=tmp_path))["database"].level is Level.OK
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "dispatch.db").write_bytes(b"this is not a database" * 500)
    found = seen(Settings(data_dir=tmp_path))["database"]
    assert found.level is Level.FAIL
    assert "restore a backup" in found.advice


def test_damaged_pages(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path)
    path = tmp_path / "dispatch.db"
    whole = bytearray(path.read_bytes())
    whole[4096 * 4 :] = b"\x5a" * (len(whole) - 4096 * 4)
    path.write_bytes(whole)
    assert Level.FAIL in {f.level for f in store.database(settings)}


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("DELETE FROM event WHERE seq = 3", "7 entries, but the last is number 8"),
        ("UPDATE log_head SET seq = 9", "the head says 9"),
        ("UPDATE event SET kind = 'NeverHeardOf' WHERE seq = 8", "NeverHeardOf"),
        ("DELETE FROM action WHERE last_seq = 8", "is not known"),
    ],
)
def test_a_log_that_does_not_hold_together(tmp_path: Path, harm: str, said: str) -> None:
    settings = only_a_log(tmp_path)
    execute(settings, harm)
    found = seen(settings)["log"]
    assert found.level is Level.FAIL
    assert said in found.text


def test_an_older_schema_warns_and_is_left_alone(tmp_path: Path) -> None:
    settings = old(tmp_path)
    for _ in range(2):
        assert seen(settings)["schema"].level is Level.WARN


def test_a_newer_schema_fails(tmp_path: Path) -> None:
    settings = only_a_log(tmp_path)
    execute(settings, "UPDATE alembic_version SET version_num = '9999'")
    found = seen(settings)["database"]
    assert found.level is Level.FAIL
    assert "newer version" in found.text


def test_a_server_without_fsync_fails(tmp_path: Path, postgres: PostgresServer) -> None:
    found = seen(only_a_log(tmp_path, postgres.database()))
    assert found["database"].level is Level.OK
    assert found["durability"].level is Level.FAIL  # the tests' server has it off
    assert "fsync = on" in found["durability"].advice
    assert found["clock"].level is Level.OK
    assert found["backup program"].level is Level.OK
    assert found["log"].level is Level.OK


def test_too_few_connections_warn(tmp_path: Path, postgres: PostgresServer) -> None:
    settings = only_a_log(tmp_path, postgres.database())
    many = settings.model_copy(update={"workers": 8})
    found = seen(many)["connections"]
    assert found.level is Level.WARN
    assert "max_connections = 389" in found.advice


def test_a_server_that_is_away_fails(tmp_path: Path) -> None:
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    found = seen(Settings(data_dir=tmp_path, database_url=url))["database"]
    assert found.level is Level.FAIL
    assert "secret" not in found.text


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0.0, Level.OK), (-0.9, Level.OK), (2.0, Level.WARN), (-31.0, Level.FAIL)],
)
def test_clocks(seconds: float, level: Level) -> None:
    (found,) = store.skew(seconds)
    assert found.level is level
    if level is not Level.OK:
        assert ("ahead of" if seconds > 0 else "behind") in found.text
