"""The agenda says what the ladder says of the whole board, without looking at it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from dispatch import actions as act
from dispatch.alerts import ladder
from dispatch.alerts.agenda import Agenda
from dispatch.alerts.ladder import DEFAULT
from dispatch.board import Board, apply
from dispatch.model import (
    SYSTEM,
    DeclineReason,
    Medium,
    SendStatus,
    Sent,
    Severity,
    VolunteerId,
)
from tests.play import COMMANDER, Play, add_need, open_incident, volunteer


class Follower:
    """A board that follows a play, and its agenda."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.board = Board(agency=play.board.agency)
        self.agenda = Agenda(self.board, DEFAULT)

    def follow(self) -> None:
        for stored in self.play.stored[self.board.seq :]:
            self.agenda.touched(apply(self.board, stored))


def told(found: list[ladder.Due]) -> list[tuple[str, str]]:
    return [(d.notice.id, d.step.medium) for d in found]


@pytest.mark.parametrize("seed", range(8))
def test_it_says_what_the_whole_board_says(seed: int) -> None:
    rng, play = random.Random(seed), Play()
    follower = Follower(play)
    severities = list(Severity)
    for _ in range(60):
        _something(rng, play, severities)
        follower.follow()
        play.now += timedelta(seconds=rng.choice((0, 1, 10, 30, 60)))
        play.tick()
        follower.follow()
        expected = ladder.due(play.board, DEFAULT, play.now)
        assert told(follower.agenda.due(play.now)) == told(expected)
        assert told(Agenda(play.board, DEFAULT).due(play.now)) == told(expected)
        ahead = follower.agenda.next_at()
        next_at = ladder.next_at(play.board, DEFAULT, play.now)
        if expected:
            assert ahead is not None
            assert ahead <= play.now
        elif next_at is not None:
            assert ahead is not None
            assert ahead <= next_at


def _something(rng: random.Random, play: Play, severities: list[Severity]) -> None:
    open_offers = sorted(play.board.open_offers)
    live = sorted(play.board.live_notices)
    choice = rng.randrange(5)
    if choice == 0 or not live:
        opened: Any = play.act(COMMANDER, open_incident(severity=rng.choice(severities)))[0]
        added: Any = play.act(COMMANDER, add_need(opened.incident.id, play.now))[0]
        play.offer(added.need.id, *rng.sample(range(1, 30), 3))
    elif choice == 1 and open_offers:
        offer = play.board.offers[rng.choice(open_offers)]
        if play.now < offer.expires_at:
            no = act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY)
            play.act(volunteer(offer.volunteer_id), no)
    elif choice == 2 and open_offers:
        gone = act.WithdrawOffer(offer_id=rng.choice(open_offers), reason="Enough")
        play.act(COMMANDER, gone)
    elif choice == 3:
        notice = play.board.notices[rng.choice(live)]
        play.act(volunteer(notice.volunteer_id), act.SeeNotices(notice_ids=(notice.id,)))
    else:
        some = tuple(
            Sent(notice_id=d.notice.id, medium=d.step.medium, status=SendStatus.SENT)
            for d in ladder.due(play.board, DEFAULT, play.now)[: rng.randrange(4)]
        )
        play.act(SYSTEM, act.RecordSent(sent=some))


def test_what_is_put_off_comes_again_at_its_time() -> None:
    play = Play()
    follower = Follower(play)
    (offer,) = play.offer(play.need().id, 1)
    follower.follow()
    push, sms = follower.agenda.due(play.now)
    until = play.now + timedelta(seconds=10)
    follower.agenda.put_off(sms, until)
    assert follower.agenda.due(play.now) == [push]
    sent = Sent(notice_id=push.notice.id, medium=Medium.PUSH, status=SendStatus.SENT)
    play.act(SYSTEM, act.RecordSent(sent=(sent,)))
    follower.follow()
    assert follower.agenda.due(play.now) == []
    assert follower.agenda.next_at() == until
    (again,) = follower.agenda.due(until)
    assert again.step == sms.step
    play.act(volunteer(1), act.DeclineOffer(offer_id=offer.id, reason=DeclineReason.BUSY))
    follower.follow()
    assert follower.agenda.due(until) == []
    assert follower.agenda.next_at() is None


def test_the_first_few_are_the_first_of_all() -> None:
    play = Play()
    follower = Follower(play)
    play.offer(play.need().id, *range(1, 6))
    follower.follow()
    every = follower.agenda.due(play.now)
    assert len(every) == 10
    assert follower.agenda.due(play.now, 3) == every[:4]
    assert follower.agenda.due(play.now) == every


def test_thousands_at_rest_cost_nothing() -> None:
    """A beat looks at what is due, not at everybody who was told and is silent."""
    play = Play()
    follower = Follower(play)
    people = tuple(VolunteerId(n) for n in range(1, 301))
    play.act(COMMANDER, act.StartReachTest(name="All", volunteer_ids=people, minutes=60))
    follower.follow()
    for start in (0, 150):
        due = ladder.due(play.board, DEFAULT, play.now)[:150]
        sent = tuple(
            Sent(notice_id=d.notice.id, medium=Medium.PUSH, status=SendStatus.SENT) for d in due
        )
        assert len(sent) == 150, start
        play.act(SYSTEM, act.RecordSent(sent=sent))
        follower.follow()
    assert follower.agenda.due(play.now) == []
    assert follower.agenda._ready == {}
    assert follower.agenda.next_at() == play.now + timedelta(seconds=30)
