"""The fold: the board from the log equals the board in memory, and a broken log is refused."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch.board import ENTRIES_KEPT, HANDLERS, Alert, Board, apply
from dispatch.errors import LogCorrupt
from dispatch.events import EVENT_TYPES
from dispatch.model import AgencyId, AssignmentId, DeclineReason, OfferId, VolunteerId
from tests.play import COMMANDER, T0, Play, cover, open_incident, travel, volunteer


def whole_call() -> Play:
    play = Play()
    need = play.need()
    first, second, third = play.offer(need.id, 1, 2, 3)
    play.act(volunteer(1), act.AcceptOffer(offer_id=first.id))
    play.act(volunteer(2), act.DeclineOffer(offer_id=second.id, reason=DeclineReason.TOO_FAR))
    play.now = third.expires_at
    play.tick()
    mine = play.board.active[VolunteerId(1)]
    for action in (
        act.Depart(assignment_id=mine),
        act.Arrive(assignment_id=mine),
        act.Release(assignment_id=mine),
    ):
        play.now += timedelta(minutes=40)
        play.act(volunteer(1), action)
    play.act(COMMANDER, act.AddNote(text="Done", incident_id=need.incident_id))
    return play


def test_refolded_board_equals_the_one_in_memory() -> None:
    play = whole_call()
    again = play.refold()
    for field in fields(Board):
        assert getattr(again, field.name) == getattr(play.board, field.name), field.name


def test_what_is_tried_on_a_copy_is_not_seen_on_the_board() -> None:
    """A whole call is folded into a copy, event by event, and each step is tried twice."""
    board = Board(agency=AgencyId("a"))
    for stored in whole_call().stored:
        before, tried = board.copy(), board.copy()
        apply(tried, stored)
        assert board == before
        apply(board, stored)
        assert board == tried


def test_every_event_has_a_handler() -> None:
    assert set(HANDLERS) == set(EVENT_TYPES.values())


def test_events_come_in_order() -> None:
    play = whole_call()
    with pytest.raises(LogCorrupt, match="event 2 after 0"):
        apply(Board(agency=AgencyId("x")), play.stored[1])


def test_an_event_that_cannot_follow_is_refused_and_changes_nothing() -> None:
    play = whole_call()
    before = play.board.seq
    impossible = replace(
        play.stored[-1],
        seq=before + 1,
        event=ev.Departed(assignment_id=next(iter(play.board.assignments))),
    )
    with pytest.raises(LogCorrupt, match="ILLEGAL_STATE"):
        apply(play.board, impossible)
    unknown = replace(impossible, event=ev.Released(assignment_id=AssignmentId("x")))
    with pytest.raises(LogCorrupt, match="x"):
        apply(play.board, unknown)
    assert play.board.seq == before


def test_two_assignments_of_one_person_are_corrupt() -> None:
    play = Play()
    need = play.need()
    play.accepted(need.id, 1)
    (second,) = play.offer(need.id, 1)
    twice = ev.OfferAccepted(
        offer_id=OfferId(second.id),
        assignment_id=AssignmentId("other"),
        hazard=need.hazard,
        cover=cover(),
        travel=travel(),
    )
    with pytest.raises(LogCorrupt, match="two assignments"):
        apply(play.board, replace(play.stored[-1], seq=play.board.seq + 1, event=twice))


def test_shift_is_time_on_task_with_travel() -> None:
    play = whole_call()
    (shift,) = play.board.person(VolunteerId(1)).shifts
    assert shift[1] - shift[0] == timedelta(minutes=80)


def test_old_alerts_are_forgotten() -> None:
    play = Play()
    need = play.need(ends_at=T0 + timedelta(days=20), deadline_at=T0 + timedelta(days=19))
    play.offer(need.id, 1)
    play.now = T0 + timedelta(days=8)
    play.tick()
    play.offer(need.id, 1)
    assert play.board.person(VolunteerId(1)).alerts == (Alert(play.now),)


def test_a_question_taken_back_tires_half_as_much() -> None:
    play = Play()
    need = play.need()
    offer, _ = play.offer(need.id, 1, 2)
    play.now += timedelta(minutes=1)
    play.act(COMMANDER, act.WithdrawOffer(offer_id=offer.id, reason="Stay in reserve"))
    assert play.board.person(VolunteerId(1)).alerts == (Alert(T0, 0.5),)
    play.offer(need.id, 1)
    person = play.board.person(VolunteerId(1))
    assert person.alerts_within(timedelta(hours=1), play.now) == 1.5
    assert person.alerts_within(timedelta(minutes=1), play.now) == 1.0


def test_one_of_two_questions_of_the_same_instant_taken_back() -> None:
    play = Play()
    one, other = play.need(), play.need()
    (first,) = play.offer(one.id, 1)
    (second,) = play.offer(other.id, 1)
    play.act(COMMANDER, act.WithdrawOffer(offer_id=second.id, reason="Stay"))
    assert [a.weight for a in play.board.person(VolunteerId(1)).alerts] == [0.5, 1.0]
    play.act(COMMANDER, act.WithdrawOffer(offer_id=first.id, reason="Stay"))
    assert [a.weight for a in play.board.person(VolunteerId(1)).alerts] == [0.5, 0.5]


def test_answers_go_into_a_record_that_fades() -> None:
    play = Play()
    need = play.need(ends_at=T0 + timedelta(days=25), deadline_at=T0 + timedelta(days=24))
    yes, no, silent, withdrawn = play.offer(need.id, 1, 2, 3, 4)
    play.act(volunteer(1), act.AcceptOffer(offer_id=yes.id))
    play.act(volunteer(2), act.DeclineOffer(offer_id=no.id, reason=DeclineReason.BUSY))
    play.act(COMMANDER, act.WithdrawOffer(offer_id=withdrawn.id, reason="Stay"))
    play.now = silent.expires_at
    play.tick()
    records = [play.board.person(VolunteerId(n)).record for n in (1, 2, 3, 4, 5)]
    counts = [tuple(round(x, 6) for x in r.at(play.now, 1e9)) for r in records[:4]]
    assert counts == [(1, 1), (0, 1), (0, 1), (0, 0.5)]
    assert records[4].at(play.now, 90) == (0, 0)
    half = records[0].at(T0 + timedelta(days=90), 90)
    assert half == pytest.approx((0.5, 0.5))
    play.now = T0 + timedelta(days=20)
    (again,) = play.offer(need.id, 2)
    play.act(volunteer(2), act.DeclineOffer(offer_id=again.id, reason=DeclineReason.BUSY))
    accepted, asked = play.board.person(VolunteerId(2)).record.at(play.now, 90)
    assert (accepted, asked) == pytest.approx((0, 1 + 0.5 ** (20 / 90)))


def test_timeline_is_bounded() -> None:
    play = Play()
    play.act(COMMANDER, open_incident())
    for n in range(ENTRIES_KEPT + 5):
        play.act(COMMANDER, act.AddNote(text=f"note {n}"))
    assert len(play.board.entries) == ENTRIES_KEPT
    assert play.board.entries[-1].text == f"note {ENTRIES_KEPT + 4}"


def test_timeline_says_who_and_what_about() -> None:
    play = whole_call()
    declined = next(e for e in play.board.entries if e.event == "OfferDeclined")
    assert (declined.volunteer_id, declined.text) == (2, "TOO_FAR")
    assert declined.need_id in play.board.needs
    assert declined.incident_id in play.board.incidents
