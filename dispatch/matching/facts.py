"""What the operation knows about people right now, beside what the roster says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dispatch.board import Board, Person
from dispatch.matching.reasons import BIT
from dispatch.model import NeedId, Offer, OfferStatus, Reason, VolunteerId
from dispatch.roster import Floats, Roster
from dispatch.taxonomy import DUTY_LIMITS, DutyLimits
from dispatch.views import resting_until


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
    board: Board, roster: Roster, now: datetime, limits: DutyLimits = DUTY_LIMITS
) -> Facts:
    """Return the facts of everybody on the roster at `now`.

    A volunteer's own declaration in the log stands above the roster's standing one.
    """
    row_of = {int(roster.ids[r]): int(r) for r in roster.rows(list(board.people))}
    blocked = np.where(roster.available, np.uint32(0), BIT[Reason.UNAVAILABLE])
    on_duty = np.zeros(len(roster), np.bool_)
    offered = {board.offers[o].volunteer_id for o in board.open_offers}
    for volunteer_id, row in row_of.items():
        person = board.people[VolunteerId(volunteer_id)]
        on_duty[row] = person.on_duty
        blocked[row] = sum(
            BIT[reason] for reason in _blocks(board, person, offered, roster, row, now, limits)
        )
    return Facts(
        blocked=blocked,
        on_duty=on_duty,
        declined=_declined(board, roster, now),
        excluded=_excluded(board, roster),
    )


def origins_of(board: Board, roster: Roster) -> tuple[Floats, Floats]:
    """Return where each person starts from as `(lon, lat)`, shape (n,): home, or the place where
    somebody on duty checked in."""
    lon, lat = roster.lon, roster.lat
    fixes = {v: p.fix for v, p in board.people.items() if p.fix is not None}
    rows = roster.rows(list(fixes))
    if not len(rows):
        return lon, lat
    lon, lat = lon.copy(), lat.copy()
    for row in rows:
        fix = fixes[VolunteerId(int(roster.ids[row]))]
        lon[row], lat[row] = fix.lon, fix.lat
    return lon, lat


def _blocks(
    board: Board,
    person: Person,
    offered: set[VolunteerId],
    roster: Roster,
    row: int,
    now: datetime,
    limits: DutyLimits,
) -> Iterator[Reason]:
    if not is_available(person, bool(roster.available[row]), now):
        yield Reason.UNAVAILABLE
    if person.id in board.active:
        yield Reason.BUSY
    if person.id in offered:
        yield Reason.OFFERED
    rest_until = resting_until(person, limits)
    if rest_until is not None and rest_until > now:
        yield Reason.RESTING
    if _capped(person, now, limits):
        yield Reason.CAPPED


def is_available(person: Person, declared: bool, now: datetime) -> bool:
    """Return whether somebody is, by their own word while it holds, else as `declared`."""
    over = person.available_until is not None and person.available_until <= now
    return declared if person.available is None or over else person.available


def _capped(person: Person, now: datetime, limits: DutyLimits) -> bool:
    day = person.alerts_within(timedelta(days=1), now)
    week = person.alerts_within(timedelta(days=7), now)
    return day >= limits.alerts_per_day or week >= limits.alerts_per_week


def _declined(board: Board, roster: Roster, now: datetime) -> dict[NeedId, NDArray[np.intp]]:
    """Who said no, whose last word counts: a promise holds them back until it is time to set out
    for what they promised."""
    found: dict[NeedId, NDArray[np.intp]] = {}
    for need in board.open_needs():
        offers = (board.offers[o] for o in board.offers_of[need.id])
        last = {o.volunteer_id: o for o in offers if o.status is OfferStatus.DECLINED}
        people = [v for v, offer in last.items() if not comes_now(offer, now)]
        if people:
            found[need.id] = roster.rows(people)
    return found


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
