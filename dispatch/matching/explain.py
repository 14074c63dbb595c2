"""Why heads stay empty: exact counts over the whole roster, and what would help."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dispatch.matching.problem import SPARE, Indices, Problem, Solution
from dispatch.matching.reasons import BIT, Mask, tally_first, tally_single
from dispatch.model import NeedId, Reason, Shortfall
from dispatch.roster import Bools


def shortfalls(
    problem: Problem, solution: Solution, bits: Callable[[NeedId], Mask]
) -> tuple[Shortfall, ...]:
    """Return one Shortfall per need with empty heads, in id order.

    `bits` gives a need's reason bits over the whole roster, shape (n,), as `Eligibility.bits`
    does, and is asked for short needs only. The caller may have added CUT_OFF, and REACH for
    people known to be too far; an eligible person without a pair counts under REACH here. So
    `refused` and `eligible` add up to n. `single` counts a person whom one rule alone stops:
    where the caller adds REACH to eligible people only, how far the others are is not known.

    Raises:
        ValueError: someone whom a rule stops has a pair: bits and problem do not belong together.
    """
    used = np.zeros(int(problem.row.max(initial=-1)) + 1, np.bool_)
    used[problem.row[solution.chosen]] = True
    needs = np.array(problem.posts.need_ids)
    missing = solution.unfilled[:, :SPARE].sum(axis=1)
    return tuple(
        _shortfall(problem, solution, np.flatnonzero(needs == need_id), used, bits)
        for need_id in np.unique(needs[missing > 0])
    )


def _shortfall(
    problem: Problem,
    solution: Solution,
    posts: Indices,
    used: Bools,
    bits: Callable[[NeedId], Mask],
) -> Shortfall:
    """The shortfall of the need with these posts, which lie side by side."""
    need_id = problem.posts.need_ids[posts[0]]
    start, end = np.searchsorted(problem.post, (posts[0], posts[-1] + 1))
    rows = np.unique(problem.row[start:end])
    stopped = bits(need_id)
    if stopped[rows].any():
        raise ValueError(f"{need_id}: a candidate is stopped by a rule")
    far = stopped == 0
    far[rows] = False
    stopped = np.where(far, BIT[Reason.REACH], stopped)
    here = int(np.isin(problem.post[solution.chosen], posts).sum())
    holders = stopped[stopped & BIT[Reason.SKILL] == 0]
    empty = solution.unfilled[posts, :SPARE].sum(axis=1).tolist()
    return Shortfall(
        need_id=need_id,
        missing=sum(empty),
        eligible=len(rows),
        competing=int(used[rows].sum()) - here,
        refused=tally_first(stopped),
        single=tally_single(stopped),
        holders=len(holders),
        held=tally_first(holders),
        posts={
            str(problem.posts.kinds[j]): heads
            for j, heads in zip(posts.tolist(), empty, strict=True)
            if heads
        },
    )
