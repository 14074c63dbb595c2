from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from dispatch.errors import Rejected
from dispatch.model import Actor, HazardClass, Role, Tier, VolunteerId, VolunteerStatus
from dispatch.registry import tables
from dispatch.registry.engine import reading, writing
from dispatch.registry.people import HeldCover, HeldSkill, people, profile, search

from .conftest import AddPerson

ANNA = Actor(role=Role.COMMANDER, id="anna")


def _looks(engine: Engine) -> Sequence[tuple[str, str, int]]:
    look = tables.look.c
    query = select(look.role, look.actor_id, look.volunteer_id, look.looked_at).order_by(look.id)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_people_come_in_the_order_asked_and_the_look_is_kept(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one = add_person("V1", name="王甲子")
    two = add_person("V2", name="李乙丑", team_id=None, phone="+99900000002")
    found = people(registry, [two, VolunteerId(77), one, two], ANNA, now)
    assert [(p.id, p.number, p.name, p.team, p.phone) for p in found] == [
        (two, "V2", "李乙丑", "", "+99900000002"),
        (one, "V1", "王甲子", "Ropes", "+99900000001"),
    ]
    assert sorted(_looks(registry)) == [
        ("commander", "anna", one, now),
        ("commander", "anna", two, now),
    ]


def test_looking_at_nobody_leaves_no_trace(registry: Engine, now: datetime) -> None:
    assert people(registry, [], ANNA, now) == []
    assert people(registry, [VolunteerId(5)], ANNA, now) == []
    assert _looks(registry) == []


def test_search_by_start_of_name_number_or_phone(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    one = add_person("V000001", name="王甲子", phone="+99911")
    two = add_person("V000002", name="王乙丑", phone="+99922")
    three = add_person("W7", name="李_甲", phone="+99923")

    def found(start: str) -> list[VolunteerId]:
        return [person.id for person in search(registry, start, ANNA, now)]

    assert found("王") == [one, two]
    assert found(" 王乙") == [two]
    assert found("V00000") == [one, two]
    assert found("+9992") == [two, three]
    assert found("甲") == []
    assert found("%") == found("_") == found("") == found("  ") == []
    assert found("李_") == [three]
    assert len(search(registry, "V", ANNA, now, limit=1)) == 1
    assert len(_looks(registry)) == 2 + 1 + 2 + 2 + 1 + 1


def test_the_trace_outlives_the_person(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    gone = add_person("V1")
    people(registry, [gone], ANNA, now)
    with writing(registry) as connection:
        connection.execute(tables.volunteer.delete())
    assert [look[2] for look in _looks(registry)] == [gone]


def test_an_id_is_never_given_twice(registry: Engine, add_person: AddPerson) -> None:
    """The log goes on referring to the erased person."""
    gone = add_person("V1")
    with writing(registry) as connection:
        connection.execute(tables.volunteer.delete())
    assert add_person("V2") > gone


def test_a_profile_shows_skills_and_covers_as_they_stand(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    me = add_person("V1", status="SUSPENDED", tier="TEMPORARY")
    today = now.date()
    with writing(registry) as connection:
        connection.execute(
            insert(tables.credential),
            [
                _proof(me, "BOAT", 2, today, "office", now),
                _proof(me, "DIVE", 1, today - timedelta(days=1), "office", now),
                _proof(me, "LOG", 1, None, None, None),
            ],
        )
        connection.execute(
            insert(tables.policy_member),
            [{"policy_id": number, "volunteer_id": me} for number in (1, 2, 3)],
        )
    found = profile(registry, me, now)
    assert (found.volunteer_id, found.number, found.name, found.team) == (
        me,
        "V1",
        "王甲子",
        "Ropes",
    )
    assert (found.tier, found.status) == (Tier.TEMPORARY, VolunteerStatus.SUSPENDED)
    assert found.skills == (
        HeldSkill(code="BOAT", level=2, until_on=today, verified=True, expired=False),
        HeldSkill(
            code="DIVE", level=1, until_on=today - timedelta(days=1), verified=True, expired=True
        ),
        HeldSkill(code="LOG", level=1, until_on=None, verified=False, expired=False),
    )
    covers = {cover.clause: (cover.activated, cover.in_force) for cover in found.covers}
    assert covers == {"BASE": (True, True), "HIGH": (False, False), "POOL": (True, False)}


def _proof(
    person: int, skill: str, level: int, expires: date | None, by: str | None, at: datetime | None
) -> dict[str, object]:
    return {
        "volunteer_id": person,
        "skill": skill,
        "level": level,
        "expires_on": expires,
        "verified_by": by,
        "verified_at": at,
    }


@pytest.mark.parametrize(
    ("ends", "last_day", "in_force"),
    [
        ("2026-11-22T03:00:00.000001+00:00", date(2026, 11, 22), True),
        ("2026-11-22T03:00:00+00:00", date(2026, 11, 22), False),
        ("2027-01-01T00:00:00+00:00", date(2026, 12, 31), True),
        ("2027-01-01T00:00:00+08:00", date(2026, 12, 31), True),
    ],
)
def test_a_cover_ends_at_its_instant(
    registry: Engine,
    add_person: AddPerson,
    now: datetime,
    ends: str,
    last_day: date,
    in_force: bool,
) -> None:
    me = add_person("V1")
    with writing(registry) as connection:
        connection.execute(
            tables.policy.update()
            .where(tables.policy.c.id == 1)
            .values(valid_until_at=datetime.fromisoformat(ends))
        )
        connection.execute(
            insert(tables.policy_member), {"policy_id": 1, "volunteer_id": me, "activated_at": now}
        )
    assert profile(registry, me, now).covers == (
        HeldCover(
            insurer="Fictional Mutual",
            clause="BASE",
            hazards=(HazardClass.H0, HazardClass.H1),
            until_on=last_day,
            activated=True,
            in_force=in_force,
        ),
    )


def test_nobody_has_no_profile(registry: Engine, now: datetime) -> None:
    with pytest.raises(Rejected) as refusal:
        profile(registry, VolunteerId(4), now)
    assert refusal.value.code == "NOT_FOUND"
