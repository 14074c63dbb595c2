"""Every rule: what it makes happen, and every code it refuses with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch import events as ev
from dispatch import rules, views
from dispatch.errors import Forbidden, Rejected
from dispatch.model import (
    CLEAR,
    SYSTEM,
    AssignmentStatus,
    Certainty,
    DeclineReason,
    DeliveryReport,
    Fix,
    HazardClass,
    Heads,
    IncidentId,
    Means,
    Medium,
    NeedId,
    NeedStatus,
    NoticeId,
    OfferId,
    OfferStatus,
    PlanId,
    PlanStatus,
    Rain,
    Reason,
    RegionCode,
    SendStatus,
    Sent,
    Severity,
    Skill,
    TestId,
    TravelMode,
    Verdict,
    VolunteerId,
    ZoneId,
    ZoneKind,
    ZoneStatus,
)
from tests.play import COMMANDER, T0, Play, add_need, open_incident, volunteer


@pytest.fixture
def play() -> Play:
    return Play()


def refused(code: str, play: Play, actor: Any, action: act.Action) -> dict[str, Any]:
    """Assert that the action is refused with `code` and stores nothing; return the parameters."""
    before = play.board.seq
    with pytest.raises(Rejected) as caught:
        play.act(actor, action)
    assert caught.value.code == code
    assert play.board.seq == before
    return caught.value.params


class TestIncidents:
    def test_open(self, play: Play) -> None:
        play.act(COMMANDER, open_incident())
        play.act(COMMANDER, open_incident(title="Second"))
        assert [i.number for i in play.board.incidents.values()] == [1, 2]

    def test_open_refuses_what_it_does_not_know(self, play: Play) -> None:
        refused("UNKNOWN_KIND", play, COMMANDER, open_incident(incident_kind="dragon"))
        refused("UNKNOWN_REGION", play, COMMANDER, open_incident(region=RegionCode("99")))
        refused("TEXT_EMPTY", play, COMMANDER, open_incident(title="  "))
        refused("TEXT_TOO_LONG", play, COMMANDER, open_incident(title="x" * 201))
        refused("TEXT_TOO_LONG", play, COMMANDER, open_incident(description="x" * 2_001))

    def test_volunteers_may_not_open(self, play: Play) -> None:
        with pytest.raises(Forbidden):
            play.act(volunteer(1), open_incident())

    def test_update_changes_only_what_is_given(self, play: Play) -> None:
        play.act(COMMANDER, open_incident())
        (before,) = play.board.incidents.values()
        play.act(
            COMMANDER,
            act.UpdateIncident(incident_id=before.id, seen_seq=1, severity=Severity.II),
        )
        assert play.board.incidents[before.id] == replace(before, severity=Severity.II)

    def test_update_to_the_same_stores_nothing(self, play: Play) -> None:
        play.act(COMMANDER, open_incident())
        (incident,) = play.board.incidents.values()
        same = act.UpdateIncident(incident_id=incident.id, seen_seq=1, title=incident.title)
        assert play.act(COMMANDER, same) == ()

    def test_update_checks_its_texts(self, play: Play) -> None:
        play.act(COMMANDER, open_incident())
        (incident,) = play.board.incidents.values()
        for field, most in (("title", 200), ("description", 2_000)):
            over = act.UpdateIncident(
                incident_id=incident.id, seen_seq=1, **{field: "x" * (most + 1)}
            )
            assert refused("TEXT_TOO_LONG", play, COMMANDER, over)["most"] == most

    def test_close_leaves_closed_needs_alone(self, play: Play) -> None:
        need = play.need()
        play.act(
            COMMANDER, act.CloseNeed(need_id=need.id, seen_seq=play.board.seq, reason="Enough")
        )
        close = act.CloseIncident(
            incident_id=need.incident_id, seen_seq=play.board.seq, reason="over"
        )
        events = play.act(COMMANDER, close)
        assert [type(e) for e in events] == [ev.IncidentClosed]

    def test_a_screen_ahead_of_the_log_is_refused(self, play: Play) -> None:
        play.act(COMMANDER, open_incident())
        (incident,) = play.board.incidents.values()
        ahead = act.CloseIncident(incident_id=incident.id, seen_seq=2, reason="x")
        assert refused("SEEN_AHEAD", play, COMMANDER, ahead) == {"seen_seq": 2, "head": 1}

    def test_a_graver_danger_sends_back_who_was_not_checked_for_it(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=4, maximum=4))
        there = play.accepted(need.id, 1)
        play.act(volunteer(1), act.Arrive(assignment_id=there.id))
        coming = play.accepted(need.id, 2)
        (asked,) = play.offer(need.id, 3)
        remote = add_need(need.incident_id, hazard=HazardClass.H0)
        play.act(COMMANDER, remote)
        graver = act.UpdateIncident(
            incident_id=need.incident_id, seen_seq=play.board.seq, hazard=HazardClass.H4
        )
        play.act(COMMANDER, graver)
        board = play.board
        assert board.needs[need.id].hazard is HazardClass.H4
        assert board.offers[asked.id].withdrawn_because == "HAZARD_RAISED"
        assert board.assignments[coming.id].status is AssignmentStatus.STOOD_DOWN
        assert board.assignments[there.id].status is AssignmentStatus.ON_SCENE
        assert sorted(n.hazard for n in board.needs.values()) == [HazardClass.H0, HazardClass.H4]
        assert all(n.status is NeedStatus.PUBLISHED for n in board.needs.values())

    def test_a_need_without_safety_plan_does_not_survive_a_graver_danger(self, play: Play) -> None:
        play.act(COMMANDER, open_incident(hazard=HazardClass.H1))
        (incident,) = play.board.incidents.values()
        play.act(COMMANDER, add_need(incident.id, risk_assessment="", safety_plan=None))
        graver = act.UpdateIncident(incident_id=incident.id, seen_seq=3, hazard=HazardClass.H3)
        play.act(COMMANDER, graver)
        (need,) = play.board.needs.values()
        assert need.status is NeedStatus.CLOSED

    def test_stale_update_says_what_changed(self, play: Play) -> None:
        play.act(COMMANDER, open_incident())
        (incident,) = play.board.incidents.values()
        play.act(
            COMMANDER,
            act.UpdateIncident(incident_id=incident.id, seen_seq=1, title="Worse"),
        )
        params = refused(
            "STALE",
            play,
            COMMANDER,
            act.UpdateIncident(incident_id=incident.id, seen_seq=1, title="Better"),
        )
        assert params["changed"] == {
            "entity": "incident",
            "id": incident.id,
            "event": "IncidentUpdated",
            "actor": {"role": "commander", "id": "li"},
            "at": T0,
        }

    def test_close_stands_everybody_down_and_keeps_who_is_there(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=4, maximum=4))
        there = play.accepted(need.id, 1)
        play.act(volunteer(1), act.Depart(assignment_id=there.id))
        play.act(volunteer(1), act.Arrive(assignment_id=there.id))
        coming = play.accepted(need.id, 2)
        (asked,) = play.offer(need.id, 3)
        play.act(
            COMMANDER,
            act.CloseIncident(
                incident_id=need.incident_id, seen_seq=play.board.seq, reason="Water fell"
            ),
        )
        board = play.board
        assert board.offers[asked.id].status is OfferStatus.WITHDRAWN
        assert board.assignments[coming.id].status is AssignmentStatus.STOOD_DOWN
        assert board.assignments[there.id].status is AssignmentStatus.ON_SCENE
        assert board.needs[need.id].status is NeedStatus.CLOSED
        play.act(volunteer(1), act.Release(assignment_id=there.id))
        refused(
            "ILLEGAL_STATE",
            play,
            COMMANDER,
            act.CloseIncident(
                incident_id=need.incident_id, seen_seq=play.board.seq, reason="Again"
            ),
        )

    def test_unknown_incident(self, play: Play) -> None:
        gone = act.CloseIncident(incident_id=IncidentId("x"), seen_seq=0, reason="r")
        assert refused("NOT_FOUND", play, COMMANDER, gone)["entity"] == "incident"


class TestNeeds:
    def draft(self, play: Play, **over: Any) -> Any:
        play.act(COMMANDER, open_incident())
        (incident,) = play.board.incidents.values()
        play.act(COMMANDER, add_need(incident.id, publish=False, **over))
        return next(iter(play.board.needs.values()))

    def test_takes_site_hazard_and_region_from_the_incident(self, play: Play) -> None:
        need = self.draft(play)
        (incident,) = play.board.incidents.values()
        assert (need.site, need.hazard, need.region) == (
            incident.site,
            incident.hazard,
            incident.region,
        )
        assert need.status is NeedStatus.DRAFT

    def test_publish_later(self, play: Play) -> None:
        need = self.draft(play)
        play.act(COMMANDER, act.PublishNeed(need_id=need.id, seen_seq=play.board.seq))
        assert play.board.needs[need.id].status is NeedStatus.PUBLISHED
        again = act.PublishNeed(need_id=need.id, seen_seq=play.board.seq)
        refused("ILLEGAL_STATE", play, COMMANDER, again)

    @pytest.mark.parametrize(
        ("code", "over"),
        [
            ("UNVERIFIED", {"verified": False}),
            ("NO_RISK_ASSESSMENT", {"risk_assessment": " "}),
            ("NO_SAFETY_PLAN", {"safety_plan": None}),
            (
                "NO_RISK_ASSESSMENT",
                {
                    "hazard": HazardClass.H1,
                    "heads": Heads(minimum=1, desired=50, maximum=50),
                    "risk_assessment": "",
                },
            ),
        ],
    )
    def test_rule_8_need_is_not_published_unsafe(
        self, play: Play, code: str, over: dict[str, Any]
    ) -> None:
        need = self.draft(play, **over)
        publish = act.PublishNeed(need_id=need.id, seen_seq=play.board.seq)
        refused(code, play, COMMANDER, publish)
        refused(code, play, COMMANDER, add_need(need.incident_id, **over))

    def test_rule_8_small_safe_needs_go_without_a_safety_plan(self, play: Play) -> None:
        need = play.need(hazard=HazardClass.H1, risk_assessment="", safety_plan=None)
        assert need.status is NeedStatus.PUBLISHED

    @pytest.mark.parametrize(
        ("code", "over"),
        [
            ("UNKNOWN_SKILL", {"skill": Skill("JUGGLE")}),
            ("BAD_LEVEL", {"level": 4}),
            ("BAD_REACH", {"reach_s": 59}),
            ("DEADLINE_PASSED", {"deadline_at": T0}),
            ("ENDS_BEFORE_DEADLINE", {"ends_at": T0 + timedelta(minutes=59)}),
            ("TOO_FAR_AHEAD", {"ends_at": T0 + timedelta(days=31)}),
            ("TEXT_TOO_LONG", {"note": "x" * 2_001}),
        ],
    )
    def test_refuses(self, play: Play, code: str, over: dict[str, Any]) -> None:
        play.act(COMMANDER, open_incident())
        (incident,) = play.board.incidents.values()
        refused(code, play, COMMANDER, add_need(incident.id, **over))

    def test_no_needs_for_a_closed_incident(self, play: Play) -> None:
        need = play.need()
        close = act.CloseIncident(
            incident_id=need.incident_id, seen_seq=play.board.seq, reason="over"
        )
        play.act(COMMANDER, close)
        refused("INCIDENT_CLOSED", play, COMMANDER, add_need(need.incident_id))

    def test_update_of_a_published_need_stays_publishable(self, play: Play) -> None:
        need = play.need()
        off = act.UpdateNeed(need_id=need.id, seen_seq=play.board.seq, verified=False)
        refused("UNVERIFIED", play, COMMANDER, off)

    def test_update_to_the_same_stores_nothing(self, play: Play) -> None:
        need = play.need()
        same = act.UpdateNeed(need_id=need.id, seen_seq=play.board.seq, note=need.note)
        assert play.act(COMMANDER, same) == ()

    def test_a_draft_may_stay_unpublishable(self, play: Play) -> None:
        need = self.draft(play)
        off = act.UpdateNeed(need_id=need.id, seen_seq=play.board.seq, verified=False)
        play.act(COMMANDER, off)
        assert not play.board.needs[need.id].verified

    def test_nobody_is_left_uncovered_by_a_longer_task(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        assert mine.cover is not None
        longer = act.UpdateNeed(
            need_id=need.id,
            seen_seq=play.board.seq,
            ends_at=mine.cover.valid_until_at - timedelta(seconds=need.reach_s - 1),
        )
        play.now = mine.cover.valid_until_at - timedelta(days=10)
        longer = replace(longer, deadline_at=play.now + timedelta(hours=1))
        params = refused("COVER_TOO_SHORT", play, COMMANDER, longer)
        assert params == {"assignments": [mine.id]}

    def test_maximum_cannot_fall_below_who_came(self, play: Play) -> None:
        need = play.need()
        play.accepted(need.id, 1)
        play.accepted(need.id, 2)
        fewer = Heads(minimum=1, desired=1, maximum=1)
        smaller = act.UpdateNeed(need_id=need.id, seen_seq=play.board.seq, heads=fewer)
        assert refused("HEADS_BELOW_TAKEN", play, COMMANDER, smaller) == {"taken": 2}

    def test_offers_do_not_make_a_need_stale(self, play: Play) -> None:
        need = play.need()
        seen = play.board.seq
        play.offer(need.id, 1)
        play.act(COMMANDER, act.UpdateNeed(need_id=need.id, seen_seq=seen, note="Bring boots"))
        assert play.board.needs[need.id].note == "Bring boots"

    def test_close_withdraws_offers_and_keeps_who_comes(self, play: Play) -> None:
        need = play.need()
        coming = play.accepted(need.id, 1)
        (asked,) = play.offer(need.id, 2)
        play.act(
            COMMANDER, act.CloseNeed(need_id=need.id, seen_seq=play.board.seq, reason="Enough")
        )
        assert play.board.offers[asked.id].withdrawn_because == "NEED_CLOSED"
        assert play.board.assignments[coming.id].status is AssignmentStatus.ASSIGNED
        late = act.AcceptOffer(offer_id=asked.id)
        assert refused("OFFER_WITHDRAWN", play, volunteer(2), late) == {"because": "NEED_CLOSED"}


class TestPlans:
    def test_nothing_to_plan(self, play: Play) -> None:
        refused("NOTHING_TO_PLAN", play, COMMANDER, act.MakePlan())

    def test_dispatch_offers_every_proposal(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 1, 2)
        events = play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id))
        assert events[-1] == ev.PlanDispatched(plan_id=plan.id, offered=2, skipped=0)
        assert play.board.plans[plan.id].status is PlanStatus.DISPATCHED
        assert {o.volunteer_id for o in play.board.open_offers_of(need.id)} == {1, 2}

    def test_dispatch_skips_who_is_no_longer_eligible(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 1, 2)
        play.verdicts[need.id, VolunteerId(1)] = Verdict(reasons=(Reason.BUSY,))
        events = play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id))
        assert events[-1] == ev.PlanDispatched(plan_id=plan.id, offered=1, skipped=1)

    def test_dispatch_asks_more_people_than_heads_as_planned(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=2, maximum=2))
        plan = play.plan(need.id, 1, 2, 3, 4, 5)
        play.accepted(need.id, 7)
        events = play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id))
        assert events[-1] == ev.PlanDispatched(plan_id=plan.id, offered=5, skipped=0)

    def test_dispatch_asks_nobody_once_the_desired_heads_are_taken(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=2, maximum=3))
        plan = play.plan(need.id, 1, 2)
        play.accepted(need.id, 7)
        play.accepted(need.id, 8)
        refused("NOTHING_TO_OFFER", play, COMMANDER, act.DispatchPlan(plan_id=plan.id))

    def test_dispatch_of_a_replaced_plan_is_refused(self, play: Play) -> None:
        need = play.need()
        old = play.plan(need.id, 1)
        play.plan(need.id, 2)
        refused("PLAN_SUPERSEDED", play, COMMANDER, act.DispatchPlan(plan_id=old.id))

    def test_dispatch_of_named_needs_then_the_rest(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 1)
        none = act.DispatchPlan(plan_id=plan.id, need_ids=())
        refused("NOTHING_TO_OFFER", play, COMMANDER, none)
        play.act(COMMANDER, act.DispatchPlan(plan_id=plan.id, need_ids=(need.id,)))
        play.verdicts[need.id, VolunteerId(1)] = Verdict(reasons=(Reason.OFFERED,))
        refused("NOTHING_TO_OFFER", play, COMMANDER, act.DispatchPlan(plan_id=plan.id))

    def test_dispatch_after_the_need_closed_offers_nothing(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 1)
        play.act(
            COMMANDER, act.CloseNeed(need_id=need.id, seen_seq=play.board.seq, reason="Enough")
        )
        refused("NOTHING_TO_OFFER", play, COMMANDER, act.DispatchPlan(plan_id=plan.id))


class TestOffers:
    def test_offer_carries_cover_and_deadline(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        assert offer.cover is not None
        assert offer.expires_at == T0 + timedelta(seconds=300)

    def test_offer_above_h0_cannot_be_built_without_cover(self, play: Play) -> None:
        need = play.need()
        naked = replace(_yes(), cover=None)
        play.verdicts[need.id, VolunteerId(1)] = naked
        with pytest.raises(ValueError, match="no cover evidence"):
            play.offer(need.id, 1)

    def test_no_offer_without_a_way_there(self, play: Play) -> None:
        need = play.need()
        play.verdicts[need.id, VolunteerId(1)] = replace(_yes(), travel=None)
        make = act.MakeOffer(need_id=need.id, volunteer_ids=(VolunteerId(1),))
        assert refused("NOT_ELIGIBLE", play, COMMANDER, make)["reasons"] == [Reason.REACH]

    def test_offer_to_somebody_not_eligible(self, play: Play) -> None:
        need = play.need()
        verdict = Verdict(reasons=(Reason.COVER, Reason.REACH))
        play.verdicts[need.id, VolunteerId(2)] = verdict
        make = act.MakeOffer(need_id=need.id, volunteer_ids=(VolunteerId(1), VolunteerId(2)))
        params = refused("NOT_ELIGIBLE", play, COMMANDER, make)
        assert params == {"volunteer": 2, "reasons": [Reason.COVER, Reason.REACH]}

    def test_offer_needs_a_published_need(self, play: Play) -> None:
        need = play.need(publish=False)
        make = act.MakeOffer(need_id=need.id, volunteer_ids=(VolunteerId(1),))
        refused("NEED_NOT_PUBLISHED", play, COMMANDER, make)

    def test_offer_to_nobody(self, play: Play) -> None:
        need = play.need()
        nobody = act.MakeOffer(need_id=need.id, volunteer_ids=())
        refused("NOTHING_TO_OFFER", play, COMMANDER, nobody)

    def test_withdraw(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        play.act(COMMANDER, act.WithdrawOffer(offer_id=offer.id, reason="Wrong person"))
        assert play.board.offers[offer.id].withdrawn_because == "Wrong person"
        again = act.WithdrawOffer(offer_id=offer.id, reason="x")
        refused("ILLEGAL_STATE", play, COMMANDER, again)

    def test_decline_with_reason(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        play.act(
            volunteer(1),
            act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.NO_GEAR, comment="no boots"),
        )
        declined = play.board.offers[offer.id]
        assert declined.status is OfferStatus.DECLINED
        assert (declined.decline_reason, declined.comment) == (DeclineReason.NO_GEAR, "no boots")
        refused("OFFER_ANSWERED", play, volunteer(1), act.AcceptOffer(offer_id=offer.id))

    def test_somebody_elses_offer(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        with pytest.raises(Forbidden):
            play.act(volunteer(2), act.AcceptOffer(offer_id=offer.id))

    def test_unknown_offer(self, play: Play) -> None:
        refused("NOT_FOUND", play, volunteer(1), act.AcceptOffer(offer_id=OfferId("x")))

    def test_expiry_is_checked_inside_accept(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        play.now = offer.expires_at - timedelta(microseconds=1)
        assert play.tick() == ()
        play.now = offer.expires_at
        refused("OFFER_EXPIRED", play, volunteer(1), act.AcceptOffer(offer_id=offer.id))
        assert play.tick() == (ev.OfferExpired(offer_id=offer.id),)
        refused("OFFER_EXPIRED", play, volunteer(1), act.AcceptOffer(offer_id=offer.id))

    def test_accept_of_terms_that_changed(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        seen = play.board.seq
        play.act(COMMANDER, act.UpdateNeed(need_id=need.id, seen_seq=seen, note="On the river"))
        old = act.AcceptOffer(offer_id=offer.id, seen_seq=seen)
        assert refused("STALE", play, volunteer(1), old)["changed"]["event"] == "NeedUpdated"
        play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id, seen_seq=play.board.seq))

    def test_nobody_is_sent_to_a_need_that_is_over(self, play: Play) -> None:
        need = play.need()
        plan = play.plan(need.id, 7)
        play.now = need.ends_at - timedelta(seconds=1)
        (offer,) = play.offer(need.id, 1)
        play.now = need.ends_at
        refused("NEED_OVER", play, volunteer(1), act.AcceptOffer(offer_id=offer.id))
        make = act.MakeOffer(need_id=need.id, volunteer_ids=(VolunteerId(2),))
        refused("NEED_OVER", play, COMMANDER, make)
        refused("NOTHING_TO_OFFER", play, COMMANDER, act.DispatchPlan(plan_id=plan.id))

    def test_accept_checks_eligibility_again(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        play.verdicts[need.id, VolunteerId(1)] = Verdict(reasons=(Reason.COVER,))
        params = refused("NOT_ELIGIBLE", play, volunteer(1), act.AcceptOffer(offer_id=offer.id))
        assert params["reasons"] == [Reason.COVER]

    def test_last_head_withdraws_the_other_offers(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=1, maximum=1))
        first, second = play.offer(need.id, 1, 2)
        play.act(volunteer(1), act.AcceptOffer(offer_id=first.id))
        assert play.board.offers[second.id].withdrawn_because == "FILLED"
        refused("OFFER_WITHDRAWN", play, volunteer(2), act.AcceptOffer(offer_id=second.id))

    def test_never_above_the_maximum(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=2, maximum=2))
        offers = play.offer(need.id, 1, 2, 3)
        fewer = Heads(minimum=1, desired=1, maximum=1)
        play.act(volunteer(1), act.AcceptOffer(offer_id=offers[0].id))
        play.act(COMMANDER, act.UpdateNeed(need_id=need.id, seen_seq=play.board.seq, heads=fewer))
        params = refused("NEED_FULL", play, volunteer(2), act.AcceptOffer(offer_id=offers[1].id))
        assert params == {"taken": 1, "maximum": 1}

    def test_taking_one_offer_gives_the_others_back(self, play: Play) -> None:
        one, other = play.need(), play.need()
        (first,) = play.offer(one.id, 1)
        (second,) = play.offer(other.id, 1)
        play.act(volunteer(1), act.AcceptOffer(offer_id=second.id))
        assert play.board.offers[first.id].withdrawn_because == "TOOK_ANOTHER"

    def test_nobody_holds_two_assignments(self, play: Play) -> None:
        one, other = play.need(), play.need()
        held = play.accepted(one.id, 1)
        (second,) = play.offer(other.id, 1)
        params = refused(
            "ALREADY_ASSIGNED", play, volunteer(1), act.AcceptOffer(offer_id=second.id)
        )
        assert params == {"assignment": held.id}


class TestAssignments:
    def test_the_whole_way(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        fix = Fix(lon=-71.2, lat=-29.9, accuracy_m=10, taken_at=T0)
        steps: list[tuple[act.Action, AssignmentStatus]] = [
            (act.Depart(assignment_id=mine.id, fix=fix), AssignmentStatus.EN_ROUTE),
            (act.Arrive(assignment_id=mine.id), AssignmentStatus.ON_SCENE),
            (act.Release(assignment_id=mine.id), AssignmentStatus.RELEASED),
            (act.ReachHome(assignment_id=mine.id), AssignmentStatus.HOME),
        ]
        for n, (action, status) in enumerate(steps, start=1):
            play.now = T0 + timedelta(minutes=10 * n)
            play.act(volunteer(1), action)
            assert play.board.assignments[mine.id].status is status
        done = play.board.assignments[mine.id]
        assert done.fix == fix
        times: list[datetime | None] = [
            done.assigned_at,
            done.en_route_at,
            done.on_scene_at,
            done.released_at,
            done.home_at,
        ]
        assert times == [T0 + timedelta(minutes=m) for m in (0, 10, 20, 30, 40)]
        assert VolunteerId(1) not in play.board.active
        refused("ILLEGAL_STATE", play, volunteer(1), act.ReachHome(assignment_id=mine.id))

    def test_time_on_the_way_counts_when_stood_down(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        play.act(volunteer(1), act.Depart(assignment_id=mine.id))
        play.now += timedelta(hours=3)
        play.act(COMMANDER, act.StandDown(assignment_id=mine.id, reason="Not needed"))
        (shift,) = play.board.person(VolunteerId(1)).shifts
        assert shift[1] - shift[0] == timedelta(hours=3)

    def test_stand_down_opens_the_head_again(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        assert play.board.heads_taken(need.id) == 1
        play.act(COMMANDER, act.StandDown(assignment_id=mine.id, reason="Not needed"))
        assert play.board.heads_taken(need.id) == 0
        play.act(volunteer(1), act.ReachHome(assignment_id=mine.id))
        assert play.board.assignments[mine.id].status is AssignmentStatus.STOOD_DOWN
        refused("ILLEGAL_STATE", play, volunteer(1), act.ReachHome(assignment_id=mine.id))

    def test_no_stand_down_on_scene(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        play.act(volunteer(1), act.Arrive(assignment_id=mine.id))
        down = act.StandDown(assignment_id=mine.id, reason="late")
        refused("ILLEGAL_STATE", play, COMMANDER, down)

    def test_a_volunteer_who_cannot_come_after_all(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        play.act(volunteer(1), act.StandDown(assignment_id=mine.id, reason="Car broke down"))
        assert play.board.assignments[mine.id].stood_down_because == "Car broke down"

    def test_somebody_elses_assignment(self, play: Play) -> None:
        need = play.need()
        mine = play.accepted(need.id, 1)
        with pytest.raises(Forbidden):
            play.act(volunteer(2), act.Depart(assignment_id=mine.id))
        with pytest.raises(Forbidden):
            play.act(COMMANDER, act.Depart(assignment_id=mine.id))

    def test_unknown_assignment(self, play: Play) -> None:
        refused("NOT_FOUND", play, COMMANDER, act.Release(assignment_id="x"))  # type: ignore[arg-type]


class TestPeople:
    def test_availability(self, play: Play) -> None:
        off = act.SetAvailability(available=False, until_at=T0 + timedelta(hours=2))
        assert len(play.act(volunteer(1), off)) == 1
        # Stored again though it changes nothing: see rules/people.py.
        assert len(play.act(volunteer(1), off)) == 1
        assert play.board.person(VolunteerId(1)).available is False
        past = act.SetAvailability(available=False, until_at=T0)
        refused("DEADLINE_PASSED", play, volunteer(1), past)

    def test_check_in_and_out(self, play: Play) -> None:
        fix = Fix(lon=-71.2, lat=-29.9, accuracy_m=10, taken_at=T0)
        play.act(volunteer(1), act.CheckIn(fix=fix))
        assert play.board.person(VolunteerId(1)).fix == fix
        moved = replace(fix, lon=-71.3)
        play.act(volunteer(1), act.CheckIn(fix=moved))
        assert play.board.person(VolunteerId(1)).fix == moved
        play.act(COMMANDER, act.CheckOut(volunteer_id=VolunteerId(1)))
        assert not play.board.person(VolunteerId(1)).on_duty

    @pytest.mark.parametrize(
        "over",
        [
            {"taken_at": T0 - timedelta(minutes=31)},
            {"taken_at": T0 + timedelta(minutes=6)},
            {"accuracy_m": 2_001.0},
        ],
    )
    def test_a_position_that_says_nothing_is_not_taken(
        self, play: Play, over: dict[str, Any]
    ) -> None:
        good = Fix(lon=-71.2, lat=-29.9, accuracy_m=10, taken_at=T0)
        play.act(volunteer(1), act.CheckIn(fix=replace(good, **over)))
        assert play.board.person(VolunteerId(1)).fix is None
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        accept = act.AcceptOffer(offer_id=offer.id, fix=replace(good, **over))
        play.act(volunteer(1), accept)
        (mine,) = play.board.assignments.values()
        assert mine.fix is None

    def test_check_in_for_others(self, play: Play) -> None:
        play.act(COMMANDER, act.CheckIn(volunteer_id=VolunteerId(5)))
        assert play.board.person(VolunteerId(5)).on_duty
        refused("NOT_FOUND", play, COMMANDER, act.CheckIn())
        with pytest.raises(Forbidden):
            play.act(volunteer(1), act.CheckIn(volunteer_id=VolunteerId(5)))


def flood(**over: Any) -> act.DrawZone:
    ring = ((-71.3, -29.9), (-71.2, -29.9), (-71.2, -29.8))
    given: dict[str, Any] = {"zone_kind": ZoneKind.FLOOD, "name": "Estero", "parts": ((ring,),)}
    return act.DrawZone(**given | over)


class TestNotesAndZones:
    def test_note(self, play: Play) -> None:
        play.act(COMMANDER, act.AddNote(text="Army bridge closed"))
        assert play.board.entries[-1].text == "Army bridge closed"
        refused("TEXT_EMPTY", play, COMMANDER, act.AddNote(text=""))
        lost = act.AddNote(text="x", incident_id=IncidentId("x"))
        refused("NOT_FOUND", play, COMMANDER, lost)

    def test_zone(self, play: Play) -> None:
        play.act(COMMANDER, flood())
        (zone,) = play.board.conditions(play.now).zones
        assert TravelMode.BOAT not in zone.blocks
        play.act(COMMANDER, act.ClearZone(zone_id=zone.id))
        assert play.board.zones[zone.id].status is ZoneStatus.CLEARED
        assert play.board.conditions(play.now) == CLEAR
        refused("ILLEGAL_STATE", play, COMMANDER, act.ClearZone(zone_id=zone.id))
        refused("NOT_FOUND", play, COMMANDER, act.ClearZone(zone_id=ZoneId("x")))

    def test_zones_close_roads_while_they_are_sure_and_last(self, play: Play) -> None:
        hour = timedelta(hours=1)
        play.act(COMMANDER, flood(starts_at=play.now + hour, ends_at=play.now + 2 * hour))
        play.act(COMMANDER, flood(certainty=Certainty.POSSIBLE))
        likely = flood(certainty=Certainty.LIKELY)
        play.act(COMMANDER, likely)
        in_force = [play.board.conditions(play.now + n * hour).zones for n in range(3)]
        assert [len(zones) for zones in in_force] == [1, 2, 1]
        assert in_force[0][0].certainty is Certainty.LIKELY

    @pytest.mark.parametrize("pace", [0.0, -1.0, 1.01, float("nan")])
    def test_no_zone_makes_anybody_faster_or_stand_still(self, play: Play, pace: float) -> None:
        refused("BAD_PACE", play, COMMANDER, flood(pace=pace))

    def test_a_zone_ends_after_it_starts_and_after_now(self, play: Play) -> None:
        hour = timedelta(hours=1)
        refused("ENDS_BEFORE_IT_STARTS", play, COMMANDER, flood(ends_at=play.now))
        backwards = flood(starts_at=play.now + 2 * hour, ends_at=play.now + hour)
        refused("ENDS_BEFORE_IT_STARTS", play, COMMANDER, backwards)

    def test_people_are_warned_once_and_see_it_until_it_is_cleared(self, play: Play) -> None:
        play.act(COMMANDER, flood())
        (zone,) = play.board.conditions(play.now).zones
        one, two = VolunteerId(1), VolunteerId(2)
        warn = act.WarnPeople(zone_id=zone.id, volunteer_ids=(one,))
        assert play.act(SYSTEM, warn) == (ev.PeopleWarned(zone_id=zone.id, volunteer_ids=(one,)),)
        warn = replace(warn, volunteer_ids=(two, one))
        assert play.act(SYSTEM, warn) == (ev.PeopleWarned(zone_id=zone.id, volunteer_ids=(two,)),)
        mine = views.snapshot(play.board, views.Audience(volunteer_id=one))["warning"]
        assert mine[zone.id]["name"] == "Estero"
        assert "parts" not in mine[zone.id]
        assert not views.snapshot(play.board, views.Audience(volunteer_id=VolunteerId(3)))[
            "warning"
        ]
        assert views.snapshot(play.board, views.COMMANDERS)["zone"][zone.id]["warned"] == 2
        play.act(COMMANDER, act.ClearZone(zone_id=zone.id))
        assert not views.snapshot(play.board, views.Audience(volunteer_id=one))["warning"]
        assert play.act(SYSTEM, replace(warn, volunteer_ids=(VolunteerId(3),))) == ()

    def test_who_is_on_a_task_inside_a_zone_is_marked(self, play: Play) -> None:
        task = play.accepted(play.need().id, 1)
        play.act(COMMANDER, flood())
        (zone,) = play.board.conditions(play.now).zones

        def marked() -> bool:
            seen = views.snapshot(play.board, views.COMMANDERS)
            return bool(seen["assignment"][task.id]["inside"])

        assert not marked()
        play.act(SYSTEM, act.WarnPeople(zone_id=zone.id, volunteer_ids=(VolunteerId(1),)))
        assert marked()
        play.act(COMMANDER, act.ClearZone(zone_id=zone.id))
        assert not marked()

    def test_only_the_desk_warns(self, play: Play) -> None:
        play.act(COMMANDER, flood())
        (zone,) = play.board.conditions(play.now).zones
        with pytest.raises(Forbidden):
            play.act(COMMANDER, act.WarnPeople(zone_id=zone.id, volunteer_ids=(VolunteerId(1),)))

    def test_rain(self, play: Play) -> None:
        assert play.board.conditions(play.now).rain is Rain.NONE
        heavy = act.SetRain(rain=Rain.HEAVY)
        assert play.act(COMMANDER, heavy) == (ev.RainSet(rain=Rain.HEAVY),)
        assert play.act(COMMANDER, heavy) == ()
        assert play.board.conditions(play.now).rain is Rain.HEAVY
        assert views.snapshot(play.board, views.COMMANDERS)["weather"][1]["rain"] == "HEAVY"


def report(notice_id: NoticeId, status: SendStatus, at: datetime, medium: Medium = Medium.SMS):
    return DeliveryReport(notice_id=notice_id, medium=medium, status=status, at=at)


class TestNotices:
    def sent(self, play: Play, notice_id: NoticeId, **over: Any) -> tuple[ev.Event, ...]:
        given = {"notice_id": notice_id, "medium": Medium.SMS, "status": SendStatus.SENT}
        return play.act(SYSTEM, act.RecordSent(sent=(Sent(**(given | over)),)))

    def received(self, play: Play, *receipts: DeliveryReport) -> tuple[ev.Event, ...]:
        return play.act(SYSTEM, act.ReceiveReports(receipts=receipts))

    def asked(self, play: Play) -> NoticeId:
        (offer,) = play.offer(play.need().id, 1)
        return NoticeId(f"o-{offer.id}")

    def status(self, play: Play, notice_id: NoticeId, medium: Medium = Medium.SMS) -> Any:
        delivery = play.board.notices[notice_id].by(medium)
        return delivery and delivery.status

    def test_what_was_sent_is_recorded_once(self, play: Play) -> None:
        notice = self.asked(play)
        assert len(self.sent(play, notice, reference="c1", cost=5)) == 1
        assert self.sent(play, notice, reference="c2", cost=5) == ()
        assert self.sent(play, notice, status=SendStatus.FAILED, because="LATE") == ()
        assert self.sent(play, notice, status=SendStatus.HELD, because="QUIET_HOURS") == ()
        delivery = play.board.notices[notice].by(Medium.SMS)
        assert delivery is not None
        assert (delivery.status, delivery.reference) == (SendStatus.SENT, "c1")
        assert play.board.spent == {play.board.notices[notice].incident_id: 5}

    def test_the_same_message_twice_in_one_record_counts_once(self, play: Play) -> None:
        notice = self.asked(play)
        one = Sent(notice_id=notice, medium=Medium.SMS, status=SendStatus.SENT, cost=5)
        play.act(SYSTEM, act.RecordSent(sent=(one, one)))
        assert list(play.board.spent.values()) == [5]

    def test_what_was_held_is_sent_later(self, play: Play) -> None:
        notice = self.asked(play)
        self.sent(play, notice, status=SendStatus.HELD, because="QUIET_HOURS")
        assert self.sent(play, notice, status=SendStatus.HELD, because="QUIET_HOURS") == ()
        assert self.status(play, notice) is SendStatus.HELD
        assert not play.board.notices[notice].told
        self.sent(play, notice)
        assert self.status(play, notice) is SendStatus.SENT

    def test_reports_come_late_again_and_for_what_nobody_knows(self, play: Play) -> None:
        notice = self.asked(play)
        self.sent(play, notice)
        play.now += timedelta(seconds=5)
        done = report(notice, SendStatus.DELIVERED, play.now)
        assert len(self.received(play, done, done)) == 1
        assert self.received(play, done) == ()
        assert self.received(play, report(notice, SendStatus.FAILED, play.now)) == ()
        unknown = report(NoticeId("o-nothing"), SendStatus.DELIVERED, play.now)
        page = report(notice, SendStatus.DELIVERED, play.now, Medium.SOCKET)
        assert self.received(play, unknown, page) == ()
        assert self.status(play, notice) is SendStatus.DELIVERED

    def test_a_failure_may_still_turn_out_well(self, play: Play) -> None:
        notice = self.asked(play)
        self.sent(play, notice)
        failed = replace(report(notice, SendStatus.FAILED, play.now), because="ABSENT" * 20)
        self.received(play, failed)
        assert not play.board.notices[notice].told
        delivery = play.board.notices[notice].by(Medium.SMS)
        assert delivery is not None
        assert delivery.because == ("ABSENT" * 20)[:80]
        self.received(play, report(notice, SendStatus.DELIVERED, play.now))
        assert self.status(play, notice) is SendStatus.DELIVERED

    @pytest.mark.parametrize("status", [SendStatus.DELIVERED, SendStatus.FAILED])
    def test_a_report_sooner_than_the_record_has_the_last_word(
        self, play: Play, status: SendStatus
    ) -> None:
        notice = self.asked(play)
        self.received(play, report(notice, status, play.now))
        assert len(self.sent(play, notice, reference="c1", cost=5)) == 1
        assert self.sent(play, notice, reference="c2", cost=5) == ()
        delivery = play.board.notices[notice].by(Medium.SMS)
        assert delivery is not None
        assert (delivery.status, delivery.reference) == (status, "c1")
        assert list(play.board.spent.values()) == [5]

    def test_reports_are_not_of_the_future_nor_from_before_the_notice(self, play: Play) -> None:
        notice = self.asked(play)
        for at, medium in ((T0 - timedelta(days=1), Medium.SMS), (T0.max, Medium.PUSH)):
            at = at.replace(tzinfo=T0.tzinfo)
            self.received(play, report(notice, SendStatus.DELIVERED, at, medium))
        assert {d.at for d in play.board.notices[notice].deliveries.values()} == {T0}

    def test_nothing_is_recorded_of_a_notice_that_does_not_exist(self, play: Play) -> None:
        assert self.sent(play, NoticeId("o-nothing")) == ()

    def test_seen_once_and_only_by_who_it_is_for(self, play: Play) -> None:
        notice = self.asked(play)
        see = act.SeeNotices(notice_ids=(notice, notice), medium=Medium.PUSH)
        with pytest.raises(Forbidden):
            play.act(volunteer(2), see)
        assert len(play.act(volunteer(1), see)) == 1
        assert play.act(volunteer(1), act.SeeNotices(notice_ids=(notice,))) == ()
        seen = play.board.notices[notice]
        assert (seen.seen_at, seen.seen_by) == (T0, Medium.PUSH)
        nothing = act.SeeNotices(notice_ids=(NoticeId("o-x"),))
        assert refused("NOT_FOUND", play, volunteer(1), nothing)["entity"] == "notice"

    def test_the_page_is_nothing_one_sends_to(self) -> None:
        for over in (
            {"medium": Medium.SOCKET},
            {"status": SendStatus.DELIVERED},
            {"cost": -1},
        ):
            given = {"notice_id": NoticeId("o"), "medium": Medium.SMS, "status": SendStatus.SENT}
            with pytest.raises(ValueError, match="nothing is sent"):
                Sent(**(given | over))
        with pytest.raises(ValueError, match="DELIVERED or FAILED"):
            report(NoticeId("o"), SendStatus.SENT, T0)
        with pytest.raises(ValueError, match="time zone"):
            report(NoticeId("o"), SendStatus.FAILED, T0.replace(tzinfo=None))


class TestReachTests:
    def start(self, play: Play, *people: int, minutes: int = 10) -> TestId:
        ids = tuple(VolunteerId(p) for p in people)
        start = act.StartReachTest(name="Rescue team", volunteer_ids=ids, minutes=minutes)
        (started,) = play.act(COMMANDER, start)
        assert isinstance(started, ev.ReachTestStarted)
        return started.test.id

    def test_everybody_gets_one_notice_and_no_alert(self, play: Play) -> None:
        test = self.start(play, 1, 2, 1)
        assert play.board.live_notices == {f"t-{test}-1", f"t-{test}-2"}
        assert play.board.people == {}

    def test_a_test_ends_by_time_or_by_hand(self, play: Play) -> None:
        first, second = self.start(play, 1, minutes=10), self.start(play, 1, minutes=20)
        play.now += timedelta(minutes=10)
        play.tick()
        assert play.board.tests[first].ended_at == play.now
        assert play.board.live_notices == {f"t-{second}-1"}
        play.act(COMMANDER, act.EndReachTest(test_id=second))
        assert play.board.live_notices == set()
        refused("ILLEGAL_STATE", play, COMMANDER, act.EndReachTest(test_id=second))
        refused("NOT_FOUND", play, COMMANDER, act.EndReachTest(test_id=TestId("x")))

    def test_refuses(self, play: Play) -> None:
        nobody = act.StartReachTest(name="x", volunteer_ids=(), minutes=1)
        refused("NOT_FOUND", play, COMMANDER, nobody)
        some = tuple(VolunteerId(n) for n in range(1, 5_002))
        refused(
            "TOO_MANY",
            play,
            COMMANDER,
            act.StartReachTest(name="x", volunteer_ids=some, minutes=1),
        )
        unnamed = act.StartReachTest(name=" ", volunteer_ids=some[:1], minutes=1)
        refused("TEXT_EMPTY", play, COMMANDER, unnamed)
        for minutes in (0, 241):
            with pytest.raises(ValueError, match="minutes"):
                act.StartReachTest(name="x", volunteer_ids=some[:1], minutes=minutes)


class TestPartialAnswers:
    def test_a_later_start_that_is_in_time_is_a_yes(self, play: Play) -> None:
        need = play.need()
        (offer,) = play.offer(need.id, 1)
        later = act.PromiseLater(
            offer_id=offer.id, ready_in_s=1_800, brings=(Means.BOAT, Means.BOAT, Means.RADIO)
        )
        (accepted,) = play.act(volunteer(1), later)
        assert isinstance(accepted, ev.OfferAccepted)
        held = play.board.assignments[accepted.assignment_id]
        assert held.ready_at == T0 + timedelta(minutes=30)
        assert held.travel.turnout_s == 1_800
        assert held.brings == (Means.BOAT, Means.RADIO)

    @pytest.mark.parametrize(
        "over", [{"deadline_at": T0 + timedelta(minutes=39)}, {"reach_s": 2_399}]
    )
    def test_a_later_start_that_is_too_late_is_a_promise(
        self, play: Play, over: dict[str, Any]
    ) -> None:
        need = play.need(**over)
        (offer,) = play.offer(need.id, 1)
        late = act.AcceptOffer(offer_id=offer.id, ready_in_s=1_800)
        params = refused("TOO_LATE", play, volunteer(1), late)
        assert params == {"deadline_at": need.deadline_at}
        promise = act.PromiseLater(offer_id=offer.id, ready_in_s=1_800, brings=(Means.BOAT,))
        (declined,) = play.act(volunteer(1), promise)
        assert isinstance(declined, ev.OfferDeclined)
        assert declined.reason is DeclineReason.LATER
        kept = play.board.offers[offer.id]
        assert (kept.ready_at, kept.brings) == (T0 + timedelta(minutes=30), (Means.BOAT,))
        assert play.board.promised[need.id] == {1: offer.id}
        play.offer(need.id, 1)
        assert play.board.promised[need.id] == {}

    def test_just_in_time_is_in_time(self, play: Play) -> None:
        need = play.need(reach_s=2_400, deadline_at=T0 + timedelta(minutes=40))
        (offer,) = play.offer(need.id, 1)
        play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id, ready_in_s=1_800))
        assert VolunteerId(1) in play.board.active

    def test_at_once_is_never_too_late(self, play: Play) -> None:
        need = play.need(reach_s=60)
        (offer,) = play.offer(need.id, 1)
        play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id, brings=(Means.CAR,)))
        held = play.board.assignments[play.board.active[VolunteerId(1)]]
        assert (held.ready_at, held.brings, held.travel.turnout_s) == (None, (Means.CAR,), 0)

    def test_a_promise_does_not_ask_whether_they_may(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=1, maximum=1), reach_s=60)
        (offer,) = play.offer(need.id, 1)
        play.verdicts[need.id, VolunteerId(1)] = Verdict(reasons=(Reason.UNAVAILABLE,))
        play.act(volunteer(1), act.PromiseLater(offer_id=offer.id, ready_in_s=60))
        assert play.board.offers[offer.id].status is OfferStatus.DECLINED

    def test_a_yes_by_promise_is_held_to_all_rules(self, play: Play) -> None:
        need = play.need(heads=Heads(minimum=1, desired=1, maximum=1))
        mine, other = play.offer(need.id, 1, 2)
        later = act.PromiseLater(offer_id=mine.id, ready_in_s=60)
        play.verdicts[need.id, VolunteerId(1)] = Verdict(reasons=(Reason.UNAVAILABLE,))
        refused("NOT_ELIGIBLE", play, volunteer(1), later)
        play.act(volunteer(2), act.AcceptOffer(offer_id=other.id))
        refused("OFFER_WITHDRAWN", play, volunteer(1), later)

    def test_whoever_says_later_says_when(self) -> None:
        with pytest.raises(ValueError, match=r"offer\.later"):
            act.DeclineOffer(offer_id=OfferId("o"), reason=DeclineReason.LATER)

    @pytest.mark.parametrize("seconds", [-1, 86_401])
    def test_a_day_at_most(self, seconds: int) -> None:
        with pytest.raises(ValueError, match="ready_in_s"):
            act.PromiseLater(offer_id=OfferId("o"), ready_in_s=seconds)


def test_every_action_has_a_rule() -> None:
    assert set(rules._RULES) == set(act.Action.__args__)


def test_ids_come_from_the_action(play: Play) -> None:
    one, two = Play(), Play()
    one.act(COMMANDER, open_incident())
    two.act(COMMANDER, open_incident())
    assert one.board.incidents.keys() == two.board.incidents.keys()


def test_unknown_need_and_plan_ask_for_no_verdicts(play: Play) -> None:
    gone = act.DispatchPlan(plan_id=PlanId("x"))
    assert rules.pairs_to_judge(play.board, gone) == ()
    make = act.MakeOffer(need_id=NeedId("x"), volunteer_ids=(VolunteerId(1),))
    refused("NOT_FOUND", play, COMMANDER, make)


def _yes() -> Verdict:
    from tests.play import eligible

    return eligible()
