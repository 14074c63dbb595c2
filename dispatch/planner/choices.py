"""For a commander who wants somebody else: who could go instead, and why not a named person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np

from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.matching import Match
from dispatch.matching.cost import terms_s
from dispatch.matching.eligibility import Stage
from dispatch.matching.findings import Finding, findings
from dispatch.matching.problem import Problem, trips_of
from dispatch.matching.rank import ranking
from dispatch.model import Need, NeedId, Reason, Skill, Travel, Verdict, VolunteerId
from dispatch.planner.plan import Planner
from dispatch.planner.round import Round
from dispatch.planner.verdict import judge

SHOWN_MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One person who may be asked for the need. `cost_s` is the sum of `terms_s`; `loss_s` the
    least by which the best plan becomes dearer with them there; `plan_need_id` where it has them
    now."""

    volunteer_id: VolunteerId
    travel: Travel
    skill: Skill
    accepts: float
    cost_s: int
    terms_s: Mapping[str, int]
    loss_s: int
    plan_need_id: NeedId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """Part of the ranking of everybody who may be asked, counted from `after`; `of` are in all."""

    need_id: NeedId
    after: int
    of: int
    people: tuple[Alternative, ...]


class Outcome(StrEnum):
    """What the best plan makes of a person for a need."""

    UNKNOWN = "UNKNOWN"
    STOPPED = "STOPPED"
    CHOSEN = "CHOSEN"
    PINNED = "PINNED"
    ELSEWHERE = "ELSEWHERE"
    DEARER = "DEARER"
    FILLED = "FILLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a person is on a need in the best plan, or is not.

    UNKNOWN: not on the roster. STOPPED: by the rules in `verdict`. CHOSEN, PINNED: is. ELSEWHERE:
    used for `plan_need_id`. DEARER: there are `ahead` people whom the plan would rather have, and
    it would cost at least `loss_s` more. FILLED: the need has no open head, or is not open at all.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    outcome: Outcome
    plan_need_id: NeedId | None = None
    cost_s: int | None = None
    terms_s: Mapping[str, int] = field(default_factory=dict)
    ahead: int | None = None
    loss_s: int | None = None


def alternatives(
    planner: Planner, board: Board, now: datetime, *, need_id: NeedId, after: int, limit: int
) -> Alternatives:
    """Return the ranked people of an open need, `limit` of them from place `after` on.

    Raises:
        Rejected: `NOT_FOUND`, or `NEED_NOT_PUBLISHED` for a need nobody is asked for.
    """
    need = board.needs.get(need_id)
    if need is None:
        raise Rejected("NOT_FOUND", entity="need", id=need_id)
    made = planner.round(board, now, also=need_id)
    if made is None or need_id not in made[0].needs:
        raise Rejected("NEED_NOT_PUBLISHED", need=need_id, status=need.status)
    choices = _Choices(*made, need)
    last = min(after + min(limit, SHOWN_MOST), choices.count)
    return Alternatives(
        need_id=need_id,
        after=after,
        of=choices.count,
        people=choices.alternatives(after, last),
    )


def why(
    planner: Planner, board: Board, now: datetime, *, need_id: NeedId, volunteer_id: VolunteerId
) -> Why:
    """Return every rule with its evidence for this person and need, and the plan's reason.

    Raises:
        Rejected: `NOT_FOUND`, there is no such need.
    """
    need = board.needs.get(need_id)
    if need is None:
        raise Rejected("NOT_FOUND", entity="need", id=need_id)
    rows = planner.roster.rows([volunteer_id])
    if not rows.size:
        return Why(verdict=Verdict(reasons=(Reason.STATUS,)), findings=(), outcome=Outcome.UNKNOWN)
    one = planner.roster.only(rows)
    verdict = judge(
        board, one, [(need_id, volunteer_id)], now, Stage.OFFER, {},
        router=planner.router, policy=planner.policy,
    )[need_id, volunteer_id]  # fmt: skip
    read = findings(board, one, need, verdict, now=now, policy=planner.policy)
    made = None if verdict.reasons else planner.round(board, now, also=need_id)
    if verdict.reasons or made is None or need_id not in made[0].needs:
        outcome = Outcome.STOPPED if verdict.reasons else Outcome.FILLED
        return Why(verdict=verdict, findings=read, outcome=outcome)
    return _Choices(*made, need).why(int(rows[0]), verdict, read)


class _Choices:
    """Everybody who may be asked for one need, ranked."""

    def __init__(self, round_: Round, problem: Problem, found: Match, need: Need) -> None:
        held = round_.held[need.id]
        self._round, self._need = round_, need
        self._candidates = held.candidates
        self._people = np.flatnonzero(~held.stays)
        trips = trips_of([held.candidates], [self._people], round_.people)
        self._terms_s = terms_s(trips, round_.people, round_.policy)
        self._cost_s = np.stack(list(self._terms_s.values())).sum(axis=0)
        self._rows = trips.row
        self._ranking = ranking(problem, found, need.id, self._rows, self._cost_s)
        chosen = found.solution.chosen
        self._plan = {
            int(problem.row[p]): problem.posts.need_ids[problem.post[p]] for p in chosen.tolist()
        }
        self._open = bool(problem.posts.heads[[n == need.id for n in problem.posts.need_ids]].any())

    @property
    def count(self) -> int:
        """How many people are ranked."""
        return len(self._rows)

    def alternatives(self, after: int, last: int) -> tuple[Alternative, ...]:
        """Return the people at these places of the ranking."""
        places = range(after, last)
        rows = self._rows[self._ranking.order[after : max(after, last)]]
        travels = self._round.travels([self._need] * len(rows), rows)
        return tuple(map(self._alternative, places, travels))

    def _alternative(self, place: int, travel: Travel) -> Alternative:
        at = int(self._ranking.order[place])
        row, service = int(self._rows[at]), self._round.service(self._need.id)
        accepts = self._candidates.accepts
        assert accepts is not None
        return Alternative(
            volunteer_id=VolunteerId(int(self._round.roster.ids[row])),
            travel=travel,
            skill=service.skill(int(np.searchsorted(service.rows, row))),
            accepts=round(float(accepts[self._people[at]]), 4),
            cost_s=int(self._cost_s[at]),
            terms_s=self._terms(at),
            loss_s=int(self._ranking.loss_s[place]),
            plan_need_id=self._plan.get(row),
        )

    def why(self, row: int, verdict: Verdict, read: tuple[Finding, ...]) -> Why:
        """Return what the plan makes of the person in `row`, whom no rule stops."""
        if row in self._round.kept[self._need.id]:
            return Why(verdict=verdict, findings=read, outcome=Outcome.PINNED)
        found = np.flatnonzero(self._rows == row)
        if not found.size:
            return Why(verdict=verdict, findings=read, outcome=Outcome.FILLED)
        at = int(found[0])
        place = int(np.flatnonzero(self._ranking.order == at)[0])
        used = self._plan.get(row)
        return Why(
            verdict=verdict,
            findings=read,
            outcome=self._outcome(used),
            plan_need_id=used,
            cost_s=int(self._cost_s[at]),
            terms_s=self._terms(at),
            ahead=place,
            loss_s=int(self._ranking.loss_s[place]),
        )

    def _outcome(self, used: NeedId | None) -> Outcome:
        if used is not None:
            return Outcome.CHOSEN if used == self._need.id else Outcome.ELSEWHERE
        return Outcome.DEARER if self._open else Outcome.FILLED

    def _terms(self, at: int) -> dict[str, int]:
        return {name: int(s[at]) for name, s in self._terms_s.items() if s[at]}
