"""PostgreSQL's own programs: found, fed and believed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from dispatch.backup import postgres as programs
from dispatch.errors import BadInput
from tests.servers import PostgresServer


def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(BadInput, match=r"pg_dump is missing: install .*postgresql-client"):
        programs.program("pg_dump")


def test_the_newest_of_several_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [Path(f"/usr/lib/postgresql/{v}/bin/pg_dump") for v in ("9.6", "18", "15")]
    monkeypatch.setattr(Path, "glob", lambda *_: iter(there))
    assert programs.program("pg_dump") == "/usr/lib/postgresql/18/bin/pg_dump"


def test_a_password_is_not_on_the_command_line(tmp_path: Path) -> None:
    url = sa.make_url("postgresql://me:s3cret@db.example:5433/dispatch?sslmode=require")
    env = programs._env(url)
    assert env["PGPASSWORD"] == "s3cret"
    assert (env["PGHOST"], env["PGPORT"], env["PGSSLMODE"]) == ("db.example", "5433", "require")


def test_what_the_program_says_is_passed_on(tmp_path: Path, postgres: PostgresServer) -> None:
    url = sa.make_url(postgres.url("no_such_database"))
    with pytest.raises(BadInput, match=r'pg_dump: .*"no_such_database" does not exist'):
        programs.dump(url, "none", tmp_path / "x.pgdump")
