"""The relief problem: which shifts want people, and who could serve each, as columns.

Everything is by index and in canonical order, so the same situation gives the same arrays. A pair
is one person at one shift, and takes one `Spell` of their time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.matching.cost import Seconds
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.shifts.operation import (
    Instants,
    People,
    ReliefNeed,
    Shift,
    check,
    shifts_of,
    standing_tasks,
)
from dispatch.matching.shifts.spells import Spans, Spell, day_s, instant, standing
from dispatch.matching.shifts.watches import ReliefPolicy
from dispatch.matching.skills import Rows
from dispatch.roster import Bools

Indices = NDArray[np.intp]

MINIMUM: Final = 0
DESIRED: Final = 1
"""Columns of arrays by tier."""


@dataclass(frozen=True, slots=True, eq=False)
class ReliefProblem:
    """`m` shifts by (need, watch, number) and `p` pairs by (shift, row).

    `heads` and `unfilled_s`, shape (m, 2), are the heads wanted per tier and the price of each left
    empty. The other columns have shape (p,): `alert`, `leave`, `release` and `blocked` are instants
    of their spells, `cost_s` equivalent seconds. `fixed` are the tasks that stand already,
    by row: `(left, released)` instants.
    """

    shifts: tuple[Shift, ...]
    heads: Seconds
    unfilled_s: Seconds
    shift: Indices
    row: Rows
    cost_s: Seconds
    alert: Instants
    leave: Instants
    release: Instants
    blocked: Instants
    fixed: Mapping[int, Spans]
    policy: ReliefPolicy

    @classmethod
    def build(
        cls,
        needs: Sequence[ReliefNeed],
        people: People,
        *,
        now: datetime,
        match_policy: MatchPolicy,
        policy: ReliefPolicy,
    ) -> ReliefProblem:
        """Return the problem of these needs, which come in id order.

        Raises:
            ValueError: a need comes twice or out of order, somebody holds two heads, or a row lies
                beyond the people.
        """
        check(needs, people)
        shifts = tuple(shifts_of(needs, people, instant(now), policy))
        prices = [match_policy.unfilled_s(needs[s.need].severity)[:2] for s in shifts]
        whole = cls(
            shifts=shifts,
            heads=np.array([(s.minimum, s.desired) for s in shifts], np.int64).reshape(-1, 2),
            unfilled_s=np.array(prices, np.int64).reshape(-1, 2),
            **_pairs(needs, people, shifts, policy),
            fixed=standing_tasks(needs, people, instant(now), policy),
            policy=policy,
        )
        return whole.only(np.flatnonzero(_possible(whole, needs, people, instant(now))))

    def only(self, pairs: Indices) -> ReliefProblem:
        """Return the same shifts with these pairs only; `pairs` ascends."""
        columns = {name: getattr(self, name)[pairs] for name in _COLUMNS}
        return ReliefProblem(
            self.shifts,
            self.heads,
            self.unfilled_s,
            **columns,
            fixed=self.fixed,
            policy=self.policy,
        )

    def spells(self, pairs: Sequence[int]) -> list[Spell]:
        """Return the spells of these pairs."""
        at = list(pairs)
        columns = (self.alert, self.leave, self.release, self.blocked)
        return [Spell(*s) for s in zip(*(c[at].tolist() for c in columns), strict=True)]


_COLUMNS: Final = ("shift", "row", "cost_s", "alert", "leave", "release", "blocked")


def _pairs(
    needs: Sequence[ReliefNeed], people: People, shifts: Sequence[Shift], policy: ReliefPolicy
) -> dict[str, NDArray[np.int64]]:
    """The columns of everybody who could serve each shift, were there no other time to keep."""
    sizes = [len(needs[s.need].rows) for s in shifts]

    def joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate([np.empty(0, np.int64), *parts])

    row = joined([needs[s.need].rows for s in shifts]).astype(np.intp)
    eta_s = joined([needs[s.need].eta_s.astype(np.int64) for s in shifts])
    start = np.repeat(np.array([s.start for s in shifts], np.int64), sizes)
    release = np.repeat(np.array([s.end for s in shifts], np.int64), sizes)
    leave = start - policy.handover_s - eta_s
    rest_s = np.where(release - leave >= policy.limits.shift_min_s, policy.limits.rest_s, 0)
    return {
        "shift": np.repeat(np.arange(len(shifts)), sizes),
        "row": row,
        "cost_s": joined([needs[s.need].cost_s for s in shifts]),
        "alert": leave - people.turnout_s[row],
        "leave": leave,
        "release": release,
        "blocked": release + np.maximum(eta_s, rest_s),
    }


def _possible(
    problem: ReliefProblem, needs: Sequence[ReliefNeed], people: People, now: int
) -> Bools:
    """Which pairs keep every rule that concerns them alone or with a task that stands."""
    row = problem.row
    covered = [needs[s.need].covered_until for s in problem.shifts]
    covered_until = np.concatenate([np.empty(0, np.int64), *covered])
    eta_s = [needs[s.need].eta_s.astype(np.int64) for s in problem.shifts]
    home = problem.release + np.concatenate([np.empty(0, np.int64), *eta_s])
    possible: Bools = (
        (problem.alert >= np.maximum(now, people.free_from[row]))
        & (home <= np.minimum(covered_until, people.free_until[row]))
        & (problem.release - problem.leave <= problem.policy.limits.max_task_s)
    )
    busy = np.isin(row, np.array(list(problem.fixed), np.intp))
    for p in np.flatnonzero(possible & busy).tolist():
        tasks = problem.fixed[int(row[p])]
        possible[p] = not _stopped(problem.spells([p])[0], tasks, problem.policy)
    return possible


def _stopped(pair: Spell, tasks: Spans, policy: ReliefPolicy) -> bool:
    limits = policy.limits
    if any(pair.excludes(standing(task, limits), limits) for task in tasks):
        return True
    return pair.task_s + day_s(pair.released, tasks) > limits.max_task_s
