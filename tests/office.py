"""A whole desk for tests: the real rules, log, planner and router over a small invented roster."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dispatch import actions as act
from dispatch.alerts.bus import MemoryBus
from dispatch.board import Board
from dispatch.clock import ManualClock
from dispatch.desk import Answer, Desk
from dispatch.eventlog import MemoryEventLog
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.eligibility import Stage
from dispatch.matching.policy import MatchPolicy
from dispatch.model import (
    ActionId,
    Actor,
    AgencyId,
    HazardClass,
    Heads,
    RegionCode,
    Role,
    SafetyPlan,
    Severity,
    Site,
    Skill,
    Verdict,
    VolunteerId,
)
from dispatch.planner.plan import Planner
from dispatch.planner.process import FollowingPlanner
from dispatch.planner.verdict import judge
from dispatch.ports import EventLog
from dispatch.roster import Roster
from dispatch.rules import Pair
from tests import builders
from tests.builders import COUNTY, NOW, Person

AGENCY = AgencyId("liuhe")
COMMANDER = Actor(role=Role.COMMANDER, id="li")


def volunteer(number: int) -> Actor:
    return Actor(role=Role.VOLUNTEER, id=str(number))


_KEYS = itertools.count(1)


class Office:
    """A desk over `people`, with shorthands. Several offices may share one log."""

    def __init__(self, people: Sequence[Person], log: EventLog | None = None) -> None:
        self.log = log or MemoryEventLog()
        self.clock = ManualClock(NOW)
        self.people = {p.id: p for p in people}
        self.router = StraightLineRouter()
        policy = MatchPolicy()
        self.planner = FollowingPlanner(
            log=self.log,
            board=Board(agency=AGENCY),
            refreshed=lambda: Planner(
                roster=self.roster(list(self.people)),
                router=self.router,
                policy=policy,
                timer=lambda: 0.0,
            ),
        )
        self.desk = Desk(
            agency=AGENCY,
            log=self.log,
            bus=MemoryBus(),
            clock=self.clock,
            planner=self.planner,
            judge=functools.partial(judge, router=self.router, policy=policy),
            rows=self.roster,
            regions=frozenset({COUNTY, RegionCode("220525")}),
            policy=policy,
            board=Board(agency=AGENCY),
        )

    def roster(self, ids: Sequence[VolunteerId]) -> Roster:
        return builders.roster(self.people[i] for i in ids if i in self.people)

    async def act(self, actor: Actor, action: act.Action) -> Answer:
        return await self.desk.act(actor, ActionId(f"{actor.id}/{next(_KEYS)}"), action)

    async def judged(self, pairs: Sequence[Pair]) -> dict[Pair, Verdict]:
        """What an offer to these people would be judged by now."""
        return await self.desk._judged(pairs, Stage.OFFER, self.clock.now(), {})

    async def need(self, **over: Any) -> str:
        """Open an incident with one published need; return the need's id."""
        opened = await self.act(
            COMMANDER,
            act.OpenIncident(
                incident_kind="dike",
                title="Dike",
                site=Site(lon=125.75, lat=42.28, name="Dike"),
                region=COUNTY,
                severity=Severity.I,
                hazard=HazardClass.H3,
            ),
        )
        now = self.clock.now()
        given: dict[str, Any] = {
            "incident_id": opened.ids["incident"],
            "skill": Skill("LOG"),
            "hazard": HazardClass.H2,
            "heads": Heads(minimum=1, desired=2, maximum=2),
            "deadline_at": now + timedelta(hours=1),
            "ends_at": now + timedelta(hours=4),
            "verified": True,
            "risk_assessment": "dark, dry",
            "safety_plan": SafetyPlan(owner="Li", measures="vests"),
            "publish": True,
        }
        return str((await self.act(COMMANDER, act.AddNeed(**(given | over)))).ids["need"])

    async def offers(self, need_id: Any, *people: int) -> list[Any]:
        ids = tuple(VolunteerId(p) for p in people)
        make = act.MakeOffer(need_id=need_id, volunteer_ids=ids)
        return list((await self.act(COMMANDER, make)).ids["offers"])
