"""Who may see what. An entity in a view is a plain JSON-ready dict; absent means hidden.

A view is a pure function of the board, so after every event the old view plus the pushed entities
equals a fresh view (the tests hold every rule to it). Times that pass by themselves (countdowns,
the end of a rest) are left to the screens: they get the instant, not the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from dispatch.board import Board, Key
from dispatch.model import VolunteerId
from dispatch.views import commander, volunteer
from dispatch.views.commander import folded
from dispatch.views.people import Entity, Exactness, position_shown, resting_until, status_of
from dispatch.views.volunteer import face, needs_seen

__all__ = [
    "COMMANDERS",
    "Audience",
    "Entity",
    "Exactness",
    "View",
    "audiences",
    "entity",
    "face",
    "folded",
    "kinds",
    "needs_seen",
    "position_shown",
    "resting_until",
    "snapshot",
    "status_of",
    "touched",
]

View = dict[str, dict[Any, Entity]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """All commanders of an agency, or one volunteer of it."""

    volunteer_id: VolunteerId | None = None


COMMANDERS: Final = Audience()


def snapshot(board: Board, audience: Audience) -> View:
    """Return everything the audience may see now, as kind -> id -> entity."""
    view: View = {kind: {} for kind in kinds(audience)}
    for key in _all_keys(board, audience):
        found = entity(board, audience, key)
        if found is not None:
            view[key[0]][key[1]] = found
    return view


def kinds(audience: Audience) -> tuple[str, ...]:
    """The kinds of entity in this audience's view."""
    return commander.KINDS if audience == COMMANDERS else volunteer.KINDS


def entity(board: Board, audience: Audience, key: Key) -> Entity | None:
    """Return one entity as this audience sees it, or None when it does not."""
    if audience.volunteer_id is not None:
        return volunteer.entity(board, audience.volunteer_id, key)
    return commander.entity(board, key)


def touched(board: Board, audience: Audience, keys: Iterable[Key]) -> tuple[Key, ...]:
    """Return the keys of this audience's view that a change of the board's `keys` may alter."""
    wanted = dict.fromkeys(keys)
    if audience.volunteer_id is None:
        told = (commander.shown_with(board, ident) for kind, ident in wanted if kind == "notice")
        keys = (*wanted, *(key for key in told if key is not None))
        shown = (key for key in keys if key[0] in commander.KINDS)
        return tuple(dict.fromkeys((*shown, *commander.folding(board, wanted))))
    mine = audience.volunteer_id
    found: dict[Key, None] = {}
    for kind, ident in wanted:
        match kind:
            case "person" if ident == mine:
                found[("me", mine)] = None
            case "offer" if board.offers[ident].volunteer_id == mine:
                found["offer", ident] = None
            case "assignment" if board.assignments[ident].volunteer_id == mine:
                found.update(dict.fromkeys(volunteer.assignment_keys(board, mine)))
                found["me", mine] = None
            case "warning" if mine in board.warned.get(ident, ()):
                found["warning", ident] = None
            case "test":
                found["test", ident] = None
            case "seen" if board.notices[ident].volunteer_id == mine:
                found[volunteer.shown_with(board, ident)] = None
            case "need" | "incident":
                found.update(dict.fromkeys(volunteer.keys_about(board, mine, kind, ident)))
    offers = sum(kind == "offer" for kind, _ in found)
    # The last answered offer leaves the view when newer ones are answered, as many as are touched.
    left = sorted(volunteer.answered(board, mine), reverse=True)[: offers + 1] if offers else ()
    return (*found, *(key for _, o in left if (key := ("offer", o)) not in found))


def audiences(board: Board, keys: Iterable[Key]) -> set[VolunteerId]:
    """Return the volunteers whose view a change of these keys may alter."""
    return {person for key in keys for person in _concerned(board, key)}


def _concerned(board: Board, key: Key) -> Iterable[VolunteerId]:
    kind, ident = key
    match kind:
        case "person":
            return (ident,)
        case "offer":
            return (board.offers[ident].volunteer_id,)
        case "assignment":
            return (board.assignments[ident].volunteer_id,)
        case "seen":
            return (board.notices[ident].volunteer_id,)
        case "need":
            return volunteer.people_of(board, ident)
        case "warning":
            return board.warned.get(ident, ())
        case "test":
            return board.tests[ident].volunteer_ids
        case "incident":
            needs = board.needs_of[ident]
            return (p for need_id in needs for p in volunteer.people_of(board, need_id))
    return ()


def _all_keys(board: Board, audience: Audience) -> Iterator[Key]:
    mine = audience.volunteer_id
    if mine is not None:
        yield ("me", mine)
        yield from volunteer.offer_keys(board, mine)
        yield from volunteer.assignment_keys(board, mine)
        yield from (("warning", zone.id) for zone in board.warned_of(mine))
        yield from (("test", test_id) for test_id in board.tests)
        return
    tables: tuple[tuple[str, Iterable[Any]], ...] = (
        ("incident", board.incidents),
        ("need", board.needs),
        ("offer", board.offers),
        ("assignment", board.assignments),
        ("zone", board.zones),
        ("weather", (1,)),
        ("plan", board.plans),
        ("person", board.people),
        ("test", board.tests),
        ("entry", (e.id for e in board.entries)),
    )
    for kind, ids in tables:
        for ident in ids:
            yield (kind, ident)
