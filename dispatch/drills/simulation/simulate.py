"""One seed: a town, its bad morning, everything that fails meanwhile, and whether all was well."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.board import Board
from dispatch.clock import ManualClock
from dispatch.drills.commander import Commander
from dispatch.drills.exercise import Exercise
from dispatch.drills.invariants import Watch, differences
from dispatch.drills.loop import run_in_place
from dispatch.drills.replay import Replay
from dispatch.drills.run import Part, Setting, crowd_of, log_hash, router_of, whole_log
from dispatch.drills.scenario.model import Scenario
from dispatch.drills.simulation.network import Network
from dispatch.drills.simulation.plan import FaultPlan, drawn
from dispatch.drills.simulation.town import HOURS, town, townspeople
from dispatch.errors import DispatchError
from dispatch.events import Stored
from dispatch.roster import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a seed: its log by hash, what was wrong, and what it lived through."""

    seed: int
    hours: float
    plan: FaultPlan
    hash: str
    events: int
    acknowledged: int
    repeated: int
    deaths: int
    wrong: tuple[str, ...]

    def again(self) -> str:
        """Return the command that does the same again."""
        return f"python -m dispatch simulate --seed {self.seed} --hours {self.hours:g}"


def simulate(seed: int, plan: FaultPlan | None = None, hours: float = HOURS) -> Outcome:
    """Return what comes of a seed; with `plan`, of these faults instead of its own."""
    scenario = town(seed, hours)
    faults = plan or drawn(seed, scenario.clock.length_s)
    return run_in_place(simulated(scenario, townspeople(), faults, seed))


async def simulated(scenario: Scenario, roster: Roster, plan: FaultPlan, seed: int) -> Outcome:
    """Return what comes of a scenario with these faults."""
    exercise = Exercise(
        agency=scenario.agency,
        roster=roster,
        router=router_of(scenario),
        clock=ManualClock(scenario.clock.starts_at),
    )
    network = Network(exercise=exercise, plan=plan, seed=seed, board=exercise.board())
    crowd = crowd_of(network, exercise, Setting(seed=seed))
    commander = Commander(desk=network, clock=exercise.clock)
    replay = Replay(scenario=scenario, exercise=exercise, desk=network, crowd=crowd, seed=seed)
    crowd.start()
    commander.start()
    broke = ""
    try:
        await _play(network, [replay, commander, crowd], scenario.clock.ends_at)
        await network.settle()
    except DispatchError as exc:
        broke = f"it broke off: {exc!r}"
    log = await whole_log(exercise.log, exercise.agency.id)
    wrong = [broke] if broke else wrong_in(log, network, exercise.board())
    return Outcome(
        seed=seed,
        hours=scenario.clock.length_s / 3_600,
        plan=plan,
        hash=log_hash(log),
        events=len(log),
        acknowledged=len(network.acknowledged),
        repeated=network.retold,
        deaths=network.deaths,
        wrong=(*network.wrong, *wrong),
    )


async def _play(network: Network, parts: Sequence[Part], ends_at: datetime) -> None:
    """Desks and people act at the same time, and so into each other's work."""
    clock = network.exercise.clock
    while True:
        soonest = min((t for part in parts if (t := part.next_at())), default=ends_at)
        at = network.next_before(min(soonest, ends_at))
        if at >= ends_at:
            return
        await clock.advance_to(at)
        await asyncio.gather(network.look(), *(part.look() for part in parts))


def wrong_in(log: Sequence[Stored], network: Network, board: Board) -> Iterator[str]:
    """Yield what is wrong once all is over; `board` is an empty one."""
    watch = Watch(board)
    for stored in log:
        watch.take(stored)
    yield from watch.found
    runs = [action_id for action_id, _ in itertools.groupby(log, key=lambda s: s.action_id)]
    if len(set(runs)) < len(runs):
        twice = sorted({a for a in runs if runs.count(a) > 1})
        yield f"stored twice: {', '.join(twice)}"
    missing = network.acknowledged.keys() - set(runs)
    if missing:
        yield f"acknowledged and not stored: {', '.join(sorted(missing))}"
    for post in network.posts:
        for part in differences(post.desk.board, watch.board):
            yield f"a desk's board is not the log's in {part}"
    for screens in network.screens:
        yield from screens.wrong()
