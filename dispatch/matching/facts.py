"""What the operation knows about people right now, beside what the roster says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.board import Board, Person
from dispatch.matching.ledger import Ledger, since
from dispatch.matching.reasons import BIT, flag
from dispatch.model import NeedId, Offer, OfferStatus, Reason, VolunteerId
from dispatch.roster import Floats, Roster
from dispatch.taxonomy import DUTY_LIMITS, DutyLimits


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What the board knows about the roster's people now, as columns parallel to the roster.

    `blocked` holds reason bits (UNAVAILABLE, BUSY, OFFERED, RESTING, CAPPED); `declined` and
    `excluded` the rows per need of people who declined it, and whom a commander excluded from it.
    """

    blocked: NDArray[np.uint32]
    on_duty: NDArray[np.bool_]
    declined: Mapping[NeedId, NDArray[np.intp]]
    excluded: Mapping[NeedId, NDArray[np.intp]] = field(default_factory=dict)

    def only(self, rows: NDArray[np.intp]) -> Facts:
        """Return what is known of the people in `rows`, ascending, who get new rows in order."""
        declined, excluded = (
            {n: np.flatnonzero(np.isin(rows, named)) for n, named in table.items()}
            for table in (self.declined, self.excluded)
        )
        return Facts(self.blocked[rows], self.on_duty[rows], declined, excluded)


def facts_of(
    board: Board,
    roster: Roster,
    now: datetime,
    limits: DutyLimits = DUTY_LIMITS,
    ledger: Ledger | None = None,
) -> Facts:
    """Return the facts of everybody on the roster at `now`; `ledger` is the roster's, up to date.

    A volunteer's own declaration in the log stands above the roster's standing one.
    """
    ledger = ledger or Ledger.of(board, roster.ids, limits)
    day = ledger.alerts_within(timedelta(days=1), now)
    week = ledger.alerts_within(timedelta(days=7), now)
    capped = (day >= limits.alerts_per_day) | (week >= limits.alerts_per_week)
    blocked = flag(~ledger.available(roster.available, now), Reason.UNAVAILABLE)
    blocked |= flag(ledger.rests_until > since(now), Reason.RESTING)
    blocked |= flag(capped, Reason.CAPPED)
    busy, offered = _engaged(board, roster)
    blocked[roster.rows(busy)] |= BIT[Reason.BUSY]
    blocked[roster.rows(offered)] |= BIT[Reason.OFFERED]
    return Facts(
        blocked=blocked,
        on_duty=ledger.on_duty.copy(),
        declined=_declined(board, roster, now),
        excluded=_excluded(board, roster),
    )


def origins_of(board: Board, roster: Roster, ledger: Ledger | None = None) -> tuple[Floats, Floats]:
    """Return where each person starts from as `(lon, lat)`, shape (n,): home, or the place where
    somebody on duty checked in. `ledger` is the roster's, up to date."""
    ledger = ledger or Ledger.of(board, roster.ids)
    known = ~np.isnan(ledger.lon)
    if not known.any():
        return roster.lon, roster.lat
    return np.where(known, ledger.lon, roster.lon), np.where(known, ledger.lat, roster.lat)


def _engaged(board: Board, roster: Roster) -> tuple[list[VolunteerId], list[VolunteerId]]:
    """Who is on a task, and who has an open offer, of a roster of any size."""
    if len(roster) > len(board.open_offers) + len(board.active):
        return list(board.active), [board.offers[o].volunteer_id for o in board.open_offers]
    ids = list(map(VolunteerId, roster.ids.tolist()))
    asked = (v for v in ids if any(o in board.open_offers for o in board.offers_to.get(v, ())))
    return [v for v in ids if v in board.active], list(asked)


def is_available(person: Person, declared: bool, now: datetime) -> bool:
    """Return whether somebody is, by their own word while it holds, else as `declared`."""
    over = person.available_until is not None and person.available_until <= now
    return declared if person.available is None or over else person.available


def _declined(board: Board, roster: Roster, now: datetime) -> dict[NeedId, NDArray[np.intp]]:
    """Who said no, whose last word counts: a promise holds them back until it is time to set out
    for what they promised."""
    last: dict[tuple[NeedId, VolunteerId], Offer] = {}
    for offer in _answered(board, roster):
        if offer.status is OfferStatus.DECLINED:
            last[offer.need_id, offer.volunteer_id] = offer
    people: dict[NeedId, list[VolunteerId]] = {}
    for (need_id, volunteer_id), offer in last.items():
        if not comes_now(offer, now):
            people.setdefault(need_id, []).append(volunteer_id)
    return {need_id: roster.rows(some) for need_id, some in sorted(people.items())}


def _answered(board: Board, roster: Roster) -> Iterator[Offer]:
    """The offers for open needs, oldest first for each person; of a few people only theirs."""
    needs = board.open_needs()
    if len(roster) < len(needs):
        published = {n.id for n in needs}
        mine = (o for v in roster.ids.tolist() for o in board.offers_to.get(VolunteerId(v), ()))
        yield from (o for o in map(board.offers.__getitem__, mine) if o.need_id in published)
    else:
        yield from (board.offers[o] for need in needs for o in board.offers_of[need.id])


def comes_now(offer: Offer, now: datetime) -> bool:
    """Return whether somebody who declined promised a later time that has come: they may be asked
    again, their way ahead of when they can set out."""
    if offer.ready_at is None:
        return False
    return now >= offer.ready_at - timedelta(seconds=offer.travel.eta_s)


def _excluded(board: Board, roster: Roster) -> dict[NeedId, NDArray[np.intp]]:
    return {
        need_id: roster.rows(sorted({e.volunteer_id for e in board.excluded_from(need_id)}))
        for incident_id in board.exclusions
        for need_id in board.needs_of[incident_id]
    }
