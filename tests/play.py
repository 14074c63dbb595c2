"""A board to play on: actions go through the real rules and the real fold.

After every action it holds the system to its central promise: for each audience, the view before
plus the pushed entities equals a fresh view; and the stored events survive their JSON form.
"""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from dispatch import actions as act
from dispatch import events as ev
from dispatch import rules, views
from dispatch.board import Board, Key, apply
from dispatch.errors import Rejected
from dispatch.events import Stored, decode, encode
from dispatch.model import (
    SYSTEM,
    ActionId,
    Actor,
    AgencyId,
    CoverEvidence,
    DeclineReason,
    DeliveryReport,
    EtaSource,
    Fill,
    HazardClass,
    Heads,
    Means,
    Medium,
    Plan,
    PlanId,
    PlanStatus,
    PolicyId,
    Proposal,
    RegionCode,
    Role,
    SafetyPlan,
    SendStatus,
    Sent,
    Severity,
    Site,
    Skill,
    Travel,
    TravelMode,
    Verdict,
    VolunteerId,
    ZoneKind,
    ZoneStatus,
)
from dispatch.rules import Context, Pair
from dispatch.views import COMMANDERS, Audience, View

T0 = datetime(2026, 7, 20, 19, 0, tzinfo=UTC)
COMMANDER = Actor(role=Role.COMMANDER, id="li")
REGION = RegionCode("04101")
SITE = Site(lon=-71.25, lat=-29.9, name="North dike")
TTL_S = dict.fromkeys(Severity, 300)


def volunteer(number: int) -> Actor:
    return Actor(role=Role.VOLUNTEER, id=str(number))


def cover(hazard: HazardClass = HazardClass.H4, at: datetime = T0) -> CoverEvidence:
    return CoverEvidence(
        policy_id=PolicyId(1),
        insurer="Test Mutual",
        clause="A-1",
        hazard=hazard,
        accident_sum=1_000_000,
        medical_sum=100_000,
        sudden_death_sum=100_000,
        third_party_sum=100_000,
        currency="CNY",
        valid_from_at=at - timedelta(days=30),
        valid_until_at=at + timedelta(days=300),
        checked_at=at,
    )


def travel(eta_s: int = 600) -> Travel:
    return Travel(eta_s=eta_s, dist_m=5_000, source=EtaSource.ROAD, mode=TravelMode.CAR)


def eligible() -> Verdict:
    return Verdict(reasons=(), cover=cover(), travel=travel(), origin=Site(lon=-71.25, lat=-29.91))


def open_incident(**over: Any) -> act.OpenIncident:
    given: dict[str, Any] = {
        "incident_kind": "dike",
        "title": "Dike breach at the north gate",
        "site": SITE,
        "region": REGION,
        "severity": Severity.I,
        "hazard": HazardClass.H3,
    }
    return act.OpenIncident(**(given | over))


def add_need(incident_id: Any, now: datetime = T0, **over: Any) -> act.AddNeed:
    given: dict[str, Any] = {
        "incident_id": incident_id,
        "skill": Skill("LOG"),
        "heads": Heads(minimum=1, desired=2, maximum=3),
        "deadline_at": now + timedelta(hours=1),
        "ends_at": now + timedelta(hours=5),
        "verified": True,
        "risk_assessment": "Current below 1 m/s, dark.",
        "safety_plan": SafetyPlan(owner="Chen", measures="Life jackets, buddy pairs"),
        "publish": True,
    }
    return act.AddNeed(**(given | over))


