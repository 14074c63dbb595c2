from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.matching import match
from dispatch.matching.problem import Problem
from dispatch.matching.rank import profits, ranking
from dispatch.model import NeedId
from tests.matching.oracles import plain, problem_of, random_problem

PRICE = (400_000, 100_000)


def own(problem: Problem, j: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows and costs of a need's pairs."""
    mine = problem.post == j
    return problem.row[mine], problem.cost_s[mine]


def test_who_serves_costs_nothing_and_the_others_what_they_are_dearer() -> None:
    problem = problem_of([[10, 25, 40]], [(1, 0)], [PRICE])
    found = match(problem)
    ranked = ranking(problem, found, NeedId("n000"), *own(problem, 0))
    assert ranked.order.tolist() == [0, 1, 2]
    # Without the head the first would stay at home; that is what the head is worth here.
    assert ranked.loss_s.tolist() == [0, 15, 30]


def test_somebody_needed_elsewhere_costs_what_they_earn_there() -> None:
    problem = problem_of([[10, 12, None], [None, 5, 900]], [(1, 0), (1, 0)], [PRICE] * 2)
    ranked = ranking(problem, match(problem), NeedId("n000"), *own(problem, 0))
    assert ranked.order.tolist() == [0, 1]
    assert ranked.loss_s.tolist()[0] == 0


def test_without_open_heads_the_best_is_the_measure() -> None:
    problem = problem_of([[None, None], [3, 4]], [(0, 0), (1, 0)], [PRICE] * 2)
    rows, cost_s = np.array([0, 1]), np.array([50, 60])
    ranked = ranking(problem, match(problem), NeedId("n000"), rows, cost_s)
    assert ranked.loss_s.tolist() == [0, 10]
    assert ranked.order.tolist() == [0, 1]


def test_nobody_to_rank() -> None:
    problem = problem_of([[None]], [(1, 0)], [PRICE])
    none = np.empty(0, np.int64)
    ranked = ranking(problem, match(problem), NeedId("n000"), none.astype(np.intp), none)
    assert ranked.order.size == ranked.loss_s.size == 0


@settings(deadline=None, max_examples=150)
@given(plain(), st.data())
def test_the_loss_is_never_more_than_forcing_the_pair_really_costs(
    problem: Problem, data: st.DataObject
) -> None:
    if not len(problem.post):
        return
    found = match(problem)
    p = data.draw(st.integers(0, len(problem.post) - 1))
    j, row = int(problem.post[p]), int(problem.row[p])
    ranked = ranking(problem, found, problem.posts.need_ids[j], *own(problem, j))
    place = int(np.flatnonzero(own(problem, j)[0][ranked.order] == row)[0])
    forced = forced_s(problem, p)
    if forced is not None:
        assert ranked.loss_s[place] <= forced - found.objective_s


def forced_s(problem: Problem, p: int) -> int | None:
    """The objective with this pair made free of charge beyond all others, charged afterwards."""
    if not problem.posts.heads[problem.post[p]].any():
        return None
    bonus = 2**34
    cost_s = problem.cost_s.copy() + bonus
    cost_s[p] -= bonus
    dear = Problem(
        posts=type(problem.posts)(
            need_ids=problem.posts.need_ids,
            kinds=problem.posts.kinds,
            heads=problem.posts.heads,
            unfilled_s=problem.posts.unfilled_s + bonus,
            falls_to=problem.posts.falls_to,
        ),
        post=problem.post,
        row=problem.row,
        cost_s=cost_s,
        eta_s=problem.eta_s,
    )
    forced = match(dear)
    assert p in forced.solution.chosen
    heads = int(problem.posts.heads.sum())
    return forced.objective_s - bonus * (heads - 1)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_the_plan_uses_has_no_loss_where_they_are(seed: int) -> None:
    problem = random_problem(seed, 12, 60, 0.4)
    found = match(problem)
    earned = found.prices.earned(problem)
    chosen = found.solution.chosen
    assert (earned[chosen] == profits(problem, found)[problem.row[chosen]]).all()
