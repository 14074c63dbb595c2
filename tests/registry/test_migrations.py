from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, insert, inspect, text, update
from sqlalchemy.exc import IntegrityError

import dispatch
from dispatch.errors import BadInput
from dispatch.model import VolunteerId
from dispatch.registry import engine as engine_module
from dispatch.registry.engine import REVISIONS, migrate, open_engine, reading, writing
from dispatch.registry.snapshot import load_roster
from dispatch.registry.tables import (
    boundary,
    credential,
    metadata,
    policy_member,
    team_leader,
    volunteer,
)

from .conftest import AddPerson

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
    """Return the parts of each table's and index's definition, in an order of their own: a column
    added later stands behind the constraints of the table."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql > ''")).all()
    return {name: _parts(sql) for name, sql in rows if not name.startswith("sqlite_")}


def _parts(sql: str) -> list[str]:
    what, _, body = " ".join(sql.split()).removesuffix(")").partition("(")
    parts = re.split(r", (?![^()]*\))| (?=CONSTRAINT )", body)
    return [what, *sorted(part.strip() for part in parts)]


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


def _step(engine: Engine, move: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        move(config, revision)


def _rows(engine: Engine) -> dict[str, list[dict[str, object]]]:
    """Return every row of the registry as the store has it, whatever its columns."""
    with reading(engine) as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(
                    text(f"SELECT * FROM {table.name} ORDER BY 1, 2")
                ).mappings()
            ]
            for table in metadata.sorted_tables
            if table.name not in ADDED_LATER
        }


ADDED_LATER = {
    "boundary", "station", "tracker", "contact", "push_subscription", "secret", "lease",
}  # fmt: skip
"""Tables that a store of 0001 has not."""
CREW = {"served_h": 0, "languages": "", "seats": 0}
TEAM = {"chat": None}


def test_a_registry_of_0001_keeps_everything_through_all_and_back(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    """Above all what hangs on a volunteer by ON DELETE CASCADE."""
    _step(registry, command.downgrade, "0001")
    people = [add_person("V1"), add_person("V2", mode="foot")]
    _hang_on(registry, people, now)
    before = _rows(registry)
    assert not set(CREW) & set(before["volunteer"][0])

    migrate(registry)
    with_crew = [row | CREW for row in before["volunteer"]]
    with_chat = [row | TEAM for row in before["team"]]
    assert _rows(registry) == before | {"volunteer": with_crew, "team": with_chat}

    driver = volunteer.c.id == people[0]
    with writing(registry) as connection:
        connection.execute(
            update(volunteer).where(driver).values(served_h=40, languages=("zh", "en"), seats=3)
        )
    assert load_roster(registry).served_h.tolist() == [40, 0]
    with writing(registry) as connection:
        connection.execute(insert(boundary), {"code": "9901", "outline": b"x"})
    _step(registry, command.downgrade, "0001")
    assert _rows(registry) == before
    migrate(registry)
    assert _rows(registry)["volunteer"] == with_crew


def _hang_on(engine: Engine, people: list[VolunteerId], now: datetime) -> None:
    proofs = [
        {"volunteer_id": one, "skill": "LOG", "level": 1, "verified_by": "office",
         "verified_at": now}
        for one in people
    ]  # fmt: skip
    members = [{"policy_id": 1, "volunteer_id": one, "activated_at": now} for one in people]
    with writing(engine) as connection:
        connection.execute(insert(credential), proofs)
        connection.execute(insert(policy_member), members)
        connection.execute(insert(team_leader), {"team_id": 2, "volunteer_id": people[0]})


def test_the_way_back_ends_at_the_schema_of_0001(migrated: Path, tmp_path: Path) -> None:
    stepped = open_engine(f"sqlite:///{tmp_path / 'stepped.db'}")
    _step(stepped, command.upgrade, "0001")
    (tmp_path / "back.db").write_bytes(migrated.read_bytes())
    back = open_engine(f"sqlite:///{tmp_path / 'back.db'}")
    _step(back, command.downgrade, "0001")
    assert _definitions(back) == _definitions(stepped)
    stepped.dispose()
    back.dispose()


def test_a_volunteer_may_come_by_boat_since_0003(registry: Engine, add_person: AddPerson) -> None:
    """The check is changed in place: also for connections that were open before."""
    _step(registry, command.downgrade, "0002")
    with pytest.raises(IntegrityError):
        add_person("V1", mode="boat")
    migrate(registry)
    add_person("V1", mode="boat")
    with pytest.raises(IntegrityError):
        add_person("V2", mode="balloon")
    assert [row["mode"] for row in _rows(registry)["volunteer"]] == ["boat"]
