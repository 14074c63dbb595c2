"""The second opinion, apart from the solver: is the plan allowed, what does it cost, how good is
it at best? Runs in production on every plan.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dispatch.errors import SolverFailed
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import MINIMUM, Indices, Problem, Solution
from dispatch.roster import Bools

FAR: Final = 2**60
"""The potential of a need that nothing reaches; below overflow when costs are added to it."""


def verify(problem: Problem, solution: Solution) -> int:
    """Return the objective of `solution` in equivalent seconds, counted from scratch.

    Raises:
        SolverFailed: the solution breaks a rule of the problem, or its own figure is wrong.
    """
    _check_pairs(problem, solution)
    _check_heads(problem, solution)
    travel_s = int(problem.cost_s[solution.chosen].sum())
    objective_s = travel_s + int((solution.unfilled * problem.unfilled_s).sum())
    if objective_s != solution.objective_s:
        raise SolverFailed(f"the plan costs {objective_s} s, not {solution.objective_s} s")
    return objective_s


def _check_pairs(problem: Problem, solution: Solution) -> None:
    chosen = solution.chosen
    if (np.diff(chosen, prepend=-1) <= 0).any() or (chosen >= len(problem.need)).any():
        raise SolverFailed("the plan uses a pair that is not a candidate, or one twice")
    people, uses = np.unique(problem.row[chosen], return_counts=True)
    if (uses > 1).any():
        raise SolverFailed(f"the plan uses roster rows {people[uses > 1][:5].tolist()} twice")


def _check_heads(problem: Problem, solution: Solution) -> None:
    if solution.unfilled.shape != problem.heads.shape:
        raise SolverFailed("the plan's empty heads are not those of these needs")
    if ((solution.unfilled < 0) | (solution.unfilled > problem.heads)).any():
        raise SolverFailed("the plan leaves more heads empty than are open, or fewer than none")
    filled = np.bincount(problem.need[solution.chosen], minlength=len(problem.need_ids))
    wrong = np.flatnonzero(filled + solution.unfilled.sum(axis=1) != problem.heads.sum(axis=1))
    if wrong.size:
        names = ", ".join(problem.need_ids[j] for j in wrong[:5])
        raise SolverFailed(f"filled and empty heads do not add up to the open ones of {names}")


def lower_bound(problem: Problem, prices: Seconds) -> int:
    """Return a figure no feasible solution can cost less than, for any `prices`, shape (m,).

    The Lagrangian bound of the rule that every open head is filled or left empty, with `prices`
    as multipliers (for example Ahuja, Magnanti, Orlin 1993, ch. 16):

        L(prices) = sum_j price_j heads_j + sum_jt heads_jt min(0, unfilled_jt - price_j)
                    + sum_i min(0, min_j (cost_ij - price_j))

    It equals the objective exactly when both solution and prices are optimal.

    Raises:
        ValueError: a price is so large that the sums might not be exact.
    """
    if (np.abs(prices) > 2**40).any():
        raise ValueError("prices beyond 2^40 s cannot be summed exactly")
    heads = (prices * problem.heads.sum(axis=1)).sum()
    empty = (problem.heads * np.minimum(0, problem.unfilled_s - prices[:, None])).sum()
    gain = np.zeros(int(problem.row.max(initial=-1)) + 1, np.int64)
    np.minimum.at(gain, problem.row, problem.cost_s - prices[problem.need])
    return int(heads) + int(empty) + int(gain.sum())


def prices(problem: Problem, solution: Solution) -> Seconds:
    """Return what one more head of each need would cost, shape (m,): prices for `lower_bound`.

    Shortest-path distances from the source in the residual graph of `solution`, by Bellman and
    Ford, with the people folded into the arcs between needs. One more head of a need is left
    empty, or filled by somebody free, or by somebody taken from another need that is then paid
    for in the same way. Around an optimal solution no cycle is negative, the distances settle
    and the bound meets the objective; otherwise they keep falling and are cut off, which costs
    sharpness but not validity.
    """
    free, taken_from, released_s = _people(problem, solution)
    price = _without_moving(problem, solution, free)
    moved = np.flatnonzero(~free)
    start = np.flatnonzero(np.diff(problem.need[moved], prepend=-1) > 0)
    target = problem.need[moved][start]
    origin, step_s = taken_from[moved], problem.cost_s[moved] - released_s[moved]
    for _ in range(len(price) if len(moved) else 0):
        reached = np.minimum(price[target], np.minimum.reduceat(price[origin] + step_s, start))
        if (reached == price[target]).all():
            break
        price[target] = reached
    settled: Seconds = np.where(price >= FAR, problem.unfilled_s[:, MINIMUM], price)
    return settled


def _people(problem: Problem, solution: Solution) -> tuple[Bools, Indices, Seconds]:
    """Per pair: whether its person is free, else the need they are taken from and cost there."""
    n = int(problem.row.max(initial=-1)) + 1
    used_at = np.full(n, -1)
    used_at[problem.row[solution.chosen]] = problem.need[solution.chosen]
    cost_there_s = np.zeros(n, np.int64)
    cost_there_s[problem.row[solution.chosen]] = problem.cost_s[solution.chosen]
    taken_from = used_at[problem.row]
    return taken_from < 0, taken_from, cost_there_s[problem.row]


def _without_moving(problem: Problem, solution: Solution, free: Bools) -> Seconds:
    """One more head left empty, or filled by the cheapest free person; FAR when neither goes."""
    could_be_empty = solution.unfilled < problem.heads
    price: Seconds = np.where(could_be_empty, problem.unfilled_s, FAR).min(axis=1)
    np.minimum.at(price, problem.need[free], problem.cost_s[free])
    return price
