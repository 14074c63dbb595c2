"""Rolling plans: moves, pins, sizes, crews, and memory that never changes an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch.errors import Rejected
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.alerting import Exactly, Hold
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.policy import CrewPolicy, MatchPolicy
from dispatch.model import (
    AssignmentStatus,
    Fix,
    HazardClass,
    Heads,
    Plan,
    Rain,
    Reason,
    Severity,
    Site,
    Skill,
    Verdict,
    VolunteerId,
    ZoneKind,
)
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from tests.builders import Person, Proof, person, roster
from tests.play import COMMANDER, REGION, T0, Play, add_need, eligible, open_incident, volunteer

EXACTLY = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))
PLAIN = MatchPolicy(reserve_share=0, crew=CrewPolicy(from_heads=10_000))
ONE = Heads(minimum=1, desired=1, maximum=1)
LOG = {Skill("LOG"): Proof()}
LEADS = LOG | {Skill("CMD"): Proof()}
NORTH, SOUTH = Site(lon=-71.25, lat=-29.88), Site(lon=-71.25, lat=-29.98)


def planner_of(
    people: list[Person], asking: Asking = EXACTLY, policy: MatchPolicy = PLAIN
) -> Planner:
    return Planner(roster=roster(people), router=StraightLineRouter(), policy=policy, asking=asking)


def at(number: int, site: Site, **over: Any) -> Person:
    return person(number, lon=site.lon, lat=site.lat, region=REGION, **over)


def needed(play: Play, site: Site, severity: Severity = Severity.III, **over: Any) -> Any:
    (opened,) = play.act(COMMANDER, open_incident(site=site, severity=severity))
    given = {"heads": ONE, "hazard": HazardClass.H2, "reach_s": 7_200} | over
    events = play.act(COMMANDER, add_need(opened.incident.id, play.now, **given))
    return play.board.needs[events[0].need.id]


def lines(plan: Plan | None) -> list[tuple[str, int, str | None]]:
    assert plan is not None
    return [(p.need_id, p.volunteer_id, p.replaces) for p in plan.proposals]


class TestMoves:
    """Somebody who accepted but has not left may be needed more elsewhere."""

    def call_for_help(self) -> tuple[Play, Any, Any, Any]:
        """Person 1 in the north has accepted a need in the south; then the north calls."""
        play = Play()
        south = needed(play, SOUTH)
        assignment = play.accepted(south.id, 1)
        north = needed(play, NORTH, Severity.I)
        return play, south, assignment, north

    def test_a_gain_above_the_price_moves_somebody_and_fills_their_place(self) -> None:
        play, south, assignment, north = self.call_for_help()
        planner = planner_of([at(1, NORTH), at(2, SOUTH)], policy=replace(PLAIN, disruption_s=300))
        found = lines(planner.plan(play.board, play.now))
        assert found == sorted([(north.id, 1, assignment.id), (south.id, 2, None)])

    def test_a_gain_below_the_price_leaves_everybody_where_they_are(self) -> None:
        play, _, _, north = self.call_for_help()
        planner = planner_of(
            [at(1, NORTH), at(2, SOUTH)], policy=replace(PLAIN, disruption_s=9_000)
        )
        assert lines(planner.plan(play.board, play.now)) == [(north.id, 2, None)]

    def test_nobody_is_moved_from_the_grave_to_the_slight(self) -> None:
        play = Play()
        play.accepted(needed(play, SOUTH, Severity.I).id, 1)
        needed(play, NORTH, Severity.IV)
        plan = planner_of([at(1, NORTH)]).plan(play.board, play.now)
        assert plan is not None
        assert plan.proposals == ()
        assert [s.missing for s in plan.shortfalls] == [1]

    @pytest.mark.parametrize("step", [act.Depart, act.Arrive])
    def test_who_has_left_is_pinned(self, step: Any) -> None:
        play, _, assignment, north = self.call_for_help()
        play.act(volunteer(1), step(assignment_id=assignment.id))
        planner = planner_of([at(1, NORTH), at(2, SOUTH)], policy=replace(PLAIN, disruption_s=0))
        assert lines(planner.plan(play.board, play.now)) == [(north.id, 2, None)]

    def test_a_wave_moves_nobody(self) -> None:
        play, _, _, north = self.call_for_help()
        planner = planner_of([at(1, NORTH), at(2, SOUTH)], policy=replace(PLAIN, disruption_s=0))
        assert lines(planner.plan(play.board, play.now, (north.id,))) == [(north.id, 2, None)]

    def test_a_move_is_offered_accepted_and_leaves_the_old_place_in_one_step(self) -> None:
        play, south, assignment, north = self.call_for_help()
        planner = planner_of([at(1, NORTH), at(2, SOUTH)], policy=replace(PLAIN, disruption_s=300))
        busy = replace(eligible(), reasons=(Reason.BUSY,))
        play.verdicts[north.id, VolunteerId(1)] = busy
        plan = planner.plan(play.board, play.now)
        (made,) = play.act(COMMANDER, act.MakePlan(), plan)
        play.act(COMMANDER, act.DispatchPlan(plan_id=made.plan.id))
        assert play.board.active == {VolunteerId(1): assignment.id}
        (move,) = play.board.open_offers_of(north.id)
        assert move.replaces == assignment.id
        events = play.act(volunteer(1), act.AcceptOffer(offer_id=move.id))
        assert [type(e) for e in events][:2] == [ev.StoodDown, ev.OfferAccepted]
        old = play.board.assignments[assignment.id]
        assert (old.status, old.stood_down_because) == (AssignmentStatus.STOOD_DOWN, "MOVED")
        assert play.board.heads_taken(south.id) == 0
        assert play.board.heads_taken(north.id) == 1
        assert play.refold() == play.board

    def test_who_left_in_the_meantime_keeps_the_old_place(self) -> None:
        play, _, assignment, north = self.call_for_help()
        play.verdicts[north.id, VolunteerId(1)] = replace(eligible(), reasons=(Reason.BUSY,))
        planner = planner_of([at(1, NORTH), at(2, SOUTH)], policy=replace(PLAIN, disruption_s=300))
        (made,) = play.act(COMMANDER, act.MakePlan(), planner.plan(play.board, play.now))
        play.act(COMMANDER, act.DispatchPlan(plan_id=made.plan.id))
        (move,) = play.board.open_offers_of(north.id)
        play.act(volunteer(1), act.Depart(assignment_id=assignment.id))
        with pytest.raises(Rejected, match="ALREADY_ASSIGNED"):
            play.act(volunteer(1), act.AcceptOffer(offer_id=move.id))

    def test_a_move_does_not_excuse_another_reason(self) -> None:
        play, _, _, north = self.call_for_help()
        reasons = (Reason.COVER, Reason.BUSY)
        play.verdicts[north.id, VolunteerId(1)] = Verdict(reasons=reasons)
        planner = planner_of([at(1, NORTH)])
        (made,) = play.act(COMMANDER, act.MakePlan(), planner.plan(play.board, play.now))
        with pytest.raises(Rejected, match="NOTHING_TO_OFFER"):
            play.act(COMMANDER, act.DispatchPlan(plan_id=made.plan.id))


class TestPins:
    """A commander's word comes before the plan's."""

    def test_a_pinned_person_comes_though_others_are_nearer(self) -> None:
        play = Play()
        north = needed(play, NORTH)
        play.act(COMMANDER, act.PinPair(need_id=north.id, volunteer_id=VolunteerId(2)))
        plan = planner_of([at(1, NORTH), at(2, SOUTH)]).plan(play.board, play.now)
        assert lines(plan) == [(north.id, 2, None)]
        assert plan is not None
        assert plan.unkept == ()
        assert plan.fills[0].asking == 1

    def test_a_pinned_person_serves_no_other_need(self) -> None:
        play = Play()
        slight, grave = needed(play, SOUTH, Severity.IV), needed(play, NORTH, Severity.I)
        play.act(COMMANDER, act.PinPair(need_id=slight.id, volunteer_id=VolunteerId(1)))
        plan = planner_of([at(1, NORTH)]).plan(play.board, play.now)
        assert lines(plan) == [(slight.id, 1, None)]
        assert plan is not None
        assert [s.need_id for s in plan.shortfalls] == [grave.id]

    def test_a_pin_that_cannot_be_kept_says_why(self) -> None:
        play = Play()
        north = needed(play, NORTH)
        for number in (1, 9):
            pin = act.PinPair(need_id=north.id, volunteer_id=VolunteerId(number))
            play.act(COMMANDER, pin)
        plan = planner_of([at(1, NORTH, covers=frozenset()), at(2, SOUTH)]).plan(
            play.board, play.now
        )
        assert lines(plan) == [(north.id, 2, None)]
        assert plan is not None
        assert [(u.volunteer_id, u.reasons) for u in plan.unkept] == [
            (1, (Reason.COVER,)),
            (9, (Reason.STATUS,)),
        ]

    def test_an_excluded_person_is_not_planned(self) -> None:
        play = Play()
        north = needed(play, NORTH)
        play.act(
            COMMANDER,
            act.ExcludePair(need_id=north.id, volunteer_id=VolunteerId(1), reason="Hurt hand"),
        )
        plan = planner_of([at(1, NORTH), at(2, SOUTH)]).plan(play.board, play.now)
        assert lines(plan) == [(north.id, 2, None)]


class TestSizes:
    """As many people are asked as the need's policy says."""

    def hold(self, q: float) -> Asking:
        return Asking(book=AlertBook(rules=(AlertRule(policy=Hold(q=q)),)))

    def asked(self, q: float, people: int = 60, heads: int = 4) -> Plan:
        play = Play()
        needed(play, NORTH, heads=Heads(minimum=1, desired=heads, maximum=heads))
        plan = planner_of([at(n, NORTH) for n in range(1, people + 1)], self.hold(q)).plan(
            play.board, play.now
        )
        assert plan is not None
        return plan

    def test_more_certainty_asks_more_people(self) -> None:
        sizes = [len(self.asked(q).proposals) for q in (0.6, 0.8, 0.95)]
        assert 4 < sizes[0] < sizes[1] < sizes[2]

    @pytest.mark.parametrize("q", [0.6, 0.9])
    def test_the_plan_says_how_sure_it_is(self, q: float) -> None:
        (fill,) = self.asked(q).fills
        assert fill.open == 4
        assert fill.before == 0
        assert q <= fill.fill < q + 0.05

    def test_too_few_people_are_all_asked_and_missing_heads_are_a_shortfall(self) -> None:
        plan = self.asked(0.9, people=3)
        assert len(plan.proposals) == 3
        assert [s.missing for s in plan.shortfalls] == [1]
        assert plan.fills[0].fill == 0

    def test_the_silent_count_until_they_fade(self) -> None:
        play = Play()
        need = needed(play, NORTH)
        planner = planner_of([at(n, NORTH) for n in range(1, 40)], self.hold(0.9))
        (made,) = play.act(COMMANDER, act.MakePlan(), planner.plan(play.board, play.now))
        play.act(COMMANDER, act.DispatchPlan(plan_id=made.plan.id))
        first = len(made.plan.proposals)
        play.now += timedelta(seconds=6)
        plan = planner.plan(play.board, play.now, (need.id,))
        assert plan is not None
        assert plan.proposals == ()
        play.now += timedelta(seconds=100)
        later = planner.plan(play.board, play.now, (need.id,))
        assert later is not None
        assert 0 < len(later.proposals) <= first

    def test_a_wave_leaves_alone_whose_offer_ran_out(self) -> None:
        play = Play()
        need = needed(play, NORTH)
        play.offer(need.id, 1)
        play.now += timedelta(hours=0.5)
        play.tick()
        planner = planner_of([at(1, NORTH), at(2, SOUTH)])
        assert lines(planner.plan(play.board, play.now, (need.id,))) == [(need.id, 2, None)]
        assert lines(planner.plan(play.board, play.now)) == [(need.id, 1, None)]

    def test_a_wave_leaves_alone_who_accepted_and_could_not_come(self) -> None:
        play = Play()
        need = needed(play, NORTH)
        mine = play.accepted(need.id, 1)
        play.act(volunteer(1), act.StandDown(assignment_id=mine.id, reason="Car broke down"))
        planner = planner_of([at(1, NORTH), at(2, SOUTH)])
        assert lines(planner.plan(play.board, play.now, (need.id,))) == [(need.id, 2, None)]
        assert lines(planner.plan(play.board, play.now)) == [(need.id, 1, None)]


