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
from dispatch.matching.prune import cheapest, underpriced
from dispatch.matching.verify import Prices, lower_bound, prices
from dispatch.matching.verify import verify as verified_cost_s

__all__ = ["Match", "improve", "match"]


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
    while True:
        part = problem.only(kept)
        solved = solve(part)
        found = prices(part, solved)
        missed = underpriced(problem, kept, found)
        if not missed.size:
            solution = Solution(kept[solved.chosen], solved.unfilled, solved.objective_s)
            objective_s = verified_cost_s(problem, solution)
            return Match(solution, objective_s, lower_bound(problem, found), found)
        kept = np.union1d(kept, missed)
