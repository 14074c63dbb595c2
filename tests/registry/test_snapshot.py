from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, RowMapping, insert, select

from dispatch.model import Actor, RegionCode, Role, VolunteerId
from dispatch.registry import tables
from dispatch.registry.catalogue import Contract, Team, add_contracts, add_teams
from dispatch.registry.engine import reading, writing
from dispatch.registry.people import people
from dispatch.registry.roster_merge import merge
from dispatch.registry.snapshot import load_roster, load_rows, roster_version
from dispatch.roster import FOREVER, MODES, NEVER, STATUSES, TIERS, Roster
from dispatch.taxonomy import SKILLS

from .conftest import AddPerson
from .test_roster_rows import a_row

COLUMNS = (
    "lon", "lat", "status", "tier", "mode", "birth", "fit", "guardian", "consent", "available",
    "trained_until", "team", "team_level", "turnout_s", "served_h", "seats",
)  # fmt: skip
DTYPES = {
    "ids": np.int64, "lon": np.float64, "lat": np.float64, "status": np.uint8, "tier": np.uint8,
    "mode": np.uint8, "birth": np.int32, "fit": np.bool_, "guardian": np.bool_,
    "consent": np.bool_, "available": np.bool_, "trained_until": np.int32, "region": np.int32,
    "team": np.int32, "team_level": np.uint8, "turnout_s": np.int32, "cover": np.uint64,
    "waiting": np.uint64,
    "served_h": np.int32, "languages": np.uint64, "seats": np.uint8,
}  # fmt: skip


def _day(day: date | None, missing: int) -> int:
    return missing if day is None else (day - date(1970, 1, 1)).days


