from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.errors import SolverFailed
from dispatch.matching.flow import solve
from dispatch.matching.problem import DESIRED, MINIMUM, Problem, Solution
from dispatch.matching.verify import lower_bound, prices, verify
from tests.matching.oracles import enumerated, problem_of, problems, random_problem

PRICE = (400, 100)
PROBLEM = problem_of([[10, 20], [11, 100]], [(1, 0), (1, 0)], [PRICE, PRICE])
"""Pairs 0 and 1 serve the first need, 2 and 3 the second; best is 1 and 2 at 31."""


def answer(
    chosen: list[int], unfilled: list[list[int]], objective_s: int, problem: Problem = PROBLEM
) -> Solution:
    return Solution(
        np.array(chosen, np.intp), np.array(unfilled, np.int64).reshape(-1, 2), objective_s
    )


BEST = answer([1, 2], [[0, 0], [0, 0]], 31)


def test_verify_returns_what_it_costs() -> None:
    assert verify(PROBLEM, BEST) == 31
    assert verify(PROBLEM, answer([0], [[0, 0], [1, 0]], 410)) == 410


@pytest.mark.parametrize(
    ("solution", "says"),
    [
        (replace(BEST, objective_s=30), "costs 31 s, not 30 s"),
        (answer([0, 2], [[0, 0], [0, 0]], 21), r"rows \[0\] twice"),
        (answer([0, 1], [[0, 0], [1, 0]], 430), "add up to the open ones of n000"),
        (answer([0, 1], [[-1, 0], [1, 0]], 30), "fewer than none"),
        (answer([0], [[0, 0], [0, 0]], 10), "of n001"),
        (answer([0], [[0, 0], [0, 1]], 110), "more heads empty"),
        (answer([2, 1], [[0, 0], [0, 0]], 31), "not a candidate, or one twice"),
        (answer([1, 1], [[0, 0], [0, 0]], 40), "not a candidate, or one twice"),
        (answer([1, 4], [[0, 0], [0, 0]], 31), "not a candidate"),
        (answer([-1, 2], [[0, 0], [0, 0]], 31), "not a candidate"),
        (answer([1, 2], [[0, 0]], 31), "not those of these needs"),
    ],
)
def test_verify_refuses_and_says_why(solution: Solution, says: str) -> None:
    with pytest.raises(SolverFailed, match=says):
        verify(PROBLEM, solution)


@settings(deadline=None, max_examples=300)
@given(problems())
def test_the_bound_meets_every_optimum(problem: Problem) -> None:
    solution = solve(problem)
    assert lower_bound(problem, prices(problem, solution)) == solution.objective_s


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("people", [20, 100, 400])
def test_the_bound_meets_the_optimum_when_people_are_scarce_or_plenty(
    people: int, seed: int
) -> None:
    problem = random_problem(seed, 80, people, 0.2)
    solution = solve(problem)
    assert lower_bound(problem, prices(problem, solution)) == solution.objective_s


@settings(deadline=None)
@given(problems(), st.data())
def test_no_prices_give_a_bound_above_the_optimum(problem: Problem, data: st.DataObject) -> None:
    m = len(problem.need_ids)
    any_price = st.integers(-10_000, 500_000)
    at = np.array(data.draw(st.lists(any_price, min_size=m, max_size=m)), np.int64)
    assert lower_bound(problem, at) <= enumerated(problem)


@settings(deadline=None)
@given(problems(), st.data())
def test_a_worse_solution_shows_a_gap(problem: Problem, data: st.DataObject) -> None:
    best = solve(problem)
    assume(best.chosen.size)
    worse = _without(problem, best, data.draw(st.sampled_from(best.chosen.tolist())))
    objective_s = verify(problem, worse)
    bound_s = lower_bound(problem, prices(problem, worse))
    assert bound_s <= best.objective_s
    assert (bound_s == objective_s) == (objective_s == best.objective_s)


def _without(problem: Problem, solution: Solution, pair: int) -> Solution:
    """The solution with one head left empty that a pair fills; the cheaper tier if it can be."""
    j = problem.need[pair]
    tier = DESIRED if solution.unfilled[j, DESIRED] < problem.heads[j, DESIRED] else MINIMUM
    unfilled = solution.unfilled.copy()
    unfilled[j, tier] += 1
    added_s = int(problem.unfilled_s[j, tier] - problem.cost_s[pair])
    chosen = solution.chosen[solution.chosen != pair]
    return Solution(chosen, unfilled, solution.objective_s + added_s)


def test_a_plan_that_could_swap_two_people_shows_a_gap() -> None:
    swapped = answer([0, 3], [[0, 0], [0, 0]], 110)
    assert verify(PROBLEM, swapped) == 110
    assert lower_bound(PROBLEM, prices(PROBLEM, swapped)) < 110


def test_a_plan_with_a_cycle_of_three_to_improve_shows_a_gap() -> None:
    costs = [[9, 1, None], [None, 9, 1], [1, None, 9]]
    problem = problem_of(costs, [(1, 0)] * 3, [PRICE] * 3)
    circular = answer([0, 2, 5], [[0, 0]] * 3, 27)
    assert verify(problem, circular) == 27
    assert lower_bound(problem, prices(problem, circular)) < 27
    assert solve(problem).objective_s == 3


def test_a_price_is_what_one_more_head_costs() -> None:
    problem = problem_of([[10, 20, 35], [11, 100, None]], [(1, 0), (1, 0)], [PRICE, PRICE])
    assert prices(problem, solve(problem)).tolist() == [35, 100 + 35 - 20]


def test_a_need_that_nobody_can_serve_costs_its_empty_head() -> None:
    problem = problem_of([[None], [5]], [(1, 1), (1, 0)], [PRICE, PRICE])
    at = prices(problem, solve(problem))
    assert at.tolist()[0] == 400
    assert lower_bound(problem, at) == 505


def test_prices_too_large_to_sum_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2\^40"):
        lower_bound(PROBLEM, np.array([2**41, 0]))
