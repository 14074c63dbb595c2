"""The inbox over a real desk: what people write is an answer to what they were asked last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch.alerts.channels.recording import RecordingChannel
from dispatch.alerts.ladder import DEFAULT, Limits, Telling
from dispatch.board.notices import of_offer, of_test
from dispatch.errors import ChannelDown, Undeliverable
from dispatch.inbox import Inbox, Report
from dispatch.model import (
    SYSTEM,
    DeclineReason,
    DeliveryReport,
    Means,
    Medium,
    Notice,
    NoticeId,
    Offer,
    OfferId,
    OfferStatus,
    SendStatus,
    Sent,
    TestId,
    VolunteerId,
)
from dispatch.registry.contacts import Contact
from tests.builders import person
from tests.office import COMMANDER, Office

PHONES = {1: "+99900000001", 2: "+99900000002", 3: "+99900000002"}


class Line:
    """An office whose people have phones; two of them share one."""

    def __init__(self) -> None:
        self.office = Office([person(n) for n in PHONES])
        self.sms = RecordingChannel(Medium.SMS)
        telling = Telling(
            ladder=DEFAULT, limits=Limits(), zone=ZoneInfo("UTC"), sign={"zh": "六合", "en": "LH"}
        )
        self.inbox = Inbox(
            desk=self.office.desk,
            sms=self.sms,
            telling=telling,
            owners=lambda phone: [VolunteerId(n) for n, p in PHONES.items() if p == phone],
            contacts=self._contacts,
        )
        self._replies = 0

    def _contacts(self, ids: Collection[VolunteerId]) -> dict[VolunteerId, Contact]:
        return {i: Contact(volunteer_id=i, phone=PHONES[i], language="zh") for i in ids}

    async def asks(
        self, number: int = 1, medium: Medium | None = Medium.SMS, **need: Any
    ) -> OfferId:
        """Offer a need to this person and, by that medium, tell them."""
        (offer_id,) = await self.office.offers(await self.office.need(**need), number)
        if medium is not None:
            await self.told(of_offer(offer_id), medium)
        return OfferId(offer_id)

    async def told(self, notice_id: NoticeId, medium: Medium) -> None:
        sent = Sent(notice_id=notice_id, medium=medium, status=SendStatus.SENT)
        await self.office.act(SYSTEM, act.RecordSent(sent=(sent,)))
        self.wait(60)

    async def tests(self, number: int = 1) -> NoticeId:
        start = act.StartReachTest(name="七月", volunteer_ids=(VolunteerId(number),), minutes=30)
        test_id = (await self.office.act(COMMANDER, start)).ids["test"]
        return of_test(TestId(test_id), VolunteerId(number))

    async def writes(self, text: str, number: int = 1, reply_id: str = "") -> str:
        """They write; return what they are written back, "" for nothing."""
        self._replies += 1
        before = len(self.sms.sent)
        await self.inbox.replied(reply_id or f"r{self._replies}", PHONES[number], text)
        await self.inbox.settled()
        new = list(self.sms.sent)[before:]
        assert all(one.to == PHONES[number] for one in new)
        return "".join(one.text.body for one in new)

    async def presses(self, digits: str, notice_id: NoticeId) -> None:
        delivery = DeliveryReport(
            notice_id=notice_id,
            medium=Medium.VOICE,
            status=SendStatus.DELIVERED,
            at=self.office.clock.now(),
        )
        report = Report(key=f"{notice_id}/VOICE", delivery=delivery, digits=digits)
        await self.inbox.reported([report])
        await self.inbox.settled()

    def offer(self, offer_id: OfferId) -> Offer:
        return self.office.desk.board.offers[offer_id]

    def notice(self, notice_id: NoticeId) -> Notice:
        return self.office.desk.board.notices[notice_id]

    def wait(self, seconds: float) -> None:
        self.office.clock._now += timedelta(seconds=seconds)


@pytest.fixture
def line() -> Line:
    return Line()


class TestAnswers:
    async def test_yes_is_an_acceptance_and_is_confirmed_naming_place_and_time(
        self, line: Line
    ) -> None:
        offer_id = await line.asks()
        assert (
            await line.writes("去，带船") == "【六合】收到：您去Dike，09:00前到。注意安全，谢谢！"
        )
        assert line.offer(offer_id).status is OfferStatus.ACCEPTED
        assert line.offer(offer_id).brings == (Means.BOAT,)

    async def test_no_is_a_refusal(self, line: Line) -> None:
        offer_id = await line.asks()
        assert "您不去Dike" in await line.writes("2")
        assert line.offer(offer_id).decline_reason is DeclineReason.OTHER

    async def test_later_in_time_is_an_acceptance_and_too_late_a_promise(self, line: Line) -> None:
        in_time = await line.asks(1)
        assert "您去Dike" in await line.writes("10分钟", 1)
        assert line.offer(in_time).status is OfferStatus.ACCEPTED
        too_late = await line.asks(2)
        assert "现在请不要前往" in await line.writes("3h", 2)
        assert line.offer(too_late).decline_reason is DeclineReason.LATER
        assert line.offer(too_late).ready_at == line.office.clock.now() + timedelta(hours=3)

    async def test_the_same_reply_again_changes_nothing_and_is_not_answered_again(
        self, line: Line
    ) -> None:
        offer_id = await line.asks()
        assert await line.writes("1", reply_id="same")
        assert await line.writes("1", reply_id="same") == ""
        seq = line.office.desk.board.seq
        await line.writes("1", reply_id="same")
        assert line.office.desk.board.seq == seq
        assert line.offer(offer_id).status is OfferStatus.ACCEPTED

    async def test_who_says_yes_twice_is_expected_and_hears_so(self, line: Line) -> None:
        await line.asks()
        await line.writes("1")
        assert "收到：您去Dike" in await line.writes("1")

    async def test_who_takes_a_yes_back_is_told_to_call(self, line: Line) -> None:
        offer_id = await line.asks()
        await line.writes("1")
        assert "打电话给指挥员" in await line.writes("2")
        assert line.offer(offer_id).status is OfferStatus.ACCEPTED

    @pytest.mark.parametrize("text", ["1", "2", "30"])
    async def test_who_answers_when_it_is_over_is_told_not_to_go(
        self, line: Line, text: str
    ) -> None:
        offer_id = await line.asks()
        line.wait(3_600)
        await line.office.desk.tick()
        assert "请不要前往" in await line.writes(text)
        assert line.offer(offer_id).status is OfferStatus.EXPIRED

    async def test_who_was_called_back_is_not_told_that_they_are_expected(self, line: Line) -> None:
        await line.asks()
        await line.writes("1")
        board = line.office.desk.board
        stand_down = act.StandDown(assignment_id=board.active[VolunteerId(1)], reason="over")
        await line.office.act(COMMANDER, stand_down)
        assert "请不要前往" in await line.writes("1")


class TestWhatTheyMean:
    async def test_what_they_were_asked_last_on_a_phone_they_share(self, line: Line) -> None:
        first, second = await line.asks(2), await line.asks(3)
        await line.writes("1", 2)
        assert line.offer(first).status is OfferStatus.OPEN
        assert line.offer(second).status is OfferStatus.ACCEPTED

    async def test_who_answers_before_it_is_stored_that_they_were_told(self, line: Line) -> None:
        """The carrier reports, and its owner replies, before we have recorded what we sent."""
        offer_id = await line.asks(medium=None)
        at = line.office.clock.now()
        early = DeliveryReport(
            notice_id=of_offer(offer_id), medium=Medium.SMS, status=SendStatus.DELIVERED, at=at
        )
        await line.inbox.reported([Report(key="x", delivery=early)])
        await line.writes("1")
        assert line.offer(offer_id).status is OfferStatus.ACCEPTED

    async def test_an_old_yes_never_becomes_one_to_something_else(self, line: Line) -> None:
        """The offer they were told of is over; the one that is open they never read."""
        old = await line.asks()
        line.wait(3_600)
        await line.office.desk.tick()
        new = await line.asks(medium=Medium.PUSH)
        assert "请不要前往" in await line.writes("1")
        assert (line.offer(old).status, line.offer(new).status) == (
            OfferStatus.EXPIRED, OfferStatus.OPEN,
        )  # fmt: skip

    async def test_a_reply_to_a_reach_test_says_that_they_got_it_and_accepts_nothing(
        self, line: Line
    ) -> None:
        offer_id, test = await line.asks(), await line.tests()
        await line.told(test, Medium.SMS)
        assert await line.writes("1") == ""
        assert line.notice(test).seen_by is Medium.SMS
        assert line.offer(offer_id).status is OfferStatus.OPEN

    async def test_who_was_asked_nothing_is_told_not_to_set_out(self, line: Line) -> None:
        assert "没有等您答复的任务" in await line.writes("1")
        await line.asks(medium=None)
        line.wait(700)
        assert "没有等您答复的任务" in await line.writes("1")

    async def test_nobody_elses_phone_says_anything(self, line: Line) -> None:
        await line.asks()
        seq = line.office.desk.board.seq
        await line.inbox.replied("r", "+99900000099", "1")
        await line.inbox.settled()
        assert (line.office.desk.board.seq, len(line.sms.sent)) == (seq, 0)

    async def test_what_nobody_understands_is_said_once_in_ten_minutes(self, line: Line) -> None:
        offer_id = await line.asks()
        assert "没看懂" in await line.writes("去吗？")
        assert await line.writes("hello?") == ""
        line.wait(601)
        assert "没看懂" in await line.writes("hello?")
        notice = line.notice(of_offer(offer_id))
        assert notice.seen_by is Medium.SMS
        assert line.offer(offer_id).status is OfferStatus.OPEN


class TestCalls:
    async def test_one_and_two_are_yes_and_no(self, line: Line) -> None:
        yes, no = await line.asks(1, Medium.VOICE), await line.asks(2, Medium.VOICE)
        await line.presses("1", of_offer(yes))
        await line.presses("2", of_offer(no))
        assert line.offer(yes).status is OfferStatus.ACCEPTED
        assert line.offer(no).status is OfferStatus.DECLINED
        assert ["您去Dike" in one.text.body for one in line.sms.sent] == [True, False]

    async def test_other_keys_say_nothing(self, line: Line) -> None:
        offer_id = await line.asks(medium=Medium.VOICE)
        for digits in ("3", "11", "*", "#"):
            await line.presses(digits, of_offer(offer_id))
        assert line.offer(offer_id).status is OfferStatus.OPEN

    async def test_the_same_report_again_changes_nothing(self, line: Line) -> None:
        offer_id = await line.asks(medium=Medium.VOICE)
        for _ in range(2):
            await line.presses("1", of_offer(offer_id))
        assert len(line.sms.sent) == 1

    async def test_a_key_says_that_a_test_was_heard(self, line: Line) -> None:
        test = await line.tests()
        await line.presses("1", test)
        assert line.notice(test).seen_by is Medium.VOICE


class TestReports:
    async def test_many_are_recorded_in_batches_and_unknown_ones_passed_over(
        self, line: Line
    ) -> None:
        offer_id = await line.asks()
        at = line.office.clock.now()
        ids = [of_offer(offer_id), *(NoticeId(f"o-{n}") for n in range(600))]
        deliveries = [
            DeliveryReport(notice_id=i, medium=Medium.SMS, status=SendStatus.DELIVERED, at=at)
            for i in ids
        ]
        reports = [Report(key=f"{d.notice_id}/SMS", delivery=d) for d in deliveries]
        for _ in range(2):
            await line.inbox.reported(reports)
        stored = await line.office.log.read(line.office.desk.agency, 0, 1_000)
        delivered = [s.event for s in stored if isinstance(s.event, ev.NoticesDelivered)]
        assert [r.notice_id for e in delivered for r in e.receipts] == [of_offer(offer_id)]


class TestConfirmations:
    async def test_one_that_cannot_leave_now_leaves_later(self, line: Line) -> None:
        line.office.clock.sleep = _no_wait  # type: ignore[method-assign]
        await line.asks()
        line.sms.refusals.extend([ChannelDown("down"), ChannelDown("down")])
        assert "您去Dike" in await line.writes("1")

    @pytest.mark.parametrize("refusal", [ChannelDown("down"), Undeliverable("REFUSED")])
    async def test_one_that_never_leaves_undoes_no_answer(
        self, line: Line, refusal: Exception
    ) -> None:
        line.office.clock.sleep = _no_wait  # type: ignore[method-assign]
        offer_id = await line.asks()
        line.sms.refusals.extend([refusal] * 9)
        assert await line.writes("1") == ""
        assert line.offer(offer_id).status is OfferStatus.ACCEPTED

    async def test_without_text_messages_nobody_is_answered(self, line: Line) -> None:
        line.inbox.sms = None
        offer_id = await line.asks()
        assert await line.writes("1") == ""
        assert line.offer(offer_id).status is OfferStatus.ACCEPTED

    async def test_nothing_of_what_they_wrote_is_in_the_log(self, line: Line) -> None:
        await line.asks()
        await line.writes("去，带船")
        stored = repr(await line.office.log.read(line.office.desk.agency, 0, 1_000))
        assert "带船" not in stored
        assert PHONES[1] not in stored


async def _no_wait(seconds: float) -> None:
    assert seconds > 0
