"""A scenario played through the product's own rules before anybody is drilled.

Nobody is asked and nobody answers: what a rule refuses here it would refuse in the drill.
"""

from __future__ import annotations

from collections.abc import Iterator

from dispatch import rules
from dispatch.board import Board, apply
from dispatch.drills.scenario.model import Recall, Scenario
from dispatch.drills.scenario.problems import Code, Place, Problem
from dispatch.drills.scenario.script import Act, Step, at_head, recalled, script
from dispatch.errors import Rejected
from dispatch.events import Stored
from dispatch.rules.context import Context


def rehearse(scenario: Scenario) -> tuple[Problem, ...]:
    """Return what the desk would refuse, each at the line it comes from."""
    board = Board(agency=scenario.agency.id, exercise=True)
    places = {inject.id: inject.place for inject in scenario.timeline}
    return tuple(
        Problem(
            place=Place(file=places.get(step.inject, str(scenario.folder))),
            code=Code.REFUSED,
            field="at",
            message=f"{step.inject}: the desk refuses it at that moment: {no}",
        )
        for step, no in _refused(scenario, board)
    )


def _refused(scenario: Scenario, board: Board) -> Iterator[tuple[Step, Rejected]]:
    for step in script(scenario):
        for deed in _acts(scenario, step, board):
            try:
                _do(scenario, board, step, at_head(deed, board.seq))
            except Rejected as no:
                yield step, no


def _acts(scenario: Scenario, step: Step, board: Board) -> tuple[Act, ...]:
    match step.deed:
        case Act() as deed:
            return (deed,)
        case Recall() as recall:
            return recalled(scenario, recall, board)
        case _:
            return ()


def _do(scenario: Scenario, board: Board, step: Step, deed: Act) -> None:
    context = Context(
        now=step.at,
        actor=deed.actor,
        action_id=deed.action_id,
        offer_ttl_s={},
        verdicts={},
        regions=frozenset(region.code for region in scenario.agency.regions),
    )
    for event in rules.decide(board, deed.action, context):
        stored = Stored(
            seq=board.seq + 1,
            at=step.at,
            actor=deed.actor,
            action_id=deed.action_id,
            exercise=True,
            event=event,
        )
        apply(board, stored)