class TestCrews:
    """Crew rules reach the plan."""

    def crew(self, people: list[Person], **over: Any) -> Plan:
        play = Play()
        heads = Heads(minimum=4, desired=4, maximum=4)
        needed(play, NORTH, heads=heads, **over)
        plan = planner_of(people, policy=replace(PLAIN, crew=CrewPolicy())).plan(
            play.board, play.now
        )
        assert plan is not None
        return plan

    def test_a_leader_from_far_comes_before_a_fourth_neighbour(self) -> None:
        near = [at(n, NORTH) for n in range(1, 7)]
        leader = at(9, SOUTH, skills=LEADS)
        plan = self.crew([*near, leader])
        posts = {p.volunteer_id: p.post for p in plan.proposals}
        assert len(posts) == 4
        assert posts[VolunteerId(9)] == "LEADER"

    def test_without_a_leader_somebody_stands_in_and_no_head_is_empty(self) -> None:
        plan = self.crew([at(n, NORTH) for n in range(1, 7)])
        assert len(plan.proposals) == 4
        assert plan.shortfalls == ()
        assert [(lack.post, lack.heads) for lack in plan.lacks] == [("LEADER", 1)]

    def test_newcomers_are_at_most_half(self) -> None:
        fresh = [at(n, NORTH, served_h=0, skills=LOG) for n in range(1, 7)]
        seasoned = [at(n, SOUTH, served_h=50, skills=LEADS) for n in range(7, 10)]
        plan = self.crew([*fresh, *seasoned])
        assert sum(p.volunteer_id < 7 for p in plan.proposals) == 2


