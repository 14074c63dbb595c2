"""The simulated commander: has the desk ask for every need, widens, calls missing people off."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from dispatch import actions as act
from dispatch.board import Board, Key
from dispatch.drills.scenario.script import COMMANDER
from dispatch.drills.volunteers.crowd import RETRY_S, Reached
from dispatch.errors import Rejected, StoreUnavailable
from dispatch.model import (
    ActionId,
    AssignmentId,
    AssignmentStatus,
    DoubtReason,
    NeedId,
    NeedStatus,
)
from dispatch.ports import Clock

OVER: Final = "OVER"
STALE: Final = "STALE"
_RETRY: Final = timedelta(seconds=RETRY_S)
MISSING: Final = "Did not set out and does not answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a commander works; the figures are assumptions.

    starts_s     from a need's publication until the desk is told to ask for it
    widens_s     from being told that nobody is left until the need is opened to other regions,
                 "an order of the next level up"
    overdue_s    how long after somebody should have set out they are called off and replaced
    """

    starts_s: float = 30.0
    widens_s: float = 300.0
    overdue_s: float = 1_800.0


Deed = Callable[[Board], act.CommanderAction | None]


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at: datetime
    name: str
    deed: Deed = field(compare=False)


@dataclass(slots=True, kw_only=True)
class Commander:
    """One commander at one desk. What they do next hangs on the board alone."""

    desk: Reached
    clock: Clock
    manner: Manner = field(default_factory=Manner)
    _calendar: list[_Due] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Take up everything on the board, and hear of changes from now on."""
        board = self.desk.board
        needs = (("need", n) for n in sorted(board.needs))
        assignments = (("assignment", a) for a in sorted(board.assignments))
        self.noticed(board.seq, [*needs, *assignments])
        self.desk.listeners.append(self.noticed)

    def next_at(self) -> datetime | None:
        """Return when they do something next; None while there is nothing."""
        return self._calendar[0].at if self._calendar else None

    def noticed(self, seq: int, keys: Sequence[Key]) -> None:
        """Plan what is to be done about what has changed."""
        for kind, ident in keys:
            if kind in ("need", "alerting"):
                self._mind_need(ident)
            elif kind == "assignment":
                self._mind_person(ident)

    async def look(self) -> None:
        """Do everything that has come due."""
        now = self.clock.now()
        while self._calendar and self._calendar[0].at <= now:
            due = heapq.heappop(self._calendar)
            action = due.deed(self.desk.board)
            if action is not None:
                await self._act(due, action)

    async def _act(self, due: _Due, action: act.CommanderAction) -> None:
        try:
            await self.desk.act(COMMANDER, ActionId(f"commander/{due.name}"), action)
        except Rejected as exc:
            if exc.code == STALE:
                # They look again, and do it anew if it is still to be done.
                self._again(_Due(due.at, f"{due.name}'", due.deed))
        except StoreUnavailable:
            # What is sent again is what was sent: under one id there is one action.
            self._again(_Due(due.at, due.name, lambda _: action))

    def _again(self, due: _Due) -> None:
        heapq.heappush(self._calendar, replace(due, at=self.clock.now() + _RETRY))

    def _mind_need(self, need_id: NeedId) -> None:
        board = self.desk.board
        need, alerting = board.needs[need_id], board.alerting.get(need_id)
        if need.status is not NeedStatus.PUBLISHED:
            return
        assert need.published_at is not None
        self._plan(need.published_at, self.manner.starts_s, f"ask/{need_id}", _ask(need_id))
        self._plan(need.ends_at, 0.0, f"over/{need_id}", _over(need_id))
        if alerting is not None and alerting.doubted is DoubtReason.NOBODY_LEFT:
            now = self.clock.now()
            self._plan(now, self.manner.widens_s, f"widen/{need_id}", _widen(need_id))

    def _mind_person(self, assignment_id: AssignmentId) -> None:
        a = self.desk.board.assignments[assignment_id]
        if a.status is AssignmentStatus.ASSIGNED:
            wait_s = a.travel.turnout_s + self.manner.overdue_s
            self._plan(a.assigned_at, wait_s, f"missing/{a.id}", _call_off(a.id))

    def _plan(self, start: datetime, after_s: float, name: str, deed: Deed) -> None:
        """Once for each name: what was done is not done again."""
        if name not in self._known:
            self._known.add(name)
            heapq.heappush(self._calendar, _Due(start + timedelta(seconds=after_s), name, deed))


def _ask(need_id: NeedId) -> Deed:
    def deed(board: Board) -> act.CommanderAction | None:
        open_ = board.needs[need_id].status is NeedStatus.PUBLISHED
        return act.StartAlerting(need_ids=(need_id,)) if open_ else None

    return deed


def _over(need_id: NeedId) -> Deed:
    def deed(board: Board) -> act.CommanderAction | None:
        if board.needs[need_id].status is NeedStatus.CLOSED:
            return None
        return act.CloseNeed(need_id=need_id, seen_seq=board.seq, reason=OVER)

    return deed


def _widen(need_id: NeedId) -> Deed:
    def deed(board: Board) -> act.CommanderAction | None:
        need = board.needs[need_id]
        if need.status is NeedStatus.CLOSED or need.widened:
            return None
        return act.UpdateNeed(need_id=need_id, seen_seq=board.seq, widened=True)

    return deed


def _call_off(assignment_id: AssignmentId) -> Deed:
    def deed(board: Board) -> act.CommanderAction | None:
        if board.assignments[assignment_id].status is not AssignmentStatus.ASSIGNED:
            return None
        return act.StandDown(assignment_id=assignment_id, reason=MISSING)

    return deed
