"""A commander's word on one person and one need: pin, exclude, free."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch import views
from dispatch.errors import Forbidden, Rejected
from dispatch.model import NeedId, OfferStatus, VolunteerId
from dispatch.views import COMMANDERS, Audience
from tests.play import COMMANDER, Play, add_need, volunteer

ONE, TWO = VolunteerId(1), VolunteerId(2)


@pytest.fixture
def play() -> Play:
    return Play()


def pin(need: Any, person: VolunteerId = ONE) -> act.PinPair:
    return act.PinPair(need_id=need.id, volunteer_id=person)


def exclude(need: Any, person: VolunteerId = ONE, **over: Any) -> act.ExcludePair:
    given = {"need_id": need.id, "volunteer_id": person, "reason": "quarrelled with the crew"}
    return act.ExcludePair(**(given | over))


def free(need: Any, person: VolunteerId = ONE, **over: Any) -> act.FreePair:
    return act.FreePair(need_id=need.id, volunteer_id=person, **over)


def second_need(play: Play, incident_id: Any) -> Any:
    added, _ = play.act(COMMANDER, add_need(incident_id))
    assert isinstance(added, ev.NeedAdded)
    return play.board.needs[added.need.id]


def seen(play: Play, need: Any) -> dict[str, list[int]]:
    entity = views.entity(play.board, COMMANDERS, ("need", need.id))
    assert entity is not None
    return {k: [e["volunteer_id"] for e in entity[k]] for k in ("pinned", "excluded")}


def code(play: Play, action: act.Action) -> str:
    before = play.board.seq
    with pytest.raises(Rejected) as caught:
        play.act(COMMANDER, action)
    assert play.board.seq == before
    return str(caught.value.code)


class TestPin:
    def test_the_need_lists_who_is_pinned_and_the_log_says_by_whom(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, pin(need, TWO))
        play.act(COMMANDER, pin(need, ONE))
        assert seen(play, need)["pinned"] == [1, 2]
        assert (play.stored[-1].actor, play.board.pins[ONE].by) == (COMMANDER, COMMANDER)
        entry = play.board.entries[-1]
        assert (entry.event, entry.need_id, entry.volunteer_id) == ("PairPinned", need.id, 1)

    def test_one_pin_per_person_and_the_last_counts(self, play: Play) -> None:
        need = play.need()
        other = second_need(play, need.incident_id)
        play.act(COMMANDER, pin(need))
        play.act(COMMANDER, pin(other))
        assert (seen(play, need)["pinned"], seen(play, other)["pinned"]) == ([], [1])

    def test_the_same_again_stores_nothing(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, pin(need))
        assert play.act(COMMANDER, pin(need)) == ()

    def test_the_offer_fulfils_it(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, pin(need))
        play.offer(need.id, 1)
        assert play.board.pins == {}

    def test_an_offer_for_another_need_does_not(self, play: Play) -> None:
        need = play.need()
        other = second_need(play, need.incident_id)
        play.act(COMMANDER, pin(need))
        play.offer(other.id, 1)
        assert set(play.board.pins) == {ONE}

    def test_it_ends_with_the_need(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, pin(need))
        close = act.CloseNeed(need_id=need.id, seen_seq=play.board.seq, reason="Enough")
        play.act(COMMANDER, close)
        assert play.board.pins == {}
        assert code(play, pin(need)) == "ILLEGAL_STATE"

    def test_no_screen_of_the_need_goes_stale(self, play: Play) -> None:
        need = play.need()
        seq = play.board.seq
        play.act(COMMANDER, pin(need))
        play.act(COMMANDER, act.UpdateNeed(need_id=need.id, seen_seq=seq, note="Bring boots"))


class TestExclude:
    def test_the_need_lists_who_is_excluded_and_why(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, exclude(need))
        assert seen(play, need)["excluded"] == [1]
        (stated,) = play.board.excluded_from(need.id)
        assert (stated.reason, stated.by) == ("quarrelled with the crew", COMMANDER)
        assert play.board.entries[-1].text == "quarrelled with the crew"

    def test_for_one_need_only(self, play: Play) -> None:
        need = play.need()
        other = second_need(play, need.incident_id)
        play.act(COMMANDER, exclude(need))
        assert seen(play, other)["excluded"] == []

    def test_for_the_whole_incident_and_needs_added_later(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, exclude(need, whole_incident=True))
        later = second_need(play, need.incident_id)
        assert seen(play, need)["excluded"] == seen(play, later)["excluded"] == [1]
        assert seen(play, play.need())["excluded"] == []

    def test_open_offers_are_withdrawn_and_only_those_meant(self, play: Play) -> None:
        need = play.need()
        other = second_need(play, need.incident_id)
        (mine,), (elsewhere,) = play.offer(need.id, 1), play.offer(other.id, 1)
        (theirs,) = play.offer(need.id, 2)
        play.act(COMMANDER, exclude(need))
        offers = play.board.offers
        assert offers[mine.id].withdrawn_because == "EXCLUDED"
        assert offers[elsewhere.id].status is offers[theirs.id].status is OfferStatus.OPEN
        play.act(COMMANDER, exclude(need, whole_incident=True))
        assert offers[elsewhere.id].withdrawn_because == "EXCLUDED"

    def test_who_has_accepted_stays(self, play: Play) -> None:
        need = play.need()
        there = play.accepted(need.id, 1)
        play.act(COMMANDER, exclude(need))
        assert play.board.active[ONE] == there.id

    def test_it_ends_a_pin_and_refuses_one(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, pin(need))
        play.act(COMMANDER, exclude(need, whole_incident=True))
        assert seen(play, need) == {"pinned": [], "excluded": [1]}
        assert code(play, pin(need)) == "PAIR_EXCLUDED"

    def test_it_wants_a_reason_and_stores_nothing_twice(self, play: Play) -> None:
        need = play.need()
        assert code(play, exclude(need, reason=" ")) == "TEXT_EMPTY"
        play.act(COMMANDER, exclude(need))
        assert play.act(COMMANDER, exclude(need)) == ()

    def test_the_volunteer_does_not_read_the_reason(self, play: Play) -> None:
        need = play.need()
        play.offer(need.id, 1)
        play.act(COMMANDER, exclude(need))
        view = str(views.snapshot(play.board, Audience(volunteer_id=ONE)))
        assert "quarrelled" not in view


class TestFree:
    def test_undoes_a_pin(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, pin(need))
        play.act(COMMANDER, free(need))
        assert play.board.pins == {}

    def test_undoes_an_exclusion_where_it_was_made(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, exclude(need))
        play.act(COMMANDER, exclude(need, whole_incident=True))
        play.act(COMMANDER, free(need))
        assert [e.need_id for e in play.board.excluded_from(need.id)] == [None]
        play.act(COMMANDER, free(need, whole_incident=True))
        assert seen(play, need)["excluded"] == []

    def test_freeing_the_incident_leaves_pins_alone(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, exclude(need, TWO, whole_incident=True))
        play.act(COMMANDER, pin(need, ONE))
        play.act(COMMANDER, free(need, TWO, whole_incident=True))
        assert set(play.board.pins) == {ONE}

    def test_nothing_to_free(self, play: Play) -> None:
        need = play.need()
        play.act(COMMANDER, exclude(need))
        assert code(play, free(need, TWO)) == "NOTHING_TO_FREE"
        assert code(play, free(need, whole_incident=True)) == "NOTHING_TO_FREE"


@pytest.mark.parametrize("make", [pin, exclude, free])
def test_volunteers_may_not(play: Play, make: Any) -> None:
    with pytest.raises(Forbidden):
        play.act(volunteer(1), make(play.need()))


@pytest.mark.parametrize("make", [act.PinPair, act.ExcludePair, act.FreePair])
def test_unknown_needs_and_impossible_people(play: Play, make: Any) -> None:
    extra = {"reason": "x"} if make is act.ExcludePair else {}
    action = make(need_id=NeedId("x"), volunteer_id=ONE, **extra)
    assert code(play, action) == "NOT_FOUND"
    with pytest.raises(ValueError, match="whole number"):
        make(need_id=NeedId("x"), volunteer_id=VolunteerId(0), **extra)


def test_the_log_alone_gives_the_same_board(play: Play) -> None:
    need = play.need()
    other = second_need(play, need.incident_id)
    play.act(COMMANDER, pin(need))
    play.act(COMMANDER, exclude(need, TWO))
    play.act(COMMANDER, exclude(other, TWO, whole_incident=True))
    play.act(COMMANDER, free(need, TWO))
    again = play.refold()
    assert (again.pins, again.exclusions) == (play.board.pins, play.board.exclusions)
