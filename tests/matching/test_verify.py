from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.errors import SolverFailed
from dispatch.matching.flow import solve
from dispatch.matching.problem import DESIRED, MINIMUM, SPARE, TIERS, Problem, Solution
from dispatch.matching.verify import Prices, cost_of, lower_bound, prices, stand_ins, verify
from tests.matching.oracles import (
    by_milp,
    by_tier,
    cost_by_hand,
    plain,
    problem_of,
    problems,
    random_crews,
    random_problem,
    reserve_of,
)

PRICE = (400, 100, 10)
PROBLEM = problem_of([[10, 20], [11, 100]], [(1, 0), (1, 0)], [PRICE, PRICE])
"""Pairs 0 and 1 serve the first need, 2 and 3 the second; best is 1 and 2 at 31."""


def answer(chosen: list[int], unfilled: list[list[int]], objective_s: int) -> Solution:
    return Solution(np.array(chosen, np.intp), by_tier(unfilled), objective_s)


BEST = answer([1, 2], [[0], [0]], 31)


def test_verify_returns_what_it_costs() -> None:
    assert verify(PROBLEM, BEST) == 31
    assert verify(PROBLEM, answer([0], [[0], [1]], 410)) == 410


@pytest.mark.parametrize(
    ("solution", "says"),
    [
        (replace(BEST, objective_s=30), "costs 31 s, not 30 s"),
        (replace(BEST, objective_s=32), "costs 31 s, not 32 s"),
        (answer([0, 2], [[0], [0]], 21), r"rows \[0\] twice"),
        (answer([0, 1], [[0], [1]], 430), "add up to the open ones of n000"),
        (answer([0, 1], [[-1], [1]], 30), "fewer than none"),
        (answer([0], [[0], [0]], 10), "of n001"),
        (answer([0], [[0], [0, 1]], 110), "more heads empty"),
        (answer([2, 1], [[0], [0]], 31), "not a candidate, or one twice"),
        (answer([1, 1], [[0], [0]], 40), "not a candidate, or one twice"),
        (answer([1, 4], [[0], [0]], 31), "not a candidate"),
        (answer([-1, 2], [[0], [0]], 31), "not a candidate"),
        (answer([1, 2], [[0]], 31), "not those of these needs"),
        (Solution(BEST.chosen, BEST.unfilled[:, :2], 31), "not those of these needs"),
    ],
)
def test_verify_refuses_and_says_why(solution: Solution, says: str) -> None:
    with pytest.raises(SolverFailed, match=says):
        verify(PROBLEM, solution)


CREW = problem_of(
    [[10, 12, None], [None, None, 20], [30, 30, 30]],
    [(1,), (1,), (1,)],
    [PRICE] * 3,
    needs=[0, 0, 1],
    falls=[1, -1, -1],
)
"""Rows 0 and 1 may lead (pairs 0 and 1), row 2 fills the other post only (pair 2); all three could
go to the second need (pairs 3 to 5)."""


@pytest.mark.parametrize(
    ("chosen", "unfilled", "objective_s"),
    [
        ([0, 2, 4], [[0], [0], [0]], 60),
        ([0, 1, 5], [[0], [0], [0]], 52),
        ([0, 5], [[0], [1], [0]], 440),
        ([0, 5], [[1], [0], [0]], 440),
        ([2, 3], [[1], [0], [0]], 450),
    ],
)
def test_verify_lets_leaders_fall_to_the_wider_post(
    chosen: list[int], unfilled: list[list[int]], objective_s: int
) -> None:
    assert verify(CREW, answer(chosen, unfilled, objective_s)) == objective_s


@pytest.mark.parametrize(
    ("chosen", "unfilled", "objective_s", "where"),
    [
        ([2, 3], [[0], [1], [0]], 450, "n000"),  # row 2 may not lead
        ([0, 1, 2], [[0], [0], [1]], 442, "n000"),  # three in two posts
        ([0, 1, 2], [[0], [0], [0]], 42, "n000, n001"),  # nobody falls to another need
        ([0, 1], [[0], [0], [0]], 22, "n001"),
        ([0], [[0], [0], [1]], 410, "n000"),  # one person, two heads
    ],
)
def test_verify_refuses_wrong_falls(
    chosen: list[int], unfilled: list[list[int]], objective_s: int, where: str
) -> None:
    with pytest.raises(SolverFailed, match=f"open ones of {where}$"):
        verify(CREW, answer(chosen, unfilled, objective_s))


STANDING = replace(CREW, posts=replace(CREW.posts, stand_in_s=np.array([70, 0, 0], np.int64)))


