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
    as_assignment,
    enumerated,
    problem_of,
    problems,
    random_problem,
)

PRICE = (400_000, 100_000)


@settings(deadline=None, max_examples=300)
@given(problems())
def test_no_assignment_is_cheaper(problem: Problem) -> None:
    assert verify(problem, solve(problem)) == enumerated(problem)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("needs", "people", "density"), [(30, 200, 0.1), (60, 80, 0.3)])
def test_it_agrees_with_dense_assignment(
    needs: int, people: int, density: float, seed: int
) -> None:
    problem = random_problem(seed, needs, people, density)
    assert verify(problem, solve(problem)) == as_assignment(problem)


def test_the_nearest_is_not_always_sent() -> None:
    problem = problem_of([[10, 20], [11, 100]], [(1, 0), (1, 0)], [PRICE, PRICE])
    chosen = solve(problem).chosen
    assert list(zip(problem.need[chosen], problem.row[chosen], strict=True)) == [(0, 1), (1, 0)]


def test_a_minimum_comes_before_comfort_at_equal_severity() -> None:
    problem = problem_of([[1, 1], [9_000, 9_000]], [(1, 1), (1, 0)], [PRICE, PRICE])
    assert solve(problem).unfilled.tolist() == [[0, 1], [0, 0]]


def test_the_worse_incident_comes_first() -> None:
    red, blue = (3_200_000, 800_000), PRICE
    problem = problem_of([[1], [9_000]], [(1, 0), (1, 0)], [blue, red])
    assert solve(problem).unfilled.tolist() == [[1, 0], [0, 0]]


def test_what_cannot_be_filled_is_a_result() -> None:
    problem = problem_of([[None], [50]], [(2, 3), (2, 0)], [PRICE, PRICE])
    solution = solve(problem)
    assert solution.unfilled.tolist() == [[2, 3], [1, 0]]
    assert solution.objective_s == 2 * 400_000 + 3 * 100_000 + 400_000 + 50


@pytest.mark.parametrize("costs", [[], [[]], [[None, None]]])
def test_nothing_to_choose_from(costs: list[list[int | None]]) -> None:
    problem = problem_of(costs, [(1, 1)] * len(costs), [PRICE] * len(costs))
    solution = solve(problem)
    assert len(solution.chosen) == 0
    assert verify(problem, solution) == 500_000 * len(costs)


def test_equal_costs_give_the_same_people_every_time() -> None:
    problem = problem_of([[7] * 9] * 4, [(1, 1)] * 4, [PRICE] * 4)
    first = solve(problem).chosen.tolist()
    assert all(solve(problem).chosen.tolist() == first for _ in range(5))


class _GivesUp(flow.SimpleMinCostFlow):  # type: ignore[misc]
    def solve(self) -> Any:
        return self.INFEASIBLE


def test_anything_but_optimal_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "SimpleMinCostFlow", _GivesUp)
    with pytest.raises(SolverFailed, match=r"1 needs and 1 pairs ended INFEASIBLE"):
        solve(problem_of([[1]], [(1, 0)], [PRICE]))


def test_large_prices_stay_exact() -> None:
    price = (32 * 100_000_000, 8 * 100_000_000)
    problem = problem_of([[3] + [None] * 8] * 300, [(3, 3)] * 300, [price] * 300)
    solution = solve(problem)
    assert verify(problem, solution) == 3 + 300 * 3 * (price[0] + price[1]) - price[0]
    assert np.count_nonzero(solution.unfilled[:, 0] == 2) == 1
