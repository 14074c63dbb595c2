"""What is due is a function of the board and the time; only what is not urgent is held back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dispatch import actions as act
from dispatch.alerts.ladder import (
    DEFAULT,
    Hold,
    Limits,
    Step,
    due,
    held,
    next_at,
    open_steps,
    quiet_until,
)
from dispatch.model import (
    SYSTEM,
    DeclineReason,
    HoldReason,
    Medium,
    Notice,
    NoticeId,
    NoticeKind,
    SendStatus,
    Sent,
    Severity,
    Urgency,
    VolunteerId,
)
from tests.play import COMMANDER, T0, Play, add_need, open_incident, volunteer

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


@pytest.fixture
def play() -> Play:
    return Play()


def asked(play: Play, severity: Severity, *people: int) -> list[Any]:
    """Offers for a need of that severity."""
    opened = play.act(COMMANDER, open_incident(severity=severity))[0]
    added = play.act(COMMANDER, add_need(opened.incident.id, play.now))[0]  # type: ignore[union-attr]
    return play.offer(added.need.id, *people)  # type: ignore[union-attr]


def steps(play: Play) -> list[tuple[str, str]]:
    return [(d.notice.id[:1], d.step.medium) for d in due(play.board, DEFAULT, play.now)]


def sent(play: Play, notice_id: str, medium: Medium, **over: Any) -> None:
    given = {"notice_id": NoticeId(notice_id), "medium": medium, "status": SendStatus.SENT}
    play.act(SYSTEM, act.RecordSent(sent=(Sent(**(given | over)),)))


def see(play: Play, person: int, notice_id: str) -> None:
    play.act(volunteer(person), act.SeeNotices(notice_ids=(NoticeId(notice_id),)))


class TestSteps:
    @pytest.mark.parametrize(
        ("severity", "expected"),
        [
            (Severity.I, {0: "PUSH SMS", 45: "PUSH SMS VOICE", 60: "PUSH SMS VOICE CHAT"}),
            (Severity.II, {0: "PUSH", 19: "PUSH", 20: "PUSH SMS", 90: "PUSH SMS VOICE"}),
            (Severity.III, {0: "PUSH", 59: "PUSH", 60: "PUSH SMS", 200: "PUSH SMS"}),
            (Severity.IV, {0: "PUSH", 60: "PUSH SMS"}),
        ],
    )
    def test_by_severity(self, play: Play, severity: Severity, expected: dict[int, str]) -> None:
        asked(play, severity, 1)
        for after_s, media in expected.items():
            play.now = T0 + timedelta(seconds=after_s)
            assert " ".join(medium for _, medium in steps(play)) == media

    def test_seen_needs_no_voice_and_answered_needs_nothing(self, play: Play) -> None:
        (offer,) = asked(play, Severity.I, 1)
        play.now += timedelta(seconds=60)
        see(play, 1, f"o-{offer.id}")
        assert [m for _, m in steps(play)] == [Medium.PUSH, Medium.SMS]
        play.act(volunteer(1), act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY))
        assert steps(play) == []

    def test_what_was_sent_or_failed_is_not_due_again(self, play: Play) -> None:
        (offer,) = asked(play, Severity.I, 1)
        sent(play, f"o-{offer.id}", Medium.PUSH)
        sent(play, f"o-{offer.id}", Medium.SMS, status=SendStatus.FAILED, because="NO_ADDRESS")
        assert steps(play) == []

    def test_what_waits_for_the_morning_stays_due_and_what_is_too_dear_does_not(
        self, play: Play
    ) -> None:
        (offer,) = asked(play, Severity.III, 1)
        play.now += timedelta(seconds=60)
        held_back = {"status": SendStatus.HELD}
        sent(play, f"o-{offer.id}", Medium.SMS, because=HoldReason.QUIET_HOURS, **held_back)
        assert (("o", Medium.SMS)) in steps(play)
        sent(play, f"o-{offer.id}", Medium.SMS, because=HoldReason.COST_CAP, **held_back)
        assert (("o", Medium.SMS)) not in steps(play)

    def test_an_offer_past_its_deadline_is_told_to_nobody_even_before_the_tick(
        self, play: Play
    ) -> None:
        (offer,) = asked(play, Severity.I, 1)
        play.now = offer.expires_at
        assert steps(play) == []

    def test_the_urgent_first_then_the_old(self, play: Play) -> None:
        asked(play, Severity.III, 1)
        play.now += timedelta(seconds=1)
        (second,) = asked(play, Severity.I, 2)
        play.now += timedelta(seconds=1)
        (third,) = asked(play, Severity.I, 3)
        told = [d.notice for d in due(play.board, DEFAULT, play.now)]
        assert [n.volunteer_id for n in told] == [2, 2, 3, 3, 1]
        assert told[0].subject == second.id
        assert told[2].subject == third.id

    def test_next_is_the_nearest_that_is_not_due_yet(self, play: Play) -> None:
        assert next_at(play.board, DEFAULT, play.now) is None
        asked(play, Severity.I, 1)
        assert next_at(play.board, DEFAULT, play.now) == T0 + timedelta(seconds=45)
        assert next_at(play.board, DEFAULT, T0 + timedelta(seconds=60)) is None

    def test_a_step_after_the_end_is_never_due(self, play: Play) -> None:
        play.act(
            COMMANDER, act.StartReachTest(name="t", volunteer_ids=(VolunteerId(1),), minutes=1)
        )
        late = {Urgency.TEST: (Step(medium=Medium.SMS, after_s=60),)}
        assert next_at(play.board, late, play.now) is None
        (notice_id,) = play.board.live_notices
        assert list(open_steps(play.board, notice_id, late)) == []

    @pytest.mark.parametrize("over", [{"medium": Medium.SOCKET}, {"after_s": -1}])
    def test_no_step_to_the_page_nor_before_the_notice(self, over: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="no step"):
            Step(**({"medium": Medium.SMS} | over))


class TestThanks:
    """Who was woken by SMS is told by SMS that they may sleep on."""

    def withdrawn(self, play: Play, *told: Medium, seen: bool = False) -> list[tuple[str, str]]:
        (offer,) = asked(play, Severity.I, 1)
        for medium in told:
            sent(play, f"o-{offer.id}", medium)
        if seen:
            see(play, 1, f"o-{offer.id}")
        play.act(COMMANDER, act.WithdrawOffer(offer_id=offer.id, reason="Enough"))
        return steps(play)

    def test_nobody_is_thanked_who_knew_nothing(self, play: Play) -> None:
        assert self.withdrawn(play) == []

    def test_by_push_alone_who_was_told_so(self, play: Play) -> None:
        assert self.withdrawn(play, Medium.PUSH) == [("s", Medium.PUSH)]

    @pytest.mark.parametrize("medium", [Medium.SMS, Medium.VOICE])
    def test_by_sms_who_was_woken(self, play: Play, medium: Medium) -> None:
        assert self.withdrawn(play, medium) == [("s", Medium.PUSH), ("s", Medium.SMS)]

    def test_who_has_the_page_open_needs_no_sms(self, play: Play) -> None:
        assert self.withdrawn(play, Medium.SMS, seen=True) == [("s", Medium.PUSH)]

    def test_after_half_an_hour_it_is_too_late_for_thanks(self, play: Play) -> None:
        self.withdrawn(play, Medium.SMS)
        play.now += timedelta(minutes=30)
        assert steps(play) == []


def notice(urgency: Urgency, incident: Any = "i") -> Notice:
    return Notice(
        id=NoticeId("o-1"),
        kind=NoticeKind.OFFER,
        urgency=urgency,
        volunteer_id=VolunteerId(1),
        subject="1",
        incident_id=incident,
        opened_at=T0,
    )


class TestHeld:
    NIGHT = datetime(2026, 7, 20, 20, 0, tzinfo=UTC)  # 04:00 in Shanghai

    def hold(self, urgency: Urgency, medium: Medium, **over: Any) -> Hold | None:
        incident = over.pop("incident", "i")
        given: dict[str, Any] = {
            "limits": Limits(quiet=(22 * 60, 7 * 60), cap=100, prices={Medium.SMS: 5}),
            "quiet": None,
            "spent": 0,
            "now": self.NIGHT,
            "zone": SHANGHAI,
        }
        return held(notice(urgency, incident), medium, **(given | over))

    def test_nothing_holds_life_back(self) -> None:
        for medium in (Medium.SMS, Medium.VOICE):
            assert self.hold(Urgency.LIFE, medium, spent=10_000) is None

    @pytest.mark.parametrize("urgency", [u for u in Urgency if u is not Urgency.LIFE])
    def test_sms_and_voice_wait_for_the_morning(self, urgency: Urgency) -> None:
        morning = datetime(2026, 7, 20, 23, 0, tzinfo=UTC)
        for medium in (Medium.SMS, Medium.VOICE):
            found = self.hold(urgency, medium)
            assert found == Hold(reason=HoldReason.QUIET_HOURS, until=morning)
        assert self.hold(urgency, Medium.PUSH) is None
        assert self.hold(urgency, Medium.CHAT) is None

    def test_a_persons_own_hours_come_before_the_agencys(self) -> None:
        assert self.hold(Urgency.NORMAL, Medium.SMS, quiet=(12 * 60, 13 * 60)) is None
        found = self.hold(Urgency.NORMAL, Medium.SMS, quiet=(0, 5 * 60))
        assert found is not None
        assert found.until == datetime(2026, 7, 20, 21, 0, tzinfo=UTC)

    def test_the_cap_is_of_the_incident_and_reckons_with_this_message(self) -> None:
        day = {"now": self.NIGHT + timedelta(hours=8)}
        assert self.hold(Urgency.NORMAL, Medium.SMS, spent=95, **day) is None
        over = self.hold(Urgency.NORMAL, Medium.SMS, spent=96, **day)
        assert over == Hold(reason=HoldReason.COST_CAP)
        assert self.hold(Urgency.NORMAL, Medium.SMS, spent=96, incident=None, **day) is None
        no_cap = Limits(prices={Medium.SMS: 5})
        assert self.hold(Urgency.NORMAL, Medium.SMS, spent=10**9, limits=no_cap, **day) is None

    def test_limits_are_not_below_nothing(self) -> None:
        for wrong in ({"cap": -1}, {"prices": {Medium.SMS: -1}}):
            with pytest.raises(ValueError, match="below 0"):
                Limits(**wrong)  # type: ignore[arg-type]


class TestQuietHours:
    @pytest.mark.parametrize(
        ("quiet", "clock", "until"),
        [
            ((22 * 60, 7 * 60), "21:59", None),
            ((22 * 60, 7 * 60), "22:00", "+07:00"),
            ((22 * 60, 7 * 60), "00:00", "07:00"),
            ((22 * 60, 7 * 60), "06:59", "07:00"),
            ((22 * 60, 7 * 60), "07:00", None),
            ((60, 300), "01:00", "05:00"),
            ((60, 300), "00:59", None),
            ((60, 300), "05:00", None),
            ((22 * 60, 24 * 60), "23:59", "+00:00"),
            ((22 * 60, 0), "23:00", "+00:00"),
            ((0, 24 * 60), "12:00", "+00:00"),
            ((60, 60), "01:00", None),
            (None, "01:00", None),
        ],
    )
    def test_over_midnight_and_not(self, quiet: Any, clock: str, until: str | None) -> None:
        def local(text: str) -> datetime:
            day = 21 if text.startswith("+") else 20
            at = datetime.fromisoformat(f"2026-07-{day}T{text.lstrip('+')}")
            return at.replace(tzinfo=SHANGHAI)

        found = quiet_until(quiet, local(clock).astimezone(UTC), SHANGHAI)
        assert found == (None if until is None else local(until))

    def test_they_last_an_hour_longer_where_the_clock_is_put_back(self) -> None:
        """Berlin, 25 October 2026: 03:00 CEST becomes 02:00 CET at 01:00 UTC."""
        evening = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
        until = quiet_until((22 * 60, 7 * 60), evening, BERLIN)
        assert until == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)

    def test_and_an_hour_shorter_where_it_is_put_forward(self) -> None:
        """Berlin, 29 March 2026: 02:00 CET becomes 03:00 CEST at 01:00 UTC."""
        evening = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
        until = quiet_until((22 * 60, 7 * 60), evening, BERLIN)
        assert until == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)

    def test_the_hour_that_comes_twice(self) -> None:
        """Until 02:30: in its first and in its second 02:15 the end is ahead, and different."""
        quiet = (22 * 60, 150)
        first = datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
        assert quiet_until(quiet, first, BERLIN) == first + timedelta(minutes=15)
        again = first + timedelta(hours=1)
        assert quiet_until(quiet, again, BERLIN) == again + timedelta(minutes=15)

    def test_an_end_that_the_clock_skips_is_ahead(self) -> None:
        before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
        until = quiet_until((22 * 60, 150), before, BERLIN)
        assert until == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert quiet_until((22 * 60, 150), until, BERLIN) is None
