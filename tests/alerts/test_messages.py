from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch import actions as act
from dispatch.alerts.messages import Voice, about_nothing, answer_to, message_of
from dispatch.alerts.templates import rendered
from dispatch.board.notices import of_offer, of_recall, of_test, of_thanks, of_warning
from dispatch.model import (
    SYSTEM,
    Medium,
    NoticeId,
    SendStatus,
    Sent,
    Site,
    TestId,
    Urgency,
    VolunteerId,
    ZoneId,
    ZoneKind,
)
from dispatch.ports import Language, Message
from tests.play import COMMANDER, T0, Play, volunteer
from tests.test_rules import flood

ZONE = ZoneInfo("Asia/Shanghai")
"""UTC+8 all year: the deadline of 20:00 is four in the morning of the next day."""
LINK = "https://x.example/a/t"


@pytest.fixture
def play() -> Play:
    return Play()


def told(play: Play, notice_id: NoticeId, language: Language = "en") -> Message:
    return message_of(
        play.board, play.board.notices[notice_id],
        language=language, sign="Rescue", link=LINK, now=play.now, zone=ZONE,
    )  # fmt: skip


def said(play: Play, notice_id: NoticeId, language: Language = "en") -> str:
    return rendered(told(play, notice_id, language), Medium.SMS).body


def test_an_offer_names_place_work_time_and_how_to_answer(play: Play) -> None:
    (offer,) = play.offer(play.need().id, 1)
    message = told(play, of_offer(offer.id))
    assert message.params == {
        "sign": "Rescue", "place": "North dike", "what": "Stores and sandbags", "by": "04:00",
        "minutes": "10", "link": LINK,
    }  # fmt: skip
    assert (message.urgency, message.expires_at) == (Urgency.LIFE, offer.expires_at)
    assert "物资" in said(play, of_offer(offer.id), "zh")


def test_a_time_on_another_day_says_which(play: Play) -> None:
    play.now = T0 - timedelta(hours=4)
    need = play.need(
        deadline_at=T0 + timedelta(hours=1), ends_at=T0 + timedelta(hours=5), reach_s=20_000
    )
    (offer,) = play.offer(need.id, 1)
    assert told(play, of_offer(offer.id)).params["by"] == "07-21 04:00"


def test_a_site_without_a_name_is_called_by_its_incident(play: Play) -> None:
    need = play.need(site=Site(lon=-71.25, lat=-29.9))
    (offer,) = play.offer(need.id, 1)
    assert told(play, of_offer(offer.id)).params["place"] == "Dike breach at the north gate"


def test_who_is_stood_down_or_recalled_is_told_from_where(play: Play) -> None:
    need = play.need()
    (offer,) = play.offer(need.id, 1)
    sent = Sent(notice_id=of_offer(offer.id), medium=Medium.SMS, status=SendStatus.SENT)
    play.act(SYSTEM, act.RecordSent(sent=(sent,)))
    play.act(COMMANDER, act.WithdrawOffer(offer_id=offer.id, reason="enough"))
    assert "North dike has enough people" in said(play, of_thanks(offer.id))
    assignment = play.accepted(need.id, 2)
    play.act(COMMANDER, act.StandDown(assignment_id=assignment.id, reason="over"))
    assert "North dike is called off" in said(play, of_recall(assignment.id))
    assert told(play, of_recall(assignment.id)).urgency is Urgency.LIFE


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        (ZoneKind.FLOOD, "Elqui", "a flood where you are (Elqui)"),
        (ZoneKind.OTHER, "Gas", "danger where you are (Gas)"),
    ],
)
def test_a_warning_says_of_what(play: Play, kind: ZoneKind, name: str, says: str) -> None:
    play.act(COMMANDER, flood(zone_kind=kind, name=name))
    (zone_id,) = play.board.zones
    play.act(SYSTEM, act.WarnPeople(zone_id=zone_id, volunteer_ids=(VolunteerId(1),)))
    assert says in said(play, of_warning(ZoneId(zone_id), VolunteerId(1)))


def test_a_reach_test_says_that_there_is_no_task(play: Play) -> None:
    start = act.StartReachTest(name="Boats", volunteer_ids=(VolunteerId(1),), minutes=5)
    play.act(COMMANDER, start)
    (test_id,) = play.board.tests
    text = said(play, of_test(TestId(test_id), VolunteerId(1)))
    assert "reach test (Boats), there is no task" in text


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("confirm_yes", "you go to North dike, by 04:00"),
        ("confirm_no", "you do not go to North dike"),
        ("confirm_later", "North dike, you can set out at 05:00"),
        ("already_yes", "you have said yes to North dike, by 04:00"),
        ("offer_over", "not needed at North dike any more"),
    ],
)
def test_an_answer_is_answered_naming_the_place(play: Play, template: str, says: str) -> None:
    (offer,) = play.offer(play.need().id, 1)
    play.act(volunteer(1), act.AcceptOffer(offer_id=offer.id))
    voice = Voice(language="en", sign="Rescue", now=play.now, zone=ZONE)
    at = T0 + timedelta(hours=2)
    message = answer_to(play.board, offer, template, voice, Urgency.LIFE, at)
    assert says in rendered(message, Medium.SMS).body


@pytest.mark.parametrize("template", ["not_understood", "nothing_open"])
def test_a_text_that_answers_nothing_is_answered_too(play: Play, template: str) -> None:
    voice = Voice(language="zh", sign="救援", now=play.now, zone=ZONE)
    assert rendered(about_nothing(play.board, template, voice), Medium.SMS).body.startswith(
        "【救援】"
    )


def test_an_exercise_is_one_in_every_message(play: Play) -> None:
    (offer,) = play.offer(play.need().id, 1)
    play.board.exercise = True
    assert said(play, of_offer(offer.id)).startswith("[EXERCISE]")
