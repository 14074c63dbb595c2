"""The outbox over a real log and a real lease: nothing lost, nothing recorded that is not so.

The channels are those that only record; what happens before they do can be scripted.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from dispatch import actions as act
from dispatch import events as ev
from dispatch import outbox as module
from dispatch.alerts.channels.chat import ChatChannel
from dispatch.alerts.channels.recording import RecordingChannel
from dispatch.alerts.ladder import DEFAULT, Limits, Telling
from dispatch.alerts.messages import message_of
from dispatch.app import open_store
from dispatch.board import Board
from dispatch.errors import BadInput, ChannelDown, StoreUnavailable, Undeliverable
from dispatch.eventlog import SqlEventLog
from dispatch.model import (
    DeclineReason,
    Delivery,
    Medium,
    NoticeId,
    OfferId,
    SendStatus,
    Severity,
    VolunteerId,
)
from dispatch.outbox import BEAT_S, DOWN_S, LEASE_S, Outbox
from dispatch.ports import Message, Receipt
from dispatch.registry import leases
from dispatch.registry.contacts import Contact, PushAddress
from dispatch.settings import Settings
from tests.builders import person
from tests.office import AGENCY, COMMANDER, Office, volunteer

UTC_ZONE = ZoneInfo("UTC")
PEOPLE = [person(n) for n in range(1, 301)]
Hook = Callable[[str, str], Awaitable[None]]


class Carrier(RecordingChannel):
    """Does what it is told to before it takes a message."""

    def __init__(self, medium: Medium) -> None:
        super().__init__(medium)
        self.before: Hook | None = None

    @property
    def keys(self) -> list[str]:
        return [recorded.dedupe_key for recorded in self.sent]

    async def send(self, to: str, message: Message, dedupe_key: str) -> Receipt:
        if self.before is not None:
            await self.before(to, dedupe_key)
        return await super().send(to, message, dedupe_key)


class Desk:
    """An office with an outbox. Several may share one store."""

    def __init__(self, engine: sa.Engine, name: str = "a", **over: Any) -> None:
        self.log = SqlEventLog(engine)
        self.office = Office(PEOPLE, self.log)
        self.carriers = {m: Carrier(m) for m in Medium if m is not Medium.SOCKET}
        self.people = {
            p.id: Contact(
                volunteer_id=p.id,
                phone=f"+86138{p.id:08}",
                language="zh",
                push=(PushAddress(id=p.id, text=f"browser {p.id}"),),
            )
            for p in PEOPLE
        }
        self.forgotten: list[int] = []
        self.asked: list[datetime] = []
        self._hold = functools.partial(leases.hold, engine, "outbox", name)
        limits = Limits(prices={Medium.SMS: 5, Medium.VOICE: 20})
        telling = Telling(ladder=DEFAULT, limits=limits, zone=UTC_ZONE, sign={"zh": "六合"})
        given: dict[str, Any] = {
            "desk": self.office.desk,
            "channels": tuple(self.carriers.values()),
            "telling": telling,
            "contacts": self._contacts,
            "forget": self.forgotten.extend,
            "hold": self.hold,
            "message_of": message_of,
            "link_of": lambda notice: f"https://x/{notice.id}",
        }
        if "limits" in over:
            given["telling"] = replace(telling, limits=over.pop("limits"))
        self.outbox = Outbox(**(given | over))

    def _contacts(self, ids: Collection[VolunteerId]) -> dict[VolunteerId, Contact]:
        return {i: self.people[i] for i in ids if i in self.people}

    async def hold(self, now: datetime) -> bool:
        self.asked.append(now)
        return await asyncio.to_thread(self._hold, now, LEASE_S)

    @property
    def board(self) -> Board:
        return self.office.desk.board

    def carrier(self, medium: Medium) -> Carrier:
        return self.carriers[medium]

    def wait(self, seconds: float) -> None:
        self.office.clock._now += timedelta(seconds=seconds)

    async def asks(self, *people: int, severity: Severity = Severity.I) -> list[OfferId]:
        need = await self.office.need()
        incident = self.board.needs[need].incident_id  # type: ignore[index]
        if severity is not Severity.I:
            change = act.UpdateIncident(
                incident_id=incident, seen_seq=self.board.seq, severity=severity
            )
            await self.office.act(COMMANDER, change)
        return await self.office.offers(need, *people)

    async def declines(self, number: int, offer_id: OfferId) -> None:
        no = act.DeclineOffer(offer_id=offer_id, reason=DeclineReason.BUSY)
        await self.office.act(volunteer(number), no)

    def delivery(self, offer_id: OfferId, medium: Medium) -> Delivery | None:
        return self.board.notices[NoticeId(f"o-{offer_id}")].by(medium)

    def status(self, offer_id: OfferId, medium: Medium) -> SendStatus | None:
        found = self.delivery(offer_id, medium)
        return found and found.status

    async def records(self) -> list[ev.NoticesSent]:
        stored = await self.log.read(AGENCY, 0, 10_000)
        return [s.event for s in stored if isinstance(s.event, ev.NoticesSent)]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[sa.Engine]:
    engine = open_store(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
async def desk(engine: sa.Engine) -> AsyncIterator[Desk]:
    desk = Desk(engine)
    yield desk
    desk.log.close()


@pytest.fixture
async def other(engine: sa.Engine) -> AsyncIterator[Desk]:
    other = Desk(engine, "b")
    yield other
    other.log.close()


class TestTelling:
    async def test_who_is_asked_is_told_at_once_and_once(self, desk: Desk) -> None:
        one, two = await desk.asks(1, 2)
        assert await desk.outbox.beat() == 4
        assert await desk.outbox.beat() == 0
        keys = desk.carrier(Medium.PUSH).keys
        assert sorted(keys) == sorted([f"o-{one}/PUSH/1", f"o-{two}/PUSH/2"])
        sms = {recorded.dedupe_key: recorded for recorded in desk.carrier(Medium.SMS).sent}
        mine = sms[f"o-{one}/SMS"]
        assert (mine.to, mine.message.language) == ("+8613800000001", "zh")
        for said in ("六合", "Dike", f"https://x/o-{one}"):
            assert said in mine.text.body
        found = desk.delivery(one, Medium.SMS)
        assert found is not None
        assert (found.status, found.reference[:9]) == (SendStatus.SENT, "recorded-")
        assert list(desk.board.spent.values()) == [10]

    async def test_who_does_not_look_is_called(self, desk: Desk) -> None:
        seen, silent = await desk.asks(1, 2)
        await desk.outbox.beat()
        see = act.SeeNotices(notice_ids=(NoticeId(f"o-{seen}"),))
        await desk.office.act(volunteer(1), see)
        desk.wait(44)
        assert await desk.outbox.beat() == 0
        desk.wait(1)
        assert await desk.outbox.beat() == 1
        assert desk.carrier(Medium.VOICE).keys == [f"o-{silent}/VOICE"]

    async def test_a_device_each_and_one_that_works_is_enough(self, desk: Desk) -> None:
        browsers = (PushAddress(id=7, text="old"), PushAddress(id=8, text="new"))
        desk.people[VolunteerId(1)] = replace(desk.people[VolunteerId(1)], push=browsers)

        async def gone(to: str, key: str) -> None:
            if to == "old":
                raise Undeliverable("GONE", gone=True)

        desk.carrier(Medium.PUSH).before = gone
        (offer,) = await desk.asks(1)
        await desk.outbox.beat()
        assert desk.carrier(Medium.PUSH).keys == [f"o-{offer}/PUSH/8"]
        assert desk.status(offer, Medium.PUSH) is SendStatus.SENT
        assert desk.forgotten == [7]

    async def test_without_an_address_the_next_step_is_not_kept_waiting(self, desk: Desk) -> None:
        nothing = {"phone": "", "push": ()}
        desk.people[VolunteerId(1)] = replace(desk.people[VolunteerId(1)], **nothing)
        del desk.people[VolunteerId(2)]
        offers = await desk.asks(1, 2)
        assert await desk.outbox.beat() == 0
        for offer in offers:
            for medium in (Medium.PUSH, Medium.SMS):
                found = desk.delivery(offer, medium)
                assert found is not None
                assert (found.status, found.because) == (SendStatus.FAILED, "NO_ADDRESS")

    async def test_a_group_hears_of_a_need_and_whoever_has_a_chat_of_their_own(
        self, desk: Desk
    ) -> None:
        for n, where in ((1, {"group": "group"}), (2, {"group": "group"}), (3, {"chat": "own"})):
            desk.people[VolunteerId(n)] = replace(desk.people[VolunteerId(n)], **where)
        *_, third = await desk.asks(1, 2, 3)
        desk.wait(60)
        await desk.outbox.beat()
        (need,) = desk.board.needs
        keys = [f"{need}/CHAT/group", f"o-{third}/CHAT"]
        assert sorted(desk.carrier(Medium.CHAT).keys) == sorted(keys)

    async def test_media_without_a_channel_are_passed_over(self, desk: Desk) -> None:
        sms = Carrier(Medium.SMS)
        desk.outbox = Outbox(
            desk=desk.office.desk,
            channels=(sms,),
            telling=desk.outbox.telling,
            contacts=desk._contacts,
            forget=desk.forgotten.extend,
            hold=desk.hold,
            message_of=message_of,
            link_of=lambda _: "",
        )
        (offer,) = await desk.asks(1)
        desk.wait(100)
        assert await desk.outbox.beat() == 1
        assert desk.delivery(offer, Medium.PUSH) is None

    async def test_many_are_recorded_in_batches(self, desk: Desk) -> None:
        people = tuple(p.id for p in PEOPLE)
        start = act.StartReachTest(name="All", volunteer_ids=people, minutes=10)
        await desk.office.act(COMMANDER, start)
        assert await desk.outbox.beat() == 300
        assert [len(r.sent) for r in await desk.records()] == [256, 44]
        assert len(set(desk.carrier(Medium.PUSH).keys)) == 300

    async def test_it_wakes_when_somebody_is_asked_and_when_a_step_falls_due(
        self, desk: Desk
    ) -> None:
        running = asyncio.create_task(desk.outbox.run())
        told, called = asyncio.Event(), asyncio.Event()

        def then(event: asyncio.Event) -> Hook:
            async def tell(to: str, key: str) -> None:
                event.set()

            return tell

        desk.carrier(Medium.SMS).before = then(told)
        desk.carrier(Medium.VOICE).before = then(called)
        try:
            await desk.asks(1)
            await asyncio.wait_for(told.wait(), 10)
            while not called.is_set():
                await desk.office.clock.advance(BEAT_S)
                await asyncio.sleep(0.001)
            assert desk.office.clock.now() >= desk.board.at + timedelta(seconds=40)  # type: ignore[operator]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


class TestNotTold:
    async def test_who_answered_before_their_turn(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "AT_ONCE", dict.fromkeys(Medium, 1))
        first, second = sorted(await desk.asks(1, 2))
        who = desk.board.offers[second].volunteer_id

        async def meanwhile(to: str, key: str) -> None:
            desk.carrier(Medium.SMS).before = None
            await desk.declines(who, second)

        desk.carrier(Medium.SMS).before = meanwhile
        await desk.outbox.beat()
        assert desk.carrier(Medium.SMS).keys == [f"o-{first}/SMS"]
        assert desk.delivery(second, Medium.SMS) is None

    async def test_whose_offer_ran_out(self, desk: Desk) -> None:
        (offer,) = await desk.asks(1)
        desk.office.clock._now = desk.board.offers[offer].expires_at
        assert await desk.outbox.beat() == 0
        assert desk.delivery(offer, Medium.PUSH) is None

    async def test_an_exercise_reaches_nobody(self, engine: sa.Engine) -> None:
        desk = Desk(engine)
        desk.board.exercise = True
        given = {
            "telling": desk.outbox.telling,
            "contacts": desk._contacts,
            "forget": desk.forgotten.extend,
            "hold": desk.hold,
            "message_of": message_of,
            "link_of": lambda _: "",
        }
        Outbox(desk=desk.office.desk, channels=(Carrier(Medium.SMS),), **given)  # type: ignore[arg-type]
        real = (Carrier(Medium.PUSH), ChatChannel())
        with pytest.raises(BadInput, match="exercise"):
            Outbox(desk=desk.office.desk, channels=real, **given)  # type: ignore[arg-type]
        desk.board.exercise = False
        Outbox(desk=desk.office.desk, channels=real, **given)  # type: ignore[arg-type]
        desk.log.close()


class TestFailures:
    async def test_a_channel_that_is_down_is_tried_less_and_less_and_then_goes_on(
        self, desk: Desk
    ) -> None:
        tries: list[datetime] = []

        async def down(to: str, key: str) -> None:
            tries.append(desk.office.clock.now())
            raise ChannelDown("no route")

        desk.carrier(Medium.SMS).before = down
        (offer,) = await desk.asks(1)
        start = desk.office.clock.now()
        for _ in range(40):
            await desk.outbox.beat()
            desk.wait(1)
        assert [(t - start).total_seconds() for t in tries] == [0, DOWN_S, 3 * DOWN_S, 7 * DOWN_S]
        assert desk.status(offer, Medium.PUSH) is SendStatus.SENT
        assert desk.delivery(offer, Medium.SMS) is None
        desk.carrier(Medium.SMS).before = None
        desk.wait(60)
        await desk.outbox.beat()
        assert desk.status(offer, Medium.SMS) is SendStatus.SENT

    async def test_while_it_is_down_the_others_are_not_tried_in_vain(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "AT_ONCE", dict.fromkeys(Medium, 2))
        tries: list[str] = []

        async def down(to: str, key: str) -> None:
            tries.append(key)
            raise ChannelDown("no route")

        desk.carrier(Medium.SMS).before = down
        await desk.asks(*range(1, 41))
        await desk.outbox.beat()
        assert 1 <= len(tries) <= 2
        assert len(desk.carrier(Medium.PUSH).sent) == 40

    @pytest.mark.parametrize("error", [OSError("reset"), TimeoutError()])
    async def test_a_broken_line_is_a_channel_that_is_down(
        self, desk: Desk, error: Exception
    ) -> None:
        async def broken(to: str, key: str) -> None:
            raise error

        desk.carrier(Medium.SMS).before = broken
        (offer,) = await desk.asks(1)
        await desk.outbox.beat()
        assert desk.delivery(offer, Medium.SMS) is None
        desk.carrier(Medium.SMS).before = None
        desk.wait(DOWN_S)
        await desk.outbox.beat()
        assert desk.status(offer, Medium.SMS) is SendStatus.SENT

    async def test_what_cannot_be_delivered_is_not_tried_again(self, desk: Desk) -> None:
        async def refuse(to: str, key: str) -> None:
            raise Undeliverable("BAD_NUMBER")

        desk.carrier(Medium.SMS).before = refuse
        (offer,) = await desk.asks(1)
        await desk.outbox.beat()
        found = desk.delivery(offer, Medium.SMS)
        assert found is not None
        assert (found.status, found.because) == (SendStatus.FAILED, "BAD_NUMBER")
        desk.carrier(Medium.SMS).before = None
        desk.wait(10)
        assert await desk.outbox.beat() == 0

    async def test_one_message_that_breaks_stops_no_other(self, desk: Desk) -> None:
        async def odd(to: str, key: str) -> None:
            if to.endswith("1"):
                raise KeyError("template")

        desk.carrier(Medium.SMS).before = odd
        one, two = await desk.asks(1, 2)
        await desk.outbox.beat()
        assert desk.status(one, Medium.SMS) is SendStatus.FAILED
        assert desk.status(two, Medium.SMS) is SendStatus.SENT

    async def test_a_channel_that_hangs_holds_up_no_other(self, desk: Desk) -> None:
        told = asyncio.Event()

        async def hang(to: str, key: str) -> None:
            await told.wait()

        async def tell(to: str, key: str) -> None:
            told.set()

        desk.carrier(Medium.PUSH).before = hang
        desk.carrier(Medium.SMS).before = tell
        (offer,) = await desk.asks(1)
        assert await asyncio.wait_for(desk.outbox.beat(), 10) == 2
        assert desk.status(offer, Medium.PUSH) is SendStatus.SENT


class TestHeldBack:
    async def test_quiet_hours_are_told_once_and_end(self, desk: Desk) -> None:
        """08:00 in UTC; this person sleeps until nine."""
        quiet = replace(desk.people[VolunteerId(1)], quiet=(22 * 60, 9 * 60))
        desk.people[VolunteerId(1)] = quiet
        people = (VolunteerId(1),)
        test = act.StartReachTest(name="Night shift", volunteer_ids=people, minutes=120)
        notice = NoticeId(f"t-{(await desk.office.act(COMMANDER, test)).ids['test']}-1")
        desk.wait(30)
        assert await desk.outbox.beat() == 1
        found = desk.board.notices[notice].by(Medium.SMS)
        assert found is not None
        assert (found.status, found.because) == (SendStatus.HELD, "QUIET_HOURS")
        for _ in range(5):
            desk.wait(60)
            assert await desk.outbox.beat() == 0
        assert len(await desk.records()) == 1
        desk.wait(3_600)
        assert await desk.outbox.beat() == 1
        found = desk.board.notices[notice].by(Medium.SMS)
        assert found is not None
        assert found.status is SendStatus.SENT

    async def test_a_restart_does_not_wake_anybody(self, desk: Desk, other: Desk) -> None:
        for one in (desk, other):
            mine = one.people[VolunteerId(1)]
            one.people[VolunteerId(1)] = replace(mine, quiet=(0, 9 * 60))
        (offer,) = await desk.asks(1, severity=Severity.III)
        desk.wait(60)
        await desk.outbox.beat()
        assert desk.status(offer, Medium.SMS) is SendStatus.HELD
        other.office.clock._now = desk.office.clock.now() + timedelta(seconds=LEASE_S)
        await other.office.desk.start()
        assert await other.outbox.beat() == 0
        assert len(await other.records()) == 1

    async def test_life_goes_before_sleep_and_money(self, engine: sa.Engine) -> None:
        desk = Desk(engine, limits=Limits(quiet=(0, 24 * 60), cap=0, prices={Medium.SMS: 5}))
        (offer,) = await desk.asks(1)
        await desk.outbox.beat()
        assert desk.status(offer, Medium.SMS) is SendStatus.SENT
        desk.log.close()

    async def test_no_more_is_spent_than_the_cap(self, engine: sa.Engine) -> None:
        """All of them fall due in one round."""
        desk = Desk(engine, limits=Limits(cap=23, prices={Medium.SMS: 5}))
        offers = await desk.asks(*range(1, 11), severity=Severity.III)
        desk.wait(60)
        await desk.outbox.beat()
        assert len(desk.carrier(Medium.SMS).sent) == 4
        assert list(desk.board.spent.values()) == [20]
        held = [desk.delivery(o, Medium.SMS) for o in offers]
        assert [d.because for d in held if d and d.status is SendStatus.HELD] == ["COST_CAP"] * 6
        desk.wait(60)
        assert await desk.outbox.beat() == 0
        desk.log.close()

    async def test_what_waited_for_the_morning_may_be_too_dear_by_then(
        self, engine: sa.Engine
    ) -> None:
        """It is 08:00; the agency sleeps for one more minute."""
        quiet = (0, 8 * 60 + 2)
        desk = Desk(engine, limits=Limits(quiet=quiet, cap=4, prices={Medium.SMS: 5}))
        (offer,) = await desk.asks(1, severity=Severity.III)
        for because, sleep_s in (("QUIET_HOURS", 60), ("COST_CAP", 60), ("COST_CAP", 60)):
            desk.wait(sleep_s)
            await desk.outbox.beat()
            found = desk.delivery(offer, Medium.SMS)
            assert found is not None
            assert (found.status, found.because) == (SendStatus.HELD, because)
        assert desk.carrier(Medium.SMS).sent == deque()
        desk.log.close()


def failing_log(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the log take nothing until the function returned is called."""
    whole = SqlEventLog.append
    down = [True]

    async def append(self: SqlEventLog, *args: Any, **more: Any) -> int:
        if down and self is desk.log:
            raise StoreUnavailable("disk")
        return await whole(self, *args, **more)

    monkeypatch.setattr(SqlEventLog, "append", append)
    return down.clear


