"""What was known of an alert when it was made, rebuilt from the log, and what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch import actions as act
from dispatch.board import Board
from dispatch.matching.acceptance import Features, preset
from dispatch.matching.outcomes import Outcomes
from dispatch.model import AgencyId, DeclineReason, Severity, Skill, VolunteerId
from tests.play import COMMANDER, T0, Play, open_incident, volunteer

SANTIAGO = ZoneInfo("America/Santiago")


def learnt(play: Play) -> tuple[Features, list[bool]]:
    found = Outcomes(board=Board(agency=AgencyId("test")), zone=SANTIAGO, model=preset("mid"))
    for stored in play.stored:
        found.add(stored)
    features, accepted = found.answered()
    return features, accepted.tolist()


def decline(play: Play, offer: Any) -> None:
    no = act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY)
    play.act(volunteer(offer.volunteer_id), no)


def test_yes_no_and_silence_count_and_what_was_withdrawn_does_not() -> None:
    play = Play()
    need = play.need()
    yes, no, silent, gone, open_ = play.offer(need.id, 1, 2, 3, 4, 5)
    play.act(volunteer(1), act.AcceptOffer(offer_id=yes.id))
    decline(play, no)
    play.act(COMMANDER, act.WithdrawOffer(offer_id=gone.id, reason="Stay"))
    assert learnt(play)[1] == [True, False]
    play.now = silent.expires_at
    play.tick()
    assert learnt(play)[1] == [True, False, False, False]
    assert open_.id in play.board.offers


def test_what_is_known_is_what_was_known_then() -> None:
    play = Play()
    need = play.need(ends_at=T0 + timedelta(days=9), deadline_at=T0 + timedelta(days=8))
    (first,) = play.offer(need.id, 1)
    play.act(volunteer(1), act.AcceptOffer(offer_id=first.id))
    mine = play.board.active[VolunteerId(1)]
    for step in (act.Depart, act.Arrive, act.Release):
        play.now += timedelta(hours=1)
        play.act(volunteer(1), step(assignment_id=mine))
    play.act(volunteer(1), act.SetAvailability(available=True))
    play.act(COMMANDER, act.CheckIn(volunteer_id=VolunteerId(1)))
    play.now += timedelta(hours=1)
    (second,) = play.offer(need.id, 1)
    decline(play, second)
    f, accepted = learnt(play)
    assert accepted == [True, False]
    assert f.alerts_24h.tolist() == [0, 1]
    assert f.alerts_7d.tolist() == [0, 1]
    assert f.after_shift.tolist() == [False, True]
    assert f.on_duty.tolist() == [False, True]
    assert f.declared.tolist() == [False, True]
    assert f.history.asked.tolist() == pytest.approx([0, 1], abs=0.01)
    assert f.history.accepted.tolist() == pytest.approx([0, 1], abs=0.01)
    assert f.eta_s.tolist() == [600, 600]
    assert (f.severity.tolist(), f.hazard.tolist()) == ([3, 3], [3, 3])


def test_night_and_rush_hour_are_those_of_the_place() -> None:
    play = Play()
    need = play.need(ends_at=T0 + timedelta(days=9), deadline_at=T0 + timedelta(days=8))
    # 19:00 UTC is 15:00 in Chile's winter, 21:30 is 17:30, 02:00 is 22:00.
    for hours, person in ((0, 1), (2.5, 2), (7, 3)):
        play.now = T0 + timedelta(hours=hours)
        decline(play, play.offer(need.id, person)[0])
    f, _ = learnt(play)
    assert f.commute.tolist() == [False, True, False]
    assert f.night.tolist() == [False, False, True]


def test_a_substitute_and_a_lesser_incident() -> None:
    play = Play()
    play.act(COMMANDER, open_incident(severity=Severity.IV))
    need = play.need(skill=Skill("MED-1"))
    (offer,) = play.dispatched(need.id, 1)  # the plan serves with LOG
    decline(play, offer)
    (by_hand,) = play.offer(need.id, 2)
    decline(play, by_hand)
    assert learnt(play)[0].skill_exact.tolist() == [False, True]


def test_nothing_to_learn() -> None:
    play = Play()
    play.offer(play.need().id, 1)
    with pytest.raises(ValueError, match="no alert has been answered"):
        learnt(play)
