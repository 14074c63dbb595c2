from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching import cost
from dispatch.matching.policy import ALERTS_MOST, RARITY_STEPS, MatchPolicy
from dispatch.model import Severity
from dispatch.taxonomy import SUBSTITUTES

POLICY = MatchPolicy()
MOST_STEPS = max(steps for row in SUBSTITUTES.values() for _, steps in row)


def trips(
    *,
    eta_s: int = 600,
    late_s: int = 0,
    steps: int = 0,
    surplus: int = 0,
    moved: bool = False,
    stays: bool = False,
    accepts: float = 1.0,
) -> cost.Trips:
    """One trip of the person in row 0."""
    return cost.Trips(
        row=np.array([0], np.intp),
        eta_s=np.array([eta_s], np.int32),
        late_s=np.array([late_s], np.int64),
        steps=np.array([steps], np.uint8),
        surplus=np.array([surplus], np.uint8),
        moved=np.array([moved]),
        stays=np.array([stays]),
        accepts=np.array([accepts]),
    )


def people(
    *,
    turnout_s: int = 90,
    on_duty: bool = True,
    task_s: int = 0,
    alerts: float = 0.0,
    stale_s: int = 0,
) -> cost.People:
    """A roster of one."""
    return cost.People(
        turnout_s=np.array([turnout_s], np.int32),
        on_duty=np.array([on_duty]),
        task_s=np.array([task_s], np.int32),
        alerts=np.array([alerts]),
        stale_s=np.array([stale_s], np.int32),
    )


def seconds(
    term: cost.Term, trip: cost.Trips | None = None, person: cost.People | None = None
) -> int:
    """What a term adds to a trip that is plain but for what is given."""
    (added,) = term(trip or trips(), person or people(), POLICY)
    assert isinstance(added, np.int64)
    return int(added)


@pytest.mark.parametrize("accepts", [1e-9, 0.05, 0.4, 0.456, 1.0])
def test_nobody_off_duty_costs_less_than_the_least(accepts: float) -> None:
    idle_s = cost.least_idle_s(POLICY, 0.456)
    person, trip = people(on_duty=False), trips(eta_s=0, accepts=min(accepts, 0.456))
    (total,) = cost.equivalent_s(trip, person, POLICY)
    assert total >= 90 + idle_s
    assert cost.least_idle_s(POLICY, 1.0) == POLICY.off_duty_s
    if accepts == 0.456:
        assert total == 90 + idle_s + 1  # half seconds are rounded, the least is cut


def test_turnout_is_its_own_time() -> None:
    assert seconds(cost.turnout, person=people(turnout_s=90)) == 90


def test_travel_is_its_own_time() -> None:
    assert seconds(cost.travel, trips(eta_s=600)) == 600


def test_late_counts_every_second_after_the_deadline_once_more() -> None:
    assert [seconds(cost.late, trips(late_s=s)) for s in (0, 1, 1_234)] == [0, 1, 1_234]


def test_late_counts_the_policys_share() -> None:
    half = cost.late(trips(late_s=100), people(), MatchPolicy(late_share=0.5))
    assert half.tolist() == [50]


def test_substitute_adds_a_fifth_of_the_travel_per_step() -> None:
    assert [seconds(cost.substitute, trips(steps=n)) for n in (0, 1, 2)] == [0, 120, 240]


def test_substitute_rounds_to_whole_seconds() -> None:
    assert [seconds(cost.substitute, trips(eta_s=t, steps=1)) for t in (13, 12)] == [3, 2]


def test_surplus_costs_two_minutes_per_step_of_rarity() -> None:
    assert [seconds(cost.surplus, trips(surplus=n)) for n in (0, 1, 3)] == [0, 120, 360]


def test_off_duty_costs_two_minutes() -> None:
    assert [seconds(cost.off_duty, person=people(on_duty=d)) for d in (True, False)] == [0, 120]


def test_fatigue_costs_three_minutes_per_hour_on_task() -> None:
    assert [seconds(cost.fatigue, person=people(task_s=h * 3600)) for h in (0, 1, 12)] == [
        0,
        180,
        2_160,
    ]


def test_fatigue_counts_a_day_at_most() -> None:
    assert seconds(cost.fatigue, person=people(task_s=500_000)) == 4_320


def test_load_costs_a_minute_per_alert_and_half_for_a_stand_down() -> None:
    assert [seconds(cost.load, person=people(alerts=n)) for n in (0, 1, 2.5)] == [0, 60, 150]


def test_load_counts_so_many_alerts_at_most() -> None:
    assert seconds(cost.load, person=people(alerts=ALERTS_MOST + 1)) == 60 * ALERTS_MOST


def test_stale_costs_a_tenth_of_the_age_up_to_ten_minutes() -> None:
    ages = (0, 15, 900, 6_000, 90_000)
    added = [seconds(cost.stale, person=people(stale_s=age)) for age in ages]
    assert added == [0, 2, 90, 600, 600]


def test_doubt_costs_a_minute_per_no_to_be_expected() -> None:
    chances = (1.0, 0.5, 0.25, 0.1)
    assert [seconds(cost.doubt, trips(accepts=p)) for p in chances] == [0, 60, 180, 540]


@pytest.mark.parametrize("accepts", [0.04, 0.0])
def test_doubt_counts_twenty_noes_at_most(accepts: float) -> None:
    assert seconds(cost.doubt, trips(accepts=accepts)) == 1_200


def test_disruption_costs_a_quarter_of_an_hour() -> None:
    assert [seconds(cost.disruption, trips(moved=m)) for m in (False, True)] == [0, 900]


