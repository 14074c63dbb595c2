"""What every event log promises, on each adapter."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from dispatch import eventlog
from dispatch.errors import Conflict, LogCorrupt, StoreUnavailable
from dispatch.eventlog import MemoryEventLog, SqlEventLog, event
from dispatch.events import Entry, NoteAdded, Stored
from dispatch.model import ActionId, Actor, AgencyId, Role
from dispatch.ports import ActionRecord, EventLog
from dispatch.registry.engine import migrate, open_engine
from dispatch.settings import ROOT
from tests.servers import PostgresServer

A = AgencyId("a")
B = AgencyId("b")
AT = datetime(2026, 7, 20, 19, 0, 0, 123456, tzinfo=UTC)


STORES = ["sqlite", "postgresql"]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of the kind the test is parametrised with."""
    return address(request, tmp_path)


def address(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres").database())
    return f"sqlite:///{folder / 'log.db'}"


def opened(url: str) -> SqlEventLog:
    engine = open_engine(url)
    migrate(engine)
    return SqlEventLog(engine)


def close(log: SqlEventLog) -> None:
    log.close()
    log._engine.dispose()


@pytest.fixture(params=["memory", *STORES])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    if request.param == "memory":
        yield MemoryEventLog()
        return
    sql = opened(address(request, tmp_path))
    yield sql
    close(sql)


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
    assert await log.find(A, [ActionId("2")]) == {}


async def test_an_action_is_stored_once(log: EventLog) -> None:
    await log.append(A, entries("1", "a", "b"), 0, {ActionId("1"): "digest"})
    for again in (entries("1", "c"), [*entries("2", "d"), *entries("1", "c")]):
        with pytest.raises(Conflict):
            await log.append(A, again, 2)
    assert texts(await log.read(A, 0)) == ["a", "b"]
    record = ActionRecord(digest="digest", first_seq=1, last_seq=2)
    assert await log.find(A, [ActionId("1"), ActionId("2")]) == {ActionId("1"): record}


async def test_many_actions_are_stored_together_or_not_at_all(log: EventLog) -> None:
    both = [*entries("1", "a", "b"), *entries("2", "c")]
    assert await log.append(A, both, 0, {ActionId("2"): "two"}) == 3
    assert await log.find(A, [ActionId("1"), ActionId("2")]) == {
        ActionId("1"): ActionRecord(digest="", first_seq=1, last_seq=2),
        ActionId("2"): ActionRecord(digest="two", first_seq=3, last_seq=3),
    }
    assert await log.find(A, []) == {}


async def test_the_entries_of_an_action_stand_together(log: EventLog) -> None:
    with pytest.raises(ValueError, match="do not stand together"):
        await log.append(A, [*entries("1", "a"), *entries("2", "b"), *entries("1", "c")], 0)
    with pytest.raises(ValueError, match="nothing"):
        await log.append(A, [], 0)
    assert await log.head(A) == 0


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


async def test_turns_come_and_go_even_when_somebody_gives_up(log: EventLog) -> None:
    async def take_turns(n: int) -> None:
        async with log.turn(A):
            await log.append(A, entries(str(n), str(n)), await log.head(A))

    for n in range(3):
        await take_turns(n)
    given_up = asyncio.create_task(take_turns(3))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    await asyncio.wait_for(take_turns(4), 5)
    assert texts(await log.read(A, 0))[-1] == "4"


@pytest.mark.parametrize("url", STORES, indirect=True)
class TestSql:
    async def test_survives_reopening(self, url: str) -> None:
        log = opened(url)
        await log.append(A, entries("1", "a"), 0)
        ident = await log.log_id(A)
        close(log)
        again = opened(url)
        assert texts(await again.read(A, 0)) == ["a"]
        assert await again.log_id(A) == ident
        close(again)

    async def test_an_unreadable_entry_is_corrupt_not_skipped(self, url: str) -> None:
        log = opened(url)
        await log.append(A, entries("1", "a", "b"), 0)
        with log._engine.begin() as connection:
            connection.execute(sa.update(event).where(event.c.seq == 1).values(body=b"rubbish"))
        with pytest.raises(LogCorrupt):
            await log.read(A, 0)
        close(log)

    async def test_a_database_that_cannot_answer(self, url: str) -> None:
        log = opened(url)
        await log.log_id(A)
        with log._engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE event"))
        with pytest.raises(StoreUnavailable, match="event"):
            await log.append(A, entries("1", "a"), 0)
        assert await log.head(A) == 0
        close(log)

    async def test_of_two_processes_one_wins_each_place(self, url: str) -> None:
        """Each writes its own actions one by one, always to where it believes the head is."""
        log = opened(url)
        await log.log_id(A)
        await asyncio.to_thread(write_by_two_processes, url)
        stored = await log.read(A, 0)
        assert [s.seq for s in stored] == list(range(1, 2 * TURNS + 1))
        wanted = {f"{name} {n}" for name in ("left", "right") for n in range(TURNS)}
        assert sorted(texts(stored)) == sorted(wanted)
        found = await log.find(A, [ActionId(text) for text in wanted])
        assert {r.first_seq for r in found.values()} == {s.seq for s in stored}
        close(log)


TURNS = 40


def write_by_two_processes(url: str) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-m", __name__, url, name], cwd=ROOT)
        for name in ("left", "right")
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0]


