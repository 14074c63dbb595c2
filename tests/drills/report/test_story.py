"""Stories and causes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from dispatch.drills.report.story import Cause, late, story
from dispatch.model import DoubtReason, Reason, Shortfall
from tests.drills.report.scene import of, operation, told_of
from tests.play import T0, Play


def test_who_was_in_time_has_no_causes() -> None:
    play, good, _ = operation()
    assert late(of(told_of(play), good.id)) == ()


def test_each_cause_of_the_late_one() -> None:
    play, _, bad = operation()
    found = {why.cause: why for why in late(of(told_of(play), bad.id))}
    assert found.keys() == {Cause.ASKED_LATE, Cause.DECLINED, Cause.SILENCE, Cause.SLOW_WAY}
    assert found[Cause.ASKED_LATE].weight == 20
    assert "too far" in found[Cause.DECLINED].said.en
    assert "1 of 3" in found[Cause.SILENCE].said.en


def test_nobody_left_names_the_rules_that_stopped_most() -> None:
    play, _, bad = operation()
    short = Shortfall(
        need_id=bad.id, missing=1, eligible=0, competing=0, holders=9,
        held={Reason.COVER: 7, Reason.REACH: 2, Reason.SKILL: 90},
    )  # fmt: skip
    doubted = replace(
        of(told_of(play), bad.id), shortfall=short, doubts=((T0, DoubtReason.NOBODY_LEFT),)
    )
    why = next(w for w in late(doubted) if w.cause is Cause.NO_CANDIDATE)
    assert "7 no insurance that covers this, 2 too far" in why.said.en
    assert "7 人没有适用的保险" in why.said.zh


def test_a_draft_is_late_because_nobody_verified_it() -> None:
    play = Play()
    draft = play.need(verified=False, publish=False)
    play.now = draft.deadline_at
    play.tick()
    told = told_of(play)
    later = replace(of(told, draft.id), open_until=draft.deadline_at)
    assert [why.cause for why in late(later)] == [Cause.NOT_PUBLISHED]


def test_what_ended_before_its_deadline_is_not_late() -> None:
    play = Play()
    need = play.need()
    assert late(of(told_of(play), need.id)) == ()


def test_a_story_is_in_order_of_time() -> None:
    play, good, _ = operation()
    lines = story(of(told_of(play), good.id), UTC)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    said = [line.said.en for line in lines]
    assert said[0].startswith("need taken down: 1 ")
    assert said[-1] == "all 1 are on scene"
