"""Ranked alternatives: what it costs the whole plan to put somebody else on a need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.matching import Match
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import Indices, Problem
from dispatch.matching.skills import Rows
from dispatch.model import NeedId


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """A need's candidates by place, the least loss first: `order` and `loss_s`, shape (k,), are in
    the order of the ranking, not of the candidates."""

    order: Indices
    loss_s: Seconds


def ranking(
    problem: Problem, found: Match, need_id: NeedId, rows: Rows, cost_s: Seconds
) -> Ranking:
    """Return how much dearer the plan becomes at least with each of these people on the need.

    That is the reduced cost at the plan's proven prices (Ahuja, Magnanti, Orlin 1993, ch. 9): what
    the person costs there and earns where they are, less the worth of a head; 0 for those the plan
    would lose nothing by. For a need without open heads it is measured against the best of them.
    Equals come in the order of their cost, then their row.
    """
    lost_s = cost_s + profits(problem, found)[rows] if len(rows) else cost_s
    posts = [j for j, n in enumerate(problem.posts.need_ids) if n == need_id]
    if problem.posts.heads[posts].any():
        worth_s = int(problem.posts.widest(found.prices.post_s)[posts].max())
    else:
        worth_s = int(lost_s.min(initial=2**62))
    loss_s = np.maximum(0, lost_s - worth_s)
    order = np.lexsort((rows, cost_s, loss_s))
    return Ranking(order, loss_s[order])


def profits(problem: Problem, found: Match) -> Seconds:
    """Return by roster row what each person is worth to the plan: what their best pair earns at its
    proven prices, 0 for who is not in it."""
    size = max(int(problem.row.max(initial=-1)) + 1, 1)
    if problem.reserve is not None:
        size = max(size, len(problem.reserve.group))
    profit_s = np.zeros(size, np.int64)
    np.maximum.at(profit_s, problem.row, found.prices.earned(problem))
    return profit_s
