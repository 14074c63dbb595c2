from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching.flow import solve
from dispatch.matching.problem import Problem, Solution
from dispatch.matching.prune import cheapest, enough, underpriced
from dispatch.matching.verify import lower_bound, prices
from tests.matching.oracles import enumerated, problem_of, problems, random_problem

PRICE = (400_000, 100_000)


def test_enough_is_the_heads_of_all_rivals_and_one() -> None:
    costs = [[1, 2, None, None], [None, 3, 4, None], [None, None, 5, None], [None] * 3 + [6]]
    problem = problem_of(costs, [(1, 1), (2, 1), (4, 0), (7, 7)], [PRICE] * 4)
    assert enough(problem).tolist() == [2 + 3 + 1, 2 + 3 + 4 + 1, 3 + 4 + 1, 14 + 1]


def test_a_need_without_candidates_has_no_rivals() -> None:
    problem = problem_of([[None], [1]], [(1, 0), (1, 0)], [PRICE] * 2)
    assert enough(problem).tolist() == [1, 2]


def test_cheapest_keeps_by_cost_then_row() -> None:
    problem = problem_of([[5, 3, 5, 9, 5]], [(1, 0)], [PRICE])
    assert cheapest(problem, np.array([3])).tolist() == [0, 1, 2]
    assert cheapest(problem, np.array([9])).tolist() == [0, 1, 2, 3, 4]
    assert cheapest(problem, np.array([0])).tolist() == []


def test_cheapest_takes_the_lower_rows_of_many_equals() -> None:
    costs = [(7, 5, 7)[i % 3] for i in range(300)]
    kept = cheapest(problem_of([costs], [(1, 0)], [PRICE]), np.array([150]))
    by_cost_then_row = sorted(range(300), key=lambda i: (costs[i], i))
    assert kept.tolist() == sorted(by_cost_then_row[:150])


@settings(deadline=None, max_examples=200)
@given(problems(most_needs=4, most_people=8))
def test_pruning_keeps_an_optimum_and_its_proof(problem: Problem) -> None:
    kept = cheapest(problem, enough(problem))
    part = problem.only(kept)
    solved = solve(part)
    assert solved.objective_s == enumerated(problem)
    assert not underpriced(problem, kept, prices(part, solved)).size
    assert lower_bound(problem, prices(part, solved)) == solved.objective_s


@pytest.mark.parametrize("seed", range(4))
def test_pruning_keeps_an_optimum_of_bigger_problems(seed: int) -> None:
    problem = random_problem(seed, 12, 400, 0.5)
    kept = cheapest(problem, enough(problem))
    assert len(kept) < len(problem.need) / 2
    assert solve(problem.only(kept)).objective_s == solve(problem).objective_s


@settings(deadline=None)
@given(problems(), st.data())
def test_underpriced_pairs_are_missing_exactly_when_the_optimum_is(
    problem: Problem, data: st.DataObject
) -> None:
    p = len(problem.need)
    kept = np.array(sorted(data.draw(st.sets(st.integers(0, p - 1))) if p else []), np.intp)
    part = problem.only(kept)
    solved = solve(part)
    missed = underpriced(problem, kept, prices(part, solved))
    assert not np.isin(missed, kept).any()
    if not missed.size:
        assert solved.objective_s == enumerated(problem)


def test_a_plan_of_the_kept_pairs_is_a_plan_of_all() -> None:
    problem = random_problem(1, 5, 60, 0.8)
    kept = cheapest(problem, enough(problem))
    solved = solve(problem.only(kept))
    whole = Solution(kept[solved.chosen], solved.unfilled, solved.objective_s)
    assert lower_bound(problem, prices(problem, whole)) == solved.objective_s
