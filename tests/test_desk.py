"""The desk: one writer, first answers repeated, losers retry, time takes its course."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch.desk import Answer
from dispatch.errors import ActionReused, Conflict, Forbidden, Rejected, StoreUnavailable
from dispatch.eventlog import MemoryEventLog
from dispatch.events import Entry
from dispatch.matching.alerting import FixedWaves, Hold, plain
from dispatch.matching.alerting.book import AlertBook, AlertRule
from dispatch.model import (
    ActionId,
    Actor,
    AgencyId,
    Fix,
    Heads,
    Line,
    NeedId,
    NoticeId,
    OfferStatus,
    Reason,
    VolunteerId,
    ZoneKind,
)
from dispatch.ports import NO_DIGESTS
from tests.builders import NOW, contract, person, roster
from tests.office import AGENCY, COMMANDER, Office, volunteer

Outcomes = list[Answer | BaseException]

PEOPLE = [person(n, lon=125.74 - n / 1_000) for n in range(1, 9)]


@pytest.fixture
def office() -> Office:
    return Office(PEOPLE)


async def test_a_call_from_need_to_acceptance(office: Office) -> None:
    need = await office.need()
    plan = await office.act(COMMANDER, act.MakePlan())
    made = await office.act(COMMANDER, act.DispatchPlan(plan_id=plan.ids["plan"]))
    board = office.desk.board
    asked = [board.offers[o].volunteer_id for o in made.ids["offers"]]
    assert len(asked) > 2  # heads, because not everybody says yes
    assert asked[:2] == [1, 2]
    answer = await office.act(volunteer(1), act.AcceptOffer(offer_id=made.ids["offers"][0]))
    assert board.assignments[answer.ids["assignment"]].need_id == need


async def test_dispatch_starts_alerting_by_the_agencys_book(office: Office) -> None:
    office.desk.book = AlertBook(rules=(AlertRule(policy=FixedWaves(size=2, every_s=90)),))
    need = NeedId(await office.need())
    plan = await office.act(COMMANDER, act.MakePlan())
    await office.act(COMMANDER, act.DispatchPlan(plan_id=plan.ids["plan"]))
    policy = office.desk.board.alerting[need].policy
    assert (policy["kind"], policy["size"], policy["every_s"]) == ("fixed-waves", 2, 90)


async def test_a_policy_of_the_commanders_own(office: Office) -> None:
    need = NeedId(await office.need())
    mine = act.StartAlerting(need_ids=(need,), policy={"kind": "hold", "q": 0.8})
    await office.act(COMMANDER, mine)
    assert office.desk.board.alerting[need].policy == plain(Hold(q=0.8))


async def test_a_policy_that_cannot_be(office: Office) -> None:
    need = NeedId(await office.need())
    for values, says in (({"kind": "shout"}, "kind"), ({"kind": "hold", "q": "much"}, "q")):
        with pytest.raises(Rejected) as caught:
            await office.act(COMMANDER, act.StartAlerting(need_ids=(need,), policy=values))
        assert caught.value.code == "BAD_ALERT_POLICY"
        assert says in str(caught.value.params["problem"])


async def test_plan_is_proven_and_says_what_it_is_based_on(office: Office) -> None:
    await office.need()
    await office.act(COMMANDER, act.MakePlan())
    (plan,) = office.desk.board.plans.values()
    assert (plan.gap, plan.objective_s) == (0.0, plan.bound_s)
    assert plan.basis_seq == 3


async def test_nothing_to_plan(office: Office) -> None:
    with pytest.raises(Rejected, match="NOTHING_TO_PLAN"):
        await office.act(COMMANDER, act.MakePlan())


async def test_a_repeated_action_gets_the_first_answer(office: Office) -> None:
    need = await office.need()
    key = ActionId("li/twice")
    make = act.MakeOffer(need_id=NeedId(need), volunteer_ids=(VolunteerId(1),))
    first = await office.desk.act(COMMANDER, key, make)
    head = await office.log.head(AGENCY)
    again = await office.desk.act(COMMANDER, key, make)
    assert again == replace(first, repeated=True)
    assert await office.log.head(AGENCY) == head


async def test_a_repeated_plan_is_not_planned_again(office: Office) -> None:
    await office.need()
    first = await office.desk.act(COMMANDER, ActionId("li/plan"), act.MakePlan())
    again = await office.desk.act(COMMANDER, ActionId("li/plan"), act.MakePlan())
    assert (again.ids, again.repeated) == (first.ids, True)


async def test_one_that_breaks_spoils_nobody_elses_answer(office: Office) -> None:
    need = await office.need()
    offers = await office.offers(need, 1, 2, 3)
    judged = office.desk.judge

    def breaks_on_two(*args: Any) -> Any:
        if any(volunteer_id == 2 for _, volunteer_id in args[2]):
            raise ArithmeticError("a fault of ours")
        return judged(*args)

    office.desk.judge = breaks_on_two
    outcomes = await asyncio.gather(
        *(office.act(volunteer(n), act.AcceptOffer(offer_id=o)) for n, o in enumerate(offers, 1)),
        return_exceptions=True,
    )
    assert [type(o) for o in outcomes] == [Answer, ArithmeticError, Answer]
    assert office.desk.board.heads_taken(NeedId(need)) == 2


async def test_who_gives_up_waiting_spoils_nobody_elses_answer(office: Office) -> None:
    need = await office.need()
    offers = await office.offers(need, 1, 2)
    async with office.desk._lock:
        tasks = [
            asyncio.create_task(office.act(volunteer(n), act.AcceptOffer(offer_id=o)))
            for n, o in enumerate(offers, 1)
        ]
        judged, giving_up = office.desk.judge, tasks[1]
        loop = asyncio.get_running_loop()

        def meanwhile(*args: Any) -> Any:
            loop.call_soon_threadsafe(giving_up.cancel)
            return judged(*args)

        office.desk.judge = meanwhile
        await asyncio.sleep(0)
    first, gone = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, Answer), first
    assert isinstance(gone, asyncio.CancelledError)
    assert not office.desk._waiting


async def test_whatever_is_said_on_the_bus_is_a_ring_of_the_bell(office: Office) -> None:
    following = asyncio.create_task(office.desk._follow())
    other = Office(PEOPLE, office.log)
    await other.need()
    async with asyncio.timeout(10):
        while not office.desk.board.needs:
            await office.desk.bus.publish(f"log/{AGENCY}", b"\xffnonsense")
            await asyncio.sleep(0)
    assert not following.done()
    following.cancel()


async def test_one_id_for_two_actions(office: Office) -> None:
    key = ActionId("li/same")
    await office.desk.act(COMMANDER, key, act.AddNote(text="one"))
    with pytest.raises(ActionReused):
        await office.desk.act(COMMANDER, key, act.AddNote(text="two"))


async def test_a_refused_action_stores_nothing_and_may_come_again(office: Office) -> None:
    key = ActionId("li/late")
    late = act.AddNote(text="")
    with pytest.raises(Rejected):
        await office.desk.act(COMMANDER, key, late)
    assert not await office.log.find(AGENCY, [key])


async def test_an_action_that_changes_nothing(office: Office) -> None:
    await office.need()
    (incident,) = office.desk.board.incidents.values()
    same = act.UpdateIncident(incident_id=incident.id, seen_seq=3, title=incident.title)
    answer = await office.act(COMMANDER, same)
    assert (answer.seq, answer.ids) == (3, {})


async def test_an_old_word_that_comes_again_does_not_undo_a_newer_one(office: Office) -> None:
    yes, no = act.SetAvailability(available=True), act.SetAvailability(available=False)
    for _ in range(2):
        await office.desk.act(volunteer(1), ActionId("1/yes"), yes)
        await office.desk.act(volunteer(1), ActionId("1/no"), no)
    assert office.desk.board.person(VolunteerId(1)).available is False


async def test_nobody_unknown_is_on_duty(office: Office) -> None:
    with pytest.raises(Rejected, match="NOT_FOUND"):
        await office.act(COMMANDER, act.CheckIn(volunteer_id=VolunteerId(987)))


async def test_a_reach_test_names_people_of_the_roster(office: Office) -> None:
    people = (VolunteerId(1), VolunteerId(99))
    start = act.StartReachTest(name="Team", volunteer_ids=people, minutes=5)
    with pytest.raises(Rejected, match="NOT_FOUND") as caught:
        await office.act(COMMANDER, start)
    assert caught.value.params == {"entity": "volunteer", "id": 99}
    start = act.StartReachTest(name="Team", volunteer_ids=people[:1], minutes=5)
    answer = await office.act(COMMANDER, start)
    assert list(office.desk.board.tests) == [answer.ids["test"]]


async def test_who_says_later_holds_an_offer_and_is_judged_as_who_accepts(office: Office) -> None:
    """Their open offer is no reason against them; the answer says what it made."""
    (offer,) = await office.offers(await office.need(), 1)
    later = act.PromiseLater(offer_id=offer, ready_in_s=900)
    answer = await office.act(volunteer(1), later)
    assert office.desk.board.active == {1: answer.ids["assignment"]}


async def test_an_offer_for_an_unknown_need(office: Office) -> None:
    with pytest.raises(Rejected, match="NOT_FOUND"):
        await office.offers("gone", 1)


async def test_roles(office: Office) -> None:
    with pytest.raises(Forbidden):
        await office.act(volunteer(1), act.AddNote(text="mine"))


async def test_an_outline_that_is_no_zone(office: Office) -> None:
    flat = ((0.0, 0.0), (1.0, 1.0), (2.0, 2.0))
    with pytest.raises(Rejected) as caught:
        await office.act(COMMANDER, draw(flat))
    assert caught.value.code == "BAD_ZONE"
    assert caught.value.params == {"problem": "NO_AREA"}


async def test_an_outline_that_crosses_itself_is_mended_and_says_so(office: Office) -> None:
    bow = ((0.0, 0.0), (0.1, 0.1), (0.1, 0.0), (0.0, 0.1))
    drawn = await office.act(COMMANDER, draw(bow))
    zone = office.desk.board.zones[drawn.ids["zone"]]
    assert zone.repaired
    assert len(zone.parts) == 2
    sound = await office.act(COMMANDER, draw(bow[:3]))
    assert not office.desk.board.zones[sound.ids["zone"]].repaired


def draw(ring: Line) -> act.DrawZone:
    return act.DrawZone(zone_kind=ZoneKind.FLOOD, name="x", parts=((ring,),))


class TestEligibilityAtTheMoment:
    async def test_cover_that_lapsed_since_the_offer_stops_the_acceptance(
        self, office: Office
    ) -> None:
        need = await office.need()
        (offer,) = await office.offers(need, 1)
        office.roster = lambda ids: roster(  # type: ignore[method-assign]
            (office.people[i] for i in ids),
            [contract(valid_until_at=datetime(2026, 7, 20, 9, tzinfo=UTC))],
        )
        office.desk.rows = office.roster
        with pytest.raises(Rejected) as caught:
            await office.act(volunteer(1), act.AcceptOffer(offer_id=offer))
        assert caught.value.params["reasons"] == [Reason.COVER]

    async def test_lapsed_cover_does_not_answer_for_a_need_that_overran(
        self, office: Office
    ) -> None:
        need = await office.need()
        office.clock._now += timedelta(days=2)
        lapsed = [contract(valid_until_at=NOW + timedelta(days=1))]
        office.desk.rows = lambda ids: roster((office.people[i] for i in ids), lapsed)
        pair = (NeedId(need), VolunteerId(1))
        assert Reason.COVER in (await office.judged([pair]))[pair].reasons

    async def test_a_flood_that_rose_since_the_offer_cuts_off(self, office: Office) -> None:
        need = await office.need()
        (offer,) = await office.offers(need, 1)
        home = office.people[VolunteerId(1)]
        ring = tuple(
            (home.lon + dx, home.lat + dy) for dx, dy in ((-0.01, -0.01), (0.01, -0.01), (0, 0.01))
        )
        await office.act(COMMANDER, draw(ring))
        with pytest.raises(Rejected) as caught:
            await office.act(volunteer(1), act.AcceptOffer(offer_id=offer))
        assert caught.value.params["reasons"] == [Reason.CUT_OFF]

    async def test_somebody_unknown_to_the_roster(self, office: Office) -> None:
        need = await office.need()
        verdicts = await office.judged([(NeedId(need), VolunteerId(99))])
        assert verdicts[NeedId(need), VolunteerId(99)].reasons == (Reason.STATUS,)

    async def test_why_not(self, office: Office) -> None:
        need = await office.need()
        await office.act(volunteer(3), act.SetAvailability(available=False))
        pair = (NeedId(need), VolunteerId(3))
        assert (await office.judged([pair]))[pair].reasons == (Reason.UNAVAILABLE,)

    async def test_people_with_open_offers_are_not_planned_again(self, office: Office) -> None:
        need = await office.need()
        await office.offers(need, 1)
        await office.act(COMMANDER, act.MakePlan())
        (plan,) = office.desk.board.plans.values()
        assert {2, 3} <= {p.volunteer_id for p in plan.proposals}
        assert 1 not in {p.volunteer_id for p in plan.proposals}


class TestTime:
    async def test_offers_expire(self, office: Office) -> None:
        need = await office.need()
        (offer,) = await office.offers(need, 1)
        office.clock._now += timedelta(minutes=3)
        assert await office.desk.tick() == 1
        assert office.desk.board.offers[offer].status is OfferStatus.EXPIRED
        assert await office.desk.tick() == 0

    async def test_run_ticks_by_itself(self, office: Office) -> None:
        need = await office.need()
        (offer,) = await office.offers(need, 1)
        task = asyncio.create_task(office.desk.run())
        await office.clock.advance(0)
        for _ in range(181):
            await office.clock.advance(1)
            await asyncio.sleep(0)
        task.cancel()
        assert office.desk.board.offers[offer].status is OfferStatus.EXPIRED


class TestManyWriters:
    async def test_two_desks_on_one_log_see_each_other(self) -> None:
        log = MemoryEventLog()
        one, two = Office(PEOPLE, log), Office(PEOPLE, log)
        need = await one.need()
        (offer,) = await two.offers(need, 1)
        await one.act(volunteer(1), act.AcceptOffer(offer_id=offer))
        with pytest.raises(Rejected, match="OFFER_ANSWERED"):
            await two.act(volunteer(1), act.AcceptOffer(offer_id=offer))

    async def test_the_last_head_goes_to_one_of_many(self) -> None:
        log = MemoryEventLog()
        offices = [Office(PEOPLE, log) for _ in range(4)]
        need = await offices[0].need()
        offers = await offices[0].offers(need, *range(1, 9))

        async def accept(n: int) -> str:
            action = act.AcceptOffer(offer_id=offers[n])
            try:
                await offices[n % 4].act(volunteer(n + 1), action)
            except Rejected as exc:
                return exc.code
            return "ACCEPTED"

        answers = await asyncio.gather(*(accept(n) for n in range(8)))
        assert answers.count("ACCEPTED") == 2
        assert set(answers) <= {"ACCEPTED", "NEED_FULL", "OFFER_WITHDRAWN"}
        for office in offices:
            await office.desk.start()
            assert office.desk.board.heads_taken(NeedId(need)) == 2

    async def test_the_same_action_at_two_desks_happens_once(self) -> None:
        log = MemoryEventLog()
        one, two = Office(PEOPLE, log), Office(PEOPLE, log)
        note = act.AddNote(text="once")
        answers = await asyncio.gather(
            *(o.desk.act(COMMANDER, ActionId("li/once"), note) for o in (one, two))
        )
        assert sorted(a.repeated for a in answers) == [False, True]
        assert await log.head(AGENCY) == 1

    async def test_ticks_of_two_desks_expire_an_offer_once(self) -> None:
        log = MemoryEventLog()
        one, two = Office(PEOPLE, log), Office(PEOPLE, log)
        need = await one.need()
        await one.offers(need, 1)
        for office in (one, two):
            office.clock._now = NOW + timedelta(minutes=3)
        head = await log.head(AGENCY)
        await asyncio.gather(one.desk.tick(), two.desk.tick())
        assert await log.head(AGENCY) == head + 1

    async def test_a_follower_hears_the_doorbell_and_tells_its_listeners(self) -> None:
        log = MemoryEventLog()
        one, two = Office(PEOPLE, log), Office(PEOPLE, log)
        two.desk.bus = one.desk.bus
        heard: list[int] = []
        two.desk.listeners.append(lambda seq, keys: heard.append(seq))
        task = asyncio.create_task(two.desk.run())
        await asyncio.sleep(0.01)
        await one.act(COMMANDER, act.AddNote(text="ding"))
        await asyncio.sleep(0.01)
        task.cancel()
        assert heard == [1]

    async def test_without_doorbell_the_poll_finds_it(self) -> None:
        log = MemoryEventLog()
        one, two = Office(PEOPLE, log), Office(PEOPLE, log)
        task = asyncio.create_task(two.desk.run())
        await one.act(COMMANDER, act.AddNote(text="ding"))
        for _ in range(3):
            await two.clock.advance(1)
            await asyncio.sleep(0.01)
        task.cancel()
        assert two.desk.board.seq == 1


class Broken(MemoryEventLog):
    """A log whose appends always lose."""

    async def append(self, *args: object, **kwargs: object) -> int:
        raise Conflict(0, 1)


async def test_a_log_that_never_lets_us_write_is_an_error_not_a_loop() -> None:
    office = Office(PEOPLE, Broken())
    with pytest.raises(StoreUnavailable):
        await office.act(COMMANDER, act.AddNote(text="x"))


class Watched(MemoryEventLog):
    """A log that says how much was stored at once, and can be held up or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.appended: list[int] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failing = False

    async def append(
        self,
        agency: AgencyId,
        entries: Sequence[Entry],
        expected_seq: int,
        digests: Mapping[ActionId, str] = NO_DIGESTS,
    ) -> int:
        await self.open.wait()
        if self.failing:
            raise StoreUnavailable("disk full")
        head = await super().append(agency, entries, expected_seq, digests)
        self.appended.append(len({e.action_id for e in entries}))
        return head


