"""Shifts and reliefs: who takes over from whom while an operation lasts longer than people may.

    spells    one person's time for one shift or task, and what may follow it
    watches   how long a spell may last; where the work of a need is cut into shifts
    operation what runs now, and the shifts to come
    problem   everybody who could serve each shift, as columns
    conflicts what one person cannot do together
    solve     relax, price, round, prove
    plan      who relieves whom, when to leave, what is missing and why
    verify    every rule recounted, on every plan

No I/O and no clock. Cover, credentials, travel and costs come in with the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dispatch.matching.policy import MatchPolicy
from dispatch.matching.shifts.operation import People, ReliefNeed
from dispatch.matching.shifts.plan import ReliefPlan, plan_of
from dispatch.matching.shifts.problem import ReliefProblem
from dispatch.matching.shifts.solve import EXACT_PAIRS, solve
from dispatch.matching.shifts.spells import Holder, Task
from dispatch.matching.shifts.verify import verify_relief
from dispatch.matching.shifts.watches import ReliefPolicy, rotation_s

__all__ = [
    "Holder", "People", "ReliefNeed", "ReliefPlan", "ReliefPolicy", "Task", "relieve",
    "rotation_s",
]  # fmt: skip


def relieve(
    needs: Sequence[ReliefNeed],
    people: People,
    *,
    now: datetime,
    match_policy: MatchPolicy,
    policy: ReliefPolicy,
    exact_pairs: int = EXACT_PAIRS,
) -> ReliefPlan:
    """Return the verified relief plan for the operational periods ahead; the same every time.

    It is a best one unless more than `exact_pairs` pairs of person and shift could still better it;
    then it says its gap.

    Raises:
        ValueError: needs out of order, somebody who holds two heads, rows that do not exist.
        SolverFailed: the solver gave no answer, or `verify_relief` refused it.
    """
    ordered = sorted(needs, key=lambda n: n.need.id)
    problem = ReliefProblem.build(
        ordered, people, now=now, match_policy=match_policy, policy=policy
    )
    plan = plan_of(problem, solve(problem, exact_pairs), ordered, people, now)
    verify_relief(plan, ordered, people, match_policy=match_policy, policy=policy)
    return plan
