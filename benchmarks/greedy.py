"""The peer: what the strongest open system does. Needs one by one, the nearest eligible first."""

from __future__ import annotations

import numpy as np

from dispatch.matching.problem import MINIMUM, Problem


def fill(problem: Problem) -> tuple[int, int]:
    """Return `(objective_s, empty heads)` of filling needs one by one, dearest to leave empty
    first, each with the cheapest people still free."""
    taken = np.zeros(int(problem.row.max(initial=-1)) + 1, np.bool_)
    starts = problem.starts()
    objective_s, empty = 0, 0
    for j in np.argsort(-problem.posts.unfilled_s[:, MINIMUM], kind="stable").tolist():
        pairs = np.arange(starts[j], starts[j + 1])
        pairs = pairs[~taken[problem.row[pairs]]]
        best = pairs[np.argsort(problem.cost_s[pairs], kind="stable")]
        best = best[: int(problem.posts.heads[j].sum())]
        taken[problem.row[best]] = True
        objective_s += int(problem.cost_s[best].sum()) + _empty_s(problem, j, len(best))
        empty += int(problem.posts.heads[j].sum()) - len(best)
    return objective_s, empty


def _empty_s(problem: Problem, j: int, filled: int) -> int:
    left = np.cumsum(problem.posts.heads[j]) - filled
    empty = np.clip(left, 0, problem.posts.heads[j])
    return int((empty * problem.posts.unfilled_s[j]).sum())
