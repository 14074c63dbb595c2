"""400 phones live on the system while it is broken: nothing acknowledged is lost or doubled, no
screen is wrong. `make chaos` breaks it in every way, again and again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.chaos.acts import Act, one_process, play, workers
from tests.chaos.standstill import no_standstill
from tests.conftest import NO_POSTGRES, NO_REDIS
from tests.servers import postgres_programs

LIMIT_S = 600

pytestmark = pytest.mark.crash


async def broken(act: Act, folder: Path, *faults: str) -> None:
    costs: list[str] = []
    with no_standstill(LIMIT_S):
        await play(act, folder, random.Random(5), lambda r: costs.append(r["fault"]), set(faults))
    assert sorted(costs) == sorted(faults)


async def test_two_workers_postgres_redis_and_the_network(tmp_path: Path) -> None:
    if postgres_programs() is None:
        pytest.skip(NO_POSTGRES)
    if shutil.which("redis-server") is None:
        pytest.skip(NO_REDIS)
    await broken(
        workers,
        tmp_path,
        "worker killed",
        "Redis killed",
        "PostgreSQL killed",
        "all killed at once",
        "connections reset",
    )


async def test_one_process_and_its_disk(tmp_path: Path) -> None:
    await broken(one_process, tmp_path, "server killed", "disk full (SQLite)")
