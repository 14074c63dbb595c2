"""Waves: the desk asks more people by itself, beat by beat, until needs are filled.

Everything it goes by is on the board: who was asked when, what they answered, what the policy
says. So it carries on after a restart, and of several desks on one log only one makes each wave.
What it remembers for itself is only when asking the planner again is worth while.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from dispatch import actions as act
from dispatch import rules
from dispatch.board import Board, Key
from dispatch.desk import Desk
from dispatch.errors import PlannerUnavailable, SolverFailed, StoreUnavailable
from dispatch.matching.alerting import AlertPolicy, Call, fill, stays_idle
from dispatch.matching.alerting.calls import call_of, rho_of
from dispatch.model import ACTIVE_ASSIGNMENT, SYSTEM, ActionId, DoubtReason, NeedId

BEAT_S: Final = 5.0
REST_S: Final = 60.0
REST_MOST_S: Final = 300.0
"""Where the planner found nobody, it is asked again when the need has changed; at the next whole
minute, for all such needs at once, when somebody has become free or travel has changed since; and
anyway after this long."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

UNLIKELY: Final = 0.5
WAVES_WITHOUT_YES: Final = 2
"""The commander is told when a need is filled with less than this probability, or when another
wave follows these without anybody having accepted (science D3)."""


@dataclass(slots=True, kw_only=True)
class Waves:
    """The alerting of one desk. `show_up` is the chance that who accepts also comes."""

    desk: Desk
    show_up: float
    _rests: dict[NeedId, tuple[object, datetime]] = field(default_factory=dict)
    _idle: dict[NeedId, tuple[datetime, float]] = field(default_factory=dict)
    _freed_at: datetime | None = None
    _noticed_seq: int = 0
    _down_s: float = 0.0
    _down_until: datetime | None = None

    def __post_init__(self) -> None:
        self.desk.listeners.append(self._changed)

    async def run(self) -> None:
        """Beat every five seconds; forever."""
        while True:
            await self.desk.clock.sleep(BEAT_S)
            with contextlib.suppress(StoreUnavailable):
                await self.beat()

    async def beat(self) -> tuple[NeedId, ...]:
        """Ask more people where that is due; return the needs for which a wave was made.

        Raises:
            StoreUnavailable: nothing was stored; the next beat tries again.
        """
        now = self.desk.clock.now()
        if self._down_until is not None and now < self._down_until:
            return ()
        due = await self._due(now)
        if not due:
            return ()
        seen = {n: self._mark(n) for n in due}
        try:
            await self._act("wave", due, act.MakeWave(need_ids=due))
        except (PlannerUnavailable, SolverFailed):
            self._down_s = min(REST_S, max(BEAT_S, 2 * self._down_s))
            self._down_until = now + timedelta(seconds=self._down_s)
            for need_id in due:
                await self._doubt(need_id, DoubtReason.PLANNER_DOWN)
            return ()
        self._down_s, self._down_until = 0.0, None
        return tuple([n for n in due if await self._look_back(n, seen[n], now)])

    def idle_until(self, now: datetime, until: datetime) -> datetime:
        """Return an instant up to `until` before which no beat after `now` does anything, as long
        as nothing happens: who passes over beats that do nothing, as drills do, may pass these."""
        found = until
        for need_id in sorted(self.desk.board.alerting):
            if found > now and rules.wanting(self.desk.board, need_id, now):
                found = min(found, self._idle_until(need_id, now, found))
        down = self._down_until
        return found if down is None else max(found, min(down, until))

    def _idle_until(self, need_id: NeedId, now: datetime, until: datetime) -> datetime:
        rested_at = self._rests_until(need_id)
        if now < rested_at:
            return rested_at
        idle_until, span_s = self._idle.get(need_id, (now, 0.0))
        idle_until = max(idle_until, now)
        policy, start = self._call(need_id, idle_until)
        while idle_until < until:
            span_s = max(BEAT_S, 2 * span_s)
            looked_at = idle_until + timedelta(seconds=span_s)
            _, end = self._call(need_id, looked_at)
            if not stays_idle(policy, start, end):
                break
            idle_until, start = looked_at, end
            self._idle[need_id] = idle_until, span_s
        return idle_until

    def _changed(self, seq: int, keys: Sequence[Key]) -> None:
        board = self.desk.board
        for kind, ident in keys:
            if kind == "need":
                self._idle.pop(ident, None)
        if any(_frees(board, key, self._noticed_seq) for key in keys):
            self._freed_at = board.at
        self._noticed_seq = seq

    async def _due(self, now: datetime) -> tuple[NeedId, ...]:
        board = self.desk.board
        open_ = (n for n in sorted(board.alerting) if rules.wanting(board, n, now))
        calls = [
            (n, *self._call(n, now))
            for n in open_
            if not self._resting(n, now) and self._idle.get(n, (now, 0.0))[0] <= now
        ]
        # With many heads and people the probabilities take milliseconds; calls are snapshots.
        return await asyncio.to_thread(
            lambda: tuple(n for n, policy, call in calls if policy.due(call))
        )

    async def _look_back(self, need_id: NeedId, seen: object, now: datetime) -> bool:
        """Whether the wave was made; if not, let the planner rest. Tell who must know."""
        alerting = self.desk.board.alerting.get(need_id)
        if alerting is None:
            return False
        if self._mark(need_id) == seen:
            self._rests[need_id] = seen, now
            await self._doubt(need_id, DoubtReason.NOBODY_LEFT)
            return False
        policy, call = self._call(need_id, now)
        made = alerting.wave_at is not None and alerting.wave_at >= now
        if made and fill(call, rho=rho_of(policy)) < UNLIKELY:
            await self._doubt(need_id, DoubtReason.UNLIKELY)
        elif made and call.waves == WAVES_WITHOUT_YES + 1 and not len(call.promised):
            await self._doubt(need_id, DoubtReason.NO_YES)
        return made

    async def _doubt(self, need_id: NeedId, because: DoubtReason) -> None:
        alerting = self.desk.board.alerting.get(need_id)
        if alerting is None or alerting.doubted is not None:
            return
        policy, call = self._call(need_id, self.desk.clock.now())
        likely = round(fill(call, rho=rho_of(policy)), 3)
        told = act.DoubtFill(need_id=need_id, because=because, fill=likely)
        await self._act("doubt", [need_id], told)

    async def _act(self, what: str, needs: Iterable[NeedId], action: act.Action) -> None:
        """Desks that see the same make the same action, and only one of them stores it."""
        names = hashlib.sha256("|".join(needs).encode()).hexdigest()[:16]
        action_id = ActionId(f"{what}-{self.desk.board.seq}-{names}")
        await self.desk.act(SYSTEM, action_id, action)

    def _call(self, need_id: NeedId, now: datetime) -> tuple[AlertPolicy, Call]:
        board, book = self.desk.board, self.desk.book
        need = board.needs[need_id]
        call = call_of(board, need, now, law=book.law, show_up=self.show_up)
        return book.policy_for(board, need), call

    def _resting(self, need_id: NeedId, now: datetime) -> bool:
        return now < self._rests_until(need_id)

    def _rests_until(self, need_id: NeedId) -> datetime:
        """When the planner is asked again for a need for which it found nobody."""
        mark, since = self._rests.get(need_id, (None, _EPOCH))
        if mark != self._mark(need_id):
            return _EPOCH
        freed = self._freed_at is not None and self._freed_at >= since
        minutes = (since - _EPOCH) // timedelta(seconds=REST_S) + 1
        if freed:
            return _EPOCH + minutes * timedelta(seconds=REST_S)
        return since + timedelta(seconds=REST_MOST_S)

    def _mark(self, need_id: NeedId) -> object:
        """What a need's next wave hangs on, to see whether it has changed."""
        board = self.desk.board
        alerting = board.alerting.get(need_id)
        waves = alerting and (alerting.started_at, alerting.waves)
        asked = frozenset(o.id for o in board.open_offers_of(need_id))
        return board.needs[need_id], waves, board.heads_taken(need_id), asked


def _frees(board: Board, key: Key, since_seq: int) -> bool:
    """Whether a change may have left somebody free, or brought somebody nearer."""
    kind, ident = key
    match kind:
        case "offer":
            return ident not in board.open_offers
        case "assignment":
            return board.assignments[ident].status not in ACTIVE_ASSIGNMENT
        case "person":
            # Other events touch people too; these are about them.
            change = board.changes.get(key)
            return change is not None and change.seq > since_seq
    return kind in ("zone", "weather")
