"""The agenda: which notices have a step due, found without looking at all of them every time.

It says what `ladder.due` says, but for what its owner has put off. It holds no truth: it can be
made anew from the board at any time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime

from dispatch.alerts import ladder
from dispatch.alerts.ladder import Due, Ladder
from dispatch.board import Board, Key
from dispatch.model import Medium, NoticeId


class Agenda:
    """The live notices of one board, by when they have something due."""

    def __init__(self, board: Board, steps: Ladder) -> None:
        self._board, self._ladder = board, steps
        self._at: dict[NoticeId, datetime] = {}
        self._heap: list[tuple[datetime, NoticeId]] = []
        self._ready: dict[NoticeId, tuple[int, datetime, str]] = {}
        self._put_off: dict[NoticeId, dict[Medium, datetime]] = {}
        for notice_id in board.live_notices:
            self._place(notice_id)

    def touched(self, keys: Iterable[Key]) -> None:
        """Take note of what the board has just changed."""
        for kind, ident in keys:
            if kind == "notice":
                self._place(ident)

    def __len__(self) -> int:
        """How many notices had something due when last looked, or have something put off."""
        return len(self._ready.keys() | (self._put_off.keys() & self._at.keys()))

    def due(self, now: datetime, most: int | None = None) -> list[Due]:
        """Return every step that is due and not put off, the most urgent first, then the oldest;
        with `most`, the first so many, and what else their last notice has due."""
        while self._heap and self._heap[0][0] <= now:
            at, notice_id = heapq.heappop(self._heap)
            if self._at.get(notice_id) == at:
                self._ready[notice_id] = ladder.order(self._board.notices[notice_id])
        found: list[Due] = []
        for notice_id in sorted(self._ready, key=self._ready.__getitem__):
            steps = self._due_of(notice_id, now)
            if not steps:
                self._place(notice_id, after=now)
            found += steps
            if most is not None and len(found) >= most:
                break
        return found

    def put_off(self, due: Due, until: datetime) -> None:
        """Leave a step out until then."""
        self._put_off.setdefault(due.notice.id, {})[due.step.medium] = until
        self._place(due.notice.id)

    def next_at(self) -> datetime | None:
        """Return when to look again; None when nothing is ahead."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        soonest = [self._heap[0][0]] if self._heap else []
        return min([*soonest, *(self._at[n] for n in self._ready)], default=None)

    def _due_of(self, notice_id: NoticeId, now: datetime) -> list[Due]:
        wait = self._put_off.get(notice_id, {})
        steps = ladder.due_of(self._board, notice_id, self._ladder, now)
        return [d for d in steps if d.step.medium not in wait or wait[d.step.medium] <= now]

    def _place(self, notice_id: NoticeId, after: datetime | None = None) -> None:
        """Note when the notice has a step due, after `after` where nothing is due at that time."""
        wait = self._put_off.get(notice_id, {})
        ahead = (
            max(at, wait.get(step.medium, at))
            for step, at in ladder.open_steps(self._board, notice_id, self._ladder)
        )
        at = min((a for a in ahead if after is None or a > after), default=None)
        self._ready.pop(notice_id, None)
        if at is None:
            self._at.pop(notice_id, None)
            if notice_id not in self._board.live_notices:
                self._put_off.pop(notice_id, None)
        else:
            self._at[notice_id] = at
            heapq.heappush(self._heap, (at, notice_id))
