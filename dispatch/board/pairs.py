"""The words of a commander on one person and one need: pinned, excluded, free again."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board.fold import event_of, on
from dispatch.board.state import Board, Key
from dispatch.events import Stored
from dispatch.model import Exclusion, NeedId, Pin, VolunteerId


@on(ev.PairPinned)
def _pair_pinned(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.PairPinned)
    need = board.needs[e.need_id]
    lifecycle.step(lifecycle.NEED, need.status, ev.PairPinned)
    before = board.pins.get(e.volunteer_id)
    board.pins[e.volunteer_id] = Pin(
        need_id=need.id, volunteer_id=e.volunteer_id, by=s.actor, at=s.at
    )
    needs = [need.id] if before is None else [need.id, before.need_id]
    return _pair_keys(board, e.volunteer_id, needs)


@on(ev.PairExcluded)
def _pair_excluded(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.PairExcluded)
    needs = board.needs_of[e.incident_id] if e.need_id is None else [e.need_id]
    stated = board.exclusions.setdefault(e.incident_id, {})
    stated[e.volunteer_id, e.need_id] = Exclusion(
        incident_id=e.incident_id,
        need_id=e.need_id,
        volunteer_id=e.volunteer_id,
        reason=e.reason,
        by=s.actor,
        at=s.at,
    )
    for need_id in needs:
        unpin(board, e.volunteer_id, need_id)
    return _pair_keys(board, e.volunteer_id, needs)


@on(ev.PairFreed)
def _pair_freed(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.PairFreed)
    needs = board.needs_of[e.incident_id] if e.need_id is None else [e.need_id]
    board.exclusions.get(e.incident_id, {}).pop((e.volunteer_id, e.need_id), None)
    for need_id in needs:
        if e.need_id is not None:
            unpin(board, e.volunteer_id, need_id)
    return _pair_keys(board, e.volunteer_id, needs)


def _pair_keys(board: Board, volunteer_id: VolunteerId, needs: Sequence[NeedId]) -> tuple[Key, ...]:
    """The person first: a word on somebody makes no screen of the need stale."""
    board.people[volunteer_id] = board.person(volunteer_id)
    return (("person", volunteer_id), *(("need", need_id) for need_id in needs))


def unpin(board: Board, volunteer_id: VolunteerId, need_id: NeedId) -> None:
    """Take back the pin of this person to this need, if it is to this one."""
    pin = board.pins.get(volunteer_id)
    if pin is not None and pin.need_id == need_id:
        del board.pins[volunteer_id]
