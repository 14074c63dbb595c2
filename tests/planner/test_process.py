"""The planner's own process: it plans from the log alone, and dies and comes back unnoticed."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dispatch.board import Board
from dispatch.errors import PlannerUnavailable
from dispatch.eventlog import MemoryEventLog, SqlEventLog
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.policy import MatchPolicy
from dispatch.planner.plan import Planner
from dispatch.planner.process import FollowingPlanner, ProcessPlanner, _Child
from dispatch.registry.engine import migrate, open_engine
from tests.builders import person, roster
from tests.office import AGENCY, Office

PEOPLE = [person(n, lon=125.74 - n / 1_000) for n in range(1, 9)]


def following(url: str) -> FollowingPlanner:
    """What the child builds: a planner on the real log file, over a roster made of code."""
    planner = Planner(roster=roster(PEOPLE), router=StraightLineRouter(), policy=MatchPolicy())
    log = SqlEventLog(open_engine(url))
    return FollowingPlanner(log=log, board=Board(agency=AGENCY), refreshed=lambda: planner)


def broken(url: str) -> FollowingPlanner:
    """A child that cannot start."""
    os._exit(3)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    engine = open_engine(url)
    migrate(engine)
    log = SqlEventLog(engine)
    office = Office(PEOPLE, log)
    office.desk.planner = ProcessPlanner(functools.partial(following, url))
    yield office
    office.desk.planner.close()
    log.close()
    engine.dispose()


async def test_plans_from_the_log_and_survives_its_own_death(office: Office) -> None:
    planner = office.desk.planner
    assert isinstance(planner, ProcessPlanner)
    await planner.start()
    await office.need()
    first = await planner.plan(office.desk.board.seq, office.clock.now())
    assert first is not None
    assert [p.volunteer_id for p in first.proposals][:2] == [1, 2]
    assert planner._child is not None
    (child,) = planner._child.processes
    child.kill()
    again = await planner.plan(office.desk.board.seq, office.clock.now())
    assert again is not None
    assert again.proposals == first.proposals


async def test_a_frozen_planner_is_replaced(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    planner = ProcessPlanner(functools.partial(following, url), limit_s=60)
    await planner.start()
    assert planner._child is not None
    (frozen,) = planner._child.processes
    os.kill(frozen.pid or 0, signal.SIGSTOP)
    planner._limit_s = 0.2
    with pytest.raises(PlannerUnavailable, match="does not answer"):
        await planner.plan(0, datetime.now(UTC))
    planner._limit_s = 60
    assert await planner.plan(0, datetime.now(UTC)) is None
    planner.close()
    frozen.join(60)
    assert frozen.exitcode == -signal.SIGKILL


async def test_a_frozen_planner_does_not_keep_anybody_from_closing(tmp_path: Path) -> None:
    planner = ProcessPlanner(functools.partial(following, "sqlite://"))
    planner._child = _Child(functools.partial(following, "sqlite://"))
    (frozen,) = planner._child.processes
    os.kill(frozen.pid or 0, signal.SIGSTOP)
    await asyncio.to_thread(planner.close)
    assert frozen.exitcode == -signal.SIGKILL


async def test_two_who_meet_its_death_have_one_successor(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    planner = ProcessPlanner(functools.partial(following, url))
    await planner.start()
    assert planner._child is not None
    first = planner._child
    first.processes[0].kill()
    now = datetime.now(UTC)
    assert await asyncio.gather(*(planner.plan(0, now) for _ in range(5))) == [None] * 5
    assert planner._child is not first
    assert [p.is_alive() for p in planner._child.processes] == [True]
    assert not set(multiprocessing.active_children()) - set(planner._child.processes)
    planner.close()


async def test_a_child_that_cannot_live_is_an_error(tmp_path: Path) -> None:
    planner = ProcessPlanner(functools.partial(broken, "x"))
    with pytest.raises(PlannerUnavailable):
        await planner.start()
    planner.close()


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import asyncio, functools, sys\n"
        "from dispatch.planner.process import ProcessPlanner\n"
        "from dispatch.registry.engine import migrate, open_engine\n"
        "from tests.planner.test_process import following\n"
        "async def main():\n"
        "    url = sys.argv[1]\n"
        "    engine = open_engine(url); migrate(engine); engine.dispose()\n"
        "    planner = ProcessPlanner(functools.partial(following, url))\n"
        "    await planner.start()\n"
        "    print([p.pid for p in planner._child.processes][0], flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    file = tmp_path / "parent.py"
    file.write_text(script)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(file), f"sqlite:///{tmp_path / 'log.db'}"],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(root)},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and _alive(child):
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_a_log_that_is_behind_is_an_error() -> None:
    planner = FollowingPlanner(
        log=MemoryEventLog(), board=Board(agency=AGENCY), refreshed=lambda: None  # type: ignore[arg-type,return-value]
    )  # fmt: skip
    with pytest.raises(PlannerUnavailable, match="at 0, not at 5"):
        await planner.plan(5, datetime(2026, 1, 1, tzinfo=UTC))