class TestMemory:
    """What a planner remembers makes it quick and changes nothing."""

    @pytest.mark.parametrize("seed", range(4))
    def test_a_planner_with_a_past_plans_like_a_new_one_that_knows_everybody(
        self, seed: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The old one looks up a few at first, and further by what heads cost."""
        monkeypatch.setattr("dispatch.planner.round.NEAREST_PER_HEAD", 1)
        rng = np.random.default_rng(seed)
        people = [
            at(
                n,
                Site(lon=float(rng.uniform(-71.35, -71.2)), lat=float(rng.uniform(-30, -29.86))),
                turnout_s=int(rng.integers(10, 400)),
            )
            for n in range(1, 200)
        ]
        asking = Asking(book=AlertBook(rules=(AlertRule(policy=Hold(q=0.8)),)))
        policy = MatchPolicy()
        play, old = Play(), planner_of(people, asking, policy)
        old.nearest = 3
        for step in range(8):
            self.disturb(play, step, rng)
            new = planner_of(people, asking, policy)
            monkeypatch.setattr("dispatch.planner.memory.WHOLE", 0)
            one = old.plan(play.board, play.now)
            monkeypatch.setattr("dispatch.planner.memory.WHOLE", 400)
            two = new.plan(play.board, play.now)
            assert (one is None) == (two is None)
            if one is not None and two is not None:
                assert one.objective_s == two.objective_s == one.bound_s
                assert one.fills == two.fills or one.objective_s == two.objective_s
                assert [s.missing for s in one.shortfalls] == [s.missing for s in two.shortfalls]

    def disturb(self, play: Play, step: int, rng: np.random.Generator) -> None:
        """Something happens: needs appear, people accept or check in elsewhere, roads close."""
        play.now += timedelta(seconds=30)
        site = Site(lon=float(rng.uniform(-71.35, -71.2)), lat=float(rng.uniform(-30, -29.86)))
        if step % 2 == 0:
            heads = int(rng.integers(1, 5))
            severity = list(Severity)[int(rng.integers(4))]
            needed(play, site, severity, heads=Heads(minimum=1, desired=heads, maximum=heads))
        open_needs = play.board.open_needs()
        need = open_needs[int(rng.integers(len(open_needs)))]
        number = int(rng.integers(1, 200))
        fix = Fix(lon=site.lon, lat=site.lat, accuracy_m=9, taken_at=play.now)
        play.act(volunteer(number), act.CheckIn(fix=fix))
        if play.board.heads_taken(need.id) < need.heads.maximum and number not in play.board.active:
            play.accepted(need.id, number)
        if step == 5:
            ring = tuple(
                (site.lon + dx, site.lat + dy) for dx, dy in ((0, 0), (0.02, 0), (0, 0.02))
            )
            flood = act.DrawZone(zone_kind=ZoneKind.FLOOD, name="Flood", parts=((ring,),))
            play.act(COMMANDER, flood)
        if step == 7:
            play.act(COMMANDER, act.SetRain(rain=Rain.HEAVY))


def test_skill_is_that_of_the_service() -> None:
    play = Play()
    need = needed(play, NORTH, skill=Skill("MED-1"))
    plan = planner_of([at(1, NORTH, skill="MED-2")]).plan(play.board, T0)
    assert plan is not None
    assert [(p.need_id, p.skill) for p in plan.proposals] == [(need.id, "MED-2")]
