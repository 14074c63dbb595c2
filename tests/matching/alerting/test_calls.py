"""A need's call, read from the board: who was asked, who answered, who is on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch.matching.alerting import Call, Exactly, Hold, fill
from dispatch.matching.alerting.calls import call_of, rho_of
from dispatch.matching.replies import APP
from dispatch.model import DeclineReason, Heads, Travel, VolunteerId
from tests.play import COMMANDER, T0, Play, eligible, volunteer

FOUR = Heads(minimum=1, desired=4, maximum=6)


@pytest.fixture
def play() -> Play:
    return Play()


def called(play: Play, need: Any) -> Call:
    return call_of(play.board, play.board.needs[need.id], play.now, law=APP, show_up=0.9)


def travels(play: Play, need_id: Any, person: int, eta_s: int, turnout_s: int) -> None:
    verdict = eligible()
    assert verdict.travel is not None
    way = Travel(
        eta_s=eta_s,
        dist_m=1,
        source=verdict.travel.source,
        mode=verdict.travel.mode,
        turnout_s=turnout_s,
    )
    play.verdicts[need_id, VolunteerId(person)] = type(verdict)(
        reasons=(), cover=verdict.cover, travel=way, origin=verdict.origin
    )


def test_nobody_asked_yet(play: Play) -> None:
    need = play.need(heads=FOUR)
    call = called(play, need)
    assert (call.heads, call.asked, call.waves, call.left_s) == (4, 0, 0, 3_600)


def test_the_silent(play: Play) -> None:
    need = play.need(heads=FOUR)
    travels(play, need.id, 1, 600, 90)
    play.dispatched(need.id, 1)
    play.now += timedelta(seconds=20)
    play.offer(need.id, 2)
    play.now += timedelta(seconds=10)
    call = called(play, need)
    assert call.silent.p.tolist() == [0.36, 0.36]
    assert call.silent.travel_s.tolist() == [690, 600]
    assert call.silent.waited_s.tolist() == [30, 10]
    assert (call.waves, call.since_wave_s, call.left_s) == (1, 30, 3_570)


def test_answers_are_counted_and_what_was_withdrawn_is_not(play: Play) -> None:
    need = play.need(heads=FOUR)
    offers = play.dispatched(need.id, 1, 2, 3, 4, 5)
    no = act.DeclineOffer(offer_id=offers[0].id, reason=DeclineReason.BUSY)
    play.act(volunteer(1), no)
    play.act(COMMANDER, act.WithdrawOffer(offer_id=offers[1].id, reason="Stay"))
    play.act(volunteer(3), act.AcceptOffer(offer_id=offers[2].id))
    mine = play.board.active[VolunteerId(3)]
    play.act(volunteer(3), act.StandDown(assignment_id=mine, reason="Ill"))
    play.now = offers[3].expires_at
    play.tick()
    call = called(play, need)
    assert (call.declined, call.expired, len(call.silent), len(call.promised)) == (2, 2, 0, 0)


def test_what_is_left_of_the_way_of_who_accepted(play: Play) -> None:
    need = play.need(heads=FOUR)
    travels(play, need.id, 1, 600, 90)
    play.accepted(need.id, 1)
    mine = play.board.active[VolunteerId(1)]

    def promised() -> tuple[float, float]:
        found = called(play, need).promised
        return float(found.travel_s[0]), float(found.show_up[0])

    assert promised() == (690, 0.9)
    play.now += timedelta(seconds=60)
    assert promised() == (630, 0.9)
    play.now += timedelta(seconds=60)
    assert promised() == (600, 0.9)
    play.act(volunteer(1), act.Depart(assignment_id=mine))
    play.now += timedelta(seconds=100)
    assert promised() == (500, 0.9)
    play.now += timedelta(seconds=1_000)
    assert promised() == (1, 0.9)
    play.act(volunteer(1), act.Arrive(assignment_id=mine))
    assert promised() == (0, 1.0)
    play.act(volunteer(1), act.Release(assignment_id=mine))
    assert promised() == (0, 1.0)


def test_after_the_deadline_and_before_a_clock_that_was_set_back(play: Play) -> None:
    need = play.need(heads=FOUR)
    play.dispatched(need.id, 1)
    play.now = need.deadline_at + timedelta(seconds=30)
    assert called(play, need).left_s == -30
    play.now = T0 - timedelta(seconds=30)
    call = called(play, need)
    assert (call.silent.waited_s.tolist(), call.since_wave_s) == ([0], 0)


def test_yeses_and_noes_move_the_probability(play: Play) -> None:
    need = play.need(heads=Heads(minimum=1, desired=1, maximum=1))
    first, _, _ = play.dispatched(need.id, 1, 2, 3)
    before = fill(called(play, need), rho=0.05)
    no = act.DeclineOffer(offer_id=first.id, reason=DeclineReason.BUSY)
    play.act(volunteer(1), no)
    assert fill(called(play, need), rho=0.05) < before


def test_correlation_to_reckon_with() -> None:
    assert (rho_of(Hold(rho=0.1)), rho_of(Exactly())) == (0.1, Hold().rho)