class Play:
    """A board, a clock that is set by hand, and verdicts that say yes unless told otherwise."""

    def __init__(self) -> None:
        self.board = Board(agency=AgencyId("test"))
        self.now = T0
        self.stored: list[Stored] = []
        self.verdicts: dict[Pair, Verdict] = {}
        self.policy: dict[str, Any] = {"kind": "hold", "q": 0.9}
        self._ids = itertools.count(1)
        self._pushed: dict[Audience, View] = {COMMANDERS: views.snapshot(self.board, COMMANDERS)}

    def act(
        self, actor: Actor, action: act.Action, plan: Plan | None = None
    ) -> tuple[ev.Event, ...]:
        action_id = ActionId(f"{actor.id}/{next(self._ids)}")
        pairs = rules.pairs_to_judge(self.board, action, plan)
        context = Context(
            now=self.now,
            actor=actor,
            action_id=action_id,
            offer_ttl_s=TTL_S,
            verdicts={p: self.verdicts.get(p, eligible()) for p in pairs},
            regions=frozenset({REGION}),
            plan=plan,
            policies=dict.fromkeys(self.board.needs, self.policy),
        )
        events = rules.decide(self.board, action, context)
        self.store(actor, action_id, events)
        return events

    def tick(self) -> tuple[ev.Event, ...]:
        events = rules.tick(self.board, self.now)
        self.store(Actor(role=Role.SYSTEM, id="desk"), ActionId(f"t{next(self._ids)}"), events)
        return events

    def store(self, actor: Actor, action_id: ActionId, events: Iterable[ev.Event]) -> None:
        keys: list[Key] = []
        for event in events:
            kind, version, body = encode(event)
            assert decode(kind, version, body) == event
            stored = Stored(
                seq=self.board.seq + 1,
                at=self.now,
                actor=actor,
                action_id=action_id,
                exercise=False,
                event=event,
            )
            self.stored.append(stored)
            keys += apply(self.board, stored)
        self._check_push_equals_state(keys)

    def refold(self) -> Board:
        board = Board(agency=self.board.agency)
        for stored in self.stored:
            apply(board, stored)
        return board

    # Shorthands for the usual way of a call

    def need(self, **over: Any) -> Any:
        """Open an incident with one published need; return the need."""
        opened = self.act(COMMANDER, open_incident())[0]
        assert isinstance(opened, ev.IncidentOpened)
        added = self.act(COMMANDER, add_need(opened.incident.id, self.now, **over))[0]
        assert isinstance(added, ev.NeedAdded)
        return self.board.needs[added.need.id]

    def offer(self, need_id: Any, *people: int) -> list[Any]:
        """Offer the need to these people; return the offers."""
        ids = tuple(VolunteerId(p) for p in people)
        events = self.act(COMMANDER, act.MakeOffer(need_id=need_id, volunteer_ids=ids))
        return [self.board.offers[e.offer_id] for e in events if isinstance(e, ev.OfferMade)]

    def accepted(self, need_id: Any, person: int) -> Any:
        """Offer to one person who accepts; return the assignment."""
        (offer,) = self.offer(need_id, person)
        self.act(volunteer(person), act.AcceptOffer(offer_id=offer.id))
        return self.board.assignments[self.board.active[VolunteerId(person)]]

    def proposal(self, need_id: Any, *people: int, fills: tuple[Fill, ...] = ()) -> Plan:
        """A plan that proposes these people, as the planner hands it over."""
        proposals = tuple(
            Proposal(
                need_id=need_id,
                volunteer_id=VolunteerId(p),
                travel=travel(),
                origin=SITE,
                cover=cover(),
                skill=Skill("LOG"),
                cost_s=600,
                accepts=0.36,
            )
            for p in people
        )
        return Plan(
            id=PlanId("?"),
            basis_seq=self.board.seq,
            need_ids=(need_id,),
            proposals=proposals,
            shortfalls=(),
            objective_s=600 * len(people),
            bound_s=600 * len(people),
            gap=0.0,
            solve_ms=1,
            status=PlanStatus.PROPOSED,
            made_at=self.now,
            fills=fills,
        )

    def plan(self, need_id: Any, *people: int, fills: tuple[Fill, ...] = ()) -> Plan:
        """Store a plan that proposes these people; return it."""
        proposed = self.proposal(need_id, *people, fills=fills)
        (made,) = self.act(COMMANDER, act.MakePlan(), proposed)
        assert isinstance(made, ev.PlanMade)
        return made.plan

    def dispatched(self, need_id: Any, *people: int) -> list[Any]:
        """Plan these people and dispatch, so that alerting stands; return the offers."""
        plan = self.plan(need_id, *people)
        events = self.act(COMMANDER, act.DispatchPlan(plan_id=plan.id))
        return [self.board.offers[e.offer_id] for e in events if isinstance(e, ev.OfferMade)]

    def wave(self, need_id: Any, *people: int, plan: Plan | None = None) -> tuple[ev.Event, ...]:
        """The desk asks these people by itself; return what it stored."""
        proposed = plan or self.proposal(need_id, *people)
        return self.act(SYSTEM, act.MakeWave(need_ids=(need_id,)), proposed)

    def _check_push_equals_state(self, keys: list[Key]) -> None:
        for person in views.audiences(self.board, keys) | {
            a.volunteer_id for a in self._pushed if a.volunteer_id is not None
        }:
            audience = Audience(volunteer_id=person)
            if audience not in self._pushed:
                self._pushed[audience] = {k: {} for k in views.kinds(audience)}
        for audience, view in self._pushed.items():
            reached = audience.volunteer_id is None or audience.volunteer_id in views.audiences(
                self.board, keys
            )
            changed = views.touched(self.board, audience, keys) if reached else ()
            for kind, ident in changed:
                entity = views.entity(self.board, audience, (kind, ident))
                if entity is None:
                    view[kind].pop(ident, None)
                else:
                    view[kind][ident] = copy.deepcopy(entity)
            fresh = views.snapshot(self.board, audience)
            if audience.volunteer_id is not None and not view["me"]:
                view["me"] = fresh["me"]
            assert view == fresh, f"pushed view of {audience} differs from a fresh one"


