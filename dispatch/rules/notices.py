"""Notices and reach tests: what was sent, what came of it, who has seen what.

Senders stop and carriers repeat themselves, so what is recorded is what still tells something new.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Forbidden, Rejected
from dispatch.model import (
    DeliveryReport,
    Medium,
    NoticeId,
    ReachTest,
    SendStatus,
    Sent,
    TestId,
)
from dispatch.rules.checks import checked_text
from dispatch.rules.context import Context, Events

TEST_MOST_PEOPLE: Final = 5_000
MOST_CHARACTERS: Final = 80
"""Of a carrier's reference or reason."""

Told = tuple[NoticeId, Medium]


def record_sent(board: Board, a: act.RecordSent, ctx: Context) -> Events:
    new: dict[Told, Sent] = {}
    for sent in a.sent:
        told = (sent.notice_id, sent.medium)
        if told not in new and _still_to_record(board, sent):
            new[told] = replace(
                sent,
                because=sent.because[:MOST_CHARACTERS],
                reference=sent.reference[:MOST_CHARACTERS],
            )
    return (ev.NoticesSent(sent=tuple(new.values())),) if new else ()


def receive_reports(board: Board, a: act.ReceiveReports, ctx: Context) -> Events:
    """A report cannot be older than its notice, nor come from the future."""
    new: dict[Told, DeliveryReport] = {}
    for report in a.receipts:
        notice = board.notices.get(report.notice_id)
        if notice is None or report.medium is Medium.SOCKET:
            continue
        told = (notice.id, report.medium)
        before, earlier = notice.by(report.medium), new.get(told)
        status = earlier.status if earlier else before.status if before else None
        if report.status in lifecycle.REPORTS[status]:
            at = max(notice.opened_at, min(report.at, ctx.now))
            new[told] = replace(report, at=at, because=report.because[:MOST_CHARACTERS])
    return (ev.NoticesDelivered(receipts=tuple(new.values())),) if new else ()


def see_notices(board: Board, a: act.SeeNotices, ctx: Context) -> Events:
    unseen: list[NoticeId] = []
    for notice_id in dict.fromkeys(a.notice_ids):
        notice = board.notices.get(notice_id)
        if notice is None:
            raise Rejected("NOT_FOUND", entity="notice", id=notice_id)
        if notice.volunteer_id != ctx.actor.volunteer_id:
            raise Forbidden("that notice is for someone else")
        if not notice.seen:
            unseen.append(notice_id)
    return (ev.NoticesSeen(notice_ids=tuple(unseen), medium=a.medium),) if unseen else ()


def start_reach_test(board: Board, a: act.StartReachTest, ctx: Context) -> Events:
    people = tuple(dict.fromkeys(a.volunteer_ids))
    if not people:
        raise Rejected("NOT_FOUND", entity="volunteer", id=None)
    if len(people) > TEST_MOST_PEOPLE:
        raise Rejected("TOO_MANY", most=TEST_MOST_PEOPLE)
    test = ReachTest(
        id=TestId(ctx.id("test")),
        name=checked_text(a.name, "name", 200),
        volunteer_ids=people,
        started_at=ctx.now,
        ends_at=ctx.now + timedelta(minutes=a.minutes),
    )
    return (ev.ReachTestStarted(test=test),)


def end_reach_test(board: Board, a: act.EndReachTest, ctx: Context) -> Events:
    test = board.tests.get(a.test_id)
    if test is None:
        raise Rejected("NOT_FOUND", entity="test", id=a.test_id)
    if test.ended_at is not None:
        raise Rejected("ILLEGAL_STATE", status="ENDED", event="ReachTestEnded")
    return (ev.ReachTestEnded(test_id=test.id),)


def _still_to_record(board: Board, sent: Sent) -> bool:
    notice = board.notices.get(sent.notice_id)
    if notice is None:
        return False
    before = notice.by(sent.medium)
    if before is not None and (before.status, before.because) == (sent.status, sent.because):
        return sent.status is SendStatus.SENT and before.sent_at is None
    if sent.status in lifecycle.SENDING[before.status if before else None]:
        return True
    # The carrier reported before it was stored that it took the message.
    return before is not None and sent.status is SendStatus.SENT and before.sent_at is None
