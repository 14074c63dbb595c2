"""What the board tells the matcher about people (hard rule 6)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from dispatch import actions as act
from dispatch import events as ev
from dispatch.matching.facts import facts_of, origins_of
from dispatch.matching.reasons import reasons_of
from dispatch.model import DeclineReason, Fix, Reason, VolunteerId
from tests.builders import person, roster
from tests.play import COMMANDER, T0, Play, add_need, volunteer

PEOPLE = roster([person(n) for n in (1, 2, 3)])


def blocks(play: Play, row: int = 0) -> set[Reason]:
    return set(reasons_of(facts_of(play.board, PEOPLE, play.now).blocked[row]))


def test_nothing_happened_nothing_blocks() -> None:
    assert blocks(Play()) == set()


def test_standing_declaration_and_the_persons_own_word() -> None:
    people = roster([person(1, available=False), person(2)])
    play = Play()
    assert reasons_of(facts_of(play.board, people, T0).blocked[0]) == (Reason.UNAVAILABLE,)
    until = T0 + timedelta(hours=2)
    play.act(volunteer(1), act.SetAvailability(available=True, until_at=until))
    play.act(volunteer(2), act.SetAvailability(available=False, until_at=until))
    now = facts_of(play.board, people, T0).blocked
    assert [reasons_of(b) for b in now] == [(), (Reason.UNAVAILABLE,)]
    later = facts_of(play.board, people, until).blocked
    assert [reasons_of(b) for b in later] == [(Reason.UNAVAILABLE,), ()]


def test_offered_then_busy_then_resting() -> None:
    play = Play()
    need = play.need()
    (offer,) = play.offer(need.id, 1)
    assert blocks(play) == {Reason.OFFERED}
    play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
    assert blocks(play) == {Reason.BUSY}
    mine = next(iter(play.board.assignments))
    play.act(volunteer(1), act.Arrive(assignment_id=mine))
    play.now += timedelta(hours=3)
    play.act(volunteer(1), act.Release(assignment_id=mine))
    assert blocks(play) == {Reason.RESTING}
    play.now += timedelta(hours=8)
    assert blocks(play) == set()


def test_three_alerts_a_day_and_eight_a_week() -> None:
    play = Play()
    need = play.need(deadline_at=T0 + timedelta(days=20), ends_at=T0 + timedelta(days=21))

    def alert() -> None:
        (offer,) = play.offer(need.id, 1)
        play.now = offer.expires_at
        play.tick()

    alert()
    alert()
    assert blocks(play) == set()
    alert()
    assert blocks(play) == {Reason.CAPPED}
    for _ in range(2):
        play.now += timedelta(days=1)
        assert blocks(play) == set()
        for _ in range(2):
            alert()
    play.now += timedelta(days=1)
    alert()
    assert blocks(play) == {Reason.CAPPED}
    play.now = T0 + timedelta(days=7, hours=1)
    assert blocks(play) == set()


def test_who_declined_a_need_is_not_asked_for_it_again() -> None:
    play = Play()
    need = play.need()
    (offer,) = play.offer(need.id, 2)
    play.act(volunteer(2), act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY))
    facts = facts_of(play.board, PEOPLE, play.now)
    assert {n: rows.tolist() for n, rows in facts.declined.items()} == {need.id: [1]}
    assert blocks(play, 1) == set()


def test_who_promised_a_later_time_is_left_alone_until_it_is_time_to_set_out() -> None:
    """They can set out in two hours, and their way takes ten minutes."""
    play = Play()
    need = play.need(deadline_at=T0 + timedelta(hours=1))
    (offer,) = play.offer(need.id, 2)
    play.act(volunteer(2), act.PromiseLater(offer_id=offer.id, ready_in_s=7_200))

    def declined(after_s: int) -> list[int]:
        facts = facts_of(play.board, PEOPLE, T0 + timedelta(seconds=after_s))
        return [row for rows in facts.declined.values() for row in rows.tolist()]

    assert declined(6_599) == [1]
    assert declined(6_600) == []
    play.now = T0 + timedelta(seconds=6_600)
    (again,) = play.offer(need.id, 2)
    play.act(volunteer(2), act.DeclineOffer(offer_id=again.id, reason=DeclineReason.BUSY))
    assert declined(7_200) == [1], "the last word counts"


def test_whom_a_commander_excluded_is_out_of_that_need_or_of_the_whole_incident() -> None:
    play = Play()
    need, other = play.need(), play.need()
    for person_id, whole in ((1, False), (2, True), (77, False)):
        play.act(
            COMMANDER,
            act.ExcludePair(
                need_id=need.id,
                volunteer_id=VolunteerId(person_id),
                reason="asked to be left out",
                whole_incident=whole,
            ),
        )
    (later, _) = play.act(COMMANDER, add_need(need.incident_id))
    assert isinstance(later, ev.NeedAdded)
    facts = facts_of(play.board, PEOPLE, play.now)
    assert {n: rows.tolist() for n, rows in facts.excluded.items()} == {
        need.id: [0, 1],
        later.need.id: [1],
    }
    assert other.id not in facts.excluded


def test_people_who_are_not_on_the_roster_are_left_out() -> None:
    play = Play()
    need = play.need()
    play.offer(need.id, 77)
    assert not facts_of(play.board, PEOPLE, play.now).blocked.any()


def test_duty_moves_the_starting_point() -> None:
    play = Play()
    fix = Fix(lon=1.0, lat=2.0, accuracy_m=5, taken_at=T0)
    play.act(volunteer(2), act.CheckIn(fix=fix))
    lon, lat = origins_of(play.board, PEOPLE)
    assert (lon[1], lat[1]) == (1.0, 2.0)
    assert lon[0] == PEOPLE.lon[0]
    assert facts_of(play.board, PEOPLE, T0).on_duty.tolist() == [False, True, False]
    play.act(volunteer(2), act.CheckOut())
    assert np.array_equal(origins_of(play.board, PEOPLE)[0], PEOPLE.lon)
