"""The watch sees what must not be, in logs that no desk would write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dispatch.board import Board
from dispatch.drills.invariants import differences, violations
from dispatch.events import Stored
from dispatch.model import AgencyId
from tests.drills.town import drilled

EMPTY = AgencyId("simulation")


def found(log: list[Stored]) -> tuple[str, ...]:
    return violations(log, Board(agency=EMPTY, exercise=True))


def test_a_drill_breaks_nothing() -> None:
    assert found(list(drilled().log)) == ()


def test_an_event_of_real_life_in_a_drill_is_seen() -> None:
    log = list(drilled().log)
    log[0] = replace(log[0], exercise=False)
    assert found(log) == (f"1 {type(log[0].event).__name__}: is not marked Exercise",)


def test_time_that_runs_backwards_is_seen() -> None:
    log = list(drilled().log)
    log[5] = replace(log[5], at=log[0].at - timedelta(seconds=1))
    assert any("is older than the event before it" in line for line in found(log[:6]))


def test_asking_somebody_too_often_is_seen() -> None:
    log = list(drilled().log)
    at = next(n for n, s in enumerate(log) if type(s.event).__name__ == "OfferMade")
    offer = log[at].event
    again = [
        replace(log[at], seq=log[at].seq + n, event=replace(offer, offer_id=f"again{n}"))  # type: ignore[type-var]
        for n in range(1, 4)
    ]
    lines = found([*log[: at + 1], *again])
    assert len(lines) == 1
    assert "was asked 3.0 times in a day" in lines[0]


def test_boards_are_compared_part_by_part() -> None:
    one, other = Board(agency=EMPTY), Board(agency=EMPTY)
    assert list(differences(one, other)) == []
    other.seq = 7
    assert list(differences(one, other)) == ["seq"]