class RandomPlay(Play):
    """A play that goes on by itself: any of the things that people, carriers and time do."""

    PEOPLE = 12

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = random.Random(seed)
        self._moves = (
            self._open,
            self._offer,
            self._offer,
            self._answer,
            self._answer,
            self._withdraw,
            self._advance,
            self._stand_down,
            self._warn,
            self._test,
            self._send,
            self._report,
            self._see,
            self._time,
        )

    def step(self) -> None:
        """Do one thing; what a rule refuses changes nothing."""
        with suppress(Rejected):
            self._rng.choice(self._moves)()

    def _any(self, things: Iterable[Any]) -> Any:
        found = sorted(things)
        if not found:
            raise Rejected("NOTHING")
        return self._rng.choice(found)

    def _someone(self) -> VolunteerId:
        return VolunteerId(self._rng.randint(1, self.PEOPLE))

    def _open(self) -> None:
        if len(self.board.needs) < 6:
            heads = Heads(minimum=1, desired=2, maximum=self._rng.randint(2, 4))
            self.need(heads=heads, reach_s=self._rng.choice((660, 7_200)))

    def _offer(self) -> None:
        people = {self._someone() for _ in range(3)} - set(self.board.active)
        self.offer(self._any(self.board.needs), *sorted(people))

    def _answer(self) -> None:
        offer = self.board.offers[self._any(self.board.open_offers)]
        ready_in_s = self._rng.choice((0, 60, 900, 7_200))
        brings = tuple(self._rng.sample(list(Means), 2))
        answers: tuple[act.Action, ...] = (
            act.AcceptOffer(offer_id=offer.id, ready_in_s=ready_in_s, brings=brings),
            act.PromiseLater(offer_id=offer.id, ready_in_s=ready_in_s, brings=brings),
            act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY),
        )
        self.act(volunteer(offer.volunteer_id), self._rng.choice(answers))

    def _withdraw(self) -> None:
        offer_id = self._any(self.board.open_offers)
        self.act(COMMANDER, act.WithdrawOffer(offer_id=offer_id, reason="Enough"))

    def _advance(self) -> None:
        task = self.board.assignments[self._any(self.board.active.values())]
        step = self._rng.choice((act.Depart, act.Arrive, act.Release))
        self.act(volunteer(task.volunteer_id), step(assignment_id=task.id))

    def _stand_down(self) -> None:
        task = self.board.assignments[self._any(self.board.active.values())]
        who = self._rng.choice((COMMANDER, volunteer(task.volunteer_id)))
        self.act(who, act.StandDown(assignment_id=task.id, reason="Back"))

    def _warn(self) -> None:
        live = [z.id for z in self.board.zones.values() if z.status is ZoneStatus.ACTIVE]
        if len(live) > 2:
            self.act(COMMANDER, act.ClearZone(zone_id=self._any(live)))
            return
        ring = ((-71.3, -30.0), (-71.2, -30.0), (-71.2, -29.9))
        draw = act.DrawZone(zone_kind=ZoneKind.FLOOD, name="Flood", parts=((ring,),))
        (drawn,) = self.act(COMMANDER, draw)
        assert isinstance(drawn, ev.ZoneDrawn)
        people = tuple(sorted({self._someone(), self._someone()}))
        self.act(SYSTEM, act.WarnPeople(zone_id=drawn.zone.id, volunteer_ids=people))

    def _test(self) -> None:
        people = (self._someone(), self._someone())
        minutes = self._rng.choice((1, 10))
        start = act.StartReachTest(name="Test", volunteer_ids=people, minutes=minutes)
        self.act(COMMANDER, start)

    def _send(self) -> None:
        status = self._rng.choice((SendStatus.SENT, SendStatus.FAILED, SendStatus.HELD))
        because = "" if status is SendStatus.SENT else "QUIET_HOURS"
        medium = self._rng.choice((Medium.PUSH, Medium.SMS))
        some = {self._any(self.board.notices) for _ in range(3)}
        sent = (
            Sent(notice_id=n, medium=medium, status=status, because=because, cost=1)
            for n in sorted(some)
        )
        self.act(SYSTEM, act.RecordSent(sent=tuple(sent)))

    def _report(self) -> None:
        reports = (
            DeliveryReport(
                notice_id=self._any(self.board.notices),
                medium=self._rng.choice((Medium.PUSH, Medium.SMS)),
                status=self._rng.choice((SendStatus.DELIVERED, SendStatus.FAILED)),
                at=self.now,
            )
            for _ in range(3)
        )
        self.act(SYSTEM, act.ReceiveReports(receipts=tuple(reports)))

    def _see(self) -> None:
        notice = self.board.notices[self._any(self.board.notices)]
        self.act(volunteer(notice.volunteer_id), act.SeeNotices(notice_ids=(notice.id,)))

    def _time(self) -> None:
        self.now += timedelta(seconds=self._rng.choice((1, 60, 400, 2_000)))
        self.tick()
