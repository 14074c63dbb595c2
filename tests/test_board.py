"""The fold: the board from the log equals the board in memory, and a broken log is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch import views
from dispatch.board import ENTRIES_KEPT, HANDLERS, Alert, Board, apply
from dispatch.errors import LogCorrupt
from dispatch.events import EVENT_TYPES
from dispatch.model import (
    SYSTEM,
    AgencyId,
    AssignmentId,
    AssignmentStatus,
    DeclineReason,
    DeliveryReport,
    Heads,
    Medium,
    Notice,
    NoticeId,
    NoticeKind,
    OfferId,
    OfferStatus,
    SendStatus,
    Sent,
    Severity,
    Urgency,
    VolunteerId,
    ZoneKind,
)
from dispatch.views import COMMANDERS
from tests.play import COMMANDER, T0, Play, add_need, cover, open_incident, travel, volunteer


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


class TestNotices:
    """What people must be told follows from the events; nobody keeps a second list."""

    def notice(self, play: Play, notice_id: str) -> Notice:
        return play.board.notices[NoticeId(notice_id)]

    def told(self, play: Play, notice_id: str, medium: Medium = Medium.SMS) -> None:
        sent = Sent(notice_id=NoticeId(notice_id), medium=medium, status=SendStatus.SENT)
        play.act(SYSTEM, act.RecordSent(sent=(sent,)))

    @pytest.mark.parametrize(
        ("severity", "urgency"),
        [
            (Severity.I, Urgency.LIFE),
            (Severity.II, Urgency.URGENT),
            (Severity.III, Urgency.NORMAL),
            (Severity.IV, Urgency.NORMAL),
        ],
    )
    def test_an_offer_is_as_urgent_as_its_incident(
        self, severity: Severity, urgency: Urgency
    ) -> None:
        play = Play()
        play.act(COMMANDER, open_incident(severity=severity))
        play.act(COMMANDER, add_need(next(iter(play.board.incidents))))
        (offer,) = play.offer(next(iter(play.board.needs)), 1)
        notice = self.notice(play, f"o-{offer.id}")
        assert (notice.kind, notice.urgency) == (NoticeKind.OFFER, urgency)
        assert (notice.subject, notice.closes_at) == (offer.id, offer.expires_at)

    def test_whatever_ends_an_offer_closes_its_notice(self) -> None:
        play = Play()
        yes, no, later, silent, withdrawn = play.offer(play.need(reach_s=650).id, *range(1, 6))
        play.act(volunteer(1), act.AcceptOffer(offer_id=yes.id))
        play.act(volunteer(2), act.DeclineOffer(offer_id=no.id, reason=DeclineReason.BUSY))
        play.act(volunteer(3), act.PromiseLater(offer_id=later.id, ready_in_s=3_600))
        play.act(COMMANDER, act.WithdrawOffer(offer_id=withdrawn.id, reason="Stay"))
        play.now = silent.expires_at
        play.tick()
        assert play.board.live_notices == set()
        seen = {n.subject: n.seen for n in play.board.notices.values()}
        assert seen == {o.id: o in (yes, no, later) for o in (yes, no, later, silent, withdrawn)}

    def test_only_who_knew_of_it_is_told_that_it_is_taken_back(self) -> None:
        play = Play()
        told, seen, failed, nothing = play.offer(play.need().id, 1, 2, 3, 4)
        self.told(play, f"o-{told.id}")
        play.act(volunteer(2), act.SeeNotices(notice_ids=(NoticeId(f"o-{seen.id}"),)))
        wrong = Sent(
            notice_id=NoticeId(f"o-{failed.id}"), medium=Medium.SMS, status=SendStatus.FAILED
        )
        play.act(SYSTEM, act.RecordSent(sent=(wrong,)))
        for offer in (told, seen, failed, nothing):
            play.act(COMMANDER, act.WithdrawOffer(offer_id=offer.id, reason="Enough"))
        assert play.board.live_notices == {f"s-{told.id}", f"s-{seen.id}"}
        thanks = self.notice(play, f"s-{told.id}")
        assert (thanks.kind, thanks.urgency) == (NoticeKind.STOOD_DOWN, Urgency.INFO)
        play.now += timedelta(minutes=30)
        play.act(COMMANDER, act.AddNote(text="later"))
        assert play.board.live_notices == set()

    def test_who_took_another_needs_no_thanks(self) -> None:
        play = Play()
        (one,), (two,) = play.offer(play.need().id, 1), play.offer(play.need().id, 1)
        self.told(play, f"o-{two.id}")
        play.act(volunteer(1), act.AcceptOffer(offer_id=one.id))
        assert play.board.live_notices == set()

    def test_whom_a_commander_stands_down_is_called_back_until_they_have_seen_it(self) -> None:
        play = Play()
        assignment = play.accepted(play.need().id, 1)
        back = act.StandDown(assignment_id=assignment.id, reason="Water rises")
        play.act(COMMANDER, back)
        recall = self.notice(play, f"r-{assignment.id}")
        assert (recall.kind, recall.urgency) == (NoticeKind.RECALL, Urgency.LIFE)
        assert play.board.live_notices == {recall.id}
        play.act(volunteer(1), act.SeeNotices(notice_ids=(recall.id,), medium=Medium.PUSH))
        assert play.board.live_notices == set()
        seen = self.notice(play, recall.id)
        assert (seen.closed_at, seen.seen_at, seen.seen_by) == (play.now, play.now, Medium.PUSH)

    def test_a_closed_incident_calls_everybody_back_who_is_on_the_way(self) -> None:
        play = Play()
        need = play.need()
        assignment = play.accepted(need.id, 1)
        seen_seq = play.board.seq
        close = act.CloseIncident(incident_id=need.incident_id, seen_seq=seen_seq, reason="over")
        play.act(COMMANDER, close)
        assert play.board.live_notices == {f"r-{assignment.id}"}
        play.now += timedelta(hours=2)
        play.act(COMMANDER, act.AddNote(text="later"))
        assert play.board.live_notices == set()

    def test_who_cannot_come_after_all_is_not_called_back(self) -> None:
        play = Play()
        first = play.accepted(play.need().id, 1)
        play.act(volunteer(1), act.StandDown(assignment_id=first.id, reason="Ill"))
        assert play.board.live_notices == set()

    def test_who_is_warned_is_told_until_the_zone_is_cleared_or_over(self) -> None:
        play = Play()
        ring = ((-71.3, -30.0), (-71.2, -30.0), (-71.2, -29.9))
        zone_id = None
        for ends_at in (None, T0 + timedelta(hours=1), None):
            draw = act.DrawZone(
                zone_kind=ZoneKind.FLOOD, name="Flood", parts=((ring,),), ends_at=ends_at
            )
            (drawn,) = play.act(COMMANDER, draw)
            assert isinstance(drawn, ev.ZoneDrawn)
            zone_id = drawn.zone.id
            who = (VolunteerId(1), VolunteerId(2))
            play.act(SYSTEM, act.WarnPeople(zone_id=zone_id, volunteer_ids=who))
        assert len(play.board.live_notices) == 6
        assert zone_id is not None
        play.act(COMMANDER, act.ClearZone(zone_id=zone_id))
        assert len(play.board.live_notices) == 4
        play.now += timedelta(hours=1)
        play.act(COMMANDER, act.AddNote(text="later"))
        assert len(play.board.live_notices) == 2
        play.now += timedelta(hours=11)
        play.act(COMMANDER, act.AddNote(text="much later"))
        assert play.board.live_notices == set()

    def test_how_far_notices_came_is_no_news_and_makes_nothing_stale(self) -> None:
        play = Play()
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        before = list(play.board.entries), dict(play.board.changes)
        self.told(play, f"o-{offer.id}")
        play.act(volunteer(1), act.SeeNotices(notice_ids=(NoticeId(f"o-{offer.id}"),)))
        assert (list(play.board.entries), dict(play.board.changes)) == before
        play.act(COMMANDER, act.AddNote(text="news"))
        last = play.board.entries[-1].id
        assert views.entity(play.board, COMMANDERS, ("entry", last)) is not None
        assert views.entity(play.board, COMMANDERS, ("entry", last - 1)) is None

    def test_counts_are_those_of_the_offers_one_by_one(self) -> None:
        play = Play()
        need = play.need(heads=Heads(minimum=1, desired=9, maximum=9))
        offers = play.offer(need.id, *range(1, 8))
        for offer in offers[:4]:
            self.told(play, f"o-{offer.id}", Medium.PUSH)
        delivered = DeliveryReport(
            notice_id=NoticeId(f"o-{offers[0].id}"),
            medium=Medium.PUSH,
            status=SendStatus.DELIVERED,
            at=play.now,
        )
        failed = replace(
            delivered, notice_id=NoticeId(f"o-{offers[1].id}"), status=SendStatus.FAILED
        )
        play.act(SYSTEM, act.ReceiveReports(receipts=(delivered, failed)))
        play.act(volunteer(6), act.SeeNotices(notice_ids=(NoticeId(f"o-{offers[5].id}"),)))
        play.act(volunteer(7), act.AcceptOffer(offer_id=offers[6].id))
        counted = [play.board.counted(need.id, stage) for stage in ("told", "delivered", "seen")]
        mine = [n for n in play.board.notices.values() if n.kind is NoticeKind.OFFER]
        one_by_one = [sum(getattr(n, s) for n in mine) for s in ("told", "delivered", "seen")]
        assert counted == one_by_one == [5, 3, 2]

    def test_a_status_is_counted_as_often_as_it_is_found(self) -> None:
        play = whole_call()
        (need,) = play.board.needs
        statuses = [play.board.offers[o].status for o in play.board.offers_of[need]]
        statuses += [a.status for a in play.board.assignments_to(need)]  # type: ignore[misc]
        for status in (*OfferStatus, *AssignmentStatus):
            assert play.board.counted(need, status) == statuses.count(status), status


def test_an_older_log_is_still_read() -> None:
    """Bodies as they were before answers could be partial."""
    play = whole_call()
    board = Board(agency=AgencyId("x"))
    for stored in play.stored:
        kind, version, body = ev.encode(stored.event)
        old = json.loads(body)
        for name in ("ready_at", "brings"):
            old.pop(name, None)
        event = ev.decode(kind, version, json.dumps(old).encode())
        apply(board, replace(stored, event=event))
    assert board.offers == play.board.offers
    assert board.assignments == play.board.assignments