def test_verify_lets_others_stand_in_for_a_leader_at_the_price() -> None:
    alone = answer([2, 3], [[0], [1], [0]], 450 + 70)
    assert verify(STANDING, alone) == 520
    assert stand_ins(STANDING, alone).tolist() == [1, 0, 0]
    with pytest.raises(SolverFailed, match="costs 520 s, not 450 s"):
        verify(STANDING, replace(alone, objective_s=450))
    led = answer([0, 2, 4], [[0], [0], [0]], 60)
    assert verify(STANDING, led) == 60
    assert stand_ins(STANDING, led).tolist() == [0, 0, 0]
    with pytest.raises(SolverFailed, match="open ones of n000, n001"):
        verify(STANDING, answer([0, 1, 2], [[0], [0], [0]], 42))


SCARCE = problem_of([[10, 10, 90]], [(2,)], [PRICE], reserve=reserve_of([0, 0, -1], [1], 50))


def test_verify_counts_who_is_taken_out_of_the_reserve() -> None:
    assert verify(SCARCE, answer([0, 1], [[0]], 70)) == 70
    assert verify(SCARCE, answer([0, 2], [[0]], 100)) == 100
    with pytest.raises(SolverFailed, match="costs 70 s, not 20 s"):
        verify(SCARCE, answer([0, 1], [[0]], 20))
    with pytest.raises(SolverFailed, match="costs 100 s, not 150 s"):
        verify(SCARCE, answer([0, 2], [[0]], 150))


def test_every_group_has_its_own_quota() -> None:
    groups = reserve_of([0, 0, 1, 1], [2, 1], 50)
    problem = problem_of([[1, 1, 1, 1]], [(4,)], [PRICE], reserve=groups)
    assert cost_of(problem, answer([0, 1, 2, 3], [[0]], 0)) == 4 + 50
    assert cost_of(problem, answer([0, 1, 2], [[1]], 0)) == 3 + 400


@settings(deadline=None, max_examples=200)
@given(problems(most_needs=2, most_people=4), st.data())
def test_verify_accepts_what_is_allowed_and_nothing_else(
    problem: Problem, data: st.DataObject
) -> None:
    solution = solve(problem)
    for _ in range(data.draw(st.integers(0, 3))):
        solution = _changed(problem, solution, data)
    truth = cost_by_hand(problem, solution)
    lie = data.draw(st.sampled_from([0, 0, 0, 1, -1]))
    told = replace(solution, objective_s=(truth or 0) + lie)
    if truth is not None and not lie:
        assert verify(problem, told) == truth
    else:
        with pytest.raises(SolverFailed):
            verify(problem, told)


def _changed(problem: Problem, solution: Solution, data: st.DataObject) -> Solution:
    """The solution with a pair more or less, or a head more or less empty."""
    m, p = len(problem.posts), len(problem.post)
    assume(m)
    if p and data.draw(st.booleans()):
        toggled = np.setxor1d(solution.chosen, [data.draw(st.integers(0, p - 1))])
        return replace(solution, chosen=toggled)
    unfilled = solution.unfilled.copy()
    at = data.draw(st.integers(0, m - 1)), data.draw(st.integers(0, TIERS - 1))
    unfilled[at] += data.draw(st.sampled_from([-1, 1]))
    return replace(solution, unfilled=unfilled)


@settings(deadline=None, max_examples=150)
@given(problems())
def test_the_bound_meets_every_optimum(problem: Problem) -> None:
    solution = solve(problem)
    assert lower_bound(problem, prices(problem, solution)) == solution.objective_s


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("people", [20, 100, 400])
def test_the_bound_meets_the_optimum_when_people_are_scarce_or_plenty(
    people: int, seed: int
) -> None:
    for problem in (random_problem(seed, 80, people, 0.2), random_crews(seed, 30, people, 0.2)):
        solution = solve(problem)
        assert lower_bound(problem, prices(problem, solution)) == solution.objective_s


@settings(deadline=None, max_examples=150)
@given(problems(), st.data())
def test_no_prices_give_a_bound_above_the_optimum(problem: Problem, data: st.DataObject) -> None:
    best, near = solve(problem), data.draw(st.booleans())
    proven = prices(problem, best)
    post_s = _shaken(proven.post_s, near, data)
    group_s = _shaken(proven.group_s, near, data)
    assert lower_bound(problem, Prices(post_s, group_s)) <= best.objective_s


def _shaken(at: np.ndarray, near: bool, data: st.DataObject) -> np.ndarray:
    """Any prices, or some near those that prove the optimum."""
    some = st.integers(-10, 10) if near else st.integers(-10_000, 500_000)
    drawn = np.array(data.draw(st.lists(some, min_size=len(at), max_size=len(at))), np.int64)
    return at + drawn if near else drawn


@settings(deadline=None, max_examples=80)
@given(problems(), st.data())
def test_a_price_is_what_one_head_less_or_one_more_to_give_saves(
    problem: Problem, data: st.DataObject
) -> None:
    assume(len(problem.posts))
    solution = solve(problem)
    found = prices(problem, solution)
    j = data.draw(st.integers(0, len(problem.posts) - 1))
    cheaper = by_milp(problem, one_less_at=j)
    assert found.post_s[j] == (0 if cheaper is None else solution.objective_s - cheaper)
    for g, price_s in enumerate(found.group_s.tolist()):
        more = by_milp(problem, one_more_of=g)
        assert more is not None
        assert price_s == solution.objective_s - more


