"""The crowd: it answers and acts by the real rules, the same way every time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dispatch import actions as act
from dispatch.drills.volunteers import Crowd, Habits
from dispatch.matching.acceptance import preset
from dispatch.model import ActionId, AssignmentStatus, Fix, Heads, OfferStatus, VolunteerId
from tests.builders import person
from tests.office import COMMANDER, Office

PEOPLE = [person(n, lon=125.74 - n / 10_000) for n in range(1, 201)]
SURE = Habits(model=replace(preset("mid"), show_up=1.0), unreached=0.0, away=0.0)
MANY = Heads(minimum=10, desired=150, maximum=150)


def crowd(office: Office, **over: Any) -> tuple[Crowd, list[tuple[VolunteerId, Fix]]]:
    moved: list[tuple[VolunteerId, Fix]] = []
    made = Crowd(
        desk=office.desk,
        router=office.router,
        clock=office.clock,
        moved=lambda person, fix: moved.append((person, fix)),
        seed=7,
        habits=over.pop("habits", SURE),
        **over,
    )
    made.start()
    return made, moved


async def asked(office: Office) -> list[str]:
    await office.need(heads=MANY)
    plan = await office.act(COMMANDER, act.MakePlan())
    dispatch = act.DispatchPlan(plan_id=plan.ids["plan"])
    return list((await office.act(COMMANDER, dispatch)).ids["offers"])


async def live(office: Office, people: Crowd, seconds: int, step: int = 5) -> None:
    for _ in range(0, seconds, step):
        office.clock._now += timedelta(seconds=step)
        await office.desk.tick()
        await people.look()


async def test_answers_come_in_the_shares_of_the_study() -> None:
    office = Office(PEOPLE)
    offers = await asked(office)
    people, _ = crowd(office)
    await people.look()
    assert not office.desk.board.assignments
    await live(office, people, 200)
    count = Counter(office.desk.board.offers[o].status for o in offers)  # type: ignore[index]
    assert 0.25 < count[OfferStatus.ACCEPTED] / len(offers) < 0.50
    assert 0.30 < count[OfferStatus.DECLINED] / len(offers) < 0.55
    assert 0.10 < count[OfferStatus.EXPIRED] / len(offers) < 0.30
    assert count.total() == len(offers) >= 150


async def test_a_task_is_lived_to_its_end() -> None:
    office = Office(PEOPLE)
    await asked(office)
    people, moved = crowd(office, habits=replace(SURE, stay_s=600.0))
    await live(office, people, 4_000, step=10)
    board = office.desk.board
    assert {a.status for a in board.assignments.values()} == {AssignmentStatus.HOME}
    assert not board.active
    one = next(iter(board.assignments.values()))
    track = [fix for person, fix in moved if person == one.volunteer_id]
    assert track[0].lon < track[-1].lon <= 125.75


async def test_real_people_are_left_alone() -> None:
    office = Office(PEOPLE)
    offers = await asked(office)
    everybody = frozenset(p.id for p in PEOPLE)
    people, _ = crowd(office, real=everybody)
    await live(office, people, 100)
    status = {office.desk.board.offers[o].status for o in offers}  # type: ignore[index]
    assert status == {OfferStatus.OPEN}


async def test_the_same_seed_lives_the_same_life_even_across_a_restart() -> None:
    logs = []
    for restart_every in (1_000, 1):
        office = Office(PEOPLE)
        office.act = _keyed(office)  # type: ignore[method-assign]
        await asked(office)
        people, _ = crowd(office)
        for n in range(30):
            if n % restart_every == 0:
                people.stop()
                people, _ = crowd(office)
            await live(office, people, 10)
        logs.append([(s.at, s.event) for s in await office.log.read(office.desk.agency, 0)])
    assert logs[0] == logs[1]


def _keyed(office: Office) -> Any:
    """Actions whose keys do not depend on what other tests did before."""
    keys = iter(range(100))

    async def act_(actor: Any, action: Any) -> Any:
        return await office.desk.act(actor, ActionId(f"k{next(keys)}"), action)

    return act_
