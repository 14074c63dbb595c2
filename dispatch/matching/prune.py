"""Fewer pairs, the same optimum: start with the cheapest of every post and price the rest back.

A flow over a few pairs is solved in no time, and its prices say what one more head of each post
would cost. A pair left out can lower the objective only if it beats what its person already earns
at those prices (a negative reduced cost); while there are such pairs they come in and the flow is
solved again. With none left, the optimum over the pairs kept is the optimum over all.
(Column generation with all columns at hand; Ahuja, Magnanti, Orlin 1993, ch. 9 and 16.)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

import numpy as np

from dispatch.matching.cost import Seconds
from dispatch.matching.problem import Indices, Problem
from dispatch.matching.verify import Prices
from dispatch.roster import Bools

PER_HEAD: Final = np.array([10, 10, 2])
"""Pairs kept at first per open head of a tier; with 5 a county's plan is within 0.01 %, with 10 it
is mostly the best already."""

NEARLY_S: Final = 40
"""Pairs this much dearer than an earlier price are looked at too; prices move with every change."""


def cheapest(problem: Problem, of: Bools | None = None) -> Indices:
    """Return the pairs that are worth a first look: the cheapest of each post and of each whole
    need by (cost, row), `PER_HEAD` for each open head; ascending. `of`, shape (m,), says which
    posts."""
    starts, wanted = problem.starts(), problem.posts.heads @ PER_HEAD
    if of is not None:
        wanted = np.where(of, wanted, -1)
    posts = range(len(problem.posts))
    spans = [(j, j + 1) for j in posts]
    for _, group in groupby(posts, key=problem.posts.need_ids.__getitem__):
        several = list(group)
        if len(several) > 1:
            spans.append((several[0], several[-1] + 1))
    return _union(
        starts[f] + _least(problem.cost_s[starts[f] : starts[e]], int(most) + 1)
        for f, e in spans
        for most in [wanted[f:e].sum()]
        if wanted[f:e].min() >= 0
    )


def _union(parts: Iterable[Indices]) -> Indices:
    return np.unique(np.concatenate([np.empty(0, np.intp), *parts]))


def likely(problem: Problem, price_s: Seconds) -> Indices:
    """Return the pairs that earlier prices make likely, ascending: what they earn is within
    `NEARLY_S` of what their person earns at best, and of nothing. `price_s`, shape (m,), is
    negative where a post has no earlier price: none of its pairs are returned."""
    worth_s = problem.posts.widest(price_s)[problem.post]
    earned_s = np.where(worth_s < 0, -NEARLY_S - 1, worth_s - problem.cost_s)
    return np.flatnonzero(earned_s >= _profits(problem.row, earned_s, problem.row) - NEARLY_S)


def underpriced(problem: Problem, kept: Indices, prices: Prices) -> Indices:
    """Return the dropped pairs that could still lower the objective at `prices`, ascending.

    A person's profit is what their best kept pair earns, the post's price less the cost and less
    what the reserve asks for them, and at least nothing. A dropped pair that earns more than that
    would be worth taking.
    """
    earned_s = prices.earned(problem)
    worth = np.flatnonzero(earned_s > 0)
    mine = kept[earned_s[kept] > 0]
    profits_s = _profits(problem.row[mine], earned_s[mine], problem.row[worth])
    missed: Indices = worth[earned_s[worth] > profits_s]
    return missed


def _profits(rows: Indices, earned_s: Seconds, of: Indices) -> Seconds:
    """Return what each person in `of` earns at best in pairs of `rows`, at least nothing."""
    size = max(int(rows.max(initial=-1)), int(of.max(initial=-1))) + 1
    profit_s = np.zeros(size, np.int64)
    np.maximum.at(profit_s, rows, earned_s)
    best: Seconds = profit_s[of]
    return best


def _least(cost_s: Indices, k: int) -> Indices:
    """The places of the k least costs, ties by place, ascending."""
    if k >= len(cost_s):
        return np.arange(len(cost_s))
    rim = np.partition(cost_s, k - 1)[k - 1]
    inside = np.flatnonzero(cost_s < rim)
    return np.sort(np.concatenate([inside, np.flatnonzero(cost_s == rim)[: k - len(inside)]]))
