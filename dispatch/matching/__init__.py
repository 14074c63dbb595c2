"""The matcher: who goes where, exactly, with a proof and with reasons.

    facts, roster --eligibility--> who may     (hard rules 1 to 6, reason bits)
    candidates, travel --problem--> pairs with integer costs (cost, policy)
    match --> prune, flow, prices, verify      (pure and deterministic)
    explain --> shortfalls with reasons

No I/O and no clock: time, travel and the board's facts come in as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.matching.flow import solve
from dispatch.matching.problem import Indices, Problem, Solution
from dispatch.matching.prune import cheapest, likely, underpriced
from dispatch.matching.verify import Prices, lower_bound, prices
from dispatch.matching.verify import verify as verified_cost_s

__all__ = ["Match", "improve", "match", "resume"]


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A verified solution, what it costs and what any solution must cost, equivalent seconds.

    `prices` are those that prove the bound.
    """

    solution: Solution
    objective_s: int
    bound_s: int
    prices: Prices

    @property
    def gap(self) -> float:
        """Return the distance to the proven bound as a share of the objective; 0 is optimal."""
        return (self.objective_s - self.bound_s) / max(1, self.objective_s)


def match(problem: Problem) -> Match:
    """Return a cheapest solution of `problem`, verified, with its proof; the same every time.

    Raises:
        SolverFailed: the solver gave no optimum, or `verify` refused the one it gave.
    """
    return improve(problem, cheapest(problem))


def improve(problem: Problem, kept: Indices) -> Match:
    """Return the match of `problem` when the solver sees only the pairs `kept` at first.

    The bound counts all pairs. While dropped pairs could lower the objective they come back and
    the flow is solved again, so too few `kept` cost time, not quality.

    Raises:
        SolverFailed: as `match`.
    """
    first = True
    while True:
        part = problem.only(kept)
        solved = solve(part)
        found = prices(part, solved)
        missed = underpriced(problem, kept, found)
        if not missed.size:
            solution = Solution(kept[solved.chosen], solved.unfilled, solved.objective_s)
            objective_s = verified_cost_s(problem, solution)
            return Match(solution, objective_s, lower_bound(problem, found), found)
        # What the first prices make unlikely is left out; only once, so that it ends.
        kept = np.union1d(likely(problem, found.post_s) if first else kept, missed)
        first = False


def resume(part: Problem, before: Match, problem: Problem) -> Match:
    """Return the match of `problem`, which has the same posts as `part` and more pairs, given that
    of `part`; without solving anything when no new pair might lower the objective.

    Raises:
        SolverFailed: as `match`.
    """
    width = int(problem.row.max(initial=-1)) + 1
    places = np.searchsorted(problem.post * width + problem.row, part.post * width + part.row)
    missed = underpriced(problem, places, before.prices)
    if missed.size:
        return improve(problem, np.union1d(likely(problem, before.prices.post_s), missed))
    chosen = places[before.solution.chosen]
    solution = Solution(chosen, before.solution.unfilled, before.objective_s)
    objective_s = verified_cost_s(problem, solution)
    return Match(solution, objective_s, lower_bound(problem, before.prices), before.prices)
