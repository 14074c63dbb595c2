"""What is still to be told: everything that changed for an audience, and nothing for the others."""

from __future__ import annotations

from typing import Any

from dispatch import actions as act
from dispatch.alerts.pending import Pending
from dispatch.board import Key
from dispatch.model import SYSTEM, Actor, DeclineReason, VolunteerId, ZoneKind
from dispatch.views import COMMANDERS, Audience
from tests.play import COMMANDER, Play, volunteer

ONE, TWO, THREE = (Audience(volunteer_id=VolunteerId(n)) for n in (1, 2, 3))
LISTENING = {COMMANDERS, ONE, TWO}
FLOOD = act.DrawZone(
    zone_kind=ZoneKind.FLOOD,
    name="Estero",
    parts=((((-71.3, -29.9), (-71.2, -29.9), (-71.2, -30.0)),),),
)


class Noted:
    """A play that notes the keys it touches."""

    def __init__(self) -> None:
        self.play = Play()
        self.keys: list[Key] = []
        check = self.play._check_push_equals_state
        self.play._check_push_equals_state = self._note(check)  # type: ignore[method-assign]
        self.need = self.play.need()
        self.offers = self.play.offer(self.need.id, 1, 2, 3)
        self.keys.clear()

    def _note(self, check: Any) -> Any:
        def noted(keys: list[Key]) -> None:
            self.keys += keys
            check(keys)

        return noted


def test_first_whom_it_concerns_then_who_looks_on() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    noted.play.act(volunteer(2), act.AcceptOffer(offer_id=noted.offers[1].id))
    pending.add(noted.keys, LISTENING)
    assert pending.next() == TWO
    assert ("offer", noted.offers[1].id) in pending.take(TWO)
    assert pending.next() is None
    assert pending.lookers_unknown
    pending.find_lookers(LISTENING)
    assert pending.take(ONE) == {("need", noted.need.id): None}
    assert set(pending.take(COMMANDERS)) == set(noted.keys)
    pending.take(TWO)
    assert not pending


def test_an_answer_that_changes_nothing_to_see_finds_no_lookers() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    pending.add([("need", noted.need.id)], LISTENING)
    pending.find_lookers(LISTENING)
    assert pending.take(ONE)
    pending.take(TWO)
    decline = act.DeclineOffer(offer_id=noted.offers[2].id, reason=DeclineReason.BUSY)
    noted.play.act(volunteer(3), decline)
    pending.add(noted.keys, LISTENING)
    pending.find_lookers(LISTENING)
    assert pending.next() is None


def test_taking_includes_needs_whose_lookers_are_not_found_yet() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    pending.add([("need", noted.need.id)], LISTENING)
    assert pending.take(ONE) == {("need", noted.need.id): None}
    assert pending.take(Audience(volunteer_id=VolunteerId(9))) == {}


def test_an_incident_stands_for_its_needs() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    seen_seq = noted.play.board.changes["incident", noted.need.incident_id].seq
    update = act.UpdateIncident(
        incident_id=noted.need.incident_id, seen_seq=seen_seq, title="Broken"
    )
    noted.play.act(COMMANDER, update)
    pending.add(noted.keys, LISTENING)
    pending.find_lookers(LISTENING)
    assert {pending.take(a) != {} for a in (ONE, TWO)} == {True}


def test_nobody_is_noted_who_does_not_listen() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    noted.play.offer(noted.need.id, 3)
    pending.add(noted.keys, {ONE})
    assert pending.next() is None
    assert not pending.for_commanders
    pending.find_lookers({ONE})
    pending.forget(ONE)
    assert not pending


def test_what_commanders_who_left_missed_is_forgotten() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    pending.add([("zone", "z")], LISTENING)
    pending.forget(COMMANDERS)
    assert not pending.for_commanders


def test_who_was_warned_before_is_told_again_only_of_what_changed() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)

    def told_after(actor: Actor, action: act.Action) -> list[bool]:
        noted.keys.clear()
        noted.play.act(actor, action)
        pending.add(noted.keys, LISTENING)
        return [("warning", zone) in pending.take(a) for a in (ONE, TWO)]

    def warn(person: Audience) -> act.WarnPeople:
        assert person.volunteer_id is not None
        return act.WarnPeople(zone_id=zone, volunteer_ids=(person.volunteer_id,))

    noted.play.act(COMMANDER, FLOOD)
    (zone,) = noted.play.board.zones
    assert told_after(SYSTEM, warn(ONE)) == [True, False]
    assert told_after(SYSTEM, warn(TWO)) == [False, True]
    assert told_after(COMMANDER, act.ClearZone(zone_id=zone)) == [True, True]


def test_a_crowd_is_taken_in_the_order_in_which_it_was_noted() -> None:
    noted = Noted()
    pending = Pending(noted.play.board)
    crowd = [Audience(volunteer_id=VolunteerId(n)) for n in (9, 4, 7)]
    pending.add([("person", a.volunteer_id) for a in crowd], set(crowd))
    found = []
    while (audience := pending.next()) is not None:
        found.append(audience)
        pending.take(audience)
    assert found == crowd
