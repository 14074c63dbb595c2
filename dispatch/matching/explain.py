"""Why heads stay empty: exact counts over the whole roster, and what would help."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dispatch.matching.problem import Problem, Solution
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
    missing = solution.unfilled.sum(axis=1)
    used = np.zeros(int(problem.row.max(initial=-1)) + 1, np.bool_)
    used[problem.row[solution.chosen]] = True
    return tuple(
        _shortfall(problem, solution, int(j), used, bits(problem.need_ids[j]))
        for j in np.flatnonzero(missing)
    )


def _shortfall(problem: Problem, solution: Solution, j: int, used: Bools, bits: Mask) -> Shortfall:
    start, end = np.searchsorted(problem.need, (j, j + 1))
    rows = problem.row[start:end]
    if bits[rows].any():
        raise ValueError(f"{problem.need_ids[j]}: a candidate is stopped by a rule")
    far = bits == 0
    far[rows] = False
    stopped = np.where(far, BIT[Reason.REACH], bits)
    here = int(np.count_nonzero(problem.need[solution.chosen] == j))
    return Shortfall(
        need_id=problem.need_ids[j],
        missing=int(solution.unfilled[j].sum()),
        eligible=len(rows),
        competing=int(used[rows].sum()) - here,
        refused=tally_first(stopped),
        single=tally_single(stopped),
    )
