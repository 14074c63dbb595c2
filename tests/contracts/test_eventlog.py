"""What every event log promises, on each adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from dispatch.errors import Conflict, LogCorrupt, StoreUnavailable
from dispatch.eventlog import MemoryEventLog, SqlEventLog, event, metadata
from dispatch.events import Entry, NoteAdded
from dispatch.model import ActionId, Actor, AgencyId, Role
from dispatch.ports import ActionRecord, EventLog

A = AgencyId("a")
B = AgencyId("b")
AT = datetime(2026, 7, 20, 19, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    if request.param == "memory":
        yield MemoryEventLog()
        return
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'log.db'}")
    metadata.create_all(engine)
    sql = SqlEventLog(engine)
    yield sql
    sql.close()
    engine.dispose()


def entries(action: str, *texts: str) -> list[Entry]:
    return [
        Entry(
            at=AT,
            actor=Actor(role=Role.COMMANDER, id="李"),
            action_id=ActionId(action),
            exercise=True,
            event=NoteAdded(text=text, incident_id=None),
        )
        for text in texts
    ]


def texts(stored: list) -> list[str]:
    return [s.event.text for s in stored]


async def test_seq_runs_gap_free_from_one(log: EventLog) -> None:
    assert await log.head(A) == 0
    assert await log.append(A, entries("1", "a", "b"), 0) == 2
    assert await log.append(A, entries("2", "c"), 2) == 3
    stored = await log.read(A, 0)
    assert [s.seq for s in stored] == [1, 2, 3]
    assert texts(stored) == ["a", "b", "c"]
    assert await log.head(A) == 3


async def test_what_is_read_is_what_was_written(log: EventLog) -> None:
    (entry,) = entries("1", "水位上涨")
    await log.append(A, [entry], 0)
    (stored,) = await log.read(A, 0)
    assert (stored.at, stored.actor, stored.action_id) == (AT, entry.actor, entry.action_id)
    assert (stored.exercise, stored.event) == (True, entry.event)


async def test_wrong_expectation_is_a_conflict_and_stores_nothing(log: EventLog) -> None:
    await log.append(A, entries("1", "a"), 0)
    for expected in (0, 2):
        with pytest.raises(Conflict):
            await log.append(A, entries("2", "b"), expected)
    assert texts(await log.read(A, 0)) == ["a"]
    assert await log.find(A, ActionId("2")) is None


async def test_an_action_is_stored_once(log: EventLog) -> None:
    await log.append(A, entries("1", "a", "b"), 0, "digest")
    with pytest.raises(Conflict):
        await log.append(A, entries("1", "c"), 2)
    assert texts(await log.read(A, 0)) == ["a", "b"]
    record = ActionRecord(digest="digest", first_seq=1, last_seq=2)
    assert await log.find(A, ActionId("1")) == record


async def test_a_batch_is_one_action(log: EventLog) -> None:
    with pytest.raises(ValueError, match="one action"):
        await log.append(A, [*entries("1", "a"), *entries("2", "b")], 0)
    with pytest.raises(ValueError, match="one action"):
        await log.append(A, [], 0)


async def test_agencies_do_not_see_each_other(log: EventLog) -> None:
    await log.append(A, entries("1", "a"), 0)
    await log.append(B, entries("1", "b"), 0)
    assert texts(await log.read(B, 0)) == ["b"]
    assert await log.log_id(A) != await log.log_id(B)


async def test_read_after_and_limit(log: EventLog) -> None:
    await log.append(A, entries("1", *"abcdef"), 0)
    assert texts(await log.read(A, 2, 3)) == ["c", "d", "e"]
    assert await log.read(A, 6) == []


async def test_log_id_is_made_once(log: EventLog) -> None:
    first = await log.log_id(A)
    await log.append(A, entries("1", "a"), 0)
    assert await log.log_id(A) == first


async def test_of_many_writers_one_wins_each_place(log: EventLog) -> None:
    async def write(n: int) -> bool:
        try:
            await log.append(A, entries(str(n), str(n)), 0)
        except Conflict:
            return False
        return True

    won = await asyncio.gather(*(write(n) for n in range(10)))
    assert sum(won) == 1
    assert len(await log.read(A, 0)) == 1


class TestSql:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "log.db"

    def open(self, path: Path) -> SqlEventLog:
        engine = sa.create_engine(f"sqlite:///{path}")
        metadata.create_all(engine)
        return SqlEventLog(engine)

    async def test_survives_reopening(self, path: Path) -> None:
        log = self.open(path)
        await log.append(A, entries("1", "a"), 0)
        ident = await log.log_id(A)
        log.close()
        log._engine.dispose()
        again = self.open(path)
        assert texts(await again.read(A, 0)) == ["a"]
        assert await again.log_id(A) == ident
        again.close()
        again._engine.dispose()

    async def test_an_unreadable_entry_is_corrupt_not_skipped(self, path: Path) -> None:
        log = self.open(path)
        await log.append(A, entries("1", "a", "b"), 0)
        with log._engine.begin() as connection:
            connection.execute(sa.update(event).where(event.c.seq == 1).values(body=b"rubbish"))
        with pytest.raises(LogCorrupt):
            await log.read(A, 0)
        log.close()
        log._engine.dispose()

    async def test_a_database_that_cannot_answer(self, path: Path) -> None:
        log = self.open(path)
        await log.log_id(A)
        with log._engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE event"))
        with pytest.raises(StoreUnavailable, match="event"):
            await log.append(A, entries("1", "a"), 0)
        log.close()
        log._engine.dispose()