class TestCrash:
    async def test_killed_between_sending_and_recording_it_sends_again_under_the_same_key(
        self, desk: Desk, other: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (offer,) = await desk.asks(1)
        failing_log(desk, monkeypatch)
        with pytest.raises(StoreUnavailable):
            await desk.outbox.beat()
        assert desk.carrier(Medium.SMS).keys == [f"o-{offer}/SMS"]
        other.office.clock._now = desk.office.clock.now() + timedelta(seconds=LEASE_S)
        await other.office.desk.start()
        await other.outbox.beat()
        for medium in (Medium.PUSH, Medium.SMS):
            assert other.carrier(medium).keys == desk.carrier(medium).keys
        assert list(other.board.spent.values()) == [5]

    async def test_what_was_sent_while_the_store_was_away_is_recorded_and_not_sent_again(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (offer,) = await desk.asks(1)
        back = failing_log(desk, monkeypatch)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await desk.outbox.beat()
        back()
        assert await desk.outbox.beat() == 0
        assert desk.carrier(Medium.SMS).keys == [f"o-{offer}/SMS"]
        assert desk.status(offer, Medium.SMS) is SendStatus.SENT

    async def test_after_a_restart_it_goes_on_where_it_was(self, desk: Desk, other: Desk) -> None:
        answered, silent = await desk.asks(1, 2)
        await desk.outbox.beat()
        await desk.declines(1, answered)
        other.office.clock._now = desk.office.clock.now() + timedelta(seconds=45)
        await other.office.desk.start()
        assert await other.outbox.beat() == 1
        assert other.carrier(Medium.VOICE).keys == [f"o-{silent}/VOICE"]


class TestSeveralWorkers:
    async def test_only_one_sends(self, desk: Desk, other: Desk) -> None:
        await desk.asks(1, 2, 3)
        await other.office.desk.start()
        both = await asyncio.gather(desk.outbox.beat(), other.outbox.beat())
        assert sorted(both) == [0, 6]

    async def test_an_answer_that_another_worker_has_just_stored_counts(
        self, desk: Desk, other: Desk
    ) -> None:
        one, two = await desk.asks(1, 2)
        await other.office.desk.start()
        await other.declines(1, one)
        assert desk.delivery(two, Medium.SMS) is None
        assert await desk.outbox.beat() == 2
        assert desk.carrier(Medium.SMS).keys == [f"o-{two}/SMS"]

    async def test_who_takes_over_knows_what_was_sent_before(self, desk: Desk, other: Desk) -> None:
        await desk.asks(1)
        await other.office.desk.start()
        await desk.outbox.beat()
        other.wait(LEASE_S)
        assert await other.outbox.beat() == 0
        assert other.carrier(Medium.PUSH).keys == []

    async def test_when_it_dies_another_takes_over_once_the_lease_is_over(
        self, desk: Desk, other: Desk
    ) -> None:
        await desk.asks(1)
        await desk.outbox.beat()
        await desk.asks(2)
        await other.office.desk.start()
        for waited_s in range(0, int(LEASE_S), int(BEAT_S)):
            assert await other.outbox.beat() == 0, waited_s
            other.wait(BEAT_S)
        assert await other.outbox.beat() == 2

    async def test_who_may_not_send_does_not_ask_all_the_time(
        self, desk: Desk, other: Desk
    ) -> None:
        await desk.asks(1)
        await desk.outbox.beat()
        await desk.asks(2)
        await other.office.desk.start()
        for _ in range(10):
            await other.outbox.beat()
        assert len(other.asked) == 1

    async def test_who_wakes_up_too_late_sends_and_records_nothing_more(
        self, desk: Desk, other: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is stopped while its first message is under way; the other one sends everything."""
        monkeypatch.setattr(module, "AT_ONCE", dict.fromkeys(Medium, 1))
        desk.people = {v: replace(c, push=()) for v, c in desk.people.items()}
        other.people = desk.people
        offers = sorted(await desk.asks(1, 2, 3))

        async def stopped(to: str, key: str) -> None:
            desk.carrier(Medium.SMS).before = None
            desk.wait(2 * LEASE_S)
            other.office.clock._now = desk.office.clock.now()
            await other.office.desk.start()
            await other.outbox.beat()

        desk.carrier(Medium.SMS).before = stopped
        await desk.outbox.beat()
        assert desk.carrier(Medium.SMS).keys == [f"o-{offers[0]}/SMS"]
        assert other.carrier(Medium.SMS).keys == [f"o-{o}/SMS" for o in offers]
        await desk.office.desk.start()
        assert list(desk.board.spent.values()) == [15]
        assert [len(r.sent) for r in await desk.records()] == [6]

    async def test_two_desks_fold_the_same_notices(self, desk: Desk, other: Desk) -> None:
        (offer,) = await desk.asks(1)
        await desk.outbox.beat()
        await desk.declines(1, offer)
        await other.office.desk.start()
        assert other.board == desk.board


def test_a_message_ends_before_the_lease_that_covers_it() -> None:
    assert module.RENEW_S + module.SEND_S < LEASE_S
