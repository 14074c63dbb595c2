"""Who may see what. That pushes equal fresh views is checked by `Play` on every rule test."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch import views
from dispatch.board import Person
from dispatch.model import DeclineReason, IncidentId, VolunteerId
from dispatch.views import COMMANDERS, Audience, resting_until
from tests.play import COMMANDER, T0, Play, volunteer


def seen(play: Play, person: int) -> views.View:
    return views.snapshot(play.board, Audience(volunteer_id=VolunteerId(person)))


def test_a_volunteer_sees_only_their_own() -> None:
    play = Play()
    need = play.need()
    play.offer(need.id, 1, 2)
    mine = seen(play, 1)
    assert len(mine["offer"]) == 1
    assert seen(play, 3) == {"me": {3: mine["me"][1] | {"id": 3, "status": "AVAILABLE"}}} | {
        "offer": {},
        "assignment": {},
        "warning": {},
        "test": {},
    }
    (offer,) = mine["offer"].values()
    assert "volunteer_id" not in offer
    assert offer["incident"]["title"] == "Dike breach at the north gate"


def test_an_answered_offer_stays_until_a_newer_one_is_answered() -> None:
    play = Play()
    need = play.need()
    (first,) = play.offer(need.id, 1)
    play.act(volunteer(1), act.DeclineOffer(offer_id=first.id, reason=DeclineReason.BUSY))
    assert set(seen(play, 1)["offer"]) == {first.id}
    play.now += timedelta(minutes=1)
    (second,) = play.offer(need.id, 1)
    assert set(seen(play, 1)["offer"]) == {first.id, second.id}
    play.act(volunteer(1), act.DeclineOffer(offer_id=second.id, reason=DeclineReason.BUSY))
    assert set(seen(play, 1)["offer"]) == {second.id}


def test_how_many_are_still_wanted_reaches_the_phone() -> None:
    play = Play()
    need = play.need()
    mine, other = play.offer(need.id, 1, 2)
    play.act(volunteer(2), act.AcceptOffer(offer_id=other.id))
    assert seen(play, 1)["offer"][mine.id]["need"]["filled"] == 1


def test_commander_sees_counts() -> None:
    play = Play()
    need = play.need()
    play.accepted(need.id, 1)
    play.offer(need.id, 2)
    counts = views.snapshot(play.board, COMMANDERS)["need"][need.id]["counts"]
    assert (counts["asked"], counts["accepted"], counts["en_route"]) == (1, 1, 0)


def test_only_the_last_plan_is_shown() -> None:
    play = Play()
    need = play.need()
    play.plan(need.id, 1)
    last = play.plan(need.id, 2)
    assert set(views.snapshot(play.board, COMMANDERS)["plan"]) == {last.id}


def test_positions_before_acceptance_are_not_in_the_view_of_others() -> None:
    play = Play()
    need = play.need()
    play.offer(need.id, 1)
    assert "origin" not in next(iter(seen(play, 1)["offer"].values()))


def test_status_of() -> None:
    play = Play()
    need = play.need()
    assert views.status_of(play.board, VolunteerId(1)) == "AVAILABLE"
    (offer,) = play.offer(need.id, 1)
    assert views.status_of(play.board, VolunteerId(1)) == "OFFERED"
    play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
    assert views.status_of(play.board, VolunteerId(1)) == "ASSIGNED"
    play.act(volunteer(2), act.SetAvailability(available=False))
    assert views.status_of(play.board, VolunteerId(2)) == "UNAVAILABLE"


def shifts(*hours: tuple[float, float]) -> Person:
    spans = tuple((T0 + timedelta(hours=a), T0 + timedelta(hours=b)) for a, b in hours)
    return Person(id=VolunteerId(1), shifts=spans)


def test_eight_hours_rest_after_a_shift() -> None:
    assert resting_until(Person(id=VolunteerId(1))) is None
    assert resting_until(shifts((0, 0.9))) is None
    assert resting_until(shifts((0, 1))) == T0 + timedelta(hours=9)


def test_twelve_hours_on_task_in_a_day_ask_for_rest_however_short_the_last() -> None:
    assert resting_until(shifts((0, 6), (6, 11), (11, 11.9))) is None
    assert resting_until(shifts((0, 6), (6, 11.5), (11.5, 12))) == T0 + timedelta(hours=20)
    assert resting_until(shifts((0, 6), (25, 31), (31, 31.5))) is None


def test_a_timeline_entry_leaves_the_view_with_the_board() -> None:
    play = Play()
    play.act(COMMANDER, act.AddNote(text="first"))
    assert views.entity(play.board, COMMANDERS, ("entry", 1)) is not None
    assert views.entity(play.board, COMMANDERS, ("entry", 2)) is None
    assert views.entity(play.board, COMMANDERS, ("nothing", 2)) is None


def closed_call(play: Play, person: int) -> tuple[IncidentId, Any]:
    """An incident somebody came to, closed; with the assignment."""
    need = play.need()
    assignment = play.accepted(need.id, person)
    for step in (act.Depart, act.Arrive):
        play.act(volunteer(person), step(assignment_id=assignment.id))
    close(play, need.incident_id)
    return need.incident_id, assignment


def close(play: Play, incident_id: IncidentId) -> None:
    seen_seq = play.board.changes["incident", incident_id].seq
    play.act(
        COMMANDER, act.CloseIncident(incident_id=incident_id, seen_seq=seen_seq, reason="over")
    )


def test_incidents_closed_long_ago_fold_away_with_all_that_was_under_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`Play` holds every step to it that the screens are told so."""
    monkeypatch.setattr(views.commander, "CLOSED_SHOWN", 2)
    play = Play()
    first, assignment = closed_call(play, 1)
    play.act(volunteer(1), act.Release(assignment_id=assignment.id))
    for person in (2, 3):
        assert first in views.snapshot(play.board, COMMANDERS)["incident"]
        closed_call(play, person)
    shown = views.snapshot(play.board, COMMANDERS)
    assert first not in shown["incident"]
    for kind in ("need", "offer", "assignment"):
        assert {e["incident_id"] for e in shown[kind].values()} == set(shown["incident"])


def test_an_incident_stays_while_somebody_is_out_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.commander, "CLOSED_SHOWN", 0)
    play = Play()
    first, assignment = closed_call(play, 1)
    assert first in views.snapshot(play.board, COMMANDERS)["incident"]
    play.act(volunteer(1), act.Release(assignment_id=assignment.id))
    shown = views.snapshot(play.board, COMMANDERS)
    assert (shown["incident"], shown["offer"], shown["assignment"]) == ({}, {}, {})
