"""The simulated commander asks, widens, calls off and closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dispatch import actions as act
from dispatch.drills.commander import MISSING, Commander, Manner
from dispatch.errors import StoreUnavailable
from dispatch.model import AssignmentStatus, DoubtReason, NeedStatus
from tests.builders import person
from tests.office import Office, volunteer


def commanding() -> tuple[Office, Commander]:
    office = Office([person(n) for n in range(1, 20)])
    commander = Commander(desk=office.desk, clock=office.clock)
    commander.start()
    return office, commander


async def later(office: Office, commander: Commander, seconds: float) -> None:
    await office.clock.advance(seconds)
    await commander.look()


async def test_a_published_need_is_asked_for_and_closed_when_it_is_over() -> None:
    office, commander = commanding()
    need: Any = await office.need()
    board = office.desk.board
    await later(office, commander, Manner().starts_s - 1)
    assert need not in board.alerting
    await later(office, commander, 1)
    assert need in board.alerting
    await later(office, commander, (board.needs[need].ends_at - office.clock.now()).seconds)
    assert board.needs[need].status is NeedStatus.CLOSED
    assert commander.next_at() is None or commander.next_at() > office.clock.now()  # type: ignore[operator]


async def test_where_nobody_is_left_the_need_is_opened_to_others() -> None:
    office, commander = commanding()
    need: Any = await office.need()
    board = office.desk.board
    await later(office, commander, 30)
    board.alerting[need] = replace(board.alerting[need], doubted=DoubtReason.NOBODY_LEFT)
    commander.noticed(board.seq, [("alerting", need)])
    await later(office, commander, Manner().widens_s)
    assert board.needs[need].widened


async def test_who_does_not_set_out_is_called_off() -> None:
    office, commander = commanding()
    need = await office.need()
    offers = await office.offers(need, 1, 2)
    for n, offer in enumerate(offers, start=1):
        await office.act(volunteer(n), act.AcceptOffer(offer_id=offer))
    first, second = office.desk.board.assignments.values()
    await office.act(volunteer(1), act.Depart(assignment_id=first.id))
    await later(office, commander, Manner().overdue_s + 61)
    held = office.desk.board.assignments
    assert held[first.id].status is AssignmentStatus.EN_ROUTE
    assert held[second.id].stood_down_because == MISSING


async def test_what_was_not_answered_is_sent_again_as_it_was() -> None:
    office, commander = commanding()
    need: Any = await office.need()
    honest, sent = office.desk.act, []

    class Away:
        board, listeners, rows = office.desk.board, office.desk.listeners, office.desk.rows

        async def act(self, actor: Any, action_id: Any, action: Any) -> Any:
            sent.append((action_id, action))
            if len(sent) == 1:
                raise StoreUnavailable("away")
            return await honest(actor, action_id, action)

    commander.desk = Away()
    await later(office, commander, 30)
    await later(office, commander, 15)
    assert len(sent) == 2
    assert sent[0] == sent[1]
    assert need in office.desk.board.alerting


async def test_on_old_news_they_look_again() -> None:
    """A need that changed under the commander's eyes is closed at the second try."""
    office, commander = commanding()
    need: Any = await office.need()
    over = office.desk.board.needs[need].ends_at - office.clock.now()
    stale = office.desk.board.copy()

    class Behind:
        board, listeners, rows = stale, office.desk.listeners, office.desk.rows
        act = staticmethod(office.desk.act)

    await later(office, commander, 30)
    commander.desk = Behind()  # type: ignore[assignment]
    note = act.UpdateNeed(need_id=need, seen_seq=office.desk.board.seq, note="Bring boots")
    await office.act(_commander(), note)
    await later(office, commander, over.total_seconds())
    assert office.desk.board.needs[need].status is NeedStatus.PUBLISHED
    commander.desk = office.desk
    await later(office, commander, timedelta(seconds=15).total_seconds())
    assert office.desk.board.needs[need].status is NeedStatus.CLOSED


def _commander() -> Any:
    from tests.office import COMMANDER

    return COMMANDER
