"""Running a drill: a scenario through the real desk, from one thing that happens to the next.

Live, the desk ticks every second, asks people every five and warns them every two. A drill does the
same on the same instants, but only on those on which something can happen: beats that would find
nothing to do are passed over. So a day passes in a minute, and nothing happens that would not have.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from dispatch import events as ev
from dispatch.board import Board
from dispatch.clock import ManualClock
from dispatch.drills.beats import Beats
from dispatch.drills.commander import Commander, Manner
from dispatch.drills.exercise import Exercise, Post, TimedPlanner
from dispatch.drills.invariants import violations
from dispatch.drills.loop import run_in_place
from dispatch.drills.measures import Measures, measure
from dispatch.drills.policies import OWN, book_named
from dispatch.drills.replay import Replay
from dispatch.drills.scenario.model import Scenario
from dispatch.drills.volunteers import Crowd, Habits
from dispatch.eventlog import MemoryEventLog
from dispatch.events import Stored, encode
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.alerting.book import AlertBook
from dispatch.matching.eligibility import Columns, Eligibility
from dispatch.matching.facts import facts_of
from dispatch.matching.policy import MatchPolicy
from dispatch.model import AgencyId, Need, NeedId, OfferId, VolunteerId
from dispatch.planner.travel import BoundedRouter
from dispatch.ports import EventLog
from dispatch.roster import Roster

Progress = Callable[[datetime, Board], None]
"""Told of the drill's time and board every so often."""
PROGRESS_EVERY_S: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a drill is run with. `book` is how the desk asks people, None for the agency's own way;
    `policy` is what that is called in reports."""

    seed: int = 1
    habits: Habits = field(default_factory=Habits)
    manner: Manner = field(default_factory=Manner)
    policy: str = OWN
    book: AlertBook | None = None


def setting_of(
    scenario: Scenario, *, seed: int = 1, policy: str = OWN, habits: Habits | None = None
) -> Setting:
    """Return the setting by a policy's name. Without `habits` people answer as the agency believes
    they do.

    Raises:
        BadInput: there is no such policy.
    """
    agency = scenario.agency
    habits = habits or Habits(model=agency.acceptance, law=agency.book.law)
    return Setting(seed=seed, habits=habits, policy=policy, book=book_named(policy, agency.book))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A drill that was run: its whole log, and what it took.

    `took_s` and `solves_s` are real seconds; they differ from run to run, everything else is the
    same for the same scenario, roster and setting. `turned_away` are offers whose people came
    without having answered and were too late; `refused` what the desk refused to people, by code;
    `refused_steps` the script's steps that it refused, with the reason.
    """

    scenario: Scenario
    setting: Setting
    roster: Roster
    board: Board
    log: tuple[Stored, ...]
    took_s: float
    solves_s: tuple[float, ...]
    turned_away: tuple[OfferId, ...]
    refused: Mapping[str, int]
    refused_steps: tuple[tuple[str, str], ...]

    @property
    def hash(self) -> str:
        """SHA-256 over the encoded log."""
        return log_hash(self.log)

    @property
    def speed(self) -> float:
        """How many times faster than real time it went."""
        return self.scenario.clock.length_s / self.took_s

    def measures(self) -> Measures:
        """Return the figures of the drill."""
        scoring = self.scenario.scoring
        return measure(
            self.board,
            self.log,
            ends_at=self.scenario.clock.ends_at,
            weights=scoring.severity,
            eligible=self.eligible(),
            grace_s=scoring.grace_s,
        )

    def eligible(self) -> frozenset[VolunteerId]:
        """Return everybody whom the hard rules admit to one of the needs, by the roster alone."""
        found: set[int] = set()
        nobody, columns = Board(agency=self.board.agency), Columns()
        for need, at in published(self.log):
            facts = facts_of(nobody, self.roster, at)
            rules = Eligibility(
                self.roster, facts, now=at, exercise=True, policy=MatchPolicy(), columns=columns
            )
            found |= set(self.roster.ids[rules.eligible(need).rows].tolist())
        return frozenset(map(VolunteerId, found))

    def violations(self) -> tuple[str, ...]:
        """Return what in the log must not be; there is nothing, or the desk is broken."""
        return violations(self.log, Board(agency=self.board.agency, exercise=True))

    def plain(self) -> dict[str, Any]:
        """Return the run as values that JSON can hold: what was run, its figures, what it took."""
        solves = sorted(self.solves_s)
        return {
            "scenario": self.scenario.id,
            "digest": self.scenario.digest,
            "status": "Exercise",
            "people": len(self.roster),
            "hours": self.scenario.clock.length_s / 3_600,
            "seed": self.setting.seed,
            "policy": self.setting.policy,
            "habits": self.setting.habits.plain(),
            "manner": msgspec.to_builtins(self.setting.manner),
            "hash": self.hash,
            "events": len(self.log),
            "measures": self.measures().plain(),
            "turned_away": len(self.turned_away),
            "refused": dict(self.refused),
            "refused_steps": [list(step) for step in self.refused_steps],
            "violations": list(self.violations()),
            "took_s": round(self.took_s, 3),
            "speed": round(self.speed, 1),
            "solves": len(solves),
            "solve_s": {"p50": _at(solves, 0.5), "p95": _at(solves, 0.95)},
        }


