"""Everybody who may be asked in a planning round, with what each costs, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.matching.cost import Seconds, Trips
from dispatch.matching.problem import Indices, Posts, Problem, Reserve
from dispatch.roster import Bools


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The people of m needs: p pairs by (need, row). Those of need j are at `start[j]` to
    `start[j + 1]`, shape (m + 1,). `response_s` is turnout and travel; shape (p,) all."""

    start: Indices
    need: Indices
    trips: Trips
    response_s: Seconds
    cost_s: Seconds

    def of(self, j: int) -> slice:
        """Return where the pairs of need j are."""
        return slice(int(self.start[j]), int(self.start[j + 1]))

    def cheapest_first(self) -> Indices:
        """Return the places of all pairs by need, then cost, then row."""
        # Half the time of a sort by two keys; costs are far below 2^42.
        return np.argsort((self.need << 42) + self.cost_s, kind="stable")

    def problem(
        self, posts: Posts, enters: list[Bools], of: Indices, near: Bools, reserve: Reserve | None
    ) -> tuple[Problem, Indices]:
        """Return the problem of these posts and each of its pairs' place here.

        `enters` says per post who of the need's people enters there, `of` which need it is of;
        only people `near`, shape (p,), count.
        """
        places = [
            self.start[j] + np.flatnonzero(who & near[self.of(j)])
            for j, who in zip(of.tolist(), enters, strict=True)
        ]
        at = np.concatenate([np.empty(0, np.intp), *places])
        problem = Problem(
            posts=posts,
            post=np.repeat(np.arange(len(posts)), [len(p) for p in places]),
            row=self.trips.row[at],
            cost_s=self.cost_s[at],
            eta_s=self.trips.eta_s[at],
            reserve=reserve,
        )
        return problem, at
