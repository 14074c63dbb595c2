from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

import dispatch
from dispatch.errors import BadInput
from dispatch.registry import engine as engine_module
from dispatch.registry.engine import REVISIONS, migrate, open_engine, reading, writing
from dispatch.registry.tables import metadata

LOG_TABLES = {"log_head", "event", "action"}
FOLDER = Path(dispatch.__file__).parent / "migrations"


def test_a_migrated_store_has_the_tables_of_the_code(engine: Engine) -> None:
    with reading(engine) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    others = [one for one in differences if not _of_the_log(one)]
    assert others == []


def _of_the_log(difference: object) -> bool:
    match difference:
        case ("remove_table", table):
            return table.name in LOG_TABLES  # type: ignore[attr-defined,no-any-return]
        case _:
            return False


def test_checks_and_defaults_are_the_same_to_the_letter(migrated: Path) -> None:
    """What autogenerate does not compare: CHECKs, ON DELETE, AUTOINCREMENT."""
    plain = create_engine("sqlite://")
    metadata.create_all(plain)
    opened = open_engine(f"sqlite:///{migrated}")
    declared, stored = _definitions(plain), _definitions(opened)
    plain.dispose()
    opened.dispose()
    assert {name: stored[name] for name in declared} == declared
    assert {name for name in stored if name not in declared} == LOG_TABLES | {"alembic_version"}


def _definitions(engine: Engine) -> dict[str, list[str]]:
    """Return the parts of each table's and index's definition, in an order of their own."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql > ''")).all()
    return {
        name: sorted(
            part.strip(" ,()") for part in re.split(r"\n|,\s*(?=CONSTRAINT)", " ".join(sql.split()))
        )
        for name, sql in rows
        if not name.startswith("sqlite_")
    }


def test_the_event_log_tables_are_there(engine: Engine) -> None:
    inspector = inspect(engine)
    columns = {
        table: [column["name"] for column in inspector.get_columns(table)] for table in LOG_TABLES
    }
    keys = {table: inspector.get_pk_constraint(table)["constrained_columns"] for table in columns}
    assert columns == {
        "log_head": ["agency", "log_id", "seq"],
        "event": [
            "agency", "seq", "at_us", "kind", "version", "actor_role", "actor_id", "action_id",
            "exercise", "body",
        ],
        "action": ["agency", "action_id", "digest", "first_seq", "last_seq"],
    }  # fmt: skip
    assert keys == {
        "log_head": ["agency"],
        "event": ["agency", "seq"],
        "action": ["agency", "action_id"],
    }


def test_the_code_knows_every_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    known = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(known)) == REVISIONS


def test_migrating_again_does_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a second migration wants to write")

    monkeypatch.setattr(engine_module, "writing", refuse)
    migrate(engine)


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    opened = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with writing(opened) as connection:
        # In the way of the last table but one: the ones before it are made by then.
        connection.execute(text("CREATE TABLE event (x INTEGER)"))
    with pytest.raises(BadInput, match=r"cannot migrate .*event already exists"):
        migrate(opened)
    assert inspect(opened).get_table_names() == ["event"]
    opened.dispose()
