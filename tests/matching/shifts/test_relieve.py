"""The public entry: properties of whole relief plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.shifts import Holder, People, ReliefNeed, ReliefPlan, ReliefPolicy
from dispatch.matching.shifts import relieve as relieve_
from dispatch.matching.shifts.verify import verify_relief
from dispatch.model import HazardClass, Severity
from tests.builders import NOW
from tests.matching.shifts.scenes import (
    FOREVER,
    HOUR,
    POLICY,
    PRICES,
    START,
    after,
    entry,
    holder,
    people,
    relieve,
    scenes,
    serving,
    task,
    tried,
)

Scene = tuple[list[ReliefNeed], People, ReliefPolicy]


@settings(deadline=None, max_examples=300)
@given(scenes())
def test_no_plan_is_cheaper(scene: Scene) -> None:
    plan = relieve(*scene)
    assert plan.objective_s == plan.bound_s == tried(*scene)
    assert plan.gap == 0


@settings(deadline=None, max_examples=60)
@given(scenes())
def test_the_bound_of_a_plan_that_is_not_searched_to_the_end_holds(scene: Scene) -> None:
    needs, who, policy = scene
    plan = relieve_(needs, who, now=NOW, match_policy=PRICES, policy=policy, exact_pairs=0)
    assert plan.bound_s <= tried(*scene) <= plan.objective_s


@settings(deadline=None, max_examples=60)
@given(scenes(), st.integers(0, 3))
def test_one_more_volunteer_never_makes_it_worse(scene: Scene, newcomer: int) -> None:
    needs, who, policy = scene
    without = [_without(n, newcomer) for n in needs]
    assert relieve(needs, who, policy).objective_s <= relieve(without, who, policy).objective_s


def _without(need: ReliefNeed, row: int) -> ReliefNeed:
    keep = need.rows != row
    return replace(
        need,
        rows=need.rows[keep],
        eta_s=need.eta_s[keep],
        cost_s=need.cost_s[keep],
        covered_until=need.covered_until[keep],
    )


@settings(deadline=None, max_examples=60)
@given(scenes())
def test_the_order_of_the_needs_does_not_change_the_plan(scene: Scene) -> None:
    needs, who, policy = scene
    assert relieve(needs, who, policy) == relieve(needs[::-1], who, policy)


def test_the_clock_on_the_wall_does_not_matter() -> None:
    """At the night the clocks change, eight hours of rest are eight hours."""
    local = timezone(timedelta(hours=-4))
    needs, who = [entry([0, 1, 2], hours=24.0)], people(3)
    moved = replace(needs[0], need=replace(needs[0].need, ends_at=after(24).astimezone(local)))
    there = relieve_([moved], who, now=NOW.astimezone(local), match_policy=PRICES, policy=POLICY)
    assert there == relieve(needs, who)
    assert all(s.start_at.utcoffset() == timedelta(0) for s in there.shifts)


def test_a_day_on_the_water_is_relieved_every_four_hours() -> None:
    """Two in the boat since an hour ago: six reliefs by people who rest eight hours between."""
    crew = [holder(0, -1.0), holder(1, -1.0)]
    needs = [entry(range(8), heads=(2, 2), hours=24.0, holders=crew)]
    plan = relieve(needs, people(8))
    assert [s.heads for s in plan.shifts] == [2] * 6
    assert plan.shifts[0].start_at == after(3)
    assert plan.shifts[-1].end_at == after(24)
    assert all(s.shortfall is None for s in plan.shifts)
    assert plan.objective_s == 12 * 960
    first, second = plan.shifts[:2]
    assert [r.relieves for r in first.reliefs] == [101, 102]
    assert [r.relieves for r in second.reliefs] == [r.volunteer_id for r in first.reliefs]


def test_the_holders_come_back_when_they_have_rested() -> None:
    crew = [holder(0, -1.0)]
    plan = relieve([entry([0, 1, 2, 3], hours=24.0, holders=crew)], people(4))
    assert not any(s.shortfall for s in plan.shifts)
    backs = [s.start_at for s, who in zip(plan.shifts, serving(plan), strict=True) if 101 in who]
    assert min(backs) >= after(3 + 8)


def test_a_scarce_driver_is_kept_for_the_worse_incident() -> None:
    """One driver, two boats whose reliefs overlap: nearest first would serve the wrong one."""
    mild = entry([0], 1, severity=Severity.IV, holders=[holder(1, -3.5)], eta_s=0, hours=4.0)
    grave = entry([0], 2, severity=Severity.I, holders=[holder(2, -2.5)], eta_s=1_800, hours=5.0)
    assert serving(relieve([mild, grave], people(3))) == [[], [101]]


def test_what_cannot_be_relieved_is_a_result() -> None:
    plan = relieve([entry([], heads=(1, 2), holders=[holder(0)], hours=6.0)], people(1))
    assert [s.shortfall.missing for s in plan.shifts if s.shortfall] == [1, 1]
    below, above, *_ = PRICES.unfilled_s(Severity.III)
    assert plan.objective_s == below + above


def test_nothing_runs_long_enough() -> None:
    assert relieve([], people(0)).shifts == ()
    assert relieve([entry([1], hours=2.0, holders=[holder(0)])], people(2)).shifts == ()


RULES = {
    "reach": (entry([0], holders=[holder(1)], hours=6, eta_s=4 * HOUR), people(2)),
    "cover": (
        entry([0], holders=[holder(1)], hours=6, covered_until=START + 6 * HOUR + 899),
        people(2),
    ),
    "availability ends": (
        entry([0], holders=[holder(1)], hours=6),
        people(2, free_until=[START + 6 * HOUR + 899, FOREVER]),
    ),
    "availability begins": (
        entry([0], holders=[holder(1)], hours=6),
        people(2, free_from=[START + 4 * HOUR, 0]),
    ),
    "rest": (entry([0], holders=[holder(1)], hours=6), people(2, tasks=[task(0, -8, -4)])),
    "busy": (entry([0], holders=[holder(1)], hours=6), people(2, tasks=[task(0, -1, 4)])),
    "hours": (
        entry([0], holders=[holder(1)], hours=7, hazard=HazardClass.H2),
        people(2, tasks=[task(0, -16, -7)]),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_keeps_somebody_away(rule: str) -> None:
    needs, who = RULES[rule]
    assert serving(relieve([needs], who)) == [[]]


KEPT = {
    "reach": (entry([0], holders=[holder(1)], hours=6, eta_s=12_000), people(2)),
    "cover": (
        entry([0], holders=[holder(1)], hours=6, covered_until=START + 6 * HOUR + 900),
        people(2),
    ),
    "availability ends": (
        entry([0], holders=[holder(1)], hours=6),
        people(2, free_until=[START + 6 * HOUR + 900, FOREVER]),
    ),
    "availability begins": (
        entry([0], holders=[holder(1)], hours=6),
        people(2, free_from=[START + 3 * HOUR, 0]),
    ),
    "rest": (entry([0], holders=[holder(1)], hours=6), people(2, tasks=[task(0, -9, -5)])),
    "busy": (entry([0], holders=[holder(1)], hours=6), people(2, tasks=[task(0, -1, -0.5)])),
    "hours": (
        entry([0], holders=[holder(1)], hours=7, hazard=HazardClass.H2),
        people(2, tasks=[task(0, -15, -7)]),
    ),
}


@pytest.mark.parametrize("rule", KEPT)
def test_each_rule_lets_pass_what_just_keeps_it(rule: str) -> None:
    needs, who = KEPT[rule]
    assert serving(relieve([needs], who)) == [[101]]


def test_nobody_is_at_two_places_at_once() -> None:
    near = [entry([0], n, holders=[holder(n)], hours=6.0) for n in (1, 2)]
    assert sorted(serving(relieve(near, people(3)))) == [[], [101]]


def test_a_plan_made_after_a_handover_keeps_the_later_ones() -> None:
    who = people(12)
    first = relieve([entry(range(1, 12), holders=[holder(0)], hours=24.0)], who)
    one = first.shifts[0]
    came = one.reliefs[0]
    now = Holder(
        row=came.volunteer_id - 101,
        left_at=came.leave_at,
        on_scene_at=came.arrive_at,
        until_at=one.end_at,
    )
    later = relieve_(
        [entry(range(1, 12), holders=[now], hours=24.0)],
        who,
        now=one.start_at,
        match_policy=PRICES,
        policy=POLICY,
    )
    assert [s.start_at for s in later.shifts] == [s.start_at for s in first.shifts[1:]]


def test_a_plan_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ReliefPlan] = []
    monkeypatch.setattr(
        "dispatch.matching.shifts.verify_relief", lambda plan, *_, **__: seen.append(plan)
    )
    plan = relieve([entry([0], holders=[holder(1)])], people(2))
    assert seen == [plan]


def test_a_county_for_a_day_is_close_to_its_bound() -> None:
    """Dozens of boats, scarce drivers: too many pairs for a proof, yet nearly none to gain."""
    rng = np.random.default_rng(4)
    needs = [
        entry(
            sorted(rng.choice(240, 30, replace=False).tolist()),
            n,
            heads=(1, 3),
            hours=24.0,
            severity=list(Severity)[n % 4],
            eta_s=rng.integers(300, 3_000, 30).tolist(),
        )
        for n in range(1, 25)
    ]
    who = people(240)
    plan = relieve_(needs, who, now=NOW, match_policy=PRICES, policy=POLICY, exact_pairs=0)
    assert any(s.shortfall for s in plan.shifts)
    assert plan.gap < 0.01
    verify_relief(plan, needs, who, match_policy=PRICES, policy=POLICY)