def test_a_trip_costs_the_sum_of_its_terms() -> None:
    everything = trips(eta_s=1_000, late_s=50, steps=2, surplus=1, moved=True, accepts=0.5)
    tired = people(turnout_s=60, on_duty=False, task_s=3600, alerts=2, stale_s=100)
    total = cost.equivalent_s(everything, tired, POLICY)
    parts = [60, 1_000, 50, 400, 120, 120, 180, 120, 10, 60, 900]
    assert len(parts) == len(cost.TERMS)
    assert total.tolist() == [sum(parts)]
    assert total.dtype == np.int64


def test_who_stays_costs_nothing() -> None:
    tired = people(on_duty=False, task_s=3600, alerts=2, stale_s=100)
    there = trips(eta_s=2**31 - 1, late_s=9, steps=2, surplus=1, accepts=0.1, stays=True)
    assert cost.equivalent_s(there, tired, POLICY).tolist() == [0]


def test_columns_are_read_by_row() -> None:
    two = cost.Trips(
        row=np.array([2, 0, 2], np.intp),
        eta_s=np.array([10, 20, 30], np.int32),
        late_s=np.zeros(3, np.int64),
        steps=np.zeros(3, np.uint8),
        surplus=np.zeros(3, np.uint8),
        moved=np.zeros(3, np.bool_),
        stays=np.zeros(3, np.bool_),
        accepts=np.ones(3),
    )
    known = cost.People(
        turnout_s=np.array([1, 2, 3], np.int32),
        on_duty=np.array([True, True, False]),
        task_s=np.array([0, 9_000, 20], np.int32),
        alerts=np.array([0.0, 9.0, 1.0]),
        stale_s=np.array([0, 9_000, 10], np.int32),
    )
    extra = 3 + 120 + 1 + 60 + 1
    assert cost.equivalent_s(two, known, POLICY).tolist() == [10 + extra, 20 + 1, 30 + extra]


def test_fresh_people_cost_their_way_only() -> None:
    fresh = cost.People.fresh(np.array([45], np.int32), np.array([True]))
    assert cost.equivalent_s(trips(eta_s=300), fresh, POLICY).tolist() == [345]


def test_no_trips_cost_nothing() -> None:
    nobody = cost.Trips(
        row=np.empty(0, np.intp),
        eta_s=np.empty(0, np.int32),
        late_s=np.empty(0, np.int64),
        steps=np.empty(0, np.uint8),
        surplus=np.empty(0, np.uint8),
        moved=np.empty(0, np.bool_),
        stays=np.empty(0, np.bool_),
        accepts=np.empty(0),
    )
    assert cost.equivalent_s(nobody, people(), POLICY).shape == (0,)


policies = st.builds(
    MatchPolicy,
    unfilled_base_s=st.just(2**34),
    spare_base_s=st.just(2**29),
    substitute_share=st.floats(0, 1),
    surplus_s=st.integers(0, 10_000),
    late_share=st.floats(0, 10),
    off_duty_s=st.integers(0, 10_000),
    fatigue_share=st.floats(0, 1),
    load_s=st.integers(0, 10_000),
    stale_share=st.floats(0, 1),
    stale_max_s=st.integers(0, 10_000),
    reply_s=st.integers(0, 10_000),
    doubt_max=st.integers(0, 1_000),
    disruption_s=st.integers(0, 10_000),
    reach_max_s=st.integers(1, 200_000),
)


@settings(deadline=None, max_examples=200)
@given(policies, st.data())
def test_no_trip_is_dearer_than_the_dearest_pair(policy: MatchPolicy, data: st.DataObject) -> None:
    def extreme(least: int, most: int) -> int:
        return data.draw(st.sampled_from([least, most]) | st.integers(least, most))

    response_s = extreme(0, policy.reach_max_s)
    turnout_s = extreme(0, response_s)
    trip = trips(
        eta_s=response_s - turnout_s,
        late_s=extreme(0, response_s),
        steps=extreme(0, MOST_STEPS),
        surplus=extreme(0, RARITY_STEPS),
        moved=data.draw(st.booleans()),
        accepts=data.draw(st.sampled_from([0.0, 1.0]) | st.floats(0, 1)),
    )
    person = people(
        turnout_s=turnout_s,
        on_duty=data.draw(st.booleans()),
        task_s=extreme(0, 10**6),
        alerts=data.draw(st.floats(0, 1_000)),
        stale_s=extreme(0, 10**8),
    )
    (total,) = cost.equivalent_s(trip, person, policy).tolist()
    assert 0 <= total <= policy.dearest_pair_s
    assert total < policy.unfilled_s(Severity.IV)[-1]


def test_the_dearest_pair_is_one_that_can_be() -> None:
    """The bound is not just any large figure: the worst trip comes within its rounding."""
    limit = POLICY.reach_max_s
    worst = trips(
        eta_s=limit, late_s=limit, steps=MOST_STEPS, surplus=RARITY_STEPS, moved=True, accepts=0
    )
    idle = people(turnout_s=0, on_duty=False, task_s=10**6, alerts=10**6, stale_s=10**8)
    (total,) = cost.equivalent_s(worst, idle, POLICY).tolist()
    assert POLICY.dearest_pair_s - 9 <= total <= POLICY.dearest_pair_s


def test_every_term_is_named_by_a_test() -> None:
    tests = [name for name in vars(sys.modules[__name__]) if name.startswith("test_")]
    for term in cost.TERMS:
        assert any(name.startswith(f"test_{term.__name__}_") for name in tests), term.__name__
