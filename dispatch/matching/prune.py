"""Fewer pairs, the same optimum: each need keeps its cheapest people, as many as can matter.

Let N(j) be the needs that share a candidate with need j, j included, and K_j the open heads of
all of them together, plus one. Keeping the K_j cheapest pairs of every need, by (cost, row), is
safe:

*The optimum stays.* Take an optimal solution that uses a dropped pair (i, j). Of the candidates
of j at most K_j - 1 are used at all, since each fills a head of a need in N(j), and i is one of
them; so at least one of the K_j kept candidates of j is free, and not dearer. Swap. The chosen
pairs' sum by (cost, row) falls with every swap, so this ends, at an optimum of kept pairs only.

*The prices stay valid.* Where a pair (i, j) was dropped, a kept candidate of j is free as above,
so one more head of j costs at most as much as that one, which is at most the cost of (i, j).
Taking i from where they are used never pays (no residual cycle is negative), so the dropped pair
has no negative reduced cost and the bound over all pairs still meets the objective.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from dispatch.matching.cost import Seconds
from dispatch.matching.problem import Indices, Problem


def enough(problem: Problem) -> Seconds:
    """Return K_j per need, shape (m,): with so many of the cheapest pairs nothing is lost."""
    m, p = len(problem.need_ids), len(problem.need)
    people, person = np.unique(problem.row, return_inverse=True)
    asks = csr_array((np.ones(p, np.int32), (problem.need, person)), shape=(m, len(people)))
    competes = (asks @ asks.T).astype(np.bool_)
    rivals: Seconds = competes.astype(np.int64) @ problem.heads.sum(axis=1)
    return rivals + 1


def cheapest(problem: Problem, most: Seconds) -> Indices:
    """Return the pairs among the `most[j]` cheapest of their need by (cost, row), ascending."""
    starts = problem.starts()
    return np.concatenate(
        [
            start + np.sort(np.argsort(problem.cost_s[start:end], kind="stable")[:k])
            for start, end, k in zip(starts[:-1], starts[1:], most, strict=True)
        ]
        or [np.empty(0, np.intp)]
    )


def underpriced(problem: Problem, kept: Indices, prices: Seconds) -> Indices:
    """Return the dropped pairs that could still lower the objective at `prices`, ascending.

    A person's profit is what their best kept pair earns, the need's price less the cost, and at
    least 0; a dropped pair that earns more has a negative reduced cost.
    """
    earned_s = prices[problem.need] - problem.cost_s
    profit_s = np.zeros(int(problem.row.max(initial=-1)) + 1, np.int64)
    np.maximum.at(profit_s, problem.row[kept], earned_s[kept])
    return np.flatnonzero(earned_s > profit_s[problem.row])
