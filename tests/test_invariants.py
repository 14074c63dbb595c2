"""What must hold of every board: seen where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dispatch import actions as act
from dispatch.board import Board
from dispatch.invariants import Invariant, violations
from dispatch.model import (
    HazardClass,
    Heads,
    VolunteerId,
)
from tests.play import Play, volunteer


def two_at_work() -> Board:
    play = Play()
    need = play.need()
    for offer in play.offer(need.id, 1, 2):
        play.act(volunteer(int(offer.volunteer_id)), act.AcceptOffer(offer_id=offer.id))
    return play.board


def found(board: Board) -> set[Invariant]:
    return {v.invariant for v in violations(board)}


def test_a_board_that_the_rules_made_has_nothing_wrong() -> None:
    assert violations(two_at_work()) == ()
    assert violations(Play().board) == ()


def test_one_person_in_two_places_is_seen() -> None:
    board = two_at_work()
    first, second = board.assignments.values()
    board.assignments[second.id] = replace(second, volunteer_id=first.volunteer_id)
    assert Invariant.ONE_ACTIVE_ASSIGNMENT in found(board)


def test_too_many_heads_are_seen() -> None:
    board = two_at_work()
    (need,) = board.needs.values()
    board.needs[need.id] = replace(need, heads=Heads(minimum=1, desired=1, maximum=1))
    assert found(board) == {Invariant.NEED_MAXIMUM}


@pytest.mark.parametrize("hazard", [HazardClass.H1, HazardClass.H4])
def test_an_assignment_without_cover_evidence_is_seen(hazard: HazardClass) -> None:
    board = two_at_work()
    one = next(iter(board.assignments.values()))
    board.assignments[one.id] = replace(one, cover=None)
    board.offers[one.offer_id] = replace(board.offers[one.offer_id], hazard=hazard)
    assert found(board) == {Invariant.COVER_EVIDENCE}


def test_remote_work_needs_no_cover_evidence() -> None:
    board = two_at_work()
    one = next(iter(board.assignments.values()))
    board.assignments[one.id] = replace(one, cover=None)
    board.offers[one.offer_id] = replace(board.offers[one.offer_id], hazard=HazardClass.H0)
    assert found(board) == set()


def test_indexes_that_went_astray_are_seen() -> None:
    board = two_at_work()
    del board.active[VolunteerId(1)]
    assert found(board) == {Invariant.INDEXES}
    board = two_at_work()
    board.taken[next(iter(board.needs))] += 1
    assert found(board) == {Invariant.INDEXES}


def test_a_violation_names_the_entity_and_nobody() -> None:
    board = two_at_work()
    one = next(iter(board.assignments.values()))
    board.assignments[one.id] = replace(one, cover=None)
    assert [v.entity for v in violations(board)] == [f"assignment {one.id}"]
