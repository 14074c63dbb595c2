"""A plan's lines say what the roster, the router and the contracts say of one person alone."""

from __future__ import annotations

import numpy as np

from dispatch import actions as act
from dispatch.geo.straight import StraightLineRouter
from dispatch.matching.alerting import Exactly
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.matching.cover import evidence
from dispatch.matching.eligibility import Stage
from dispatch.matching.policy import MatchPolicy
from dispatch.model import HazardClass, Heads, VolunteerId
from dispatch.planner.plan import Planner
from dispatch.planner.round import Asking
from dispatch.planner.verdict import judge
from tests.builders import person, roster
from tests.play import COMMANDER, REGION, Play, add_need, open_incident

HEADS = Heads(minimum=3, desired=6, maximum=6)


def test_every_line_agrees_with_the_verdict_on_its_person() -> None:
    rng = np.random.default_rng(1)
    folk = roster(
        person(
            n,
            lon=float(rng.uniform(-71.3, -71.2)),
            lat=float(rng.uniform(-29.95, -29.85)),
            region=REGION,
            turnout_s=int(rng.integers(10, 400)),
        )
        for n in range(1, 60)
    )
    play, router = Play(), StraightLineRouter()
    for _ in range(3):
        (opened,) = play.act(COMMANDER, open_incident())
        play.act(
            COMMANDER,
            add_need(opened.incident.id, play.now, heads=HEADS, hazard=HazardClass.H2),
        )
    needs = play.board.open_needs()
    pinned = act.PinPair(need_id=needs[0].id, volunteer_id=VolunteerId(7))
    play.act(COMMANDER, pinned)
    policy = MatchPolicy()
    asking = Asking(book=AlertBook(rules=(AlertRule(policy=Exactly()),)))
    planner = Planner(roster=folk, router=router, policy=policy, asking=asking)
    plan = planner.plan(play.board, play.now)
    assert plan is not None
    assert [line.need_id for line in plan.proposals] == sorted(
        need.id for need in needs for _ in range(HEADS.desired)
    )
    assert (needs[0].id, VolunteerId(7)) in {(p.need_id, p.volunteer_id) for p in plan.proposals}
    pairs = [(line.need_id, line.volunteer_id) for line in plan.proposals]
    verdicts = judge(
        play.board, folk, pairs, play.now, Stage.PLAN, {}, router=router, policy=policy
    )
    for line in plan.proposals:
        verdict = verdicts[line.need_id, line.volunteer_id]
        assert (line.travel, line.origin) == (verdict.travel, verdict.origin)
        row = int(folk.rows([line.volunteer_id])[0])
        need = play.board.needs[line.need_id]
        assert line.cover is not None
        assert line.cover == evidence(folk, row, need, now=play.now, exercise=False)
