"""Crew rules that cross: the flow first, and integer programming where it breaks them.

    match --> no rule broken: optimal
    tightened --> prices under which people split in parts would keep the rules (column generation)
    settled --> every pair too dear at these prices is out, HiGHS decides the few others: optimal
    repaired --> the flow again without what breaks rules: when the effort did not suffice

Pure and deterministic, like `match`, as long as `Effort.guard_s` does not strike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Final

import numpy as np

from dispatch.errors import SolverFailed
from dispatch.matching import Match, match
from dispatch.matching.cost import Seconds
from dispatch.matching.crossing.program import DEAREST, Priced, Program, program_of
from dispatch.matching.crossing.repair import repaired
from dispatch.matching.crossing.rules import MUST, Rule, RuleName
from dispatch.matching.crossing.solver import Effort, relaxed, settled
from dispatch.matching.problem import Problem, Solution
from dispatch.matching.verify import Prices, cost_of
from dispatch.matching.verify import verify as verified_cost_s
from dispatch.roster import Bools

__all__ = ["CrewMatch", "Effort", "Lack", "cross", "lacks"]

_PAIRS: Final = 4
"""Pairs per open head that the relaxation sees at first."""

_CAP: Final = 4
"""An empty head costs the relaxation so many of the dearest trips at first: real prices, a
thousand times larger, make its own swing from round to round."""

_FIRST: Final = 1.5
"""Pairs per open head that are left to decide at first."""

_ROUNDING: Final = 1e-3
"""A solver's bound may be so many seconds too high."""

_USUAL: Final = Effort()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A row of a rule that the plan exceeds: so many leaders lacking, somebody alone."""

    name: RuleName
    about: str
    units: int
    price_s: int


@dataclass(frozen=True, slots=True, eq=False)
class CrewMatch(Match):
    """A match under crossing rules; what lacks is in the objective at its price."""

    lacking: tuple[Lack, ...]


def cross(problem: Problem, rules: Sequence[Rule], effort: Effort = _USUAL) -> CrewMatch:
    """Return a cheapest solution of `problem` that keeps `rules`, verified, with its bound.

    Where the effort does not suffice it is the best one found, or the flow's repaired, and its gap
    is not 0.

    Raises:
        SolverFailed: the flow gave no optimum, or a check refused a solution.
    """
    rules = sorted(rules, key=lambda rule: (rule.name, rule.about))
    plain = match(problem)
    if not any(
        (rule.beyond(_sent(problem, plain.solution)) * rule.price_s).any() for rule in rules
    ):
        return _verified(problem, rules, plain.solution, plain.bound_s, plain.prices)
    program = program_of(problem, rules)
    priced = _tightened(program, program.priced(plain.prices), effort)
    found, bound_s = _settled(priced, rules, effort) if priced else (None, plain.bound_s)
    return _verified(
        problem,
        rules,
        found or repaired(problem, rules, plain.solution),
        bound_s,
        priced.prices if priced else plain.prices,
    )


def lacks(problem: Problem, rules: Sequence[Rule], solution: Solution) -> tuple[Lack, ...]:
    """Return what `solution` exceeds, counted from scratch.

    Raises:
        SolverFailed: a row that must hold is exceeded.
    """
    sent = _sent(problem, solution)
    found = [
        Lack(name=rule.name, about=rule.about, units=units, price_s=price_s)
        for rule in rules
        for units, price_s in zip(rule.beyond(sent).tolist(), rule.price_s.tolist(), strict=True)
        if units
    ]
    for lack in found:
        if lack.price_s == MUST:
            raise SolverFailed(f"the plan breaks the rule {lack.name} of {lack.about}")
    return tuple(found)


def _verified(
    problem: Problem, rules: Sequence[Rule], solution: Solution, bound_s: int, prices: Prices
) -> CrewMatch:
    lacking = lacks(problem, rules, solution)
    objective_s = verified_cost_s(problem, solution) + _price_s(lacking)
    if bound_s > objective_s:
        raise SolverFailed(f"a plan of {objective_s} s is below the bound of {bound_s} s")
    return CrewMatch(solution, objective_s, bound_s, prices, lacking)


def _tightened(program: Program, flow: Priced, effort: Effort) -> Priced | None:
    """Prices of all rows that are best when people may be split, or None if the effort did not
    suffice. Pairs that would be worth it at the prices of those seen come in, as in `improve`.
    """
    problem = program.problem
    p, heads = len(program.person), int(problem.posts.heads.sum())
    flat, most = program.unpriced(), _PAIRS * heads
    free = flow.within(flow.nearest(most))
    free[p:] = True
    cap_s = _CAP * int(problem.cost_s.max(initial=0)) + 1
    while True:
        rest = flat.rest(free)
        dear = rest.cost > cap_s
        answer = relaxed(replace(rest, cost=np.minimum(rest.cost, cap_s)), effort)
        if answer is None:
            return None
        y = np.zeros(len(program.rhs), np.int64)
        y[rest.rows] = np.rint(answer.prices)
        priced = program.at(y)
        wanted = priced.within(priced.nearest(most))[:p] & ~free[:p]
        if answer.cost_s - priced.bound_s > 1 + heads // 100 and wanted.any():
            free[:p] |= wanted
        elif (answer.values[dear] > 0.5).any():
            cap_s = DEAREST
        else:
            return max(priced, flow, key=lambda found: found.bound_s)


def _settled(priced: Priced, rules: Sequence[Rule], effort: Effort) -> tuple[Solution | None, int]:
    """The best solution found, if any, and what none can cost less than.

    To decide only among columns less than w seconds from being moved may miss what costs w more
    than the bound: with a solution that cheap the search is over, and else w grows to its cost.
    """
    problem, p = priced.program.problem, len(priced.program.person)
    within_s = priced.nearest(ceil(_FIRST * int(problem.posts.heads.sum())))
    free = priced.within(within_s)
    best: Solution | None = None
    while True:
        rest = priced.rest(free)
        answer = settled(rest, effort)
        if answer.values is not None:
            values = priced.ends(free)
            values[rest.columns] = answer.values
            best = _solution(problem, values)
        if best is None and not free[p:].all():
            free[p:] = True  # with so few pairs, heads must be allowed to stay empty
            continue
        proven_s = min(priced.bound_s + within_s, rest.base_s + answer.bound_s)
        bound_s = ceil(max(priced.bound_s, proven_s - _ROUNDING))
        if best is None:
            return None, bound_s
        cost_s = best.objective_s + _price_s(lacks(problem, rules, best))
        if cost_s <= priced.bound_s + within_s or not answer.complete:
            return best, bound_s
        within_s = cost_s - priced.bound_s
        free = priced.within(within_s)


def _solution(problem: Problem, values: Seconds) -> Solution:
    p, heads = len(problem.post), problem.posts.heads
    chosen, unfilled = np.flatnonzero(values[:p]), values[p : p + heads.size].reshape(heads.shape)
    return Solution(chosen, unfilled, cost_of(problem, Solution(chosen, unfilled, 0)))


def _sent(problem: Problem, solution: Solution) -> Bools:
    sent = np.zeros(len(problem.post), np.bool_)
    sent[solution.chosen] = True
    return sent


def _price_s(lacking: Sequence[Lack]) -> int:
    return sum(lack.units * lack.price_s for lack in lacking)
