"""Both languages say everything."""

from __future__ import annotations

import pytest

from dispatch.drills.report import lessons, story, words
from dispatch.drills.report.words import Said, html, joined, people, span
from dispatch.model import DeclineReason, DoubtReason, OfferStatus, Reason, WaveReason


def test_every_code_has_its_text() -> None:
    assert words.REASONS.keys() == set(Reason)
    assert words.WAVES.keys() == set(WaveReason)
    assert words.DOUBTS.keys() == set(DoubtReason)
    assert words.ENDS.keys() == set(OfferStatus)
    assert story.DECLINES.keys() == set(DeclineReason)
    assert lessons._ADVICE.keys() == lessons._PHASE.keys() == set(story.Cause)


def test_what_people_typed_is_escaped() -> None:
    assert "<script" not in html(Said("<script>", "<script>x"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(30, "0.5 min"), (720, "12 min"), (4 * 3_600, "4.0 h"), (None, "not reached")],
)
def test_spans(seconds: float | None, said: str) -> None:
    assert span(seconds).en == said


def test_lists_and_counts() -> None:
    assert joined([Said("一", "one"), Said("二", "two")]) == Said("一，二", "one, two")
    assert (people(1).en, people(2).en) == ("1 person", "2 people")
