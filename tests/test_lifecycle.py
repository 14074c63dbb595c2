"""All statuses x all events: what the tables allow, and nothing else."""

from __future__ import annotations

import itertools

import pytest

from dispatch import lifecycle
from dispatch.errors import Rejected
from dispatch.events import EVENT_TYPES
from dispatch.model import (
    AssignmentStatus,
    IncidentStatus,
    NeedStatus,
    OfferStatus,
    PlanStatus,
    SendStatus,
    ZoneStatus,
)

TABLES = [
    (lifecycle.INCIDENT, IncidentStatus, {("OPEN", "IncidentUpdated"), ("OPEN", "IncidentClosed")}),
    (
        lifecycle.NEED,
        NeedStatus,
        {
            ("DRAFT", "NeedUpdated"),
            ("DRAFT", "NeedPublished"),
            ("DRAFT", "NeedClosed"),
            ("PUBLISHED", "NeedUpdated"),
            ("PUBLISHED", "AlertingStarted"),
            ("PUBLISHED", "OfferMade"),
            *((s, e) for s in ("DRAFT", "PUBLISHED") for e in ("PairPinned", "PairExcluded")),
            ("PUBLISHED", "NeedClosed"),
        },
    ),
    (
        lifecycle.OFFER,
        OfferStatus,
        {
            ("OPEN", "OfferAccepted"),
            ("OPEN", "OfferDeclined"),
            ("OPEN", "OfferExpired"),
            ("OPEN", "OfferWithdrawn"),
        },
    ),
    (
        lifecycle.ASSIGNMENT,
        AssignmentStatus,
        {
            ("RESERVED", "Departed"),
            ("RESERVED", "StoodDown"),
            ("ASSIGNED", "Departed"),
            ("ASSIGNED", "Arrived"),
            ("ASSIGNED", "StoodDown"),
            ("EN_ROUTE", "Arrived"),
            ("EN_ROUTE", "StoodDown"),
            ("ON_SCENE", "Released"),
            ("RELEASED", "ReachedHome"),
            ("STOOD_DOWN", "ReachedHome"),
        },
    ),
    (lifecycle.ZONE, ZoneStatus, {("ACTIVE", "ZoneCleared")}),
    (
        lifecycle.PLAN,
        PlanStatus,
        {("PROPOSED", "PlanDispatched"), ("DISPATCHED", "PlanDispatched")},
    ),
]


@pytest.mark.parametrize(("table", "statuses", "allowed"), TABLES)
def test_product_of_statuses_and_events(table, statuses, allowed) -> None:
    for status, (name, event) in itertools.product(statuses, EVENT_TYPES.items()):
        if (status, name) in allowed:
            assert lifecycle.step(table, status, event) in statuses
        else:
            with pytest.raises(Rejected) as caught:
                lifecycle.step(table, status, event)
            assert caught.value.code == "ILLEGAL_STATE"
            assert caught.value.params == {"status": status, "event": name}


def test_every_status_has_a_row() -> None:
    for table, statuses, _ in TABLES:
        assert set(table) == set(statuses)


def test_every_status_of_a_message_has_a_row() -> None:
    for table in (lifecycle.SENDING, lifecycle.REPORTS):
        assert set(table) == {None, *SendStatus}


@pytest.mark.parametrize(("before", "after"), [*itertools.product(SendStatus, repeat=2)])
def test_messages_never_go_backwards(before: SendStatus, after: SendStatus) -> None:
    held, failed = before is SendStatus.HELD, before is SendStatus.FAILED
    assert (after in lifecycle.SENDING[before]) == (held and after is not SendStatus.DELIVERED)
    reported = after is SendStatus.DELIVERED or (after is SendStatus.FAILED and not failed)
    open_ = before in (SendStatus.SENT, SendStatus.FAILED)
    assert (after in lifecycle.REPORTS[before]) == (open_ and reported)
