"""One query for all who wait to know who they are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from dispatch.api.sessions import MOST, Sessions
from dispatch.clock import SystemClock
from dispatch.errors import StoreUnavailable
from dispatch.model import Actor, Role
from dispatch.registry import access
from dispatch.registry.engine import migrate, open_engine

CLOCK = SystemClock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'registry.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def queries(engine: Engine) -> list[str]:
    """What is asked of the table of sessions from now on."""
    asked: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT access_session"):
            asked.append(statement)

    return asked


def entered(engine: Engine, name: str) -> str:
    """The token of a new session of that commander."""
    now = CLOCK.now()
    link = access.make_link(engine, Role.COMMANDER, name, now, timedelta(hours=1))
    return access.use_link(engine, link, now).token


async def test_everybody_is_told_who_they_are(engine: Engine) -> None:
    tokens = {name: entered(engine, name) for name in ("anna", "bert")}
    sessions = Sessions(engine, CLOCK)
    digests = [access.digest(token) for token in (*tokens.values(), "invented")]
    found = await asyncio.gather(*map(sessions.holder, digests))
    assert found == [*(Actor(role=Role.COMMANDER, id=name) for name in tokens), None]


async def test_who_comes_while_a_question_is_out_is_in_the_next_one(
    engine: Engine, queries: list[str]
) -> None:
    digest = access.digest(entered(engine, "anna"))
    sessions = Sessions(engine, CLOCK)
    first = asyncio.create_task(sessions.holder(digest))
    await asyncio.sleep(0)
    others = [asyncio.create_task(sessions.holder(digest)) for _ in range(50)]
    found = await asyncio.gather(first, *others)
    assert {actor.id for actor in found if actor is not None} == {"anna"}
    assert (len(found), len(queries)) == (51, 2)


async def test_a_crowd_is_asked_for_in_parts(engine: Engine, queries: list[str]) -> None:
    sessions = Sessions(engine, CLOCK)
    found = await asyncio.gather(*(sessions.holder(f"unknown-{n}") for n in range(MOST + 1)))
    assert (set(found), len(queries)) == ({None}, 2)


async def test_what_ended_before_the_question_does_not_stand(engine: Engine) -> None:
    token = entered(engine, "anna")
    sessions = Sessions(engine, CLOCK)
    assert await sessions.holder(access.digest(token)) is not None
    access.end_session(engine, token, CLOCK.now())
    assert await sessions.holder(access.digest(token)) is None


async def test_one_who_gives_up_takes_nobody_along(engine: Engine) -> None:
    digest = access.digest(entered(engine, "anna"))
    sessions = Sessions(engine, CLOCK)
    hasty = asyncio.create_task(sessions.holder(digest))
    patient = asyncio.create_task(sessions.holder(digest))
    await asyncio.sleep(0)
    hasty.cancel()
    found = await patient
    assert found is not None
    assert await sessions.holder(digest) == found


async def test_a_store_that_cannot_answer_fails_those_who_asked_and_no_others(
    engine: Engine,
) -> None:
    digest = access.digest(entered(engine, "anna"))
    sessions = Sessions(engine, CLOCK)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE access_session RENAME TO away")
    with pytest.raises(StoreUnavailable):
        await sessions.holder(digest)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO access_session")
    assert await sessions.holder(digest) is not None
