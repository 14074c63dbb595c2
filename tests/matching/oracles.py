"""Random matching problems, and two ways to solve them that share no code with the matcher."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from dispatch.matching.problem import DESIRED, MINIMUM, Problem
from dispatch.model import NeedId

Costs = Sequence[Sequence[int | None]]
"""Cost per need and person; None where the person is no candidate."""


def problem_of(
    costs: Costs, heads: Sequence[tuple[int, int]], unfilled: Sequence[tuple[int, int]]
) -> Problem:
    """Return the problem with these costs, open heads and prices per tier."""
    pairs = [(j, i, c) for j, row in enumerate(costs) for i, c in enumerate(row) if c is not None]
    need, row, cost = (np.array([p[k] for p in pairs], np.int64) for k in range(3))
    return Problem(
        need_ids=tuple(NeedId(f"n{j:03}") for j in range(len(heads))),
        heads=np.array(heads, np.int64).reshape(-1, 2),
        unfilled_s=np.array(unfilled, np.int64).reshape(-1, 2),
        need=need.astype(np.intp),
        row=row.astype(np.intp),
        cost_s=cost,
        eta_s=cost.astype(np.int32),
    )


@st.composite
def problems(draw: st.DrawFn, most_needs: int = 6, most_people: int = 6) -> Problem:
    """Small problems with ties, empty needs, people without pairs and prices below travel."""
    m = draw(st.integers(0, most_needs))
    n = draw(st.integers(0, most_people))
    cell = st.one_of(st.none(), st.integers(0, 12), st.integers(0, 5_000))
    costs = draw(st.lists(st.lists(cell, min_size=n, max_size=n), min_size=m, max_size=m))
    tier = st.tuples(st.integers(0, 2), st.integers(0, 2))
    heads = draw(st.lists(tier, min_size=m, max_size=m))
    price = st.tuples(st.sampled_from([1, 4]), st.sampled_from([3, 1_000, 100_000]))
    unfilled = [(f * d, d) for f, d in draw(st.lists(price, min_size=m, max_size=m))]
    return problem_of(costs, heads, unfilled)


def random_problem(
    seed: int, needs: int, people: int, density: float, heads: int = 3, dearest: int = 7_200
) -> Problem:
    """A bigger problem in which `density` of all pairs are candidates."""
    rng = np.random.default_rng(seed)
    cost = rng.integers(60, dearest, (needs, people))
    there = rng.random((needs, people)) < density
    costs = [
        [int(c) if t else None for c, t in zip(*rows, strict=True)]
        for rows in zip(cost, there, strict=True)
    ]
    tiers = [(int(a), int(b)) for a, b in rng.integers(0, heads + 1, (needs, 2))]
    weights = rng.choice([1, 2, 4, 8], needs)
    return problem_of(costs, tiers, [(4_000_000 * int(w), 1_000_000 * int(w)) for w in weights])


def enumerated(problem: Problem) -> int:
    """Return the least objective over all assignments: every person tried at every need.

    Assignments that fill the same heads are continued together, at their cheapest.
    """
    least = {(0,) * len(problem.need_ids): 0}
    most = problem.heads.sum(axis=1).tolist()
    for row in np.unique(problem.row).tolist():
        mine = np.flatnonzero(problem.row == row)
        grown = dict(least)
        for filled, cost in least.items():
            for pair in mine.tolist():
                j = int(problem.need[pair])
                if filled[j] < most[j]:
                    more = (*filled[:j], filled[j] + 1, *filled[j + 1 :])
                    total = cost + int(problem.cost_s[pair])
                    grown[more] = min(total, grown.get(more, total))
        least = grown
    return min(cost + _empty(problem, filled) for filled, cost in least.items())


def _empty(problem: Problem, filled: Sequence[int]) -> int:
    """What the heads beyond `filled` cost, those above the minimum left empty first."""
    total = 0
    for j, taken in enumerate(filled):
        below = max(0, int(problem.heads[j, MINIMUM]) - taken)
        above = int(problem.heads[j].sum()) - taken - below
        total += below * int(problem.unfilled_s[j, MINIMUM])
        total += above * int(problem.unfilled_s[j, DESIRED])
    return total


def as_assignment(problem: Problem) -> int:
    """Return the optimum as a dense assignment of head slots to people or to staying empty."""
    slots = [
        (j, t)
        for j in range(len(problem.need_ids))
        for t in (MINIMUM, DESIRED)
        for _ in range(int(problem.heads[j, t]))
    ]
    people = int(problem.row.max(initial=-1)) + 1
    never = 1e12
    cost = np.full((len(slots), people + len(slots)), never)
    for s, (j, t) in enumerate(slots):
        mine = problem.need == j
        cost[s, problem.row[mine]] = problem.cost_s[mine]
        cost[s, people + s] = problem.unfilled_s[j, t]
    return int(cost[linear_sum_assignment(cost)].sum())
