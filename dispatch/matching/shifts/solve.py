"""Solving the relief problem: relax, price, round, and prove.

    minimise    sum cost_p x_p + sum unfilled_st u_st
    subject to  the people of a shift and its empty heads are its heads       (one row a shift)
                what one person can do                                        (`conflicts`)
                x binary, 0 <= u <= heads

Who serves at most one shift makes this a flow; rest makes people come back, and chains of shifts
with costs of their own cross, so it is an integer program (interval scheduling with non-identical
machines; Kolen, Lenstra, Papadimitriou, Spieksma 2007). Its linear relaxation is nearly integral:
rows of one person are an interval matrix.

1. The relaxation's shift prices give a bound, summed again here in integers.
2. Pairs it chooses wholly are kept, and the little that is left is solved as an integer program.
3. Where bound and answer differ, only pairs whose reduced cost lies within the difference can be
   in a better answer. If they are few enough, the integer program is solved over all of them, and
   its bound is the solver's word; otherwise the gap stands, and the plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, hstack, identity, vstack

from dispatch.errors import SolverFailed
from dispatch.matching.cost import Seconds
from dispatch.matching.shifts.conflicts import best_chain, conflicts, matrix, per_person
from dispatch.matching.shifts.problem import DESIRED, MINIMUM, Indices, ReliefProblem
from dispatch.roster import Floats

EXACT_PAIRS: Final = 120_000
"""Where more pairs than this could still be in a better answer, the gap stands."""
NODES: Final = 10_000
"""The integer program stops after so many nodes: a limit that is the same on every machine."""
TOTAL_MAX: Final = 2**53
"""No objective may reach this, so that the solver's floats tell whole seconds apart."""
_WHOLE: Final = 1e-6
"""How far from a whole number the solver's whole numbers may lie."""


@dataclass(frozen=True, slots=True, eq=False)
class ReliefSolution:
    """The chosen pairs, ascending; what they and the empty heads cost, and what any answer must.

    `unfilled`, shape (m, 2), are the empty heads per tier.
    """

    chosen: Indices
    unfilled: Seconds
    objective_s: int
    bound_s: int


def solve(problem: ReliefProblem, exact_pairs: int = EXACT_PAIRS) -> ReliefSolution:
    """Return a best answer, or a good one with its bound where more than `exact_pairs` pairs are
    left to search.

    Raises:
        ValueError: prices and costs are too large to be told apart.
        SolverFailed: the solver ended without an answer.
    """
    if _dearest_s(problem) >= TOTAL_MAX:
        raise ValueError("prices and costs are too large to add up exactly")
    if not problem.shifts or not len(problem.row):
        return _answer(problem, np.empty(0, np.intp))
    program = _Program(problem)
    relaxed = program.relax()
    bound_s = lower_bound(problem, np.rint(relaxed.prices).astype(np.int64))
    whole = relaxed.x[: len(problem.row)] > 1 - _WHOLE
    chosen, _ = program.choose(np.ones(len(whole), np.bool_), whole)
    if chosen is None:
        raise SolverFailed(f"no relief plan of {len(problem.shifts)} shifts could be rounded")
    found = replace(_answer(problem, chosen), bound_s=bound_s)
    near = relaxed.reduced_s <= found.objective_s - bound_s + 1
    if found.objective_s > bound_s and np.count_nonzero(near) <= exact_pairs:
        chosen, least = program.choose(near | whole, np.zeros(len(whole), np.bool_))
        better = found if chosen is None else _answer(problem, chosen)
        best = min(found, better, key=lambda answer: answer.objective_s)
        # What was left out cannot cost less than `found`; the rest is the solver's word.
        found = replace(best, bound_s=max(bound_s, min(_proven(least), best.objective_s)))
    return found


def lower_bound(problem: ReliefProblem, prices: Seconds) -> int:
    """Return a figure no answer can cost less than, for any `prices` of a head, shape (m,).

    The Lagrangian bound of the rule that every head is filled or left empty, as in
    `matching.verify`; what a person can earn is their best chain of shifts:

        L(prices) = sum_s price_s heads_s + sum_st heads_st min(0, unfilled_st - price_s)
                    - sum_i max over chains c of i of sum_{p in c} (price_s(p) - cost_p)
    """
    heads = (prices * problem.heads.sum(axis=1)).sum()
    empty = (problem.heads * np.minimum(0, problem.unfilled_s - prices[:, None])).sum()
    gain = prices[problem.shift] - problem.cost_s
    earned = sum(
        best_chain(problem, pairs, gain[pairs].tolist())
        for pairs in per_person(problem, np.flatnonzero(gain > 0))
    )
    return int(heads) + int(empty) - earned