@settings(deadline=None)
@given(plain(), st.data())
def test_a_worse_solution_shows_a_gap(problem: Problem, data: st.DataObject) -> None:
    best = solve(problem)
    assume(best.chosen.size)
    worse = _without(problem, best, data.draw(st.sampled_from(best.chosen.tolist())))
    objective_s = verify(problem, worse)
    bound_s = lower_bound(problem, prices(problem, worse))
    assert bound_s <= best.objective_s
    assert (bound_s == objective_s) == (objective_s == best.objective_s)


def _without(problem: Problem, solution: Solution, pair: int) -> Solution:
    """The solution with one head left empty that a pair fills; the cheapest tier it can be."""
    j = problem.post[pair]
    filled = solution.unfilled[j] < problem.posts.heads[j]
    tier = next(t for t in (SPARE, DESIRED, MINIMUM) if filled[t])
    unfilled = solution.unfilled.copy()
    unfilled[j, tier] += 1
    added_s = int(problem.posts.unfilled_s[j, tier] - problem.cost_s[pair])
    chosen = solution.chosen[solution.chosen != pair]
    return Solution(chosen, unfilled, solution.objective_s + added_s)


def test_a_plan_that_could_swap_two_people_shows_a_gap() -> None:
    swapped = answer([0, 3], [[0], [0]], 110)
    assert verify(PROBLEM, swapped) == 110
    assert lower_bound(PROBLEM, prices(PROBLEM, swapped)) < 110


def test_a_plan_with_a_cycle_of_three_to_improve_shows_a_gap() -> None:
    costs = [[9, 1, None], [None, 9, 1], [1, None, 9]]
    problem = problem_of(costs, [(1, 0)] * 3, [PRICE] * 3)
    circular = answer([0, 2, 5], [[0]] * 3, 27)
    assert verify(problem, circular) == 27
    assert lower_bound(problem, prices(problem, circular)) < 27
    assert solve(problem).objective_s == 3


def test_a_plan_that_takes_from_the_reserve_for_too_little_shows_a_gap() -> None:
    problem = replace(SCARCE, reserve=reserve_of([0, 0, -1], [1], 81))
    taken = answer([0, 1], [[0]], 101)
    assert verify(problem, taken) == 101
    assert lower_bound(problem, prices(problem, taken)) <= 100


def test_a_plan_whose_wrong_leader_falls_shows_a_gap() -> None:
    """Row 1 leads for 90 while row 0, who could for 10, is idle."""
    problem = problem_of(
        [[10, 90, None], [None, None, 20]], [(1,), (1,)], [PRICE] * 2, needs=[0, 0], falls=[1, -1]
    )
    poor = answer([1, 2], [[0], [0]], 110)
    assert verify(problem, poor) == 110
    assert lower_bound(problem, prices(problem, poor)) <= 30


def test_a_price_is_what_one_head_less_saves() -> None:
    """Without the first head its person stays at home; without the second theirs serves the first,
    ten cheaper than who did."""
    problem = problem_of([[10, 20, 35], [11, 100, None]], [(1, 0), (1, 0)], [PRICE, PRICE])
    assert prices(problem, solve(problem)).post_s.tolist() == [20, 11 + 20 - 10]


def test_a_need_that_nobody_can_serve_costs_its_empty_head() -> None:
    problem = problem_of([[None], [5]], [(1, 1), (1, 0)], [PRICE, PRICE])
    at = prices(problem, solve(problem))
    assert at.post_s.tolist()[0] == 400
    assert lower_bound(problem, at) == 505


def test_prices_say_what_a_pair_earns() -> None:
    """At prices 30 and 50 a leader is worth 50 in the wider post, less 7 for who is scarce."""
    groups = reserve_of([-1, 0, -1], [0], 9)
    problem = problem_of(
        [[10, 12, None], [None, None, 20]],
        [(1,), (1,)],
        [PRICE] * 2,
        needs=[0, 0],
        falls=[1, -1],
        reserve=groups,
    )
    at = Prices(np.array([30, 50], np.int64), np.array([7], np.int64))
    assert at.earned(problem).tolist() == [40, 31, 30]
    plain_problem = replace(problem, reserve=None)
    assert at.earned(plain_problem).tolist() == [40, 38, 30]


def test_prices_too_large_to_sum_are_refused() -> None:
    nothing = np.empty(0, np.int64)
    for huge in (2**41, -(2**41)):
        with pytest.raises(ValueError, match=r"2\^40"):
            lower_bound(PROBLEM, Prices(np.array([huge, 0]), nothing))
