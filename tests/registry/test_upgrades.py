"""A store of every released schema opens with the program of today, and nothing in it is lost."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from dispatch.app import open_store
from dispatch.audit import audit
from dispatch.board import Board, apply
from dispatch.errors import BadInput
from dispatch.eventlog import SqlEventLog
from dispatch.events import Entry, NoteAdded
from dispatch.model import ActionId, Actor, AgencyId, Role
from dispatch.registry import engine as module
from dispatch.registry.engine import HEAD, REVISIONS, open_engine, reading, stored_revision, writing
from dispatch.registry.snapshot import load_roster
from dispatch.settings import Settings
from tests.servers import PostgresServer

STORED = Path(__file__).parent.parent / "data" / "schema"
RELEASED = ("0001", "0002", "0003", "0004")
AGENCY = AgencyId("coquimbo")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(data_dir=tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return Settings(data_dir=tmp_path, database_url=server.database("template0"))


def rows_of(revision: str) -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = json.loads((STORED / f"{revision}.json").read_text())
    return content


def store_of(settings: Settings, revision: str) -> None:
    """Make a store as the program of that schema left it."""
    engine, config = open_engine(settings.url), Config()
    config.set_main_option("script_location", str(module._MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    content, then = rows_of(revision), sa.MetaData()
    then.reflect(engine)
    with writing(engine) as connection:
        connection.execute(sa.text("DELETE FROM roster_version"))
        for table in then.sorted_tables:
            if table.name in content:
                connection.execute(sa.insert(table), list(_typed(table, content[table.name])))
    engine.dispose()


def _typed(table: sa.Table, content: dict[str, Any]) -> Any:
    """The rows with the types that the table's columns take."""
    columns = [table.c[name] for name in content["columns"]]
    for row in content["rows"]:
        yield {c.name: _value(c.type, v) for c, v in zip(columns, row, strict=True)}


def _value(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    match kind:
        case _ if value is None:
            return None
        case sa.Boolean():
            return bool(value)
        case sa.Date():
            return date.fromisoformat(value)
        case sa.JSON():
            return json.loads(value)
        case sa.LargeBinary():
            return value.encode()
        case _:
            return value


@pytest.mark.parametrize("revision", RELEASED)
def test_a_released_store_opens_with_everybody_and_everything_that_happened(
    settings: Settings, revision: str
) -> None:
    store_of(settings, revision)
    content = rows_of(revision)
    engine = open_store(settings)
    assert stored_revision(engine) == HEAD

    roster = load_roster(engine)
    ids = [row[0] for row in content["volunteer"]["rows"]]
    assert roster.ids.tolist() == ids
    assert len(roster.policies) == len(content["policy"]["rows"])

    log = SqlEventLog(engine)
    board = asyncio.run(folded(log))
    assert board.seq == len(content["event"]["rows"]) > 15
    assert Counter(a.status.value for a in board.assignments.values()) == {"HOME": 1, "EN_ROUTE": 1}
    assert len(board.incidents) == len(board.needs) == 1
    assert any(e.text == "河水漫堤" for e in board.entries)
    with reading(engine) as connection:
        assert audit(connection, AGENCY).found == []

    asyncio.run(goes_on(log, board))
    log.close()
    engine.dispose()


async def folded(log: SqlEventLog) -> Board:
    board = Board(agency=AGENCY)
    while batch := await log.read(AGENCY, board.seq):
        for stored in batch:
            apply(board, stored)
    return board


async def goes_on(log: SqlEventLog, board: Board) -> None:
    """The old log takes new entries."""
    assert board.at is not None
    entry = Entry(
        at=board.at,
        actor=Actor(role=Role.COMMANDER, id="li"),
        action_id=ActionId("commander:li/after"),
        exercise=False,
        event=NoteAdded(text="After the upgrade", incident_id=None),
    )
    assert await log.append(AGENCY, [entry], board.seq) == board.seq + 1


@pytest.mark.parametrize("revision", RELEASED)
def test_rows_are_what_they_were(settings: Settings, revision: str) -> None:
    """No step may touch a column that it does not add: above all not by ON DELETE CASCADE."""
    store_of(settings, revision)
    open_store(settings).dispose()
    engine, now = open_engine(settings.url), sa.MetaData()
    now.reflect(engine)
    for name, content in rows_of(revision).items():
        table = now.tables[name]
        columns = [table.c[column] for column in content["columns"]]
        with reading(engine) as connection:
            found = Counter(
                repr(dict(r)) for r in connection.execute(sa.select(*columns)).mappings()
            )
        assert found == Counter(repr(row) for row in _typed(table, content)), name
    engine.dispose()


def test_there_is_a_store_of_every_released_schema() -> None:
    assert sorted(path.stem for path in STORED.glob("*.json")) == list(RELEASED)
    assert REVISIONS[: len(RELEASED)] == RELEASED


def test_a_schema_of_the_future_is_refused_in_one_line(settings: Settings) -> None:
    open_store(settings).dispose()
    engine = open_engine(settings.url)
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(BadInput, match=r"written by a newer version .*update the program") as told:
        open_store(settings)
    assert "\n" not in str(told.value)
