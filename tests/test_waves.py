"""The desk asks by itself: declines are replaced, silence fades, filled is filled, doubts are told.

The planner here is a queue: it proposes the next people in line, as many as the policy says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch.board import Board, apply
from dispatch.errors import PlannerUnavailable, SolverFailed, StoreUnavailable
from dispatch.eventlog import MemoryEventLog
from dispatch.matching.alerting import Ranked, fill
from dispatch.matching.alerting.calls import call_of, rho_of
from dispatch.model import (
    SYSTEM,
    DeclineReason,
    DoubtReason,
    EtaSource,
    Fill,
    Heads,
    NeedId,
    Offer,
    Plan,
    PlanId,
    PlanStatus,
    Proposal,
    Site,
    Skill,
    Travel,
    TravelMode,
    VolunteerId,
    WaveReason,
)
from dispatch.waves import BEAT_S, REST_MOST_S, REST_S, Waves
from tests.builders import person
from tests.office import AGENCY, COMMANDER, Office, volunteer

PEOPLE = [person(n, lon=125.74 - n / 10_000) for n in range(1, 81)]
P = 0.36


class Queue:
    """Proposes the next in line who were not asked for the need yet; or fails when told to."""

    def __init__(self, office: Office, line: Iterable[int]) -> None:
        self.office, self.line = office, list(line)
        self.asked: list[tuple[NeedId, ...] | None] = []
        self.failing: Exception | None = None

    async def plan(
        self, seq: int, now: datetime, only: tuple[NeedId, ...] | None = None
    ) -> Plan | None:
        self.asked.append(only)
        if self.failing is not None:
            raise self.failing
        needs = only or tuple(n.id for n in self.office.desk.board.open_needs())
        parts = [self._of(need_id, now) for need_id in needs]
        return Plan(
            id=PlanId(""),
            basis_seq=self.office.desk.board.seq,
            need_ids=needs,
            proposals=tuple(p for proposals, _ in parts for p in proposals),
            shortfalls=(),
            objective_s=0,
            bound_s=0,
            gap=0.0,
            solve_ms=0,
            status=PlanStatus.PROPOSED,
            made_at=now,
            fills=tuple(f for _, f in parts),
        )

    def _of(self, need_id: NeedId, now: datetime) -> tuple[list[Proposal], Fill]:
        board, book = self.office.desk.board, self.office.desk.book
        need = board.needs[need_id]
        call = call_of(board, need, now, law=book.law, show_up=0.9)
        policy = book.policy_for(board, need)
        gone = {board.offers[o].volunteer_id for o in board.offers_of[need_id]}
        free = [v for v in self.line if v not in gone]
        ranked = Ranked(np.full(len(free), P), np.full(len(free), 120.0))
        asking = free[: policy.more(call, ranked)]
        likely = fill(call, rho=rho_of(policy))
        found = Fill(
            need_id=need_id,
            open=call.open_heads,
            asked=len(call.silent),
            asking=len(asking),
            fill=likely,
            before=likely,
        )
        return [proposal(need_id, v) for v in asking], found


def proposal(need_id: NeedId, number: int) -> Proposal:
    return Proposal(
        need_id=need_id,
        volunteer_id=VolunteerId(number),
        travel=Travel(eta_s=60, dist_m=1, source=EtaSource.ESTIMATED, mode=TravelMode.CAR),
        origin=Site(lon=0, lat=0),
        cover=None,
        skill=Skill("LOG"),
        cost_s=1,
        accepts=P,
    )


class Scene:
    """An office whose desk makes waves, and a need under way."""

    def __init__(self, log: MemoryEventLog | None = None, line: Iterable[int] = range(1, 81)):
        self.office = Office(PEOPLE, log)
        self.queue = Queue(self.office, line)
        self.office.desk.planner = self.queue
        self.waves = Waves(desk=self.office.desk, show_up=0.9)

    @property
    def board(self) -> Board:
        return self.office.desk.board

    async def dispatched(self, **over: Any) -> NeedId:
        need = NeedId(await self.office.need(**over))
        plan = await self.office.act(COMMANDER, act.MakePlan())
        await self.office.act(COMMANDER, act.DispatchPlan(plan_id=plan.ids["plan"]))
        self.queue.asked.clear()
        return need

    async def alerting(self) -> NeedId:
        need = NeedId(await self.office.need(heads=Heads(minimum=1, desired=5, maximum=5)))
        await self.office.act(COMMANDER, act.StartAlerting(need_ids=(need,)))
        return need

    async def frees_somebody(self) -> None:
        await self.office.act(volunteer(80), act.SetAvailability(available=True))

    async def beats(self, seconds: float) -> None:
        for _ in range(round(seconds / BEAT_S)):
            self.office.clock._now += timedelta(seconds=BEAT_S)
            await self.office.desk.tick()
            await self.waves.beat()

    def open(self, need_id: NeedId) -> list[Offer]:
        return list(self.board.open_offers_of(need_id))

    async def decline(self, offer: Offer) -> None:
        no = act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY)
        await self.office.act(volunteer(offer.volunteer_id), no)

    async def accept(self, offer: Offer) -> None:
        yes = act.AcceptOffer(offer_id=offer.id)
        await self.office.act(volunteer(offer.volunteer_id), yes)

    async def events(self, kind: type[Any]) -> list[Any]:
        stored = await self.office.log.read(AGENCY, 0, 10_000)
        return [s.event for s in stored if isinstance(s.event, kind)]


@pytest.fixture
def scene() -> Scene:
    return Scene()


class TestAsking:
    async def test_more_people_are_asked_than_heads_are_open(self, scene: Scene) -> None:
        need = await scene.dispatched()
        assert len(scene.open(need)) > 2
        await scene.beats(10)
        assert scene.queue.asked == []

    async def test_a_decline_is_replaced_at_the_next_beat(self, scene: Scene) -> None:
        need = await scene.dispatched()
        await scene.beats(5)
        before = scene.open(need)
        await scene.decline(before[0])
        await scene.beats(5)
        assert [w.because for w in await scene.events(ev.WaveMade)] == [
            WaveReason.PLAN,
            WaveReason.DECLINED,
        ]
        assert len(scene.open(need)) >= len(before)

    async def test_silence_fades_and_more_are_asked(self, scene: Scene) -> None:
        need = await scene.dispatched()
        asked = len(scene.open(need))
        await scene.beats(60)
        waves = await scene.events(ev.WaveMade)
        assert {w.because for w in waves[1:]} == {WaveReason.SILENCE}
        assert len(scene.open(need)) > asked

    async def test_nobody_is_asked_twice_for_a_need(self, scene: Scene) -> None:
        await scene.dispatched()
        await scene.beats(150)
        people = [o.volunteer_id for o in await scene.events(ev.OfferMade)]
        assert len(people) == len(set(people)) > 20

    async def test_one_yes_is_not_enough_for_two_heads(self, scene: Scene) -> None:
        need = await scene.dispatched()
        await scene.accept(scene.open(need)[0])
        for offer in scene.open(need):
            await scene.decline(offer)
        await scene.beats(5)
        assert len(scene.open(need)) >= 1

    async def test_filled_stands_the_rest_down_and_nobody_more_is_asked(self, scene: Scene) -> None:
        need = await scene.dispatched()
        first, second = scene.open(need)[:2]
        await scene.accept(first)
        head = scene.board.seq
        await scene.accept(second)
        stored = await scene.office.log.read(AGENCY, head)
        assert len({s.action_id for s in stored}) == 1
        assert scene.open(need) == []
        await scene.beats(60)
        assert scene.queue.asked == []

    async def test_who_falls_out_is_replaced(self, scene: Scene) -> None:
        need = await scene.dispatched(heads=Heads(minimum=1, desired=1, maximum=1))
        first = scene.open(need)[0]
        await scene.accept(first)
        mine = scene.board.active[first.volunteer_id]
        ill = act.StandDown(assignment_id=mine, reason="Ill")
        await scene.office.act(volunteer(first.volunteer_id), ill)
        await scene.beats(5)
        assert (await scene.events(ev.WaveMade))[-1].because is WaveReason.STOOD_DOWN

    async def test_started_by_hand_without_a_plan(self, scene: Scene) -> None:
        need = NeedId(await scene.office.need())
        await scene.office.act(COMMANDER, act.StartAlerting(need_ids=(need,)))
        await scene.beats(5)
        assert [w.because for w in await scene.events(ev.WaveMade)] == [WaveReason.STARTED]
        assert len(scene.open(need)) > 2

    async def test_stopped_means_stopped(self, scene: Scene) -> None:
        need = await scene.dispatched()
        await scene.office.act(COMMANDER, act.StopAlerting(need_id=need, reason="Army comes"))
        await scene.beats(120)
        assert scene.queue.asked == []

    async def test_several_needs_are_planned_together(self, scene: Scene) -> None:
        needs = tuple(sorted([NeedId(await scene.office.need()) for _ in range(2)]))
        await scene.office.act(COMMANDER, act.StartAlerting(need_ids=needs))
        await scene.waves.beat()
        assert scene.queue.asked == [needs]

    async def test_fixed_waves_by_the_commanders_choice(self, scene: Scene) -> None:
        need = NeedId(await scene.office.need())
        policy = {"kind": "fixed-waves", "size": 2, "every_s": 60}
        await scene.office.act(COMMANDER, act.StartAlerting(need_ids=(need,), policy=policy))
        await scene.beats(70)
        assert [w.asked for w in await scene.events(ev.WaveMade)] == [4, 4]


class TestIdle:
    """Beats that would do nothing may be passed over (drills do)."""

    async def test_no_beat_before_is_due_and_the_next_one_is(self, scene: Scene) -> None:
        need = await scene.dispatched()
        now = scene.office.clock.now()
        horizon = now + timedelta(hours=1)
        idle_until = scene.waves.idle_until(now, horizon)
        assert now <= idle_until < horizon
        while scene.office.clock.now() + timedelta(seconds=BEAT_S) < idle_until:
            await scene.beats(BEAT_S)
            assert scene.queue.asked == []
        await scene.beats(20)
        assert scene.queue.asked == [(need,)] * len(scene.queue.asked) != []

    async def test_an_answer_ends_what_was_foreseen(self, scene: Scene) -> None:
        need = await scene.dispatched()
        horizon = scene.office.clock.now() + timedelta(hours=1)
        before = scene.waves.idle_until(scene.office.clock.now(), horizon)
        for offer in scene.open(need):
            await scene.decline(offer)
        assert scene.waves.idle_until(scene.office.clock.now(), horizon) < before
        await scene.beats(BEAT_S)
        assert scene.queue.asked == [(need,)]

    async def test_a_need_that_rests_is_idle_until_it_is_asked_for_again(self) -> None:
        scene = Scene(line=())
        await scene.alerting()
        await scene.beats(5)
        now = scene.office.clock.now()
        rests = scene.waves.idle_until(now, now + timedelta(hours=1))
        assert rests == now + timedelta(seconds=REST_MOST_S)

    async def test_nothing_to_ask_for_is_idle_for_ever(self, scene: Scene) -> None:
        now = scene.office.clock.now()
        assert scene.waves.idle_until(now, now + timedelta(days=9)) == now + timedelta(days=9)


class TestRestart:
    async def test_alerting_goes_on_where_it_was(self, scene: Scene) -> None:
        need = await scene.dispatched()
        await scene.decline(scene.open(need)[0])
        again = Scene(scene.office.log)  # type: ignore[arg-type]
        again.office.clock._now = scene.office.clock.now()
        await again.office.desk.start()
        await again.beats(5)
        assert [w.number for w in await again.events(ev.WaveMade)] == [1, 2]

    async def test_two_desks_on_one_log_do_not_ask_twice(self, scene: Scene) -> None:
        need = await scene.dispatched()
        other = Scene(scene.office.log)  # type: ignore[arg-type]
        for step in range(6):
            for offer in scene.open(need)[:1]:
                await scene.decline(offer)
            for desk in (scene, other):
                desk.office.clock._now += timedelta(seconds=BEAT_S)
                if step % 2:
                    await desk.office.desk.start()
            await asyncio.gather(scene.waves.beat(), other.waves.beat())
            await scene.office.desk.start()
        waves = await scene.events(ev.WaveMade)
        assert [w.number for w in waves] == list(range(1, len(waves) + 1))
        people = [o.volunteer_id for o in await scene.events(ev.OfferMade)]
        assert len(people) == len(set(people))
        assert len(waves) == 7

    async def test_the_log_folds_to_the_same_board(self, scene: Scene) -> None:
        need = await scene.dispatched()
        await scene.decline(scene.open(need)[0])
        await scene.beats(100)
        folded = Board(agency=AGENCY)
        for stored in await scene.office.log.read(AGENCY, 0, 10_000):
            apply(folded, stored)
        assert folded == scene.board


class TestDoubt:
    async def test_nobody_left_is_told_once_and_the_planner_is_left_in_peace(self) -> None:
        scene = Scene(line=range(1, 13))
        need = await scene.dispatched()
        for offer in scene.open(need)[:3]:
            await scene.decline(offer)
        await scene.beats(10)
        told = await scene.events(ev.FillDoubted)
        assert [d.because for d in told] == [DoubtReason.NOBODY_LEFT]
        assert 0 < told[0].fill < 0.95
        scene.queue.asked.clear()
        await scene.beats(50)
        assert len(scene.queue.asked) <= 1
        assert len(await scene.events(ev.FillDoubted)) == 1

    async def test_a_change_asks_the_planner_again_at_once(self) -> None:
        scene = Scene(line=range(1, 13))
        need = await scene.dispatched()
        await scene.decline(scene.open(need)[0])
        await scene.beats(10)
        scene.queue.asked.clear()
        await scene.decline(scene.open(need)[0])
        await scene.beats(5)
        assert len(scene.queue.asked) == 1

    async def test_when_somebody_came_free_it_asks_again_at_the_next_minute(self) -> None:
        scene = Scene(line=())
        need = await scene.alerting()
        await scene.beats(5)
        scene.queue.line = list(range(1, 80))
        scene.queue.asked.clear()
        await scene.frees_somebody()
        await scene.beats(REST_S - 2 * BEAT_S)
        assert scene.queue.asked == []
        await scene.beats(BEAT_S)
        assert len(scene.open(need)) > 6

    async def test_while_nobody_comes_free_it_asks_again_after_five_minutes(self) -> None:
        scene = Scene(line=())
        need = await scene.alerting()
        await scene.beats(5)
        scene.queue.line = list(range(1, 80))
        scene.queue.asked.clear()
        await scene.beats(REST_MOST_S - BEAT_S)
        assert scene.queue.asked == []
        await scene.beats(BEAT_S)
        assert len(scene.open(need)) > 6

    async def test_needs_that_rest_are_asked_for_together(self) -> None:
        scene = Scene(line=())
        needs = []
        for _ in range(2):
            needs.append(await scene.alerting())
            await scene.beats(10)
        scene.queue.asked.clear()
        await scene.frees_somebody()
        await scene.beats(60)
        assert scene.queue.asked == [tuple(sorted(needs))]

    async def test_unlikely_to_be_filled(self) -> None:
        scene = Scene(line=range(1, 5))
        need = NeedId(await scene.office.need(heads=Heads(minimum=1, desired=3, maximum=3)))
        await scene.office.act(COMMANDER, act.StartAlerting(need_ids=(need,)))
        await scene.beats(5)
        (told,) = await scene.events(ev.FillDoubted)
        assert told.because is DoubtReason.UNLIKELY
        assert told.fill < 0.5
        assert scene.board.alerting[need].doubted is DoubtReason.UNLIKELY

    async def test_two_waves_without_a_yes(self, scene: Scene) -> None:
        need = await scene.dispatched()
        for _ in range(4):
            await scene.decline(scene.open(need)[0])
            await scene.beats(5)
        assert [d.because for d in await scene.events(ev.FillDoubted)] == [DoubtReason.NO_YES]
        (told,) = await scene.events(ev.FillDoubted)
        assert told.waves == 3

    async def test_two_waves_with_a_yes_are_no_reason_to_doubt(self, scene: Scene) -> None:
        need = await scene.dispatched()
        await scene.accept(scene.open(need)[0])
        for _ in range(5):
            for offer in scene.open(need)[:6]:
                await scene.decline(offer)
            await scene.beats(5)
        assert len(await scene.events(ev.WaveMade)) > 2
        assert await scene.events(ev.FillDoubted) == []

    @pytest.mark.parametrize("error", [PlannerUnavailable("down"), SolverFailed("refused")])
    async def test_a_planner_that_fails_is_told_once_and_tried_less_and_less(
        self, scene: Scene, error: Exception
    ) -> None:
        need = await scene.dispatched()
        plans = dict(scene.board.plans)
        await scene.decline(scene.open(need)[0])
        scene.queue.failing = error
        await scene.beats(300)
        assert [d.because for d in await scene.events(ev.FillDoubted)] == [DoubtReason.PLANNER_DOWN]
        assert 5 <= len(scene.queue.asked) <= 9
        assert scene.board.plans == plans
        scene.queue.failing = None
        await scene.beats(REST_S)
        assert len(await scene.events(ev.WaveMade)) > 1
        assert scene.board.alerting[need].doubted is not DoubtReason.PLANNER_DOWN


class Flaky(MemoryEventLog):
    """A log that can be told not to answer."""

    down = False

    async def append(self, *args: Any, **kwargs: Any) -> int:
        if self.down:
            raise StoreUnavailable("disk full")
        return await super().append(*args, **kwargs)


async def test_run_beats_by_itself_and_survives_a_full_disk() -> None:
    log = Flaky()
    scene = Scene(log)
    need = await scene.dispatched()
    await scene.decline(scene.open(need)[0])
    task = asyncio.create_task(scene.waves.run())

    async def seconds(n: int) -> None:
        for _ in range(n):
            await scene.office.clock.advance(1)
            await asyncio.sleep(0.002)

    log.down = True
    await seconds(6)
    assert not task.done()
    assert len(await scene.events(ev.WaveMade)) == 1
    log.down = False
    await seconds(6)
    assert len(await scene.events(ev.WaveMade)) == 2
    task.cancel()


async def test_waves_are_the_systems_doing(scene: Scene) -> None:
    need = await scene.dispatched()
    await scene.decline(scene.open(need)[0])
    await scene.beats(5)
    assert scene.board.entries[-1].actor == SYSTEM


async def test_with_the_real_planner_a_need_is_filled_by_people_who_mostly_say_no() -> None:
    """Every third says yes, a third says no, a third stays silent; nobody plans but the desk."""
    office = Office(PEOPLE)
    waves = Waves(desk=office.desk, show_up=0.9)
    need = NeedId(await office.need(heads=Heads(minimum=2, desired=6, maximum=8)))
    await office.act(COMMANDER, act.StartAlerting(need_ids=(need,)))
    board = office.desk.board
    for _ in range(60):
        office.clock._now += timedelta(seconds=BEAT_S)
        await office.desk.tick()
        await waves.beat()
        for offer in list(board.open_offers_of(need)):
            if office.clock.now() - offer.made_at < timedelta(seconds=30):
                continue
            who = volunteer(offer.volunteer_id)
            if offer.id in board.open_offers and offer.volunteer_id % 3 == 0:
                await office.act(who, act.AcceptOffer(offer_id=offer.id))
            elif offer.id in board.open_offers and offer.volunteer_id % 3 == 1:
                no = act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY)
                await office.act(who, no)
    assert board.heads_taken(need) == 6
    assert list(board.open_offers_of(need)) == []
    offers = [board.offers[o] for o in board.offers_of[need]]
    assert len({o.volunteer_id for o in offers}) == len(offers)
    assert all(o.accepts is not None and 0 < o.accepts < 1 for o in offers)
    assert all(w.fill is not None for w in board.alerting.values())
