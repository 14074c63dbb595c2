from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from numpy.random import PCG64, Generator
from sqlalchemy import Engine, func, select

from dispatch.errors import BadInput
from dispatch.model import HazardClass, RegionCode
from dispatch.registry import tables
from dispatch.registry.catalogue import Region, add_regions
from dispatch.registry.engine import open_engine, reading, writing
from dispatch.registry.generator import Recipe, Settlement, generate
from dispatch.registry.population import draw_people
from dispatch.registry.snapshot import load_roster

from .conftest import SEED, AddPerson


def _digest(engine: Engine) -> str:
    """Return a hash over every row of every table."""
    digest = sha256()
    with reading(engine) as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(select(table).order_by(*table.primary_key)):
                digest.update(repr((table.name, *row)).encode())
    return digest.hexdigest()


def _generated(migrated: Path, path: Path, recipe: Recipe, now: datetime, seed: int) -> str:
    shutil.copy(migrated, path)
    engine = open_engine(f"sqlite:///{path}")
    generate(engine, recipe, now, seed)
    digest = _digest(engine)
    engine.dispose()
    return digest


def test_the_same_seed_gives_identical_tables(
    migrated: Path, tmp_path: Path, recipe: Recipe, now: datetime
) -> None:
    small = replace(recipe, volunteers=400)
    first = _generated(migrated, tmp_path / "1.db", small, now, 1)
    assert _generated(migrated, tmp_path / "2.db", small, now, 1) == first
    assert _generated(migrated, tmp_path / "3.db", small, now, 2) != first


def test_the_county_has_its_size(county: Engine, recipe: Recipe) -> None:
    with reading(county) as connection:

        def count(column: object) -> int:
            return connection.execute(select(func.count(column))).scalar_one()  # type: ignore[call-overload,no-any-return]

        assert count(tables.volunteer.c.id) == recipe.volunteers
        assert count(tables.team.c.id) == recipe.teams
        assert count(tables.team_leader.c.team_id) == recipe.teams
        assert count(tables.policy.c.id) == 8


@pytest.mark.parametrize(
    ("hazard", "share"), [("H1", 0.6), ("H2", 0.25), ("H3", 0.1), ("H4", 0.04)]
)
def test_shares_of_cover_are_exact(
    county: Engine, recipe: Recipe, now: datetime, hazard: str, share: float
) -> None:
    """Members, activated where asked, of a contract that runs, is not used up and lists it."""
    member, policy = tables.policy_member.c, tables.policy.c
    with reading(county) as connection:
        rows = connection.execute(
            select(member.volunteer_id, policy.hazards)
            .join(tables.policy)
            .where(policy.valid_from_at <= now, policy.valid_until_at > now)
            .where(policy.limit_sum.is_(None) | (policy.paid_sum < policy.limit_sum))
            .where(member.activated_at.is_not(None) | ~policy.asks_activation)
        ).all()
    covered = {person for person, hazards in rows if hazard in hazards}
    assert len(covered) == round(share * recipe.volunteers)


def test_some_hold_cover_that_must_not_count(county: Engine) -> None:
    member = tables.policy_member.c
    with reading(county) as connection:
        not_activated = connection.execute(
            select(func.count())
            .select_from(tables.policy_member)
            .where(member.activated_at.is_(None))
        ).scalar_one()
        held = set(connection.execute(select(member.policy_id).distinct()).scalars())
    assert not_activated > 0
    assert held == set(range(1, 9))


def test_a_fifth_of_all_credentials_has_expired(county: Engine, now: datetime) -> None:
    credential = tables.credential
    with reading(county) as connection:
        total, expired = connection.execute(
            select(
                func.count(), func.count().filter(credential.c.expires_on < now.date())
            ).select_from(credential)
        ).one()
    assert expired == round(0.20 * total)


