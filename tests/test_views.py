"""Who may see what. That pushes equal fresh views is checked by `Play` on every rule test."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch import views
from dispatch.board import Person
from dispatch.model import (
    SYSTEM,
    DeclineReason,
    IncidentId,
    Means,
    Medium,
    NoticeId,
    SendStatus,
    Sent,
    VolunteerId,
    ZoneKind,
)
from dispatch.views import COMMANDERS, Audience, resting_until
from tests.play import COMMANDER, T0, Play, RandomPlay, volunteer


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


class TestNotices:
    """`Play` holds each of these to it that every screen is told of the change."""

    def asked(self, play: Play) -> tuple[Any, NoticeId]:
        (offer,) = play.offer(play.need().id, 1)
        return offer, NoticeId(f"o-{offer.id}")

    def sent(self, play: Play, notice_id: NoticeId, status: SendStatus, because: str = "") -> None:
        sent = Sent(notice_id=notice_id, medium=Medium.SMS, status=status, because=because)
        play.act(SYSTEM, act.RecordSent(sent=(sent,)))

    def test_commanders_see_how_far_an_offer_came(self) -> None:
        play = Play()
        offer, notice = self.asked(play)
        held = {"medium": "SMS", "status": "HELD", "at": "2026-07-20T19:00:00Z"}
        self.sent(play, notice, SendStatus.HELD, "QUIET_HOURS")
        shown = views.snapshot(play.board, COMMANDERS)
        assert shown["offer"][offer.id]["told"] == [held | {"because": "QUIET_HOURS"}]
        assert shown["need"][offer.need_id]["counts"]["told"] == 0
        self.sent(play, notice, SendStatus.SENT)
        play.act(volunteer(1), act.SeeNotices(notice_ids=(notice,), medium=Medium.PUSH))
        shown = views.snapshot(play.board, COMMANDERS)
        told = shown["offer"][offer.id]
        assert [d["status"] for d in told["told"]] == ["SENT"]
        assert (told["seen_at"], told["seen_by"]) == ("2026-07-20T19:00:00Z", "PUSH")
        counts = shown["need"][offer.need_id]["counts"]
        assert [counts[c] for c in ("asked", "told", "delivered", "seen")] == [1, 1, 1, 1]

    def test_who_can_come_later_is_counted_until_asked_again(self) -> None:
        play = Play()
        (offer,) = play.offer(play.need(reach_s=650).id, 1)
        promise = act.PromiseLater(offer_id=offer.id, ready_in_s=3_600, brings=(Means.BOAT,))
        play.act(volunteer(1), promise)
        shown = views.snapshot(play.board, COMMANDERS)
        assert shown["need"][offer.need_id]["counts"]["later"] == 1
        promised = shown["offer"][offer.id]
        assert promised["decline_reason"] == "LATER"
        assert (promised["ready_at"], promised["brings"]) == ("2026-07-20T20:00:00Z", ("BOAT",))
        play.offer(offer.need_id, 1)
        shown = views.snapshot(play.board, COMMANDERS)
        assert shown["need"][offer.need_id]["counts"]["later"] == 0

    def test_a_person_can_say_that_they_have_seen_it(self) -> None:
        play = Play()
        offer, notice = self.asked(play)
        mine = seen(play, 1)["offer"][offer.id]
        assert (mine["notice_id"], mine["seen_at"]) == (notice, None)
        play.act(volunteer(1), act.SeeNotices(notice_ids=(notice,)))
        assert seen(play, 1)["offer"][offer.id]["seen_at"] == "2026-07-20T19:00:00Z"

    def test_nobody_elses_screen_learns_what_was_sent(self) -> None:
        play = Play()
        _, notice = self.asked(play)
        before = seen(play, 1)
        self.sent(play, notice, SendStatus.SENT)
        assert seen(play, 1) == before
        assert views.audiences(play.board, [("notice", notice)]) == set()

    def test_thanks_take_the_place_of_the_offer(self) -> None:
        play = Play()
        offer, notice = self.asked(play)
        self.sent(play, notice, SendStatus.SENT)
        play.act(COMMANDER, act.WithdrawOffer(offer_id=offer.id, reason="Enough"))
        thanks = NoticeId(f"s-{offer.id}")
        assert seen(play, 1)["offer"][offer.id]["notice_id"] == thanks
        play.act(volunteer(1), act.SeeNotices(notice_ids=(thanks,)))
        assert seen(play, 1)["offer"][offer.id]["seen_at"] is not None

    def test_a_recall_shows_on_the_task_it_ends(self) -> None:
        play = Play()
        task = play.accepted(play.need().id, 1)
        assert seen(play, 1)["assignment"][task.id]["notice_id"] is None
        play.act(COMMANDER, act.StandDown(assignment_id=task.id, reason="Water rises"))
        recall = seen(play, 1)["assignment"][task.id]["notice_id"]
        assert recall == f"r-{task.id}"
        play.act(volunteer(1), act.SeeNotices(notice_ids=(recall,)))
        shown = views.snapshot(play.board, COMMANDERS)["assignment"][task.id]
        assert (shown["told"], shown["seen_by"]) == ([], "SOCKET")

    def test_a_warning_is_seen_by_each_for_themselves(self) -> None:
        play = Play()
        ring = ((-71.3, -30.0), (-71.2, -30.0), (-71.2, -29.9))
        draw = act.DrawZone(zone_kind=ZoneKind.FLOOD, name="Flood", parts=((ring,),))
        (drawn,) = play.act(COMMANDER, draw)
        assert isinstance(drawn, ev.ZoneDrawn)
        who = (VolunteerId(1), VolunteerId(2))
        play.act(SYSTEM, act.WarnPeople(zone_id=drawn.zone.id, volunteer_ids=who))
        notice = seen(play, 1)["warning"][drawn.zone.id]["notice_id"]
        play.act(volunteer(1), act.SeeNotices(notice_ids=(notice,)))
        assert seen(play, 1)["warning"][drawn.zone.id]["seen_at"] is not None
        assert seen(play, 2)["warning"][drawn.zone.id]["seen_at"] is None

    def test_a_reach_test_is_seen_while_it_runs(self) -> None:
        play = Play()
        who = (VolunteerId(1), VolunteerId(2))
        start = act.StartReachTest(name="Rescue team", volunteer_ids=who, minutes=10)
        play.act(COMMANDER, start)
        ((test_id, mine),) = seen(play, 1)["test"].items()
        assert mine == {
            "id": test_id,
            "name": "Rescue team",
            "ends_at": "2026-07-20T19:10:00Z",
            "exercise": False,
            "notice_id": f"t-{test_id}-1",
            "seen_at": None,
        }
        assert seen(play, 3)["test"] == {}
        play.act(volunteer(1), act.SeeNotices(notice_ids=(mine["notice_id"],)))
        shown = views.snapshot(play.board, COMMANDERS)["test"][test_id]
        assert [shown[c] for c in ("people", "told", "delivered", "seen")] == [2, 1, 1, 1]
        play.now += timedelta(minutes=10)
        play.tick()
        assert seen(play, 1)["test"] == {}
        assert views.snapshot(play.board, COMMANDERS)["test"][test_id]["ended_at"] is not None

    def test_a_count_of_thousands_costs_no_look_at_each(self) -> None:
        """The counts of a need are read; its offers are not."""
        play = Play()
        need = play.need()
        play.offer(need.id, *range(1, 20))
        before = views.entity(play.board, COMMANDERS, ("need", need.id))
        play.board.offers.clear()
        assert views.entity(play.board, COMMANDERS, ("need", need.id)) == before


@pytest.mark.parametrize("seed", range(6))
def test_in_a_long_random_play_every_screen_is_told_everything(seed: int) -> None:
    """`Play` compares after every action what was pushed with a fresh view of each audience."""
    play = RandomPlay(seed)
    for _ in range(120):
        play.step()
    board = play.refold()
    for field in fields(board):
        assert getattr(board, field.name) == getattr(play.board, field.name), field.name
