"""Board: the current picture of one agency's operations, folded from its log.

`apply` is the only way a board changes. It takes events as true (rules decided earlier, when they
were appended) but refuses a log whose events cannot follow each other. It returns the keys of the
entities it touched, which is all that views and the gateway need to push a change; the first is
the entity the event is about, and only that one counts as changed for stale screens. How far
notices came changes nobody's terms and is no news for the timeline.

The board holds operations, not people: a volunteer appears here only once something happened.
"""

from __future__ import annotations

from dispatch.board import calls, ground, notices, offers, pairs, tasks
from dispatch.board.fold import HANDLERS
from dispatch.board.people import Alert, Person, Record
from dispatch.board.state import Board, Change, Key, TimelineEntry
from dispatch.board.timeline import ENTRIES_KEPT, SILENT, add_entry
from dispatch.errors import LogCorrupt, Rejected
from dispatch.events import Stored

__all__ = [
    "ENTRIES_KEPT",
    "HANDLERS",
    "Alert",
    "Board",
    "Key",
    "Person",
    "Record",
    "TimelineEntry",
    "apply",
]

# Importing them is what makes their handlers known.
_FOLDED_BY = (calls, offers, pairs, tasks, ground, notices)


def apply(board: Board, stored: Stored) -> tuple[Key, ...]:
    """Fold one event into the board and return the keys of the entities it touched.

    Raises:
        LogCorrupt: the event is out of order, or cannot follow the ones before it.
    """
    if stored.seq != board.seq + 1:
        raise LogCorrupt(f"event {stored.seq} after {board.seq}")
    notices.close_by_time(board, stored.at)
    try:
        keys = HANDLERS[type(stored.event)](board, stored)
    except (KeyError, Rejected) as exc:
        raise LogCorrupt(f"event {stored.seq} {type(stored.event).__name__}: {exc}") from exc
    board.seq = stored.seq
    board.at = stored.at
    if isinstance(stored.event, SILENT):
        return keys
    change = Change(
        seq=stored.seq, event=type(stored.event).__name__, actor=stored.actor, at=stored.at
    )
    if keys:
        board.changes[keys[0]] = change
    return keys + add_entry(board, stored)
