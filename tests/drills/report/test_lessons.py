"""Lessons, gaps and the funnel."""

from __future__ import annotations

from dataclasses import replace

from dispatch.drills.report.lessons import funnel, gap_said, gaps, lessons
from dispatch.drills.report.story import Cause
from dispatch.model import Reason, Shortfall
from tests.drills.report.scene import of, operation, told_of


def test_each_cause_becomes_a_lesson_with_its_needs() -> None:
    play, _, bad = operation()
    found = lessons(told_of(play))
    assert {one.cause for one in found} >= {Cause.DECLINED, Cause.SILENCE}
    assert all(one.needs == (bad.id,) for one in found)


def test_the_funnel_counts_offers_as_far_as_they_came() -> None:
    play, _, _ = operation()
    counted = {stage.en: count for stage, count in funnel(told_of(play))}
    assert counted["asked"] == 4
    assert (counted["accepted"], counted["on scene"], counted["served"]) == (2, 2, 1)


def test_a_gap_is_what_one_rule_alone_stops() -> None:
    play, good, bad = operation()
    told = told_of(play)
    short = Shortfall(
        need_id=bad.id, missing=1, eligible=0, competing=0,
        single={Reason.COVER: 50, Reason.TRAINING: 3},
    )  # fmt: skip
    needs = tuple(replace(n, shortfall=short) for n in told.needs)
    found = gaps(replace(told, needs=needs))
    assert [(g.reason, g.count) for g in found] == [(Reason.COVER, 50), (Reason.TRAINING, 3)]
    assert "50 people only no insurance" in gap_said(found[0]).en
    in_time = replace(of(told, good.id), shortfall=short)
    assert gaps(replace(told, needs=(in_time,))) == ()
