"""Allowed transitions, as tables. A move that is not listed here does not exist.

need        DRAFT -> PUBLISHED -> CLOSED
offer       OPEN -> ACCEPTED | DECLINED | EXPIRED | WITHDRAWN
assignment  RESERVED -> ASSIGNED -> EN_ROUTE -> ON_SCENE -> RELEASED -> HOME,
            STOOD_DOWN from anywhere before arrival
incident    OPEN -> CLOSED
message     HELD -> SENT -> DELIVERED, FAILED instead of either
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from dispatch import events as ev
from dispatch.errors import Rejected
from dispatch.model import (
    AssignmentStatus,
    IncidentStatus,
    NeedStatus,
    OfferStatus,
    PlanStatus,
    SendStatus,
    ZoneStatus,
)

S = TypeVar("S")
Table = Mapping[S, Mapping[type[ev.Event], S]]

INCIDENT: Final[Table[IncidentStatus]] = {
    IncidentStatus.OPEN: {
        ev.IncidentUpdated: IncidentStatus.OPEN,
        ev.IncidentClosed: IncidentStatus.CLOSED,
    },
    IncidentStatus.CLOSED: {},
}

NEED: Final[Table[NeedStatus]] = {
    NeedStatus.DRAFT: {
        ev.NeedUpdated: NeedStatus.DRAFT,
        ev.PairPinned: NeedStatus.DRAFT,
        ev.PairExcluded: NeedStatus.DRAFT,
        ev.NeedPublished: NeedStatus.PUBLISHED,
        ev.NeedClosed: NeedStatus.CLOSED,
    },
    NeedStatus.PUBLISHED: {
        ev.NeedUpdated: NeedStatus.PUBLISHED,
        ev.PairPinned: NeedStatus.PUBLISHED,
        ev.PairExcluded: NeedStatus.PUBLISHED,
        ev.AlertingStarted: NeedStatus.PUBLISHED,
        ev.OfferMade: NeedStatus.PUBLISHED,
        ev.NeedClosed: NeedStatus.CLOSED,
    },
    NeedStatus.CLOSED: {},
}

OFFER: Final[Table[OfferStatus]] = {
    OfferStatus.OPEN: {
        ev.OfferAccepted: OfferStatus.ACCEPTED,
        ev.OfferDeclined: OfferStatus.DECLINED,
        ev.OfferExpired: OfferStatus.EXPIRED,
        ev.OfferWithdrawn: OfferStatus.WITHDRAWN,
    },
    OfferStatus.ACCEPTED: {},
    OfferStatus.DECLINED: {},
    OfferStatus.EXPIRED: {},
    OfferStatus.WITHDRAWN: {},
}

ASSIGNMENT: Final[Table[AssignmentStatus]] = {
    AssignmentStatus.RESERVED: {
        ev.Departed: AssignmentStatus.EN_ROUTE,
        ev.StoodDown: AssignmentStatus.STOOD_DOWN,
    },
    AssignmentStatus.ASSIGNED: {
        ev.Departed: AssignmentStatus.EN_ROUTE,
        ev.Arrived: AssignmentStatus.ON_SCENE,
        ev.StoodDown: AssignmentStatus.STOOD_DOWN,
    },
    AssignmentStatus.EN_ROUTE: {
        ev.Arrived: AssignmentStatus.ON_SCENE,
        ev.StoodDown: AssignmentStatus.STOOD_DOWN,
    },
    AssignmentStatus.ON_SCENE: {ev.Released: AssignmentStatus.RELEASED},
    AssignmentStatus.RELEASED: {ev.ReachedHome: AssignmentStatus.HOME},
    AssignmentStatus.HOME: {},
    AssignmentStatus.STOOD_DOWN: {ev.ReachedHome: AssignmentStatus.STOOD_DOWN},
}

ZONE: Final[Table[ZoneStatus]] = {
    ZoneStatus.ACTIVE: {ev.ZoneCleared: ZoneStatus.CLEARED},
    ZoneStatus.CLEARED: {},
}

PLAN: Final[Table[PlanStatus]] = {
    PlanStatus.PROPOSED: {ev.PlanDispatched: PlanStatus.DISPATCHED},
    PlanStatus.DISPATCHED: {ev.PlanDispatched: PlanStatus.DISPATCHED},
}
"""A plan may be dispatched need by need: who was already asked is no longer eligible."""


Statuses = frozenset[SendStatus]

SENDING: Final[Mapping[SendStatus | None, Statuses]] = {
    None: frozenset({SendStatus.SENT, SendStatus.FAILED, SendStatus.HELD}),
    # It may be held for another reason.
    SendStatus.HELD: frozenset({SendStatus.SENT, SendStatus.FAILED, SendStatus.HELD}),
    SendStatus.SENT: frozenset(),
    SendStatus.DELIVERED: frozenset(),
    SendStatus.FAILED: frozenset(),
}
"""What a sender may record of a message that stands so: a sender that was paused comes too late."""

REPORTS: Final[Mapping[SendStatus | None, Statuses]] = {
    # A carrier may report before it is stored that it took the message.
    None: frozenset({SendStatus.DELIVERED, SendStatus.FAILED}),
    SendStatus.HELD: frozenset(),
    SendStatus.SENT: frozenset({SendStatus.DELIVERED, SendStatus.FAILED}),
    SendStatus.DELIVERED: frozenset(),
    SendStatus.FAILED: frozenset({SendStatus.DELIVERED}),
}
"""What a report may still change of a message that stands so; all else comes late or again."""


def step(table: Table[S], status: S, event: type[ev.Event]) -> S:
    """Return the status after `event`.

    Raises:
        Rejected: `ILLEGAL_STATE`, naming the status found and the event that cannot follow it.
    """
    try:
        return table[status][event]
    except KeyError:
        raise Rejected("ILLEGAL_STATE", status=str(status), event=event.__name__) from None