def _facts(roster: Roster) -> dict[int, dict[str, object]]:
    """Return everything a roster says, person by person and free of its own indexes."""
    people: dict[int, dict[str, object]] = {}
    for row, volunteer_id in enumerate(roster.ids.tolist()):
        facts: dict[str, object] = {name: getattr(roster, name)[row].item() for name in COLUMNS}
        facts["region"] = roster.regions[roster.region[row]]
        for name, words in (("policies", roster.cover[row]), ("waiting", roster.waiting[row])):
            facts[name] = {
                policy.clause
                for bit, policy in enumerate(roster.policies)
                if int(words[bit // 64]) >> bit % 64 & 1
            }
        facts["languages"] = {
            code
            for bit, code in enumerate(roster.language_codes)
            if int(roster.languages[row]) >> bit & 1
        }
        facts["skills"] = {}
        people[volunteer_id] = facts
    for skill, held in roster.credentials.items():
        assert np.all(np.diff(held.rows) > 0)
        columns = (held.rows, held.level, held.until, held.verified, held.trained_until)
        for row, *proof in zip(*(column.tolist() for column in columns), strict=True):
            people[int(roster.ids[row])]["skills"][skill] = tuple(proof)  # type: ignore[index]
    return people


def _truth(engine: Engine) -> dict[int, dict[str, object]]:
    """Return the same, read row by row from the tables."""
    with reading(engine) as connection:
        teams = dict(
            tuple(row) for row in connection.execute(select(tables.team.c.id, tables.team.c.level))
        )
        people = {
            row["id"]: _person(row, teams)
            for row in connection.execute(select(tables.volunteer)).mappings()
        }
        for row in connection.execute(select(tables.credential)).mappings():
            people[row["volunteer_id"]]["skills"][row["skill"]] = (  # type: ignore[index]
                row["level"],
                _day(row["expires_on"], FOREVER),
                row["verified_by"] is not None,
                _day(row["trained_until_on"], NEVER),
            )
        for row in connection.execute(
            select(tables.policy_member, tables.policy).join(tables.policy)
        ).mappings():
            covered = row["activated_at"] is not None or not row["asks_activation"]
            held = people[row["volunteer_id"]]["policies" if covered else "waiting"]
            held.add(row["clause"])  # type: ignore[attr-defined]
    return people


def _person(row: RowMapping, teams: dict[int, int]) -> dict[str, object]:
    return {
        "lon": row["home_lon"],
        "lat": row["home_lat"],
        "status": STATUSES.index(row["status"]),
        "tier": TIERS.index(row["tier"]),
        "mode": MODES.index(row["mode"]),
        "birth": _day(row["birth_on"], NEVER),
        "fit": row["fit"],
        "guardian": row["guardian"],
        "consent": row["consent_dispatch"],
        "available": row["available"],
        "trained_until": _day(row["trained_until_on"], NEVER),
        "team": row["team_id"] or 0,
        "team_level": teams.get(row["team_id"], 0),
        "turnout_s": row["turnout_s"],
        "served_h": row["served_h"],
        "languages": set(row["languages"]),
        "seats": row["seats"],
        "region": row["region"],
        "policies": set(),
        "waiting": set(),
        "skills": {},
    }


def test_the_roster_says_what_the_tables_say(county: Engine) -> None:
    assert _facts(load_roster(county)) == _truth(county)


def test_columns_have_the_promised_types_and_shapes(county: Engine) -> None:
    roster = load_roster(county)
    assert {name: getattr(roster, name).dtype for name in DTYPES} == DTYPES
    assert np.all(np.diff(roster.ids) > 0)
    assert roster.cover.shape == (len(roster), 1)
    assert set(roster.credentials) == set(SKILLS)
    held = roster.credentials["LOG"]  # type: ignore[index]
    dtypes = [held.rows.dtype, held.level.dtype, held.until.dtype, held.verified.dtype]
    assert dtypes == [np.int32, np.uint8, np.int32, np.bool_]
    assert held.trained_until.dtype == np.int32


@settings(max_examples=25)
@given(wanted=st.sets(st.integers(-5, 3_010), max_size=40))
def test_a_few_rows_are_the_roster_restricted(county: Engine, wanted: set[int]) -> None:
    whole = _whole(county)
    few = load_rows(county, [VolunteerId(one) for one in wanted])
    assert few.policies == whole[0].policies
    assert _facts(few) == {one: whole[1][one] for one in wanted if one in whole[1]}
    assert {name: getattr(few, name).dtype for name in DTYPES} == DTYPES


_cache: list[tuple[Roster, dict[int, dict[str, object]]]] = []


def _whole(county: Engine) -> tuple[Roster, dict[int, dict[str, object]]]:
    if not _cache:
        roster = load_roster(county)
        _cache.append((roster, _facts(roster)))
    return _cache[0]


def test_rows_come_sorted_and_once_whatever_was_asked(county: Engine) -> None:
    few = load_rows(county, [VolunteerId(one) for one in (9, 3, 9, 10**12, 7)])
    assert few.ids.tolist() == [3, 7, 9]


def test_an_empty_registry_is_an_empty_roster(engine: Engine) -> None:
    roster = load_roster(engine)
    assert len(roster) == 0
    assert roster.cover.shape == (0, 0)
    assert roster.regions == roster.policies == ()
    assert all(len(held.rows) == 0 for held in roster.credentials.values())


@pytest.mark.parametrize(
    ("policy_id", "activated", "covered"),
    [(1, True, True), (1, False, True), (2, True, True), (2, False, False)],
)
def test_cover_counts_when_activated_or_not_asked(
    registry: Engine,
    add_person: AddPerson,
    now: datetime,
    policy_id: int,
    activated: bool,
    covered: bool,
) -> None:
    """Policy 1 does not ask for activation, 2 does."""
    one, other = add_person("V1"), add_person("V2")
    with writing(registry) as connection:
        connection.execute(
            insert(tables.policy_member),
            {
                "policy_id": policy_id,
                "volunteer_id": one,
                "activated_at": now if activated else None,
            },
        )
    facts = _facts(load_roster(registry))
    clause = {1: "BASE", 2: "HIGH"}[policy_id]
    assert facts[one]["policies"] == ({clause} if covered else set())
    assert facts[one]["waiting"] == (set() if covered else {clause})
    assert facts[other]["policies"] == facts[other]["waiting"] == set()


def test_verified_and_expired_are_told_apart(
    registry: Engine, add_person: AddPerson, now: datetime
) -> None:
    yesterday = now.date() - timedelta(days=1)
    me = add_person("V1")
    with writing(registry) as connection:
        connection.execute(
            insert(tables.credential),
            [
                {"volunteer_id": me, "skill": "BOAT", "level": 2, "expires_on": yesterday,
                 "verified_by": "office", "verified_at": now, "trained_until_on": yesterday},
                {"volunteer_id": me, "skill": "LOG", "level": 1, "expires_on": None,
                 "verified_by": None, "verified_at": None, "trained_until_on": None},
            ],
        )  # fmt: skip
    day = _day(yesterday, NEVER)
    assert _facts(load_rows(registry, [me]))[me]["skills"] == {
        "BOAT": (2, day, True, day),
        "LOG": (1, FOREVER, False, NEVER),
    }


def test_a_skill_outside_the_taxonomy_is_kept(registry: Engine, add_person: AddPerson) -> None:
    me = add_person("V1")
    with writing(registry) as connection:
        connection.execute(
            insert(tables.credential), {"volunteer_id": me, "skill": "YAK", "level": 1}
        )
    assert load_roster(registry).credentials["YAK"].rows.tolist() == [0]  # type: ignore[index]


def test_a_language_outside_the_taxonomy_is_passed_over(
    registry: Engine, add_person: AddPerson
) -> None:
    me = add_person("V1", languages=("tlh", "yue"))
    assert _facts(load_roster(registry))[me]["languages"] == {"yue"}


def test_more_than_64_policies_take_a_second_word(
    registry: Engine, add_person: AddPerson, contract: Callable[..., Contract]
) -> None:
    me = add_person("V1")
    with writing(registry) as connection:
        add_contracts(connection, [contract(n, f"C{n}") for n in range(4, 71)])
        members = [{"policy_id": n, "volunteer_id": me} for n in (1, 64, 65, 70)]
        connection.execute(insert(tables.policy_member), members)
    roster = load_roster(registry)
    assert roster.cover.shape == (1, 2)
    assert _facts(roster)[me]["policies"] == {"BASE", "C64", "C65", "C70"}
    assert roster.cover[0].tolist() == [1 | 1 << 63, 1 | 1 << 5]


def test_whatever_their_status_people_are_on_the_roster(
    registry: Engine, add_person: AddPerson
) -> None:
    add_person("V1", status="EXITED", team_id=None)
    add_person("V2", status="PENDING", team_id=1)
    roster = load_roster(registry)
    assert [STATUSES[code] for code in roster.status] == ["EXITED", "PENDING"]
    assert roster.team.tolist() == [0, 1]
    assert roster.team_level.tolist() == [0, 0]


def test_the_version_moves_when_the_roster_does_and_only_then(
    registry: Engine, now: datetime, contract: Callable[..., Contract]
) -> None:
    seen = [roster_version(registry)]

    def moved() -> bool:
        seen.append(roster_version(registry))
        return seen[-1] not in seen[:-1]

    with writing(registry) as connection:
        merge(connection, [a_row()], now)
    assert moved()
    with writing(registry) as connection:
        merge(connection, [a_row()], now)
    assert not moved()
    with writing(registry) as connection:
        merge(connection, [a_row(skills="LOG")], now)
    assert moved()
    with writing(registry) as connection:
        add_contracts(connection, [contract(9, "NEW")])
    assert moved()
    with writing(registry) as connection:
        add_teams(connection, [Team(id=9, name="New", region=RegionCode("99"), level=0)])
    assert moved()
    people(registry, [VolunteerId(1)], Actor(role=Role.COMMANDER, id="anna"), now)
    assert not moved()


def test_generating_moves_the_version(county: Engine, engine: Engine) -> None:
    assert roster_version(county) != roster_version(engine)
