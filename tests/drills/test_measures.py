"""Figures, against examples counted by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from math import isnan
from typing import Any

import pytest

from dispatch import actions as act
from dispatch.drills.measures import (
    Measures,
    NeedRecord,
    Span,
    gini,
    measure,
    survival,
    top_share,
)
from dispatch.drills.scenario.model import SEVERITY_WEIGHTS
from dispatch.model import DeclineReason, Heads, NeedId, RegionCode, Severity, Skill, VolunteerId
from tests.play import COMMANDER, T0, Play, volunteer


def test_kaplan_meier_of_the_textbook() -> None:
    """Six patients: 1, 2+, 3, 3, 4+, 5 (+ censored): 5/6, then 2/4 of it, then none."""
    spans = [(1, True), (2, False), (3, True), (3, True), (4, False), (5, True)]
    found = survival(Span(s=s, ended=e) for s, e in spans)
    assert found.at_s == (1, 3, 5)
    assert found.open == pytest.approx((5 / 6, 5 / 12, 0))
    assert (found.n, found.ended) == (6, 4)
    assert found.quantile(0.5) == 3
    assert found.quantile(0.9) == 5


def test_what_hardly_ever_ends_has_no_median() -> None:
    found = survival([Span(s=5, ended=True), Span(s=9, ended=False), Span(s=9, ended=False)])
    assert found.quantile(0.5) is None
    assert survival([]).quantile(0.5) is None


@pytest.mark.parametrize(
    ("loads", "expected"),
    [([1, 1, 1, 1], 0.0), ([0, 0, 0, 4], 0.75), ([1, 2, 3, 4], 0.25)],
)
def test_gini_by_hand(loads: list[float], expected: float) -> None:
    assert gini(loads) == pytest.approx(expected)


def test_load_of_nobody_is_not_a_number() -> None:
    assert isnan(gini([]))
    assert isnan(gini([0, 0]))
    assert isnan(top_share([0, 0], 0.5))


def test_the_top_share_is_that_of_at_least_one() -> None:
    assert top_share([6, 2, 1, 1], 0.05) == 0.6
    assert top_share([6, 2, 1, 1], 0.5) == 0.8


def test_a_need_counts_its_heads_minutes_and_deadline() -> None:
    record = NeedRecord(
        need_id=NeedId("n"), skill=Skill("LOG"), severity=Severity.II, region=RegionCode("1"),
        heads=3, deadline_s=1_000, until_s=3_600, asked=9, accepted_s=(100, 200, 300),
        arrived_s=(600, 1_200),
    )  # fmt: skip
    assert record.filled(record.accepted_s) == Span(s=300, ended=True)
    assert record.filled(record.arrived_s) == Span(s=3_600, ended=False)
    assert record.in_time() == 1
    assert record.in_time(grace_s=200) == 2
    assert record.open_minutes() == (600 + 1_200 + 3_600) / 60


def told() -> tuple[Play, Measures]:
    """Severity I, two heads wanted and five at most. 1 arrives after 10 min, 2 after 40; 3 comes
    beyond what is wanted and arrives after 30; 4 says no; 5 never answers; 6 falls out."""
    play = Play()
    need = play.need(heads=Heads(minimum=1, desired=2, maximum=5))
    offers = play.offer(need.id, 1, 2, 3, 4, 5, 6)
    for n in (1, 2, 3, 6):
        play.act(volunteer(n), act.AcceptOffer(offer_id=offers[n - 1].id))
        if n == 1:
            six = offers[5]
    play.act(volunteer(4), act.DeclineOffer(offer_id=offers[3].id, reason=DeclineReason.BUSY))
    mine = play.board.active
    play.act(volunteer(6), act.StandDown(assignment_id=mine[VolunteerId(6)], reason="Ill"))
    assert six.volunteer_id == 6
    for n, minutes in ((1, 10), (3, 30), (2, 40)):
        play.now = T0 + timedelta(minutes=minutes)
        play.tick()
        play.act(volunteer(n), act.Arrive(assignment_id=mine[VolunteerId(n)]))
    play.now = T0 + timedelta(minutes=70)
    play.act(volunteer(1), act.Release(assignment_id=mine[VolunteerId(1)]))
    close = act.CloseNeed(need_id=need.id, seen_seq=play.board.seq, reason="Done")
    play.act(COMMANDER, close)
    return play, measured(play)


def measured(play: Play, **over: Any) -> Measures:
    given: dict[str, Any] = {
        "ends_at": T0 + timedelta(hours=2),
        "weights": SEVERITY_WEIGHTS,
        "eligible": [VolunteerId(v) for v in range(1, 11)],
    }
    return measure(play.board, play.stored, **(given | over))


def test_a_call_counted_by_hand() -> None:
    _, m = told()
    assert (m.needs, m.heads, m.alerts, m.accepted, m.arrived) == (1, 2, 6, 4, 3)
    assert (m.filled_heads, m.in_time_heads) == (2, 2)
    assert m.to_fill_accepted_s == {"median": 0.0, "p90": 0.0, "filled_share": 1.0}
    assert m.to_fill_arrived_s["median"] == 1_800
    assert m.unfilled_weighted_min == 8 * (10 + 30)
    assert m.alerts_per_filled_head == 3
    # 3 and 6 accepted when two heads were taken already.
    assert m.redundant_share == 2 / 4
    assert m.response_s["mean"] == pytest.approx((10 + 30 + 40) * 60 / 3)
    # All were predicted to take ten minutes.
    assert m.eta_error_s["mean"] == pytest.approx((0 + 20 + 30) * 60 / 3)
    assert m.gini_alerts == pytest.approx(0.4)
    assert m.declined == {"BUSY": 1}
    assert m.stood_down == {"Ill": 1}
    assert m.fill_by_severity == {Severity.I: 1.0}


def test_time_on_scene_is_counted_to_the_release_or_the_end() -> None:
    """60 minutes of person 1, 80 of 2 and 90 of 3: the rest of ten did nothing."""
    _, m = told()
    assert m.gini_task == pytest.approx(gini([0] * 7 + [60, 80, 90]))


def test_what_did_not_happen_is_null_in_json() -> None:
    play = Play()
    found = json.loads(json.dumps(measured(play).plain(), allow_nan=False))
    assert found["alerts"] == 0
    assert found["redundant_share"] is None
    assert found["to_fill_arrived_s"]["median"] is None
    assert measured(play).wasted_alerts == 0


def test_a_need_told_twice_counts_once() -> None:
    play = Play()
    play.need()
    again = play.need()
    closed = act.CloseNeed(need_id=again.id, seen_seq=play.board.seq, reason="DUPLICATE n1")
    play.act(COMMANDER, closed)
    assert measured(play).needs == 1


def test_regions_are_compared_by_heads_in_time() -> None:
    play, _ = told()
    other = play.need(heads=Heads(minimum=1, desired=4, maximum=4))
    assert measured(play).fill_by_region == {other.region: 2 / 6}
