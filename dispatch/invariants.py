"""What must hold of every board, whatever happened: domain.md's invariants, as far as one board
shows them. Rules keep them; this looks from outside and trusts none of the board's indexes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dispatch.board import Board
from dispatch.model import ACTIVE_ASSIGNMENT, Assignment, AssignmentStatus


class Invariant(StrEnum):
    ONE_ACTIVE_ASSIGNMENT = "one_active_assignment"
    """Nobody holds two active assignments."""
    NEED_MAXIMUM = "need_maximum"
    """No need has more heads than its maximum."""
    COVER_EVIDENCE = "cover_evidence"
    """No assignment above H0 is without cover evidence."""
    INDEXES = "indexes"
    """Heads counted, and who is active, agree with the assignments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An invariant that does not hold, and the entity it fails for, as `kind id`."""

    invariant: Invariant
    entity: str


def violations(board: Board) -> tuple[Violation, ...]:
    """Return all that is wrong with a board; empty when nothing is."""
    return tuple(_violations(board))


def _violations(board: Board) -> Iterator[Violation]:
    active = [a for a in board.assignments.values() if a.status in ACTIVE_ASSIGNMENT]
    for person, count in Counter(a.volunteer_id for a in active).items():
        if count > 1:
            yield Violation(invariant=Invariant.ONE_ACTIVE_ASSIGNMENT, entity=f"volunteer {person}")
    taken = Counter(a.need_id for a in board.assignments.values() if _counts(a))
    for need in board.needs.values():
        if taken[need.id] > need.heads.maximum:
            yield Violation(invariant=Invariant.NEED_MAXIMUM, entity=f"need {need.id}")
        if taken[need.id] != board.heads_taken(need.id):
            yield Violation(invariant=Invariant.INDEXES, entity=f"need {need.id}")
    for one in board.assignments.values():
        if one.cover is None and board.offers[one.offer_id].hazard.rank > 0:
            yield Violation(invariant=Invariant.COVER_EVIDENCE, entity=f"assignment {one.id}")
    if {a.volunteer_id: a.id for a in active} != board.active:
        yield Violation(invariant=Invariant.INDEXES, entity="active")


def _counts(assignment: Assignment) -> bool:
    return assignment.status is not AssignmentStatus.STOOD_DOWN
