"""Which policy asks for which need: the agency's rules in order, then the built-in ones."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch import actions as act
from dispatch.matching.alerting import Broadcast, FixedWaves, Hold, plain
from dispatch.matching.alerting.book import AlertBook, AlertRule, book_of
from dispatch.matching.replies import APP, CALL_OUT
from dispatch.model import Need, Severity
from tests.play import COMMANDER, Play, add_need, open_incident

WAVES = FixedWaves(size=3, every_s=60)


def called(play: Play, **over: Any) -> Need:
    opened = play.act(COMMANDER, open_incident(**over))[0]
    added = play.act(COMMANDER, add_need(opened.incident.id))[0]  # type: ignore[union-attr]
    return play.board.needs[added.need.id]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("severity", "q"),
    [(Severity.I, 0.95), (Severity.II, 0.8), (Severity.III, 0.8), (Severity.IV, 0.8)],
)
def test_by_default_the_probability_is_held(severity: Severity, q: float) -> None:
    play = Play()
    assert AlertBook().policy_for(play.board, called(play, severity=severity)) == Hold(q=q)


def test_the_first_rule_that_fits_counts() -> None:
    play = Play()
    book = AlertBook(
        rules=(
            AlertRule(policy=WAVES, incident_kind="dike", severity=Severity.II),
            AlertRule(policy=Broadcast(), incident_kind="dike"),
            AlertRule(policy=Hold(q=0.7), incident_kind="dike"),
        )
    )
    grave = called(play, incident_kind="dike", severity=Severity.II)
    dike = called(play, incident_kind="dike", severity=Severity.I)
    other = called(play, incident_kind="flood", severity=Severity.II)
    assert book.policy_for(play.board, grave) == WAVES
    assert book.policy_for(play.board, dike) == Broadcast()
    assert book.policy_for(play.board, other) == Hold(q=0.8)


def test_an_alerting_under_way_keeps_the_policy_it_was_started_with() -> None:
    play = Play()
    need = called(play)
    play.policy = plain(WAVES)
    play.act(COMMANDER, act.StartAlerting(need_ids=(need.id,)))
    assert AlertBook().policy_for(play.board, need) == WAVES


def test_a_book_as_an_agency_writes_it() -> None:
    tables = [
        {"severity": "I", "kind": "hold", "q": 0.97, "growth": {"eta_s": 900}},
        {"incident_kind": "medical", "kind": "replace-on-decline", "size": 7},
    ]
    book = book_of(tables, "call-out")
    assert book.law == CALL_OUT
    assert [(r.severity, r.incident_kind) for r in book.rules] == [("I", None), (None, "medical")]
    assert book.rules[0].policy.growth.eta_s == 900
    assert book_of([]) == AlertBook(law=APP)
    assert tables[0]["severity"] == "I"


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "kind must be one of"),
        ({"kind": "hold", "q": 2}, "q must be"),
        ({"kind": "hold", "severity": "V"}, "severity must be one of I, II, III, IV, got 'V'"),
        ({"kind": "hold", "incident_kind": "party"}, "no incident kind 'party'"),
        ({"kind": "hold", "weather": "red"}, "weather"),
    ],
)
def test_what_is_wrong_is_named(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        book_of([table])


def test_an_unknown_law_of_replies() -> None:
    with pytest.raises(ValueError, match="replies must be one of app, call-out, got 'pigeon'"):
        book_of([], "pigeon")
