from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from dispatch.model import PolicyId, Skill
from dispatch.registry import tables
from dispatch.registry.engine import reading, writing
from dispatch.registry.roster_merge import Counts, merge
from dispatch.registry.roster_rows import Row

from .test_roster_rows import KNOWN, a_row

BASE, HIGH = PolicyId(1), PolicyId(2)
BOAT = Skill("BOAT")


def _store(engine: Engine, now: datetime, *rows: Row) -> Counts:
    with writing(engine) as connection:
        return merge(connection, rows, now)


def _proof(engine: Engine, skill: Skill = BOAT) -> tuple[object, ...] | None:
    """Return level, expires_on, trained_until_on, verified_by, verified_at."""
    c = tables.credential.c
    query = select(c.level, c.expires_on, c.trained_until_on, c.verified_by, c.verified_at)
    with reading(engine) as connection:
        found = connection.execute(query.where(c.skill == skill)).one_or_none()
    return None if found is None else tuple(found)


def _activation(engine: Engine, policy: PolicyId) -> list[datetime | None]:
    c = tables.policy_member.c
    with reading(engine) as connection:
        query = select(c.activated_at).where(c.policy_id == policy)
        return list(connection.execute(query).scalars())


def _stamps(engine: Engine) -> tuple[datetime, datetime]:
    c = tables.volunteer.c
    with reading(engine) as connection:
        created, updated = connection.execute(select(c.created_at, c.updated_at)).one()
    return created, updated


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(days=1)


def test_the_rows_used_here_refer_to_what_the_registry_holds(registry: Engine) -> None:
    with reading(registry) as connection:
        assert KNOWN.regions <= set(connection.execute(select(tables.region.c.code)).scalars())


def test_somebody_new_has_not_consented_to_share_their_position(
    registry: Engine, now: datetime
) -> None:
    assert _store(registry, now, a_row()) == Counts(added=1)
    with reading(registry) as connection:
        person = connection.execute(select(tables.volunteer)).one()
    assert (person.consent_dispatch, person.consent_location) == (True, False)
    assert _stamps(registry) == (now, now)


def test_imported_skills_are_claims_unless_somebody_saw_the_proof(
    registry: Engine, now: datetime
) -> None:
    _store(registry, now, a_row(skills="BOAT:2:2027-05-01"))
    assert _proof(registry) == (2, date(2027, 5, 1), None, None, None)


def test_a_later_row_may_verify_what_is_there(
    registry: Engine, now: datetime, later: datetime
) -> None:
    _store(registry, now, a_row())
    assert _store(registry, later, a_row(verified_by="office")) == Counts(updated=1)
    assert _proof(registry) == (2, date(2027, 5, 1), None, "office", later)
    assert _store(registry, later, a_row(verified_by="office")) == Counts(unchanged=1)


def test_what_the_row_does_not_say_stays(registry: Engine, now: datetime, later: datetime) -> None:
    full = a_row(
        skills="BOAT:2:2027-05-01:2027-03-01", verified_by="office", policies="HIGH:2026-05-01"
    )
    bare = a_row(skills="BOAT:2:2027-05-01", policies="HIGH")
    _store(registry, now, full)
    before = _proof(registry), _activation(registry, HIGH)
    assert _store(registry, later, bare) == Counts(unchanged=1)
    assert (_proof(registry), _activation(registry, HIGH)) == before


@pytest.mark.parametrize(
    "skills", ["BOAT:3:2027-05-01", "BOAT:2:2028-05-01", "BOAT:2:2027-05-01:2028-01-01"]
)
def test_a_proof_that_changed_loses_its_verification(
    registry: Engine, now: datetime, later: datetime, skills: str
) -> None:
    _store(registry, now, a_row(verified_by="office"))
    assert _store(registry, later, a_row(skills=skills)) == Counts(updated=1)
    found = _proof(registry)
    assert found is not None
    assert found[3:] == (None, None)
    assert _stamps(registry) == (now, later)


def test_a_proof_that_changed_is_verified_when_the_row_says_by_whom(
    registry: Engine, now: datetime, later: datetime
) -> None:
    _store(registry, now, a_row(verified_by="office"))
    _store(registry, later, a_row(skills="BOAT:3:2027-05-01", verified_by="office"))
    assert _proof(registry) == (3, date(2027, 5, 1), None, "office", later)


