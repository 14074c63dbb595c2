"""From board, roster and roads to a proven plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from dispatch.board import Board
from dispatch.matching import Match
from dispatch.matching.acceptance import most_likely
from dispatch.matching.cost import least_idle_s
from dispatch.matching.facts import origins_of
from dispatch.matching.policy import MatchPolicy
from dispatch.matching.problem import Problem
from dispatch.matching.shifts import ReliefPlan, ReliefPolicy
from dispatch.matching.verify import stand_ins
from dispatch.model import (
    AssignmentStatus,
    Lack,
    NeedId,
    Plan,
    PlanId,
    PlanStatus,
)
from dispatch.planner.closing import shortfalls
from dispatch.planner.memory import Memory
from dispatch.planner.proposals import proposals
from dispatch.planner.relief import RELIEF, relief_plan
from dispatch.planner.round import NEAREST_LEAST, Asking, Round, by_name
from dispatch.planner.travel import BoundedRouter
from dispatch.roster import Floats, Roster


@dataclass(slots=True, kw_only=True, eq=False)
class Planner:
    """Plans one agency's open needs over its whole roster.

    It remembers what it looked up and what heads cost last time, so that planning again after one
    change is quick; no answer depends on it. `timer` gives seconds for the plan's `solve_ms`. It
    is the only thing in a plan that differs from run to run, so drills hand in one that stands
    still.
    """

    roster: Roster
    router: BoundedRouter
    policy: MatchPolicy
    asking: Asking = field(default_factory=Asking)
    timer: Callable[[], float] = time.perf_counter
    nearest: int = NEAREST_LEAST
    _memory: Memory = field(init=False)
    _before: dict[tuple[NeedId, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._memory = Memory(
            roster=self.roster,
            router=self.router,
            policy=self.policy,
            idle_s=least_idle_s(self.policy, most_likely(self.asking.model)),
        )

    def forget(self) -> None:
        """Forget what was looked up for needs and what their heads cost, not the people."""
        self._memory.forget()
        self._before = {}

    def origins(self, board: Board) -> tuple[Floats, Floats]:
        """Return where everybody on the roster starts from, as `matching.facts.origins_of`."""
        self._memory.ledger.update(board)
        return origins_of(board, self.roster, self._memory.ledger)

    def plan(
        self, board: Board, now: datetime, only: Collection[NeedId] | None = None
    ) -> Plan | None:
        """Return the best plan for all needs with heads that nobody has accepted, None without.

        With `only`, plan these needs by themselves and leave everybody who accepted where they
        are: what a wave does.

        Raises:
            SolverFailed: no plan that `verify` vouches for.
        """
        started = self.timer()
        made = self.round(board, now, only)
        if made is None:
            return None
        round_, problem, found = made
        return Plan(
            id=PlanId(""),
            basis_seq=board.seq,
            need_ids=tuple(sorted(round_.needs)),
            proposals=proposals(round_, problem, found),
            shortfalls=() if only is not None else shortfalls(round_, problem, found, self._memory),
            objective_s=found.objective_s,
            bound_s=found.bound_s,
            gap=found.gap,
            solve_ms=round((self.timer() - started) * 1_000),
            status=PlanStatus.PROPOSED,
            made_at=now,
            fills=round_.fills(found),
            unkept=round_.unkept(),
            lacks=_lacks(problem, found),
            reserves=round_.reserves(problem, found),
        )

    def relieve(
        self, board: Board, now: datetime, policy: ReliefPolicy = RELIEF
    ) -> ReliefPlan | None:
        """Return who relieves whom in needs that run longer than their people may, None without
        open needs.

        Raises:
            SolverFailed: no plan that `verify_relief` vouches for.
        """
        return relief_plan(self._memory, self.asking, board, now, policy)

    def round(
        self,
        board: Board,
        now: datetime,
        only: Collection[NeedId] | None = None,
        also: NeedId | None = None,
    ) -> tuple[Round, Problem, Match] | None:
        """Return the round behind `plan` and its proven match, None where `plan` returns None.

        `also` is a need to hold in any case, so that its people have costs.

        Raises:
            SolverFailed: no match that `verify` vouches for.
        """
        needs = [n for n in board.open_needs() if now < n.ends_at]
        if only is not None:
            needs = [n for n in needs if n.id in only]
        short = [n for n in needs if board.heads_taken(n.id) < n.heads.desired or n.id == also]
        if not short:
            return None
        if only is None:
            # Who accepted but has not left may be needed more elsewhere.
            waiting = {
                board.assignments[a].need_id
                for a in board.active.values()
                if board.assignments[a].status is AssignmentStatus.ASSIGNED
            }
            waiting |= {n.id for n in short}
            short = [n for n in needs if n.id in waiting]
        round_ = Round(
            self._memory, self.asking, board, now, short,
            nearest=self.nearest, moving=only is None, before=self._before,
        )  # fmt: skip
        problem, found = round_.solve()
        self._before = by_name(problem, found.prices)
        return round_, problem, found


def _lacks(problem: Problem, found: Match) -> tuple[Lack, ...]:
    posts, heads = problem.posts, stand_ins(problem, found.solution)
    return tuple(
        Lack(need_id=posts.need_ids[j], post=posts.kinds[j], heads=int(heads[j]))
        for j in np.flatnonzero(heads)
    )