def published(log: Sequence[Stored]) -> Iterator[tuple[Need, datetime]]:
    """Yield every published need as it stood, and from when: at first, and whenever it changed."""
    needs: dict[NeedId, Need] = {}
    open_: set[NeedId] = set()
    for s in log:
        match s.event:
            case ev.NeedAdded(need=need):
                needs[need.id] = need
            case ev.NeedUpdated(need=need):
                needs[need.id] = need
                if need.id in open_:
                    yield need, s.at
            case ev.NeedPublished(need_id=need_id):
                open_.add(need_id)
                yield needs[need_id], s.at


def _at(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[int(share * (len(ordered) - 1))], 4) if ordered else None


class Part(Protocol):
    """Something that acts in a drill by itself."""

    def next_at(self) -> datetime | None:
        """Return when it acts next, None while it has nothing to do."""
        ...

    async def look(self) -> None:
        """Do everything that has come due."""
        ...


def router_of(scenario: Scenario) -> BoundedRouter:
    """Return the router of the scenario's roads, or of straight lines without any.

    Raises:
        BadInput: the roads cannot be read.
    """
    if scenario.roads is None:
        return StraightLineRouter()
    return RoadRouter(RoadGraph.load(scenario.roads))


def run_drill(
    scenario: Scenario,
    roster: Roster,
    setting: Setting,
    *,
    router: BoundedRouter | None = None,
    log: EventLog | None = None,
    progress: Progress | None = None,
    paced: Callable[[datetime], None] | None = None,
) -> RunResult:
    """Return how the scenario goes with these people. `log` is where the events go; without one
    they stay in memory. `paced` is called before each instant, and may wait for it.

    Raises:
        BadInput: the scenario's agency is not one of an exercise, or its roads cannot be read.
    """
    return run_in_place(_drilled(scenario, roster, setting, router, log, progress, paced))


async def _drilled(
    scenario: Scenario,
    roster: Roster,
    setting: Setting,
    router: BoundedRouter | None,
    log: EventLog | None,
    progress: Progress | None,
    paced: Callable[[datetime], None] | None,
) -> RunResult:
    exercise = Exercise(
        agency=scenario.agency,
        roster=roster,
        router=router or router_of(scenario),
        clock=ManualClock(scenario.clock.starts_at),
        book=setting.book,
        log=log or MemoryEventLog(),
    )
    started = time.perf_counter()
    planner = TimedPlanner(exercise.following())
    post = exercise.post(planner)
    await post.desk.start()
    crowd = crowd_of(post.desk, exercise, setting)
    commander = Commander(desk=post.desk, clock=exercise.clock, manner=setting.manner)
    replay = Replay(
        scenario=scenario, exercise=exercise, desk=post.desk, crowd=crowd, seed=setting.seed
    )
    crowd.start()
    commander.start()
    parts: list[Part] = [replay, commander, crowd]
    await play(exercise.clock, parts, post, scenario.clock.ends_at, progress, paced)
    return RunResult(
        scenario=scenario,
        setting=setting,
        roster=roster,
        board=post.desk.board,
        log=tuple(await whole_log(exercise.log, exercise.agency.id)),
        took_s=time.perf_counter() - started,
        solves_s=tuple(planner.took_s),
        turned_away=tuple(crowd.turned_away),
        refused=dict(sorted(crowd.refused.items())),
        refused_steps=tuple(replay.refused),
    )


def crowd_of(desk: Any, exercise: Exercise, setting: Setting) -> Crowd:
    """Return the simulated people of an exercise."""
    return Crowd(
        desk=desk,
        router=exercise.router,
        clock=exercise.clock,
        seed=setting.seed,
        habits=setting.habits,
        zone=exercise.agency.timezone,
    )


async def play(
    clock: ManualClock,
    parts: Sequence[Part],
    post: Post,
    ends_at: datetime,
    progress: Progress | None = None,
    paced: Callable[[datetime], None] | None = None,
) -> None:
    """Let everything happen up to `ends_at`: at each instant the parts in order, then the tick,
    the waves and the warnings."""
    beats = Beats(post=post, clock=clock)
    told_at = clock.now()
    while True:
        soonest = min((t for part in parts if (t := part.next_at())), default=ends_at)
        at = beats.next_before(min(soonest, ends_at))
        if at >= ends_at:
            return
        if paced is not None:
            paced(at)
        await clock.advance_to(at)
        for part in parts:
            await part.look()
        await beats.look()
        if progress is not None and at >= told_at:
            progress(at, post.desk.board)
            told_at = at + timedelta(seconds=PROGRESS_EVERY_S)


async def whole_log(log: EventLog, agency: AgencyId) -> list[Stored]:
    """Return every entry of a log."""
    found: list[Stored] = []
    while batch := await log.read(agency, len(found)):
        found += batch
    return found


def log_hash(log: Sequence[Stored]) -> str:
    """Return the SHA-256 over a log as it is encoded."""
    digest = hashlib.sha256()
    for s in log:
        kind, version, body = encode(s.event)
        head = [s.seq, s.at, s.actor, s.action_id, s.exercise, kind, version]
        digest.update(msgspec.json.encode(head) + body)
    return digest.hexdigest()
