"""What one person cannot do together, as linear rows, and the best they could do.

Away-and-rest times are intervals, so a person's choices are those of interval scheduling: at most
one of the pairs that block any one instant. Such rows are an interval matrix, which is totally
unimodular: they alone describe a person's choices exactly (Nemhauser, Wolsey 1988, III.1.2).
The daily time on task adds, for the day up to each release, at most one of the tasks longer than
half of the limit, and the limit on the sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from scipy.sparse import csr_array

from dispatch.matching.cost import Seconds
from dispatch.matching.shifts.problem import Indices, ReliefProblem
from dispatch.matching.shifts.spells import DAY_S, Spans, Spell, day_s


@dataclass(frozen=True, slots=True)
class Row:
    """Weights of `pairs` that may sum up to `limit` at most."""

    pairs: tuple[int, ...]
    weights: tuple[int, ...]
    limit: int


def matrix(rows: Sequence[Row], pairs: int) -> tuple[csr_array, Seconds]:
    """Return the rows as a matrix of shape (rows, pairs), and their limits, shape (rows,)."""
    sizes = [len(r.pairs) for r in rows]
    columns = np.array([p for r in rows for p in r.pairs], np.intp)
    weights = np.array([w for r in rows for w in r.weights], np.float64)
    at = np.repeat(np.arange(len(rows)), sizes)
    limits = np.array([r.limit for r in rows], np.int64)
    return csr_array((weights, (at, columns)), shape=(len(rows), pairs)), limits


def conflicts(problem: ReliefProblem) -> list[Row]:
    """Return the rows that say which sets of pairs one person can serve."""
    return [
        row
        for pairs in per_person(problem, np.arange(len(problem.row)))
        for row in _rows(problem, pairs)
    ]


def per_person(problem: ReliefProblem, pairs: Indices) -> Iterator[list[int]]:
    """Yield each person's share of these pairs, by release, people by row."""
    order = pairs[np.lexsort((pairs, problem.release[pairs], problem.row[pairs]))]
    edges = np.flatnonzero(np.diff(problem.row[order], prepend=-1, append=-1))
    ordered = order.tolist()
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield ordered[start:end]


def best_chain(problem: ReliefProblem, pairs: Sequence[int], gain: Sequence[int]) -> int:
    """Return the most gain that one person can have from these pairs, at least 0.

    Pairs come by release. Of the rules only those between neighbours in time are kept, so it is
    never too low; it is exact unless three tasks within a day exceed its limit together.
    """
    held = problem.spells(pairs)
    limits = problem.policy.limits
    best: list[int] = []
    for j, one in enumerate(held):
        before = [best[i] for i in range(j) if not held[i].excludes(one, limits)]
        best.append(gain[j] + max([0, *before]))
    return max([0, *best])


def _rows(problem: ReliefProblem, pairs: list[int]) -> Iterator[Row]:
    if len(pairs) < 2:
        return
    held = problem.spells(pairs)
    yield from _cliques(pairs, held)
    limit = problem.policy.limits.max_task_s
    fixed = problem.fixed.get(int(problem.row[pairs[0]]), ())
    task_s = [s.task_s for s in held]
    most_s = best_chain(problem, pairs, task_s) + sum(end - left for left, end in fixed)
    # Where two tasks alone make too long a day, `best_chain` has kept them apart already.
    if most_s > limit or sum(sorted(task_s)[-2:]) > limit:
        yield from _days(pairs, held, fixed, limit)


def _cliques(pairs: Sequence[int], held: Sequence[Spell]) -> Iterator[Row]:
    """The largest sets of pairs that block one instant: each is complete where a block ends."""
    order = sorted(range(len(pairs)), key=lambda k: (held[k].alert, pairs[k]))
    active: list[int] = []
    for k, after in zip_longest(order, order[1:]):
        active = [a for a in active if held[a].blocked > held[k].alert] + [k]
        grows = after is not None and all(held[a].blocked > held[after].alert for a in active)
        if len(active) > 1 and not grows:
            yield Row(tuple(sorted(pairs[a] for a in active)), (1,) * len(active), 1)


def _days(pairs: Sequence[int], held: Sequence[Spell], fixed: Spans, limit: int) -> Iterator[Row]:
    """For the day up to each release: one of the long tasks, and the limit on all."""
    for until in sorted({s.released for s in held} | {end for _, end in fixed}):
        day = [k for k, s in enumerate(held) if until - DAY_S < s.released <= until]
        left_s = limit - day_s(until, fixed)
        weights = [held[k].task_s for k in day]
        long = [k for k in day if 2 * held[k].task_s > limit]
        if len(long) > 1:
            yield Row(tuple(pairs[k] for k in long), (1,) * len(long), 1)
        alone = len(long) == len(day) and max(weights, default=0) <= left_s
        if sum(weights) > left_s and not alone:
            yield Row(tuple(pairs[k] for k in day), tuple(weights), max(0, left_s))
