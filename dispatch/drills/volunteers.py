"""Simulated volunteers: they answer offers and do what they accepted, through the real desk.

What each does is drawn from their offer's id, so the same seed gives the same people. The crowd
keeps no state but the ways they drive: at every look at the board it does what has come due, so it
goes on after a restart as if nothing had happened.

Figures are those of the acceptance study data: an alert is accepted by 36.2 %, declined by 43.9 %
and met with silence by 19.9 %; replies come after 15 s plus Gamma(1.96, 15.4 s).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from dispatch import actions as act
from dispatch.desk import Desk
from dispatch.errors import Rejected, StoreUnavailable
from dispatch.geo.measure import crow_m
from dispatch.model import (
    ActionId,
    Actor,
    Assignment,
    AssignmentId,
    AssignmentStatus,
    DeclineReason,
    Fix,
    Offer,
    Role,
    Site,
    VolunteerId,
)
from dispatch.ports import Clock, Router
from dispatch.roster import Floats

REASONS: Final = tuple(r for r in DeclineReason if r is not DeclineReason.LATER)
LOOK_EVERY_S: Final = 0.5
TURNOUT_S: Final = 105
"""Median from alert to moving (Region der Lebensretter)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the crowd behaves. `pace` is how many times faster than real time it lives."""

    accept: float = 0.362
    decline: float = 0.439
    least_delay_s: float = 15.0
    delay_shape: float = 1.96
    delay_scale_s: float = 15.4
    stay_s: float = 7_200.0
    pace: float = 1.0


@dataclass(frozen=True, slots=True)
class _Way:
    """A line with the metres travelled at each of its points."""

    points: Floats
    metres: Floats

    def at(self, share: float) -> tuple[float, float]:
        """Where somebody is who has done this share of the way."""
        done = share * float(self.metres[-1])
        lon = np.interp(done, self.metres, self.points[:, 0])
        lat = np.interp(done, self.metres, self.points[:, 1])
        return float(lon), float(lat)


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Everybody who is not in `real`, living on one desk."""

    desk: Desk
    router: Router
    clock: Clock
    moved: Callable[[VolunteerId, Fix], None]
    seed: int
    habits: Habits
    real: frozenset[VolunteerId] = frozenset()
    _ways: dict[AssignmentId, _Way] = field(default_factory=dict)

    async def run(self) -> None:
        """Live; forever."""
        while True:
            await self.look()
            await self.clock.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Do everything that has come due."""
        now = self.clock.now()
        for person, action in [*self._replies(now), *self._steps(now)]:
            await self._act(person, action)
        for assignment in self._on_the_way():
            await self._drive(assignment, now)

    def _replies(self, now: datetime) -> Iterator[tuple[VolunteerId, act.Action]]:
        board = self.desk.board
        for offer in [board.offers[o] for o in sorted(board.open_offers)]:
            reply = self._reply(offer) if offer.volunteer_id not in self.real else None
            if reply is not None and now >= reply[0]:
                yield offer.volunteer_id, reply[1]

    def _reply(self, offer: Offer) -> tuple[datetime, act.Action] | None:
        """When and what this person answers; None is silence."""
        h, luck = self.habits, random.Random(f"{self.seed}/{offer.id}")
        fate = luck.random()
        delay_s = h.least_delay_s + luck.gammavariate(h.delay_shape, h.delay_scale_s)
        at = offer.made_at + timedelta(seconds=delay_s / h.pace)
        if fate < h.accept:
            return at, act.AcceptOffer(offer_id=offer.id)
        if fate < h.accept + h.decline:
            reason = luck.choice(REASONS)
            return at, act.DeclineOffer(offer_id=offer.id, reason=reason)
        return None

    def _steps(self, now: datetime) -> Iterator[tuple[VolunteerId, act.Action]]:
        board = self.desk.board
        live = [board.assignments[a] for a in board.active.values()]
        ended = [board.assignments[ids[-1]] for ids in board.assignments_of.values()]
        homeward = [a for a in ended if a.status is AssignmentStatus.RELEASED]
        for assignment in sorted([*live, *homeward], key=lambda a: a.id):
            step = self._step(assignment) if assignment.volunteer_id not in self.real else None
            if step is not None and now >= step[0]:
                yield assignment.volunteer_id, step[1]

    def _step(self, a: Assignment) -> tuple[datetime, act.Action] | None:
        """When and what this person does next on their task."""
        match a.status:
            case AssignmentStatus.ASSIGNED:
                turnout_s = TURNOUT_S * random.Random(f"{self.seed}/{a.id}").lognormvariate(0, 0.5)
                return self._after(a.assigned_at, turnout_s), act.Depart(assignment_id=a.id)
            case AssignmentStatus.EN_ROUTE:
                return self._after(a.en_route_at, a.travel.eta_s), act.Arrive(assignment_id=a.id)
            case AssignmentStatus.ON_SCENE:
                return self._after(a.on_scene_at, self.habits.stay_s), act.Release(
                    assignment_id=a.id
                )
            case AssignmentStatus.RELEASED:
                return self._after(a.released_at, a.travel.eta_s), act.ReachHome(assignment_id=a.id)
        return None

    def _after(self, start: datetime | None, seconds: float) -> datetime:
        assert start is not None, "a status has its instant"
        return start + timedelta(seconds=seconds / self.habits.pace)

    async def _act(self, person: VolunteerId, action: act.Action) -> None:
        actor = Actor(role=Role.VOLUNTEER, id=str(person))
        key = ActionId(f"crowd-{self.seed}/{action.kind}/{_subject(action)}")
        # Too late, full, or the disk is busy: a person would see the refusal and put the phone
        # away; what is still due is tried again at the next look.
        with contextlib.suppress(Rejected, StoreUnavailable):
            await self.desk.act(actor, key, action)

    def _on_the_way(self) -> list[Assignment]:
        board = self.desk.board
        live = (board.assignments[a] for a in board.active.values())
        return [
            a
            for a in live
            if a.status is AssignmentStatus.EN_ROUTE and a.volunteer_id not in self.real
        ]

    async def _drive(self, a: Assignment, now: datetime) -> None:
        if a.id not in self._ways:
            self._ways[a.id] = await asyncio.to_thread(self._find_way, a)
        assert a.en_route_at is not None, "somebody on the way has left"
        gone_s = (now - a.en_route_at).total_seconds() * self.habits.pace
        lon, lat = self._ways[a.id].at(min(1.0, gone_s / max(1, a.travel.eta_s)))
        self.moved(a.volunteer_id, Fix(lon=lon, lat=lat, accuracy_m=10, taken_at=now))

    def _find_way(self, a: Assignment) -> _Way:
        home = self.desk.rows([a.volunteer_id])
        origin = Site(lon=float(home.lon[0]), lat=float(home.lat[0]))
        site = self.desk.board.needs[a.need_id].site
        conditions = self.desk.board.conditions(self.clock.now())
        route = self.router.route(origin, site, a.travel.mode, conditions)
        line = route.line if route is not None else ((origin.lon, origin.lat), (site.lon, site.lat))
        points = np.array(line if len(line) > 1 else (*line, *line), dtype=np.float64)
        steps = crow_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
        return _Way(points, np.concatenate([[0.0], np.cumsum(steps)]))


def _subject(action: act.Action) -> str:
    return str(getattr(action, "offer_id", None) or getattr(action, "assignment_id", None))