def test_hours_languages_and_seats_are_those_drawn(
    county: Engine, recipe: Recipe, now: datetime
) -> None:
    drawn = draw_people(recipe, (now - tables.EPOCH).days, Generator(PCG64(SEED)))
    roster = load_roster(county)
    assert roster.served_h.tolist() == drawn.served_h.tolist()
    assert roster.languages.tolist() == drawn.languages.tolist()
    assert roster.seats.tolist() == drawn.seats.tolist()


def test_nobody_can_be_taken_for_a_real_person(county: Engine) -> None:
    with reading(county) as connection:
        people = connection.execute(select(tables.volunteer).order_by(tables.volunteer.c.id)).all()
    assert people[0].number == "V000001"
    assert all(one.phone.startswith("+999") for one in people)
    assert all(one.name[1] in "甲乙丙丁戊己庚辛壬癸" and len(one.name) == 3 for one in people)
    assert len({one.phone for one in people}) == len(people)


def test_people_added_afterwards_get_the_next_id(
    engine: Engine, recipe: Recipe, now: datetime
) -> None:
    generate(engine, replace(recipe, volunteers=10, teams=1), now, SEED)
    with engine.begin() as connection:
        person = dict(connection.execute(select(tables.volunteer).limit(1)).mappings().one())
        person |= {"number": "NEW"}
        del person["id"]
        made = connection.execute(
            tables.volunteer.insert().returning(tables.volunteer.c.id), person
        ).scalar_one()
    assert made == 11


def test_a_registry_in_use_is_left_alone(
    registry: Engine, add_person: AddPerson, recipe: Recipe, now: datetime
) -> None:
    with pytest.raises(BadInput, match="not empty"):
        generate(registry, recipe, now, SEED)
    add_person("V1")
    before = _digest(registry)
    with pytest.raises(BadInput, match="not empty"):
        generate(registry, recipe, now, SEED)
    assert _digest(registry) == before


def test_regions_may_be_there_already(
    engine: Engine, recipe: Recipe, regions: tuple[Region, ...], now: datetime
) -> None:
    with writing(engine) as connection:
        add_regions(connection, regions[2:])
    generate(engine, replace(recipe, volunteers=5), now, SEED)
    with reading(engine) as connection:
        assert len(connection.execute(select(tables.region)).all()) == len(regions)


def test_progress_counts_up_to_the_end(engine: Engine, recipe: Recipe, now: datetime) -> None:
    seen: list[tuple[int, int]] = []
    generate(engine, recipe, now, SEED, lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1][0] == seen[-1][1]
    assert len({total for _, total in seen}) == 1


def test_territory_lists_all_regions_where_codes_do_not_nest(engine: Engine, now: datetime) -> None:
    def region(code: str, parent: str | None) -> Region:
        return Region(
            code=RegionCode(code),
            parent=parent and RegionCode(parent),  # type: ignore[arg-type]
            level=1,
            name_zh=code,
            name_en=code,
        )

    place = Settlement(
        lon=1, lat=1, population=1, radius_m=100, region=RegionCode("Elqui"), name=""
    )
    recipe = Recipe(
        settlements=[place],
        regions=[region("Coquimbo", None), region("Elqui", "Coquimbo")],
        volunteers=5,
        teams=1,
    )
    generate(engine, recipe, now + timedelta(days=1), SEED)
    with reading(engine) as connection:
        territory = connection.execute(select(tables.policy.c.territory).limit(1)).scalar_one()
    assert territory == ["Coquimbo", "Elqui"]


def test_the_default_recipe_is_the_county_of_the_founding_documents(recipe: Recipe) -> None:
    default = Recipe(settlements=recipe.settlements, regions=recipe.regions)
    assert (default.volunteers, default.teams) == (54_393, 176)
    assert default.cover == {
        HazardClass.H1: 0.60,
        HazardClass.H2: 0.25,
        HazardClass.H3: 0.10,
        HazardClass.H4: 0.04,
    }