class TestTogether:
    """Answers that wait at the same time are stored together, as if one after the other."""

    @pytest.fixture
    def log(self) -> Watched:
        return Watched()

    @pytest.fixture
    def office(self, log: Watched) -> Office:
        return Office(PEOPLE, log)

    async def asked(self, office: Office, maximum: int = 3) -> list[tuple[Actor, act.AcceptOffer]]:
        need = await office.need(heads=Heads(minimum=1, desired=maximum, maximum=maximum))
        offers = await office.offers(need, *range(1, 9))
        return [(volunteer(n), act.AcceptOffer(offer_id=o)) for n, o in enumerate(offers, start=1)]

    async def at_once(self, office: Office, doings: Sequence[tuple[Actor, act.Action]]) -> Outcomes:
        async with office.desk._lock:
            tasks = [asyncio.create_task(office.act(*doing)) for doing in doings]
            while len(office.desk._waiting) < len(tasks):  # noqa: ASYNC110 - a test's look inside
                await asyncio.sleep(0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def test_the_first_come_are_taken_and_no_more(self, office: Office, log: Watched) -> None:
        accepts = await self.asked(office)
        log.appended.clear()
        outcomes = await self.at_once(office, accepts)
        refused = [o.code for o in outcomes if isinstance(o, Rejected)]
        taken = [o for o in outcomes if isinstance(o, Answer)]
        assert (len(taken), refused) == (3, ["OFFER_WITHDRAWN"] * 5)
        assert outcomes[:3] == taken
        assert log.appended == [3]
        board = office.desk.board
        assert sorted(a.volunteer_id for a in board.assignments.values()) == [1, 2, 3]
        assert [o.seq for o in taken] == sorted({o.seq for o in taken})
        assert taken[-1].seq == board.seq == await log.head(AGENCY)

    async def test_what_many_phones_have_seen_is_stored_at_once(
        self, office: Office, log: Watched
    ) -> None:
        accepts = await self.asked(office)
        log.appended.clear()
        sees = [
            (who, act.SeeNotices(notice_ids=(NoticeId(f"o-{accept.offer_id}"),)))
            for who, accept in accepts
        ]
        await self.at_once(office, sees)
        assert log.appended == [8]
        assert all(n.seen for n in office.desk.board.notices.values())

    async def test_the_board_is_what_the_log_says(self, office: Office, log: Watched) -> None:
        await self.at_once(office, await self.asked(office, maximum=8))
        other = Office(PEOPLE, log)
        await other.desk.start()
        assert other.desk.board == office.desk.board
        assert len(other.desk.board.assignments) == 8

    async def test_a_commander_comes_between(self, office: Office, log: Watched) -> None:
        accepts = await self.asked(office, maximum=8)
        log.appended.clear()
        note = (COMMANDER, act.AddNote(text="x"))
        outcomes = await self.at_once(office, [*accepts[:2], note, *accepts[2:]])
        assert log.appended == [2, 1, 6]
        assert [type(o) for o in outcomes] == [Answer] * 9

    async def test_one_person_twice_is_two_turns(self, office: Office, log: Watched) -> None:
        (one, accept), (two, _) = (await self.asked(office))[:2]
        log.appended.clear()
        leave = act.SetAvailability(available=False)
        outcomes = await self.at_once(office, [(two, leave), (one, leave), (one, accept)])
        assert log.appended == [2]
        assert isinstance(outcomes[2], Rejected)
        assert outcomes[2].params["reasons"] == [Reason.UNAVAILABLE]

    async def test_nobody_is_told_of_what_is_not_stored(self, office: Office, log: Watched) -> None:
        accepts = await self.asked(office, maximum=8)
        before, told = office.desk.board.copy(), []
        office.desk.listeners.append(lambda seq, keys: told.append(seq))
        log.failing = True
        outcomes = await self.at_once(office, accepts)
        assert [type(o) for o in outcomes] == [StoreUnavailable] * 8
        assert (office.desk.board, told) == (before, [])
        log.failing = False
        outcomes = await self.at_once(office, accepts)
        assert [type(o) for o in outcomes] == [Answer] * 8

    async def test_who_gives_up_takes_nobody_along(self, office: Office, log: Watched) -> None:
        accepts = await self.asked(office, maximum=8)
        log.open.clear()
        tasks = [asyncio.create_task(office.act(*doing)) for doing in accepts]
        await asyncio.sleep(0.05)  # the first is in the middle of storing for all
        tasks[0].cancel()
        tasks[5].cancel()
        log.open.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [n for n, o in enumerate(outcomes) if isinstance(o, Answer)] == [1, 2, 3, 4, 6, 7]
        assert len(office.desk.board.assignments) >= 6

    async def test_desks_that_race_agree(self, log: Watched) -> None:
        offices = [Office(PEOPLE, log), Office(PEOPLE, log)]
        accepts = await self.asked(offices[0])
        await offices[1].desk.start()
        halves = [self.at_once(o, accepts[n::2]) for n, o in enumerate(offices)]
        outcomes = [o for half in await asyncio.gather(*halves) for o in half]
        assert sum(isinstance(o, Answer) for o in outcomes) == 3
        for office in offices:
            await office.desk.start()
        assert offices[0].desk.board == offices[1].desk.board

    async def test_a_place_told_for_another_counts_for_nobody(self, office: Office) -> None:
        (one, _), (two, theirs) = (await self.asked(office))[:2]
        far = Fix(lon=0.0, lat=0.0, accuracy_m=5, taken_at=office.clock.now())
        meddling = act.AcceptOffer(offer_id=theirs.offer_id, fix=far)
        outcomes = await self.at_once(office, [(one, meddling), (two, theirs)])
        assert [type(o) for o in outcomes] == [Forbidden, Answer]
