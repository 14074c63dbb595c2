"""Notices: what each person must be told, made from the events that say so, and how far it came.

Nobody writes a notice into the log: an offer is one until it is answered, a recall until it is
seen. What was sent, delivered and seen are events of their own.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from dispatch import events as ev
from dispatch.board.fold import event_of, on
from dispatch.board.state import Board, Key
from dispatch.events import Stored
from dispatch.model import (
    URGENCY_OF_OFFER,
    Assignment,
    Delivery,
    Medium,
    Notice,
    NoticeId,
    NoticeKind,
    Offer,
    OfferId,
    OfferStatus,
    Role,
    SendStatus,
    TestId,
    Urgency,
    VolunteerId,
    Zone,
    ZoneId,
)

THANKS_LAST: Final = timedelta(minutes=30)
RECALLS_LAST: Final = timedelta(hours=2)
WARNINGS_LAST: Final = timedelta(hours=12)
"""After these nobody is told any more who was not told yet."""

STAGES: Final = ("told", "delivered", "seen")
"""How far a notice came, as the board counts it; each includes those after it."""

SELF_MADE: Final = frozenset({"TOOK_ANOTHER", "MOVED"})
"""Reasons that come of the person's own acceptance elsewhere: nobody needs to tell them."""


def of_offer(offer_id: OfferId) -> NoticeId:
    """Return the id of the notice that an offer is."""
    return NoticeId(f"o-{offer_id}")


def of_thanks(offer_id: OfferId) -> NoticeId:
    """Return the id of the notice that an offer was taken back."""
    return NoticeId(f"s-{offer_id}")


def of_recall(assignment_id: str) -> NoticeId:
    """Return the id of the notice that somebody is called back."""
    return NoticeId(f"r-{assignment_id}")


def of_warning(zone_id: ZoneId, volunteer_id: VolunteerId) -> NoticeId:
    """Return the id of the notice that warns somebody of a zone."""
    return NoticeId(f"w-{zone_id}-{volunteer_id}")


def of_test(test_id: TestId, volunteer_id: VolunteerId) -> NoticeId:
    """Return the id of the notice that somebody gets in a reach test."""
    return NoticeId(f"t-{test_id}-{volunteer_id}")


# What other handlers open and close


def offer_made(board: Board, offer: Offer) -> tuple[Key, ...]:
    severity = board.incidents[offer.incident_id].severity
    return _opened(
        board,
        Notice(
            id=of_offer(offer.id),
            kind=NoticeKind.OFFER,
            urgency=URGENCY_OF_OFFER[severity],
            volunteer_id=offer.volunteer_id,
            subject=offer.id,
            incident_id=offer.incident_id,
            opened_at=offer.made_at,
            closes_at=offer.expires_at,
        ),
    )


def offer_answered(board: Board, offer: Offer, s: Stored) -> tuple[Key, ...]:
    """Who answers has seen it; who knew of it is told when it is taken back."""
    notice = board.notices[of_offer(offer.id)]
    if s.actor.volunteer_id == offer.volunteer_id and offer.status is not OfferStatus.WITHDRAWN:
        notice = replace(notice, seen_at=notice.seen_at or s.at)
    closed = _closed(board, notice, s.at)
    withdrawn = offer.status is OfferStatus.WITHDRAWN
    if not (withdrawn and notice.told) or offer.withdrawn_because in SELF_MADE:
        return closed
    thanks = Notice(
        id=of_thanks(offer.id),
        kind=NoticeKind.STOOD_DOWN,
        urgency=Urgency.INFO,
        volunteer_id=offer.volunteer_id,
        subject=offer.id,
        incident_id=offer.incident_id,
        opened_at=s.at,
        closes_at=s.at + THANKS_LAST,
    )
    return closed + _opened(board, thanks)


def stood_down(board: Board, assignment: Assignment, s: Stored) -> tuple[Key, ...]:
    """Whom somebody else stands down is called back."""
    if s.actor.role is Role.VOLUNTEER or assignment.stood_down_because in SELF_MADE:
        return ()
    recall = Notice(
        id=of_recall(assignment.id),
        kind=NoticeKind.RECALL,
        urgency=Urgency.LIFE,
        volunteer_id=assignment.volunteer_id,
        subject=assignment.id,
        incident_id=assignment.incident_id,
        opened_at=s.at,
        closes_at=s.at + RECALLS_LAST,
    )
    return _opened(board, recall)


def people_warned(
    board: Board, zone: Zone, people: Iterable[VolunteerId], at: datetime
) -> tuple[Key, ...]:
    last = at + WARNINGS_LAST
    closes_at = last if zone.ends_at is None else min(zone.ends_at, last)
    return tuple(
        key
        for person in people
        if of_warning(zone.id, person) not in board.notices
        for key in _opened(
            board,
            Notice(
                id=of_warning(zone.id, person),
                kind=NoticeKind.WARNING,
                urgency=Urgency.LIFE,
                volunteer_id=person,
                subject=zone.id,
                incident_id=None,
                opened_at=at,
                closes_at=closes_at,
            ),
        )
    )


def zone_cleared(
    board: Board, zone_id: ZoneId, people: Iterable[VolunteerId], at: datetime
) -> tuple[Key, ...]:
    ids = (of_warning(zone_id, person) for person in people)
    return tuple(k for i in ids for k in _closed(board, board.notices[i], at))


