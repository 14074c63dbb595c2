"""How it is done today: one call at a time, whoever is nearest, until the need is filled.

The rules are ours: nobody is asked whom a hard rule stops, cover included. So what a comparison
shows is the way of choosing, not a baseline that breaks the law.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from dispatch.board import Board
from dispatch.model import SYSTEM, Exclusion, Need, NeedId, Plan, VolunteerId
from dispatch.planner.plan import Planner


class Order(StrEnum):
    """Which need is served first."""

    FIRST_COME = "FIRST_COME"
    GRAVEST = "GRAVEST"


@dataclass(slots=True, kw_only=True, eq=False)
class OneByOne(Planner):
    """Plans each need by itself, in order; who was taken for one is gone for the next, and nobody
    is moved."""

    order: Order = field(default=Order.FIRST_COME)

    def plan(
        self, board: Board, now: datetime, only: Collection[NeedId] | None = None
    ) -> Plan | None:
        """See `Planner.plan`; the bound of what it returns is that of the single plans."""
        wanted = board.open_needs() if only is None else [board.needs[n] for n in sorted(only)]
        tried = board.copy()
        made: list[Plan] = []
        for need in sorted(wanted, key=_key(board, self.order)):
            # By name: a dataclass with slots is another class than the one `super` closes over.
            plan = Planner.plan(self, tried, now, (need.id,))
            if plan is not None:
                made.append(plan)
                _take(tried, plan, now)
        return _together(made)


Key = Callable[[Need], tuple[object, ...]]


def _key(board: Board, order: Order) -> Key:
    if order is Order.GRAVEST:
        return lambda n: (board.incidents[n.incident_id].severity, n.published_at or n.added_at, n.id)
    return lambda n: (n.published_at or n.added_at, n.id)


def _take(board: Board, plan: Plan, now: datetime) -> None:
    """Whoever is proposed is not there for any other need."""
    for proposal in plan.proposals:
        for incident_id in board.incidents:
            taken = Exclusion(
                incident_id=incident_id,
                need_id=None,
                volunteer_id=proposal.volunteer_id,
                reason="taken",
                by=SYSTEM,
                at=now,
            )
            stated = board.exclusions.setdefault(incident_id, {})
            stated[VolunteerId(proposal.volunteer_id), None] = taken


def _together(plans: list[Plan]) -> Plan | None:
    if not plans:
        return None
    objective_s, bound_s = sum(p.objective_s for p in plans), sum(p.bound_s for p in plans)
    return replace(
        plans[0],
        need_ids=tuple(sorted(n for p in plans for n in p.need_ids)),
        proposals=tuple(x for p in plans for x in p.proposals),
        shortfalls=tuple(x for p in plans for x in p.shortfalls),
        fills=tuple(x for p in plans for x in p.fills),
        unkept=tuple(x for p in plans for x in p.unkept),
        lacks=tuple(x for p in plans for x in p.lacks),
        objective_s=objective_s,
        bound_s=bound_s,
        gap=(objective_s - bound_s) / max(1, objective_s),
        solve_ms=sum(p.solve_ms for p in plans),
    )
