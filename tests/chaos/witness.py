"""Reads the log beside the system, and says whether it is true to what people were told."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from dispatch import views
from dispatch.board import Board, apply
from dispatch.eventlog import SqlEventLog
from dispatch.events import Stored
from dispatch.model import ACTIVE_ASSIGNMENT, ActionId, AgencyId, HazardClass, VolunteerId
from dispatch.registry.engine import open_engine
from dispatch.settings import Settings
from dispatch.views import COMMANDERS, Audience
from tests.chaos.phones import Phone

AGENCY = AgencyId("coquimbo")


class Witness:
    """A board of its own, folded from the log."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._board = Board(agency=AGENCY)
        self._stored: list[Stored] = []
        self._log: SqlEventLog | None = None

    async def board(self) -> Board:
        """The board as it is now.

        Raises:
            OSError: the store does not answer.
        """
        log = self._opened()
        while batch := await log.read(AGENCY, self._board.seq):
            for stored in batch:
                apply(self._board, stored)
            self._stored += batch
        return self._board

    def shows(self, phone: Phone) -> bool:
        """Whether the screen shows what a fresh view of the board shows."""
        own = phone.kind == "phone"
        audience = Audience(volunteer_id=VolunteerId(int(phone.ident))) if own else COMMANDERS
        fresh = views.snapshot(self._board, audience)
        return _plain(fresh) == _plain(phone.screen.view)

    async def check(self, people: list[Phone]) -> None:
        """Hold the log against itself and against what these people were told."""
        board = await self.board()
        self._check_whole()
        await self._check_acks(people)
        check_invariants(board)

    @property
    def backward_steps(self) -> int:
        """How often an event is older than the one before it: clocks may be set back."""
        pairs = zip(self._stored, self._stored[1:], strict=False)
        return sum(b.at < a.at for a, b in pairs)

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log._engine.dispose()
            self._log = None

    def _opened(self) -> SqlEventLog:
        if self._log is None:
            self._log = SqlEventLog(open_engine(self._settings.url))
        return self._log

    def _check_whole(self) -> None:
        """No seq is missing, and what an action did stands together, once."""
        assert [s.seq for s in self._stored] == list(range(1, len(self._stored) + 1))
        runs = [
            b.action_id
            for a, b in zip([None, *self._stored], self._stored, strict=False)
            if a is None or a.action_id != b.action_id
        ]
        twice = [a for a, n in Counter(runs).items() if n > 1]
        assert not twice, twice

    async def _check_acks(self, people: list[Phone]) -> None:
        """Every acknowledged action is in the log where the answer said, and by whom it said."""
        log = self._opened()
        ends = {s.action_id: s.seq for s in self._stored}
        actors = {s.action_id: s.actor.id for s in self._stored}
        for phone in people:
            keys = [ActionId(phone.key + a.action_id) for a in phone.acks]
            found = await log.find(AGENCY, keys) if keys else {}
            for key, ack in zip(keys, phone.acks, strict=True):
                assert key in found, f"acknowledged and lost: {ack}"
                assert (found[key].last_seq, ends[key]) == (ack.seq, ack.seq), ack
                assert actors[key] == phone.ident, ack
                if ack.action["kind"] == "offer.accept":
                    assert ack.ids["assignment"] in self._board.assignments


def check_invariants(board: Board) -> None:
    """The invariants of the domain, on a folded board."""
    active = [a for a in board.assignments.values() if a.status in ACTIVE_ASSIGNMENT]
    assert len({a.volunteer_id for a in active}) == len(active), "two active assignments"
    for need in board.needs.values():
        assert board.heads_taken(need.id) <= need.heads.maximum, f"{need.id} is overfull"
    for offer in board.offers.values():
        assert offer.hazard is HazardClass.H0 or offer.cover is not None, f"{offer.id} uncovered"


def _plain(view: Any) -> Any:
    return {
        kind: {str(i): e for i, e in entities.items()}
        for kind, entities in json.loads(json.dumps(view)).items()
        if entities
    }