@dataclass(frozen=True, slots=True, eq=False)
class _Relaxed:
    x: Floats
    prices: Floats
    reduced_s: Floats


class _Program:
    """The problem as the solver takes it: columns are the pairs, then the empty heads by tier."""

    def __init__(self, problem: ReliefProblem) -> None:
        m, p = len(problem.shifts), len(problem.row)
        ones = csr_array((np.ones(p), (problem.shift, np.arange(p))), shape=(m, p))
        self._fill = hstack([ones, identity(m), identity(m)], format="csr")
        keep, limits = matrix(conflicts(problem), p)
        self._keep = hstack([keep, csr_array((keep.shape[0], 2 * m))], format="csr")
        self._limits = limits.astype(np.float64)
        self._heads = problem.heads.sum(axis=1).astype(np.float64)
        tiers = problem.heads[:, [MINIMUM, DESIRED]].T.ravel()
        self._most = np.concatenate([np.ones(p), tiers]).astype(np.float64)
        prices = problem.unfilled_s[:, [MINIMUM, DESIRED]].T.ravel()
        self._cost = np.concatenate([problem.cost_s, prices]).astype(np.float64)
        self._pairs = p

    def relax(self) -> _Relaxed:
        """The linear relaxation, with the price of a head per shift and pairs' reduced costs."""
        relaxation: Any = linprog  # its stubs know no sparse matrices
        got = relaxation(
            self._cost,
            A_ub=self._keep,
            b_ub=self._limits,
            A_eq=self._fill,
            b_eq=self._heads,
            bounds=np.column_stack([np.zeros(len(self._most)), self._most]),
            method="highs-ds",
        )
        if got.status != 0:
            raise SolverFailed(f"the relief plan's relaxation ended: {got.message}")
        return _Relaxed(got.x, got.eqlin.marginals, got.lower.marginals[: self._pairs])

    def choose(
        self, among: NDArray[np.bool_], kept: NDArray[np.bool_]
    ) -> tuple[Indices | None, float]:
        """The best choice `among` these pairs that has all `kept`, None if none was found within
        `NODES`, and the solver's bound on it."""
        least = np.zeros(len(self._most))
        least[: self._pairs][kept] = 1
        most = self._most.copy()
        most[: self._pairs][~among] = 0
        rows = vstack([self._fill, self._keep], format="csc")
        above = np.concatenate([self._heads, np.full(len(self._limits), -np.inf)])
        program: Any = milp
        got = program(
            self._cost,
            integrality=np.arange(len(most)) < self._pairs,
            bounds=Bounds(least, most),
            constraints=LinearConstraint(rows, above, np.concatenate([self._heads, self._limits])),
            options={"mip_rel_gap": 0.0, "node_limit": NODES},
        )
        if got.x is None:
            return None, 0.0
        return np.flatnonzero(got.x[: self._pairs] > 0.5), float(got.mip_dual_bound)


def _answer(problem: ReliefProblem, chosen: Indices) -> ReliefSolution:
    """The chosen pairs with the heads they leave empty, the cheaper tier first, and the cost; as
    if it were proven best."""
    filled = np.bincount(problem.shift[chosen], minlength=len(problem.shifts))
    empty = problem.heads.sum(axis=1) - filled
    comfort = np.minimum(empty, problem.heads[:, DESIRED])
    unfilled = np.column_stack([empty - comfort, comfort])
    objective_s = int(problem.cost_s[chosen].sum() + (unfilled * problem.unfilled_s).sum())
    return ReliefSolution(chosen, unfilled, objective_s, objective_s)


def _dearest_s(problem: ReliefProblem) -> int:
    """What no answer costs more than."""
    return int((problem.heads * problem.unfilled_s).sum()) + int(problem.cost_s.sum())


def _proven(least: float) -> int:
    """The integer that costs of whole seconds cannot stay below, rounding of the solver aside."""
    return -floor(-(least - max(0.5, abs(least) * 1e-12)))
