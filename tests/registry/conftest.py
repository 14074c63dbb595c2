"""Stores for the registry's tests: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from dispatch.model import HazardClass, PolicyId, RegionCode, VolunteerId
from dispatch.registry import tables
from dispatch.registry.catalogue import (
    Contract,
    Region,
    Team,
    add_contracts,
    add_regions,
    add_teams,
)
from dispatch.registry.engine import migrate, open_engine, writing
from dispatch.registry.generator import Recipe, Settlement, generate
from tests.servers import PostgresServer

STORES = ["sqlite", "postgresql"]
SEED = 7

AddPerson = Callable[..., VolunteerId]


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated file to copy: cheaper than migrating for every test."""
    path = tmp_path_factory.mktemp("migrated") / "registry.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_engine(postgres: PostgresServer) -> Iterator[Engine]:
    """One database for all tests: emptying it is cheaper than making another."""
    opened = open_engine(postgres.database())
    yield opened
    opened.dispose()


@pytest.fixture(params=STORES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty, migrated store."""
    if request.param == "postgresql":
        opened = request.getfixturevalue("postgres_engine")
        with writing(opened) as connection:
            names = ", ".join(table.name for table in tables.metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
            connection.execute(insert(tables.roster_version).values(id=1, version=0))
        yield opened
        return
    path = tmp_path / "registry.db"
    shutil.copy(request.getfixturevalue("migrated"), path)
    opened = open_engine(f"sqlite:///{path}")
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def regions() -> tuple[Region, ...]:
    def region(code: str, parent: str | None, level: int) -> Region:
        return Region(
            code=RegionCode(code),
            parent=None if parent is None else RegionCode(parent),
            level=level,
            name_zh=f"区{code}",
            name_en=f"Region {code}",
        )

    return region("9902", "99", 2), region("9901", "99", 2), region("99", None, 1)


@pytest.fixture(scope="session")
def contract(now: datetime) -> Callable[..., Contract]:
    def make(number: int, clause: str, **changed: Any) -> Contract:
        values: dict[str, Any] = {
            "id": PolicyId(number),
            "insurer": "Fictional Mutual",
            "clause": clause,
            "valid_from_at": now.replace(month=1),
            "valid_until_at": now.replace(year=2027),
            "hazards": frozenset({HazardClass.H0, HazardClass.H1}),
            "territory": (RegionCode("99"),),
            "exercises": True,
            "travel": True,
            "sudden_illness": True,
            "asks_activation": False,
            "accident_sum": 100_000,
            "medical_sum": 10_000,
            "sudden_death_sum": 0,
            "third_party_sum": 0,
            "limit_sum": None,
            "paid_sum": 0,
            "currency": "CNY",
        }
        return Contract(**values | changed)

    return make


@pytest.fixture
def registry(
    engine: Engine, regions: tuple[Region, ...], contract: Callable[..., Contract]
) -> Engine:
    """A store with regions 99 > 9901, 9902, three teams and three contracts, and nobody yet."""
    with writing(engine) as connection:
        add_regions(connection, regions)
        add_teams(
            connection,
            (
                Team(id=1, name="Plain", region=RegionCode("9901"), level=0),
                Team(id=2, name="Ropes", region=RegionCode("9901"), level=1),
                Team(id=3, name="Boats", region=RegionCode("9902"), level=3),
            ),
        )
        add_contracts(
            connection,
            (
                contract(1, "BASE"),
                contract(2, "HIGH", asks_activation=True),
                contract(3, "POOL", limit_sum=500, paid_sum=500),
            ),
        )
    return engine


@pytest.fixture
def add_person(registry: Engine, now: datetime) -> AddPerson:
    """Stores one person in order and returns their id; keywords replace columns."""

    def add(number: str, **changed: Any) -> VolunteerId:
        values = {
            "number": number,
            "name": "王甲子",
            "phone": "+99900000001",
            "status": "ACTIVE",
            "tier": "PROFESSIONAL",
            "birth_on": date(1990, 5, 1),
            "fit": True,
            "guardian": False,
            "consent_location": True,
            "consent_dispatch": True,
            "available": True,
            "trained_until_on": date(2027, 6, 1),
            "region": "9901",
            "team_id": 2,
            "mode": "car",
            "home_lon": -71.25,
            "home_lat": -29.9,
            "turnout_s": 105,
            "created_at": now,
            "updated_at": now,
        }
        with writing(registry) as connection:
            statement = insert(tables.volunteer).returning(tables.volunteer.c.id)
            return VolunteerId(connection.execute(statement, values | changed).scalar_one())

    return add


@pytest.fixture(scope="session")
def recipe(regions: tuple[Region, ...]) -> Recipe:
    """3,000 people in four settlements of two regions, 24 teams."""

    def settlement(lon: float, population: int, region: str) -> Settlement:
        return Settlement(
            lon=lon,
            lat=-29.9,
            population=population,
            radius_m=1_500,
            region=RegionCode(region),
            name="",
        )

    return Recipe(
        settlements=(
            settlement(-71.3, 6_000, "9901"),
            settlement(-71.2, 3_000, "9901"),
            settlement(-71.0, 2_500, "9902"),
            settlement(-70.9, 500, "9902"),
        ),
        regions=regions,
        volunteers=3_000,
        teams=24,
    )


@pytest.fixture(scope="session")
def county(
    migrated: Path, recipe: Recipe, now: datetime, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """The generated registry, shared: tests only read it."""
    path = tmp_path_factory.mktemp("county") / "registry.db"
    shutil.copy(migrated, path)
    opened = open_engine(f"sqlite:///{path}")
    generate(opened, recipe, now, SEED)
    yield opened
    opened.dispose()
