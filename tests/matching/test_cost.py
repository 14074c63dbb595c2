from __future__ import annotations

import sys

import numpy as np

from dispatch.matching import cost
from dispatch.matching.policy import MatchPolicy

POLICY = MatchPolicy()


def trips(
    eta_s: int = 600, turnout_s: int = 90, steps: int = 0, on_duty: bool = True
) -> cost.Trips:
    return cost.Trips(
        eta_s=np.array([eta_s], np.int32),
        turnout_s=np.array([turnout_s], np.int32),
        steps=np.array([steps], np.uint8),
        on_duty=np.array([on_duty]),
    )


def test_turnout_is_its_own_time() -> None:
    assert cost.turnout(trips(turnout_s=90), POLICY).tolist() == [90]


def test_travel_is_its_own_time() -> None:
    assert cost.travel(trips(eta_s=600), POLICY).tolist() == [600]


def test_substitute_adds_a_fifth_of_the_travel_per_step() -> None:
    added = [cost.substitute(trips(steps=n), POLICY).tolist() for n in (0, 1, 2)]
    assert added == [[0], [120], [240]]


def test_substitute_rounds_to_whole_seconds() -> None:
    assert cost.substitute(trips(eta_s=13, steps=1), POLICY).tolist() == [3]
    assert cost.substitute(trips(eta_s=12, steps=1), POLICY).tolist() == [2]


def test_off_duty_costs_two_minutes() -> None:
    added = [cost.off_duty(trips(on_duty=duty), POLICY).tolist() for duty in (True, False)]
    assert added == [[0], [120]]


def test_a_trip_costs_the_sum_of_its_terms() -> None:
    far = trips(eta_s=1_000, turnout_s=60, steps=2, on_duty=False)
    assert cost.equivalent_s(far, POLICY).tolist() == [60 + 1_000 + 400 + 120]


def test_costs_are_int64_and_survive_the_longest_reach() -> None:
    longest = trips(eta_s=POLICY.reach_max_s, turnout_s=0, steps=2, on_duty=False)
    total = cost.equivalent_s(longest, POLICY)
    assert total.dtype == np.int64
    assert total.tolist() == [POLICY.dearest_pair_s]


def test_no_trips_cost_nothing() -> None:
    nobody = cost.Trips(*(np.empty(0, t) for t in (np.int32, np.int32, np.uint8, np.bool_)))
    assert cost.equivalent_s(nobody, POLICY).shape == (0,)


def test_every_term_is_named_by_a_test() -> None:
    tests = [name for name in vars(sys.modules[__name__]) if name.startswith("test_")]
    for term in cost.TERMS:
        assert any(name.startswith(f"test_{term.__name__}_") for name in tests)
