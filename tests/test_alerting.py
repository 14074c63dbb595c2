"""Waves as rules, board and views see them: asking by itself, standing down, stopping."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch import views
from dispatch.errors import Forbidden, LogCorrupt, Rejected
from dispatch.model import (
    SYSTEM,
    DeclineReason,
    DoubtReason,
    Fill,
    Heads,
    NeedId,
    OfferStatus,
    Reason,
    Skill,
    Verdict,
    VolunteerId,
    WaveReason,
)
from dispatch.views import COMMANDERS
from tests.play import COMMANDER, T0, Play, volunteer

TWO = Heads(minimum=1, desired=2, maximum=3)
ONE = Heads(minimum=1, desired=1, maximum=2)


@pytest.fixture
def play() -> Play:
    return Play()


def decline(play: Play, offer: Any) -> None:
    no = act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY)
    play.act(volunteer(offer.volunteer_id), no)


def accept(play: Play, offer: Any) -> tuple[ev.Event, ...]:
    return play.act(volunteer(offer.volunteer_id), act.AcceptOffer(offer_id=offer.id))


def fill(need_id: Any, **over: Any) -> Fill:
    given: dict[str, Any] = {"open": 2, "asked": 0, "asking": 4, "fill": 0.91, "before": 0.1}
    return Fill(need_id=need_id, **(given | {"eta_limit_s": 1_020, "levels_up": 1} | over))


def shown(play: Play, need_id: Any) -> Any:
    return views.snapshot(play.board, COMMANDERS)["need"][need_id]["alerting"]


class TestDispatch:
    def test_starts_alerting_and_is_its_first_wave(self, play: Play) -> None:
        need = play.need(heads=TWO)
        plan = play.plan(need.id, 1, 2, 3, 4, fills=(fill(need.id),))
        events = play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id))
        assert [type(e).__name__ for e in events] == [
            "AlertingStarted",
            *["OfferMade"] * 4,
            "WaveMade",
            "PlanDispatched",
        ]
        assert events[0] == ev.AlertingStarted(need_id=need.id, policy=play.policy)
        assert events[-2] == ev.WaveMade(
            need_id=need.id,
            number=1,
            asked=4,
            because=WaveReason.PLAN,
            fill_before=0.1,
            fill=0.91,
            eta_limit_s=1_020,
            levels_up=1,
        )

    def test_offers_say_how_likely_a_yes_is_and_which_skill_is_asked_for(self, play: Play) -> None:
        (offer,) = play.dispatched(play.need().id, 1)
        assert (offer.accepts, offer.skill, offer.wave) == (0.36, Skill("LOG"), 1)

    def test_without_alert_it_only_offers(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 1)
        events = play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id, alert=False))
        assert {type(e) for e in events} == {ev.OfferMade, ev.PlanDispatched}
        assert not play.board.alerting

    def test_while_alerting_it_is_the_next_wave(self, play: Play) -> None:
        need = play.need(heads=TWO)
        play.dispatched(need.id, 1)
        plan = play.plan(need.id, 2)
        events = play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id, alert=False))
        (wave,) = (e for e in events if isinstance(e, ev.WaveMade))
        assert wave.number == 2
        assert not any(isinstance(e, ev.AlertingStarted) for e in events)

    def test_needs_without_proposals_are_looked_after_too(self, play: Play) -> None:
        need, empty = play.need(), play.need()
        proposed = play.proposal(need.id, 1)
        both = replace(proposed, need_ids=(need.id, empty.id))
        (made,) = play.act(COMMANDER, act.MakePlan(), both)
        assert isinstance(made, ev.PlanMade)
        play.act(COMMANDER, act.DispatchPlan(plan_id=made.plan.id))
        assert set(play.board.alerting) == {need.id, empty.id}
        assert play.board.alerting[empty.id].waves == 0


class TestWaves:
    def test_a_wave_asks_whom_the_planner_found(self, play: Play) -> None:
        need = play.need(heads=TWO)
        first = play.dispatched(need.id, 1, 2)
        decline(play, first[0])
        play.now += timedelta(seconds=5)
        events = play.wave(need.id, 3, 4)
        assert [e.volunteer_id for e in events if isinstance(e, ev.OfferMade)] == [3, 4]
        alerting = play.board.alerting[need.id]
        assert (alerting.waves, alerting.wave_at) == (2, play.now)
        assert {o.wave for o in play.board.open_offers_of(need.id)} == {1, 2}

    def test_nobody_but_the_desk_makes_waves(self, play: Play) -> None:
        need = play.need()
        play.dispatched(need.id, 1)
        doubt = act.DoubtFill(need_id=need.id, because=DoubtReason.UNLIKELY, fill=0.2)
        for action in (act.MakeWave(need_ids=(need.id,)), doubt):
            for actor in (COMMANDER, volunteer(1)):
                with pytest.raises(Forbidden):
                    play.act(actor, action, play.proposal(need.id, 2))

    def test_verdicts_are_judged_again(self, play: Play) -> None:
        need = play.need(heads=TWO)
        play.dispatched(need.id, 1)
        play.verdicts[need.id, VolunteerId(2)] = Verdict(reasons=(Reason.CAPPED,))
        events = play.wave(need.id, 2, 3)
        assert [e.volunteer_id for e in events if isinstance(e, ev.OfferMade)] == [3]
        assert events[-1].asked == 1  # type: ignore[union-attr]

    def test_with_nobody_left_there_is_no_wave(self, play: Play) -> None:
        need = play.need()
        play.dispatched(need.id, 1)
        assert play.wave(need.id) == ()
        assert play.act(SYSTEM, act.MakeWave(need_ids=(need.id,))) == ()

    def test_no_wave_without_alerting(self, play: Play) -> None:
        need = play.need()
        assert play.wave(need.id, 1) == ()
        assert play.wave(NeedId("unknown"), 1) == ()

    def test_no_wave_once_the_desired_heads_are_taken(self, play: Play) -> None:
        need = play.need(heads=ONE)
        (offer,) = play.dispatched(need.id, 1)
        accept(play, offer)
        assert play.wave(need.id, 2) == ()

    def test_no_wave_for_a_need_that_is_over(self, play: Play) -> None:
        need = play.need()
        play.dispatched(need.id, 1)
        play.now = need.ends_at
        assert play.wave(need.id, 2) == ()

    def test_a_plan_older_than_the_last_wave_is_not_used(self, play: Play) -> None:
        need = play.need(heads=TWO)
        play.dispatched(need.id, 1)
        stale = play.proposal(need.id, 2)
        play.wave(need.id, 3)
        assert play.wave(need.id, plan=stale) == ()

    def test_a_plan_for_other_open_heads_is_not_used(self, play: Play) -> None:
        need = play.need(heads=TWO)
        (offer,) = play.dispatched(need.id, 1)
        planned = play.proposal(need.id, 2, fills=(fill(need.id, open=2),))
        accept(play, offer)
        assert play.wave(need.id, plan=planned) == ()
        fresh = replace(planned, fills=(fill(need.id, open=1),))
        assert len(play.wave(need.id, plan=fresh)) == 2


class TestBecause:
    def waved(self, play: Play, need_id: Any) -> WaveReason:
        play.now += timedelta(seconds=5)
        (wave,) = (e for e in play.wave(need_id, 9) if isinstance(e, ev.WaveMade))
        return wave.because

    def test_started(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, act.StartAlerting(need_ids=(need.id,)))
        assert self.waved(play, need.id) is WaveReason.STARTED

    def test_declined(self, play: Play) -> None:
        need = play.need()
        offer, _ = play.dispatched(need.id, 1, 2)
        play.now += timedelta(seconds=1)
        decline(play, offer)
        assert self.waved(play, need.id) is WaveReason.DECLINED

    def test_stood_down(self, play: Play) -> None:
        need = play.need(heads=TWO)
        offer, _ = play.dispatched(need.id, 1, 2)
        accept(play, offer)
        play.now += timedelta(seconds=1)
        mine = play.board.active[VolunteerId(1)]
        play.act(volunteer(1), act.StandDown(assignment_id=mine, reason="Car broke down"))
        assert self.waved(play, need.id) is WaveReason.STOOD_DOWN

    def test_expired(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.dispatched(need.id, 1)
        play.now = offer.expires_at
        play.tick()
        assert self.waved(play, need.id) is WaveReason.EXPIRED

    def test_silence(self, play: Play) -> None:
        need = play.need()
        offer, _ = play.dispatched(need.id, 1, 2)
        play.now += timedelta(seconds=1)
        decline(play, offer)
        assert self.waved(play, need.id) is WaveReason.DECLINED
        play.now += timedelta(seconds=1)
        (wave,) = (e for e in play.wave(need.id, 8) if isinstance(e, ev.WaveMade))
        assert wave.because is WaveReason.SILENCE


class TestFilled:
    def test_everybody_still_asked_is_stood_down_in_the_same_transaction(self, play: Play) -> None:
        need = play.need(heads=ONE)
        first, second = play.dispatched(need.id, 1, 2)
        play.wave(need.id, 3)
        events = accept(play, first)
        withdrawn = {e.offer_id: e.reason for e in events if isinstance(e, ev.OfferWithdrawn)}
        assert set(withdrawn.values()) == {"FILLED"}
        assert len(withdrawn) == 2
        assert second.id in withdrawn
        assert not list(play.board.open_offers_of(need.id))
        assert play.board.person(VolunteerId(2)).alerts_within(timedelta(days=1), play.now) == 0.5

    def test_whom_the_commander_asked_by_hand_may_still_come_until_the_maximum(
        self, play: Play
    ) -> None:
        need = play.need(heads=ONE)
        (first,) = play.dispatched(need.id, 1)
        by_hand, last = play.offer(need.id, 7, 8)
        accept(play, first)
        assert play.board.offers[by_hand.id].status is OfferStatus.OPEN
        accept(play, by_hand)
        assert play.board.offers[last.id].withdrawn_because == "FILLED"

    def test_it_rests_and_goes_on_when_somebody_falls_out(self, play: Play) -> None:
        need = play.need(heads=ONE)
        (offer,) = play.dispatched(need.id, 1)
        accept(play, offer)
        assert need.id in play.board.alerting
        mine = play.board.active[VolunteerId(1)]
        play.act(volunteer(1), act.StandDown(assignment_id=mine, reason="Ill"))
        assert len(play.wave(need.id, 2)) == 2


class TestStartAndStop:
    def test_start_names_a_policy_and_starts_anew_only_under_another(self, play: Play) -> None:
        need = play.need()
        start = act.StartAlerting(need_ids=(need.id, need.id))
        assert play.act(COMMANDER, start) == (
            ev.AlertingStarted(need_id=need.id, policy=play.policy),
        )
        play.wave(need.id, 1)
        assert play.act(COMMANDER, start) == ()
        play.policy = {"kind": "broadcast"}
        play.act(COMMANDER, start)
        assert play.board.alerting[need.id].waves == 0

    def test_start_needs_a_published_need_that_is_not_over(self, play: Play) -> None:
        draft = play.need(publish=False)
        with pytest.raises(Rejected, match="ILLEGAL_STATE"):
            play.act(COMMANDER, act.StartAlerting(need_ids=(draft.id,)))
        with pytest.raises(Rejected, match="NOT_FOUND"):
            play.act(COMMANDER, act.StartAlerting(need_ids=(NeedId("x"),)))
        need = play.need()
        play.now = need.ends_at
        with pytest.raises(Rejected, match="NEED_OVER"):
            play.act(COMMANDER, act.StartAlerting(need_ids=(need.id,)))

    def test_stop_ends_the_asking_and_leaves_the_offers(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.dispatched(need.id, 1)
        play.act(COMMANDER, act.StopAlerting(need_id=need.id, reason="Army comes"))
        assert play.wave(need.id, 2) == ()
        assert play.board.offers[offer.id].status is OfferStatus.OPEN
        assert play.board.entries[-1].text == "Army comes"
        with pytest.raises(Rejected, match="NOT_ALERTING"):
            play.act(COMMANDER, act.StopAlerting(need_id=need.id, reason="Again"))

    def test_volunteers_may_do_neither(self, play: Play) -> None:
        need = play.need()
        start = act.StartAlerting(need_ids=(need.id,))
        for action in (start, act.StopAlerting(need_id=need.id, reason="no")):
            with pytest.raises(Forbidden):
                play.act(volunteer(1), action)

    def test_closing_the_need_ends_it(self, play: Play) -> None:
        need = play.need()
        play.dispatched(need.id, 1)
        close = act.CloseNeed(need_id=need.id, seen_seq=play.board.seq, reason="Done")
        play.act(COMMANDER, close)
        assert not play.board.alerting


class TestDoubt:
    def doubt(self, play: Play, need_id: Any, because: DoubtReason) -> tuple[ev.Event, ...]:
        told = act.DoubtFill(need_id=need_id, because=because, fill=0.3)
        return play.act(SYSTEM, told)

    def test_is_told_once_until_somebody_says_yes(self, play: Play) -> None:
        need = play.need(heads=TWO)
        offer, _ = play.dispatched(need.id, 1, 2)
        (told,) = self.doubt(play, need.id, DoubtReason.UNLIKELY)
        assert told == ev.FillDoubted(
            need_id=need.id, because=DoubtReason.UNLIKELY, fill=0.3, waves=1
        )
        assert self.doubt(play, need.id, DoubtReason.NOBODY_LEFT) == ()
        play.wave(need.id, 3)
        assert self.doubt(play, need.id, DoubtReason.NOBODY_LEFT) == ()
        accept(play, offer)
        assert len(self.doubt(play, need.id, DoubtReason.NOBODY_LEFT)) == 1

    def test_a_planner_that_is_back_is_no_doubt_any_more(self, play: Play) -> None:
        need = play.need(heads=TWO)
        play.dispatched(need.id, 1)
        self.doubt(play, need.id, DoubtReason.PLANNER_DOWN)
        play.wave(need.id, 2)
        assert play.board.alerting[need.id].doubted is None

    def test_nothing_to_doubt_without_alerting(self, play: Play) -> None:
        need = play.need()
        assert self.doubt(play, need.id, DoubtReason.UNLIKELY) == ()


class TestViews:
    def test_commanders_see_the_alerting_with_its_need(self, play: Play) -> None:
        need = play.need(heads=TWO)
        assert shown(play, need.id) is None
        plan = play.plan(need.id, 1, 2, fills=(fill(need.id),))
        play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id))
        alerting = shown(play, need.id)
        assert alerting == {
            "policy": {"kind": "hold", "q": 0.9},
            "started_at": "2026-07-20T19:00:00Z",
            "waves": 1,
            "wave_at": "2026-07-20T19:00:00Z",
            "fill_before": 0.1,
            "fill": 0.91,
            "eta_limit_s": 1_020,
            "levels_up": 1,
            "because": "PLAN",
            "doubted": None,
        }

    def test_the_plan_shows_how_sure_it_is(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 1, fills=(fill(need.id),))
        (entity,) = views.snapshot(play.board, COMMANDERS)["plan"][plan.id]["fills"]
        assert (entity["open"], entity["asking"], entity["fill"]) == (2, 4, 0.91)

    def test_volunteers_do_not_see_what_is_expected_of_them(self, play: Play) -> None:
        play.dispatched(play.need().id, 1)
        mine = views.snapshot(play.board, views.Audience(volunteer_id=VolunteerId(1)))
        (offer,) = mine["offer"].values()
        assert not {"accepts", "wave"} & set(offer)

    def test_a_wave_makes_nobodys_screen_stale(self, play: Play) -> None:
        need = play.need(heads=TWO)
        (offer,) = play.dispatched(need.id, 1)
        seen = play.board.seq
        play.wave(need.id, 2)
        play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id, seen_seq=seen))
        assert VolunteerId(1) in play.board.active

    def test_the_timeline_says_why(self, play: Play) -> None:
        need = play.need(heads=TWO)
        play.dispatched(need.id, 1)
        wave = next(e for e in play.board.entries if e.event == "WaveMade")
        assert (wave.need_id, wave.text) == (need.id, "PLAN")


def test_a_wave_without_alerting_is_a_corrupt_log() -> None:
    play = Play()
    need = play.need()
    wave = ev.WaveMade(
        need_id=need.id,
        number=1,
        asked=1,
        because=WaveReason.PLAN,
        fill_before=None,
        fill=None,
        eta_limit_s=0,
        levels_up=0,
    )
    with pytest.raises(LogCorrupt):
        play.store(SYSTEM, "x", [wave])  # type: ignore[arg-type]


def test_the_refolded_board_knows_its_alerting() -> None:
    play = Play()
    need = play.need(heads=TWO)
    offer, _ = play.dispatched(need.id, 1, 2)
    play.now = T0 + timedelta(seconds=30)
    decline(play, offer)
    play.wave(need.id, 3)
    play.act(SYSTEM, act.DoubtFill(need_id=need.id, because=DoubtReason.NO_YES, fill=0.4))
    assert play.refold().alerting == play.board.alerting
