from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.flow import solve
from dispatch.matching.problem import MINIMUM, Problem, Solution
from dispatch.matching.prune import NEARLY_S, PER_HEAD, cheapest, likely, underpriced
from dispatch.matching.verify import Prices, lower_bound, prices
from tests.matching.oracles import (
    Costs,
    by_milp,
    problem_of,
    problems,
    random_crews,
    random_problem,
)

PRICE = (400_000, 100_000, 10_000)


def test_cheapest_keeps_so_many_per_open_head_of_a_tier_and_one() -> None:
    costs = list(range(100))
    problem = problem_of([costs, costs], [(1, 2, 3), (0, 0, 0)], [PRICE] * 2)
    kept = cheapest(problem)
    minimum, desired, spare = PER_HEAD.tolist()
    assert kept.tolist() == [*range(minimum + 2 * desired + 3 * spare + 1), 100]


def test_cheapest_looks_at_each_post_and_at_the_whole_need() -> None:
    dear, cheap = [1_000 + c for c in range(100)], list(range(100))
    problem = problem_of([dear, cheap, cheap], [(1,), (2,), (1,)], [PRICE] * 3, needs=[0, 0, 1])
    kept = cheapest(problem)
    one = int(PER_HEAD[MINIMUM])
    # The cheap post holds the cheapest of its need's three heads; the dear one its own.
    assert np.bincount(problem.post[kept]).tolist() == [one + 1, 3 * one + 1, one + 1]


def test_cheapest_of_some_posts_keeps_theirs_only() -> None:
    problem = problem_of([[5, 6], [7, 8], [9, None]], [(1,)] * 3, [PRICE] * 3)
    assert cheapest(problem, np.array([True, False, True])).tolist() == [0, 1, 4]
    assert cheapest(problem, np.zeros(3, np.bool_)).tolist() == []


def test_cheapest_keeps_by_cost_then_row() -> None:
    costs = [(7, 5, 7)[i % 3] for i in range(300)]
    kept = cheapest(problem_of([costs], [(25, 0)], [PRICE]))
    by_cost_then_row = sorted(range(300), key=lambda i: (costs[i], i))
    assert kept.tolist() == sorted(by_cost_then_row[: 25 * PER_HEAD[MINIMUM] + 1])


@pytest.mark.parametrize("costs", [[], [[]], [[None, None]]])
def test_cheapest_of_nothing_is_nothing(costs: list[list[int | None]]) -> None:
    problem = problem_of(costs, [(1, 1)] * len(costs), [PRICE] * len(costs))
    assert cheapest(problem).tolist() == []


def test_likely_are_the_pairs_that_earn_something_or_nearly_at_earlier_prices() -> None:
    """The first post falls to the second, whose price is better; the third is new."""
    near = 300 + NEARLY_S
    costs: Costs = [[near, near + 1, None], [300, None, near + 1], [0, 0, 0]]
    problem = problem_of(costs, [(1,)] * 3, [PRICE] * 3, needs=[0, 0, 1], falls=[1, -1, -1])
    assert likely(problem, np.array([200, 300, -1])).tolist() == [0, 2]
    assert likely(problem, np.array([-1, -1, 0])).tolist() == [4, 5, 6]


def test_underpriced_are_the_dropped_who_earn_more_than_they_do() -> None:
    """At prices 10 and 30, row 0 earns 6 where it is kept and would earn 7; rows 1 and 2 earn
    nothing yet and would earn 1 and 0."""
    problem = problem_of([[4, 9, None], [23, None, 30]], [(1,), (1,)], [PRICE] * 2)
    at = Prices(np.array([10, 30], np.int64), np.empty(0, np.int64))
    assert underpriced(problem, np.array([0]), at).tolist() == [1, 2]
    assert underpriced(problem, np.array([0, 1, 2]), at).tolist() == []


@settings(deadline=None, max_examples=100)
@given(problems(), st.data())
def test_with_no_pair_underpriced_the_optimum_of_the_kept_is_that_of_all(
    problem: Problem, data: st.DataObject
) -> None:
    p = len(problem.post)
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, p - 1))) if p else []), np.intp)
    part = problem.only(kept)
    solved = solve(part)
    found = prices(part, solved)
    missed = underpriced(problem, kept, found)
    assert not np.isin(missed, kept).any()
    assert missed.tolist() == sorted(set(missed.tolist()))
    if not missed.size:
        assert solved.objective_s == by_milp(problem) == lower_bound(problem, found)


@pytest.mark.parametrize("problem", [random_problem(1, 12, 400, 0.5), random_crews(1, 8, 300, 0.6)])
def test_few_pairs_come_back_and_then_the_optimum_is_proven(problem: Problem) -> None:
    kept = cheapest(problem)
    assert len(kept) < len(problem.post) / 2
    for _ in range(20):
        part = problem.only(kept)
        solved = solve(part)
        missed = underpriced(problem, kept, prices(part, solved))
        if not missed.size:
            break
        kept = np.union1d(kept, missed)
    assert len(kept) < len(problem.post) / 2
    assert solved.objective_s == solve(problem).objective_s


def test_a_plan_of_the_kept_pairs_is_a_plan_of_all() -> None:
    problem = random_problem(1, 5, 60, 0.8)
    kept = cheapest(problem)
    solved = solve(problem.only(kept))
    whole = Solution(kept[solved.chosen], solved.unfilled, solved.objective_s)
    assert lower_bound(problem, prices(problem, whole)) == solved.objective_s
