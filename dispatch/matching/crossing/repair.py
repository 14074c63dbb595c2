"""A plan that keeps the rules, without a search: the flow again, less what broke them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dispatch.matching import match
from dispatch.matching.crossing.rules import MUST, Rule
from dispatch.matching.problem import Problem, Solution
from dispatch.roster import Bools


def repaired(problem: Problem, rules: Sequence[Rule], start: Solution) -> Solution:
    """Return a solution that keeps every row that must hold, from one that may not.

    Of people too many the dearest stay away and nobody may take their place; who must go together
    and did not does not go. Each rule is broken once at most, so this ends.
    """
    allowed = np.ones(len(problem.post), np.bool_)
    while True:
        chosen = np.zeros(len(allowed), np.bool_)
        chosen[start.chosen] = True
        broken = [r for r in rules if (r.beyond(chosen) > 0)[r.price_s == MUST].any()]
        if not broken:
            return start
        for rule in broken:
            _forbid(problem, rule, chosen, allowed)
        kept = np.flatnonzero(allowed)
        found = match(problem.only(kept)).solution
        start = Solution(kept[found.chosen], found.unfilled, found.objective_s)


def _forbid(problem: Problem, rule: Rule, chosen: Bools, allowed: Bools) -> None:
    """Take away the pairs that would break the rule again."""
    must = rule.price_s == MUST
    counts = must[rule.row] & (rule.weight > 0)
    if rule.switch.any() or (must[rule.row] & (rule.weight < 0)).any():
        allowed[rule.pair[counts]] = False
        return
    for r in np.flatnonzero(must & (rule.beyond(chosen) > 0)).tolist():
        entries = np.flatnonzero(counts & (rule.row == r))
        cheapest = np.lexsort((problem.cost_s[rule.pair[entries]], ~chosen[rule.pair[entries]]))
        entries = entries[cheapest]
        gone = ~chosen[rule.pair[entries]] | (np.cumsum(rule.weight[entries]) > rule.most[r])
        allowed[rule.pair[entries[gone]]] = False