async def write_in_turns(url: str, name: str) -> None:
    """Store TURNS actions, re-reading the head after each lost race."""
    log = opened(url)
    for n in range(TURNS):
        while True:
            try:
                await log.append(A, entries(f"{name} {n}", f"{name} {n}"), await log.head(A))
            except Conflict:
                continue
            break
    close(log)


class TestPostgres:
    async def test_commits_wait_for_the_disk_whatever_the_server_says(
        self, postgres: PostgresServer
    ) -> None:
        url = postgres.database()
        engine = open_engine(url)
        setting = sa.text("SHOW synchronous_commit")
        for given, kept in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
            with engine.begin() as connection:
                name = sa.text(f'ALTER DATABASE "{engine.url.database}" '
                               f"SET synchronous_commit = {given}")  # fmt: skip
                connection.execute(name)
            engine.dispose()
            with engine.connect() as connection:
                assert connection.execute(setting).scalar() == kept
        engine.dispose()

    async def test_a_machine_that_vanished_is_noticed_by_the_server(
        self, postgres: PostgresServer
    ) -> None:
        log = opened(postgres.database())
        with log._engine.connect() as connection:
            idle = connection.exec_driver_sql("SHOW tcp_keepalives_idle").scalar()
            unacknowledged = connection.exec_driver_sql("SHOW tcp_user_timeout").scalar()
        assert (idle, unacknowledged) == ("5", "10000")
        close(log)

    async def test_one_writer_at_a_time_has_the_turn(self, postgres: PostgresServer) -> None:
        url = postgres.database()
        logs = [opened(url) for _ in range(3)]
        inside, most = 0, 0

        async def take_turns(log: SqlEventLog, agency: AgencyId) -> None:
            nonlocal inside, most
            for _ in range(5):
                async with log.turn(agency):
                    inside += 1
                    most = max(most, inside)
                    await asyncio.sleep(0.005)
                    inside -= 1

        await asyncio.gather(*(take_turns(log, A) for log in logs))
        assert most == 1
        await asyncio.gather(*(take_turns(*pair) for pair in zip(logs, (A, B), strict=False)))
        assert most == 2  # other agencies have turns of their own
        for log in logs:
            close(log)

    async def test_a_turn_that_is_never_given_back_stops_nobody(
        self, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(eventlog, "TURN_S", 0.1)
        url = postgres.database()
        stuck, log = opened(url), opened(url)
        async with stuck.turn(A):
            for n in range(2):
                async with log.turn(A):
                    assert await log.append(A, entries(str(n), "x"), n) == n + 1
        for one in (stuck, log):
            close(one)

    async def test_a_frozen_server_is_not_waited_for_and_what_it_stored_is_found(
        self, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        log = opened(own_postgres.url())
        await log.append(A, entries("1", "a"), 0)
        monkeypatch.setattr(eventlog, "ANSWER_S", 0.3)
        with own_postgres.frozen():
            with pytest.raises(StoreUnavailable, match="in time"):
                await log.append(A, entries("2", "b"), 1)
            with pytest.raises(StoreUnavailable, match="in time"):
                async with log.turn(A):
                    raise AssertionError("nobody has the turn")
        monkeypatch.undo()
        async with log.turn(A):
            stored = await log.find(A, [ActionId("2")])
            assert texts(await log.read(A, 0)) == ["a", "b"][: 1 + len(stored)]
        close(log)

    async def test_goes_on_when_the_server_is_back(self, own_postgres: PostgresServer) -> None:
        log = opened(own_postgres.url())
        await log.append(A, entries("1", "a"), 0)
        own_postgres.kill()
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await log.append(A, entries("2", "b"), 1)
            with pytest.raises(StoreUnavailable):
                await log.read(A, 0)
        own_postgres.start()
        assert texts(await log.read(A, 0)) == ["a"]
        assert await log.append(A, entries("2", "b"), 1) == 2
        close(log)

    async def test_restarts_under_load_lose_and_double_nothing(
        self, own_postgres: PostgresServer
    ) -> None:
        """Four writers, each with connections of its own, retry under the same action id."""
        logs = [opened(own_postgres.url()) for _ in range(4)]
        over = asyncio.Event()
        acknowledged: list[str] = []

        async def write(log: SqlEventLog, name: str) -> None:
            for n in itertools.count():
                if over.is_set():
                    return
                await store(log, f"{name} {n}")
                acknowledged.append(f"{name} {n}")

        writers = [asyncio.create_task(write(log, f"w{k}")) for k, log in enumerate(logs)]
        for _ in range(3):
            seen = len(acknowledged)
            async with asyncio.timeout(60):
                while len(acknowledged) < seen + 40:  # noqa: ASYNC110 - a condition, not an event
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(own_postgres.restart)
        over.set()
        await asyncio.gather(*writers)
        stored: list[Stored] = []
        while batch := await logs[0].read(A, len(stored)):
            stored += batch
        assert [s.seq for s in stored] == list(range(1, len(stored) + 1))
        assert sorted(texts(stored)) == sorted(acknowledged)
        for log in logs:
            close(log)


async def store(log: SqlEventLog, action: str) -> None:
    """Store an action as a client does that never gives up and never does it twice."""
    while True:
        try:
            if await log.find(A, [ActionId(action)]):
                return
            await log.append(A, entries(action, action), await log.head(A))
            return
        except (Conflict, StoreUnavailable):
            await asyncio.sleep(0.005)


if __name__ == "__main__":
    asyncio.run(write_in_turns(*sys.argv[1:]))
