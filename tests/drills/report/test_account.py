"""What a log says of an operation."""

from __future__ import annotations

import pytest

from dispatch import actions as act
from dispatch.drills.measures import Span
from dispatch.drills.report.account import account
from dispatch.model import AgencyId, OfferStatus
from tests.drills.report.scene import MINUTE, of, operation, told_of
from tests.play import COMMANDER, T0, Play


def test_a_need_in_time_and_one_late() -> None:
    play, good, bad = operation()
    told = told_of(play)
    first, second = of(told, good.id), of(told, bad.id)
    assert (first.filled_at, first.complete_at) == (T0, T0 + 20 * MINUTE)
    assert first.on_time
    assert second.filled_at is None
    assert not second.on_time
    assert [second.ended(s) for s in (OfferStatus.DECLINED, OfferStatus.EXPIRED)] == [1, 1]
    assert len(second.arrived) == 1


def test_waits_are_censored_where_the_heads_never_came() -> None:
    play, good, bad = operation()
    told = told_of(play)
    first, second = of(told, good.id), of(told, bad.id)
    assert first.wait(first.complete_at) == Span(s=1_200, ended=True)
    whole = (told.ended_at - T0).total_seconds()
    assert second.wait(second.complete_at) == Span(s=whole, ended=False)


def test_missing_minutes_by_hand() -> None:
    """One head of 20 minutes; two heads until 75 minutes, then one until the log ends at 85.

    Both incidents are of one severity, so its weight is a factor.
    """
    play, good, _ = operation()
    told = told_of(play)
    severity = play.board.incidents[good.incident_id].severity
    assert told.ended_at == T0 + 85 * MINUTE
    by_hand = 20 + 2 * 75 + 10
    assert told.weighted_minutes({severity: 3.0}) == pytest.approx(3.0 * by_hand)


def test_a_closed_need_waits_no_longer() -> None:
    play, _, bad = operation()
    close = act.CloseNeed(need_id=bad.id, seen_seq=play.board.seq, reason="Enough")
    play.act(COMMANDER, close)
    play.now += 60 * MINUTE
    play.act(COMMANDER, act.AddNote(text="later"))
    told = told_of(play)
    assert of(told, bad.id).open_until == T0 + 85 * MINUTE


def test_a_draft_was_never_waited_for() -> None:
    play = Play()
    draft = play.need(verified=False, publish=False)
    found = of(told_of(play), draft.id)
    assert found.wait(None) is None
    assert told_of(play).weighted_minutes() == 0


def test_an_empty_log_tells_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        account(AgencyId("a"), [], exercise=True)
