from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dispatch.registry.leases import hold, release


def test_one_holds_it_until_it_ends(engine: Engine, now: datetime) -> None:
    assert hold(engine, "outbox", "a", now, 10)
    assert not hold(engine, "outbox", "b", now + timedelta(seconds=9.9), 10)
    assert hold(engine, "outbox", "b", now + timedelta(seconds=10), 10)
    assert not hold(engine, "outbox", "a", now + timedelta(seconds=10), 10)


def test_its_holder_renews_it(engine: Engine, now: datetime) -> None:
    for n in range(5):
        assert hold(engine, "outbox", "a", now + timedelta(seconds=8 * n), 10)
    assert not hold(engine, "outbox", "b", now + timedelta(seconds=41), 10)


def test_leases_of_other_names_are_other_leases(engine: Engine, now: datetime) -> None:
    assert hold(engine, "outbox", "a", now, 10)
    assert hold(engine, "backup", "b", now, 10)


def test_who_gives_it_back_lets_the_next_in_at_once(engine: Engine, now: datetime) -> None:
    assert hold(engine, "outbox", "a", now, 10)
    release(engine, "outbox", "b")
    assert not hold(engine, "outbox", "b", now, 10)
    release(engine, "outbox", "a")
    assert hold(engine, "outbox", "b", now, 10)


def test_of_many_at_once_exactly_one_gets_it(engine: Engine, now: datetime) -> None:
    for n in range(5):
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda who: hold(engine, f"x{n}", str(who), now, 10), range(8)))  # noqa: B023
        assert sum(won) == 1