def close_by_time(board: Board, at: datetime) -> None:
    """Close what closes by itself by `at` and for what no event will."""
    while board.closing and board.closing[0][0] <= at:
        closes_at, notice_id = heapq.heappop(board.closing)
        if notice_id in board.live_notices:
            _closed(board, board.notices[notice_id], closes_at)


# What was sent, delivered, seen


@on(ev.NoticesSent)
def _notices_sent(board: Board, s: Stored) -> tuple[Key, ...]:
    """The rule has left out what changes nothing."""
    keys: list[Key] = []
    for sent in event_of(s, ev.NoticesSent).sent:
        notice = board.notices[sent.notice_id]
        before = notice.by(sent.medium)
        # A carrier that reported sooner than this was stored has the last word.
        reported = before is not None and before.status is not SendStatus.HELD
        status, at = (before.status, before.at) if before and reported else (sent.status, s.at)
        delivery = Delivery(
            status=status,
            at=at,
            sent_at=s.at if sent.status is SendStatus.SENT else None,
            reference=sent.reference,
            because=before.because if before and reported else sent.because,
        )
        if notice.incident_id is not None and sent.cost:
            spent = board.spent.get(notice.incident_id, 0)
            board.spent[notice.incident_id] = spent + sent.cost
        keys += _came(board, notice, sent.medium, delivery)
    return tuple(dict.fromkeys(keys))


@on(ev.NoticesDelivered)
def _notices_delivered(board: Board, s: Stored) -> tuple[Key, ...]:
    keys: list[Key] = []
    for report in event_of(s, ev.NoticesDelivered).receipts:
        notice = board.notices[report.notice_id]
        before = notice.by(report.medium)
        told: dict[str, Any] = {
            "status": report.status,
            "at": report.at,
            "because": report.because,
        }
        delivery = Delivery(**told) if before is None else replace(before, **told)
        keys += _came(board, notice, report.medium, delivery)
    return tuple(dict.fromkeys(keys))


@on(ev.NoticesSeen)
def _notices_seen(board: Board, s: Stored) -> tuple[Key, ...]:
    e = event_of(s, ev.NoticesSeen)
    keys: list[Key] = []
    for notice_id in e.notice_ids:
        notice = replace(board.notices[notice_id], seen_at=s.at, seen_by=e.medium)
        recall = notice.kind is NoticeKind.RECALL
        touched = _closed(board, notice, s.at) if recall else _put(board, notice)
        keys += (*touched, ("seen", notice_id))
    return tuple(dict.fromkeys(keys))


# Reach tests


@on(ev.ReachTestStarted)
def _test_started(board: Board, s: Stored) -> tuple[Key, ...]:
    test = event_of(s, ev.ReachTestStarted).test
    board.tests[test.id] = test
    keys: list[Key] = [("test", test.id)]
    for person in test.volunteer_ids:
        notice = Notice(
            id=of_test(test.id, person),
            kind=NoticeKind.TEST,
            urgency=Urgency.TEST,
            volunteer_id=person,
            subject=test.id,
            incident_id=None,
            opened_at=s.at,
            closes_at=test.ends_at,
        )
        keys += _opened(board, notice)
    return tuple(keys)


@on(ev.ReachTestEnded)
def _test_ended(board: Board, s: Stored) -> tuple[Key, ...]:
    test = board.tests[event_of(s, ev.ReachTestEnded).test_id]
    board.tests[test.id] = replace(test, ended_at=s.at)
    keys: list[Key] = [("test", test.id)]
    for person in test.volunteer_ids:
        keys += _closed(board, board.notices[of_test(test.id, person)], s.at)
    return tuple(keys)


def _opened(board: Board, notice: Notice) -> tuple[Key, ...]:
    board.live_notices.add(notice.id)
    ends_by_event = notice.kind in (NoticeKind.OFFER, NoticeKind.TEST)
    if notice.closes_at is not None and not ends_by_event:
        heapq.heappush(board.closing, (notice.closes_at, notice.id))
    return _put(board, notice)


def _closed(board: Board, notice: Notice, at: datetime) -> tuple[Key, ...]:
    board.live_notices.discard(notice.id)
    return _put(board, replace(notice, closed_at=notice.closed_at or at))


def _came(board: Board, notice: Notice, medium: Medium, delivery: Delivery) -> tuple[Key, ...]:
    deliveries = {**notice.deliveries, medium: delivery}
    return _put(board, replace(notice, deliveries=deliveries))


def _put(board: Board, notice: Notice) -> tuple[Key, ...]:
    """Keep the notice, count how far it came, and return what that touches."""
    before = board.notices.get(notice.id)
    board.notices[notice.id] = notice
    key: Key = ("notice", notice.id)
    match notice.kind:
        case NoticeKind.OFFER:
            need_id = board.offers[OfferId(notice.subject)].need_id
            _count(board, need_id, before, notice)
            return key, ("need", need_id)
        case NoticeKind.TEST:
            _count(board, notice.subject, before, notice)
    return (key,)


def _count(board: Board, about: str, before: Notice | None, after: Notice) -> None:
    for stage in STAGES:
        step = getattr(after, stage) - (before is not None and getattr(before, stage))
        if step:
            board.count(about, stage, step)
