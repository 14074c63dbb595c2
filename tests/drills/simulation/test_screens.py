"""Screens show what they were pushed, and it is seen when that is not the truth."""

from __future__ import annotations

from dispatch.board import Board, apply
from dispatch.drills.simulation.screens import Screens
from tests.drills.town import drilled


def shown(skip: int | None = None) -> Screens:
    board = Board(agency=drilled().board.agency, exercise=True)
    screens = Screens(board)
    for stored in drilled().log[:120]:
        keys = apply(board, stored)
        if stored.seq != skip:
            screens.pushed(board.seq, keys)
    return screens


def test_pushed_views_are_fresh_ones() -> None:
    screens = shown()
    assert len(screens.shown) > 5
    assert list(screens.wrong()) == []


def test_a_push_that_was_lost_is_seen() -> None:
    first_offer = next(s.seq for s in drilled().log if type(s.event).__name__ == "OfferMade")
    assert "the view of commanders is not a fresh one" in list(shown(skip=first_offer).wrong())
