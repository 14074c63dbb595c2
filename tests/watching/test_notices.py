"""How people are told: each event counted once, by the desk that stored it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from dispatch import events as ev
from dispatch.alerts.ladder import DEFAULT, Step
from dispatch.board.notices import of_offer
from dispatch.events import Entry
from dispatch.model import (
    SYSTEM,
    ActionId,
    Actor,
    DeclineReason,
    DeliveryReport,
    Medium,
    Notice,
    NoticeId,
    SendStatus,
    Sent,
)
from dispatch.watching.notices import NoticeWatch
from tests.play import Play, volunteer


class Told:
    """A call on the board, and a watch that sees what is stored."""

    def __init__(self) -> None:
        self.play = Play()
        self.watch = NoticeWatch(self.play.board, DEFAULT)
        need = self.play.need()
        self.offer, self.other = self.play.offer(need.id, 1, 2)
        self.id = of_offer(self.offer.id)

    @property
    def notice(self) -> Notice:
        return self.play.board.notices[self.id]

    def store(self, actor: Actor, *events: ev.Event, after_s: float = 0.0) -> None:
        self.play.now += timedelta(seconds=after_s)
        self.watch.storing([self._entry(actor, event) for event in events])
        self.play.store(actor, ActionId(f"told-{self.play.board.seq}"), events)

    def sent(self, status: SendStatus, medium: Medium, after_s: float) -> None:
        one = Sent(notice_id=self.id, medium=medium, status=status)
        self.store(SYSTEM, ev.NoticesSent(sent=(one,)), after_s=after_s)

    def _entry(self, actor: Actor, event: ev.Event) -> Entry:
        return Entry(
            at=self.play.now, actor=actor, action_id=ActionId("x"), exercise=False, event=event
        )


def step_of(told: Told, medium: Medium) -> Step:
    steps: Sequence[Step] = DEFAULT[told.notice.urgency]
    return next(s for s in steps if s.medium is medium)


def test_a_message_is_as_late_as_its_step_says() -> None:
    told = Told()
    due_s = step_of(told, Medium.SMS).after_s
    told.sent(SendStatus.SENT, Medium.SMS, after_s=due_s + 4)
    assert told.watch.sends == {("SMS", "SENT"): 1}
    assert told.watch.late_s[Medium.SMS].sum == pytest.approx(4.0)


def test_what_was_meant_to_wait_is_not_late() -> None:
    told = Told()
    told.sent(SendStatus.HELD, Medium.SMS, after_s=60)
    told.sent(SendStatus.SENT, Medium.SMS, after_s=6 * 3600)
    assert told.watch.sends == {("SMS", "HELD"): 1, ("SMS", "SENT"): 1}
    assert sum(told.watch.late_s[Medium.SMS].counts) == 0


def test_what_failed_is_counted_and_not_timed() -> None:
    told = Told()
    told.sent(SendStatus.FAILED, Medium.VOICE, after_s=60)
    assert told.watch.sends == {("VOICE", "FAILED"): 1}
    assert sum(told.watch.late_s[Medium.VOICE].counts) == 0


def test_from_the_notice_to_device_eye_and_answer() -> None:
    told = Told()
    told.sent(SendStatus.SENT, Medium.SMS, after_s=1)
    report = DeliveryReport(
        notice_id=told.id,
        medium=Medium.SMS,
        status=SendStatus.DELIVERED,
        at=told.play.now + timedelta(seconds=4),
    )
    told.store(SYSTEM, ev.NoticesDelivered(receipts=(report,)), after_s=9)
    seen = ev.NoticesSeen(notice_ids=(told.id,), medium=Medium.SOCKET)
    told.store(volunteer(1), seen, after_s=10)
    assert told.watch.delivered_s.sum == pytest.approx(5.0)
    assert told.watch.seen_s[Medium.SOCKET].sum == pytest.approx(20.0)
    told.watch.storing(
        [
            told._entry(
                volunteer(1),
                ev.OfferDeclined(offer_id=told.offer.id, reason=DeclineReason.BUSY),
            )
        ]
    )
    assert told.watch.answered_s.sum == pytest.approx(20.0)
    assert told.watch.sends["SMS", "DELIVERED"] == 1


def test_what_the_board_does_not_know_disturbs_nothing() -> None:
    told = Told()
    nobody = NoticeId("o-none")
    events: list[ev.Event] = [
        ev.NoticesSent(sent=(Sent(notice_id=nobody, medium=m, status=SendStatus.SENT),))
        for m in Medium
        if m is not Medium.SOCKET
    ]
    events.append(ev.NoticesSeen(notice_ids=(nobody,), medium=Medium.PUSH))
    told.watch.storing([told._entry(SYSTEM, event) for event in events])
    assert sum(told.watch.seen_s[Medium.PUSH].counts) == 0
