from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from dispatch.errors import SolverFailed
from dispatch.matching import flow
from dispatch.matching.flow import solve
from dispatch.matching.problem import Problem
from dispatch.matching.verify import verify
from tests.matching.oracles import (
    Costs,
    as_assignment,
    by_milp,
    enumerated,
    plain,
    problem_of,
    problems,
    random_crews,
    random_problem,
    reserve_of,
)

PRICE = (400_000, 100_000, 10_000)


@settings(deadline=None, max_examples=100)
@given(plain())
def test_no_plain_assignment_is_cheaper(problem: Problem) -> None:
    assert verify(problem, solve(problem)) == enumerated(problem)


@settings(deadline=None, max_examples=100)
@given(problems(most_needs=2, most_people=5))
def test_no_assignment_to_posts_is_cheaper(problem: Problem) -> None:
    assert verify(problem, solve(problem)) == enumerated(problem)


@settings(deadline=None, max_examples=100)
@given(problems())
def test_it_agrees_with_an_integer_program(problem: Problem) -> None:
    assert verify(problem, solve(problem)) == by_milp(problem)


@settings(deadline=None, max_examples=100)
@given(problems(reserves=False))
def test_posts_agree_with_dense_assignment(problem: Problem) -> None:
    assert verify(problem, solve(problem)) == as_assignment(problem)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("needs", "people", "density"), [(30, 200, 0.1), (60, 80, 0.3)])
def test_it_agrees_with_dense_assignment(
    needs: int, people: int, density: float, seed: int
) -> None:
    problem = random_problem(seed, needs, people, density)
    assert verify(problem, solve(problem)) == as_assignment(problem)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("needs", "people", "density"), [(30, 200, 0.1), (40, 60, 0.3)])
def test_crews_agree_with_an_integer_program(
    needs: int, people: int, density: float, seed: int
) -> None:
    problem = random_crews(seed, needs, people, density)
    assert verify(problem, solve(problem)) == by_milp(problem)


def test_the_nearest_is_not_always_sent() -> None:
    problem = problem_of([[10, 20], [11, 100]], [(1, 0), (1, 0)], [PRICE, PRICE])
    chosen = solve(problem).chosen
    assert list(zip(problem.post[chosen], problem.row[chosen], strict=True)) == [(0, 1), (1, 0)]


def test_a_minimum_comes_before_comfort_at_equal_severity() -> None:
    problem = problem_of([[1, 1], [9_000, 9_000]], [(1, 1), (1, 0)], [PRICE, PRICE])
    assert solve(problem).unfilled.tolist() == [[0, 1, 0], [0, 0, 0]]


def test_a_spare_head_comes_last() -> None:
    problem = problem_of([[1, 1, 1], [9_000] * 3], [(1, 0, 5), (1, 1, 0)], [PRICE, PRICE])
    assert solve(problem).unfilled.tolist() == [[0, 0, 5], [0, 0, 0]]


def test_the_worse_incident_comes_first() -> None:
    red, blue = (3_200_000, 800_000), PRICE
    problem = problem_of([[1], [9_000]], [(1, 0), (1, 0)], [blue, red])
    assert solve(problem).unfilled.tolist() == [[1, 0, 0], [0, 0, 0]]


def test_who_may_lead_fills_the_wider_post_when_leaders_are_plenty() -> None:
    """Rows 0 and 1 may lead, row 2 may not; nobody else can fill the second head."""
    costs = [[10, 12, None], [None, None, 50]]
    problem = problem_of(costs, [(1,), (1,)], [PRICE] * 2, needs=[0, 0], falls=[1, -1])
    solution = solve(problem)
    assert solution.chosen.tolist() == [0, 1]
    assert (solution.unfilled.sum(), solution.objective_s) == (0, 22)


def test_who_may_not_lead_leaves_the_leaders_post_empty() -> None:
    costs: Costs = [[None, None], [50, 60]]
    problem = problem_of(costs, [(1,), (1,)], [PRICE] * 2, needs=[0, 0], falls=[1, -1])
    assert solve(problem).unfilled[:, 0].tolist() == [1, 0]


def test_who_may_not_lead_stands_in_for_less_than_an_empty_head_costs() -> None:
    costs: Costs = [[None, None], [50, 60]]
    for price_s, empty in [(399_939, 0), (399_941, 1)]:
        problem = problem_of(
            costs, [(1,), (1,)], [PRICE] * 2, needs=[0, 0], falls=[1, -1], stand_ins=[price_s, 0]
        )
        assert solve(problem).unfilled.sum() == empty


def test_beyond_its_quota_a_scarce_group_costs_the_reserves_price() -> None:
    """Row 2 is not scarce and 90 away; the second scarce person costs 10 and the price."""
    for price_s, chosen in [(79, [0, 1]), (81, [0, 2])]:
        reserve = reserve_of([0, 0, -1], [1], price_s)
        problem = problem_of([[10, 10, 90]], [(2, 0)], [PRICE], reserve=reserve)
        solution = solve(problem)
        assert solution.chosen.tolist() in (chosen, [1, 2])
        assert solution.objective_s == 10 + min(10 + price_s, 90)


def test_what_cannot_be_filled_is_a_result() -> None:
    problem = problem_of([[None], [50]], [(2, 3), (2, 0)], [PRICE, PRICE])
    solution = solve(problem)
    assert solution.unfilled.tolist() == [[2, 3, 0], [1, 0, 0]]
    assert solution.objective_s == 2 * 400_000 + 3 * 100_000 + 400_000 + 50


@pytest.mark.parametrize("costs", [[], [[]], [[None, None]]])
@pytest.mark.parametrize("reserve", [None, reserve_of([0, 0], [1], 5), reserve_of([], [], 5)])
def test_nothing_to_choose_from(costs: list[list[int | None]], reserve: Any) -> None:
    problem = problem_of(costs, [(1, 1)] * len(costs), [PRICE] * len(costs), reserve=reserve)
    solution = solve(problem)
    assert len(solution.chosen) == 0
    assert verify(problem, solution) == 500_000 * len(costs)


def test_equal_costs_give_the_same_people_every_time() -> None:
    problem = problem_of([[7] * 9] * 4, [(1, 1)] * 4, [PRICE] * 4)
    first = solve(problem).chosen.tolist()
    assert all(solve(problem).chosen.tolist() == first for _ in range(5))


class _GivesUp(flow.SimpleMinCostFlow):  # type: ignore[misc, name-defined]
    def solve(self) -> Any:
        return self.INFEASIBLE


def test_anything_but_optimal_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "SimpleMinCostFlow", _GivesUp)
    with pytest.raises(SolverFailed, match=r"1 posts and 1 pairs ended INFEASIBLE"):
        solve(problem_of([[1]], [(1, 0)], [PRICE]))


def test_large_prices_stay_exact() -> None:
    price = (32 * 100_000_000, 8 * 100_000_000)
    problem = problem_of([[3] + [None] * 8] * 300, [(3, 3)] * 300, [price] * 300)
    solution = solve(problem)
    assert verify(problem, solution) == 3 + 300 * 3 * (price[0] + price[1]) - price[0]
    assert np.count_nonzero(solution.unfilled[:, 0] == 2) == 1