def test_a_renewed_proof_forgets_the_old_day_of_issue(
    registry: Engine, now: datetime, later: datetime
) -> None:
    _store(registry, now, a_row())
    with writing(registry) as connection:
        connection.execute(tables.credential.update().values(issued_on=date(2022, 5, 1)))
    issued = select(tables.credential.c.issued_on).where(tables.credential.c.skill == BOAT)

    def day() -> date | None:
        with reading(registry) as connection:
            return connection.execute(issued).scalar_one()

    _store(registry, later, a_row(verified_by="office"))
    assert day() == date(2022, 5, 1)
    _store(registry, later, a_row(skills="BOAT:2:2029-05-01"))
    assert day() is None


def test_skills_and_policies_not_listed_are_taken_off(
    registry: Engine, now: datetime, later: datetime
) -> None:
    _store(registry, now, a_row(policies="BASE;HIGH"))
    assert _store(registry, later, a_row(skills="LOG", policies="HIGH")) == Counts(updated=1)
    assert _proof(registry) is None
    assert _proof(registry, Skill("LOG")) is not None
    assert _activation(registry, BASE) == []
    assert _activation(registry, HIGH) == [None]


def test_activation_can_be_added(registry: Engine, now: datetime, later: datetime) -> None:
    _store(registry, now, a_row(policies="HIGH"))
    row = a_row(policies="HIGH:2026-05-01")
    assert _store(registry, later, row) == Counts(updated=1)
    assert _activation(registry, HIGH) == [row.policies[HIGH]]


def test_any_column_that_changes_is_an_update(
    registry: Engine, now: datetime, later: datetime
) -> None:
    changes = {
        "name": "李乙丑", "phone": "+99900000009", "status": "SUSPENDED", "tier": "TEMPORARY",
        "birth_on": "1991-05-01", "fit": "no", "guardian": "yes", "consent": "no",
        "available": "no", "trained_until_on": "", "team": "", "mode": "foot", "lon": "-71.3",
        "lat": "-29.8", "turnout_s": "90", "served_h": "7", "languages": "zh;en", "seats": "3",
    }  # fmt: skip
    plain = {"served_h": "0", "languages": "", "seats": "0"}
    _store(registry, now, a_row(**plain))
    for column, cell in changes.items():
        changed = a_row(**plain | {column: cell})
        assert _store(registry, later, changed) == Counts(updated=1), column
        assert _store(registry, later, changed) == Counts(unchanged=1), column
        assert _store(registry, later, a_row(**plain)) == Counts(updated=1), column


def _crew_columns(engine: Engine, number: str = "V000001") -> tuple[object, ...]:
    c = tables.volunteer.c
    with reading(engine) as connection:
        query = select(c.served_h, c.languages, c.seats).where(c.number == number)
        return tuple(connection.execute(query).one())


def test_a_file_without_the_crew_columns_leaves_them(
    registry: Engine, now: datetime, later: datetime
) -> None:
    full = a_row(served_h="40", languages="zh;en", seats="3")
    _store(registry, now, full, a_row(number="V2"))
    assert _crew_columns(registry, "V2") == (0, (), 0)
    assert _store(registry, later, a_row()) == Counts(unchanged=1)
    # Rows that say it and rows that do not go through one batch.
    rows = (a_row(name="李乙丑"), a_row(number="V2", served_h="5"))
    assert _store(registry, later, *rows) == Counts(updated=2)
    assert _crew_columns(registry) == (40, ("en", "zh"), 3)
    assert _crew_columns(registry, "V2") == (5, (), 0)


def test_who_gives_up_the_car_has_no_seats(
    registry: Engine, now: datetime, later: datetime
) -> None:
    _store(registry, now, a_row(served_h="40", seats="3"))
    assert _store(registry, later, a_row(mode="foot")) == Counts(updated=1)
    assert _crew_columns(registry) == (40, (), 0)


def test_more_people_than_a_chunk(registry: Engine, now: datetime) -> None:
    rows = [a_row(number=f"V{i}") for i in range(1_201)]
    assert _store(registry, now, *rows) == Counts(added=1_201)
    assert _store(registry, now, *rows, a_row(number="NEW")) == Counts(added=1, unchanged=1_201)


def test_nobody_is_no_trouble(registry: Engine, now: datetime) -> None:
    assert _store(registry, now) == Counts()
