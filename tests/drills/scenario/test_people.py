"""The registry of a drill, on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from dispatch import actions as act
from dispatch.app import build, open_store
from dispatch.clock import ManualClock
from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.people import fill, lapse, lapsed
from dispatch.drills.scenario.read import load_scenario
from dispatch.drills.scenario.script import COMMANDER, Act, at_head, need_id, script
from dispatch.errors import BadInput
from dispatch.model import (
    ActionId,
    EtaSource,
    HazardClass,
    NeedStatus,
    PlanId,
    Skill,
    VolunteerId,
)
from dispatch.registry import tables
from dispatch.registry.catalogue import policies
from dispatch.registry.engine import migrate, open_engine, reading
from dispatch.registry.snapshot import load_roster, roster_version
from dispatch.settings import Settings
from tests.drills.scenario.made import YAML, load, write

MANY = YAML.replace("people: 50", "people: 3000\n  verified: 1.0")
SURE = it.Provenance(fact=it.Fact.SYNTHESIS, placed=None, source="invented")
BOATS = it.CoverLapsed(id="L", at_s=0, provenance=SURE, skill=Skill("BOAT"), share=0.5)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    found = open_engine(f"sqlite:///{tmp_path / 'people.db'}")
    migrate(found)
    yield found
    found.dispose()


def covered(engine: Engine, skill: str, hazard: HazardClass) -> set[int]:
    """Everybody who holds the skill and is a member of a contract that lists the class."""
    with reading(engine) as connection:
        listing = [one.id for one in policies(connection) if hazard in one.hazards]
        holds, member = tables.credential.c, tables.policy_member.c
        holders = set(
            connection.execute(select(holds.volunteer_id).where(holds.skill == skill)).scalars()
        )
        members = set(
            connection.execute(
                select(member.volunteer_id).where(member.policy_id.in_(listing))
            ).scalars()
        )
    return holders & members


def test_the_recipe_fills_the_registry_with_the_people_it_says(
    tmp_path: Path, engine: Engine
) -> None:
    scenario = load(tmp_path / "a", yaml=MANY)
    fill(engine, scenario)
    roster = load_roster(engine)
    assert len(roster.ids) == 3_000
    with reading(engine) as connection:
        regions = connection.execute(select(tables.volunteer.c.region)).scalars().all()
        teams = connection.execute(select(tables.team.c.id)).scalars().all()
    assert regions.count("410105") == 2_250
    assert len(teams) == 2
    with pytest.raises(BadInput, match="not empty"):
        fill(engine, scenario)


def test_a_roster_file_is_read_instead(tmp_path: Path, engine: Engine) -> None:
    recipe = YAML[YAML.index("  people: 50") : YAML.index("  fact: S\n  source: invented\nneeds")]
    folder = write(tmp_path / "a", yaml=YAML.replace(recipe, "  file: people.csv\n"))
    (folder / "people.csv").write_text(
        "number,name,phone,status,tier,birth_on,fit,guardian,consent,available,trained_until_on,"
        "region,team,mode,lon,lat,turnout_s,skills,policies\n"
        "V9,李,13800000000,ACTIVE,TEMPORARY,1990-01-01,yes,no,yes,yes,,410103,,car,113.5,34.5,60,,\n",
        encoding="utf-8",
    )
    fill(engine, load_scenario(folder))
    assert len(load_roster(engine).ids) == 1


def test_a_roster_file_that_cannot_be_read_stops_it(tmp_path: Path, engine: Engine) -> None:
    recipe = YAML[YAML.index("  people: 50") : YAML.index("  fact: S\n  source: invented\nneeds")]
    folder = write(tmp_path / "a", yaml=YAML.replace(recipe, "  file: people.csv\n"))
    (folder / "people.csv").write_text("number,name\n", encoding="utf-8")
    with pytest.raises(BadInput):
        fill(engine, load_scenario(folder))


def test_cover_lapses_for_a_share_of_those_who_had_it(tmp_path: Path, engine: Engine) -> None:
    fill(engine, load(tmp_path / "a", yaml=MANY))
    before = covered(engine, "BOAT", HazardClass.H3)
    others = covered(engine, "LOG", HazardClass.H2)
    version = roster_version(engine)
    gone = lapse(engine, BOATS, seed=7)
    assert len(before) > 5
    assert len(gone) == round(len(before) / 2)
    assert covered(engine, "BOAT", HazardClass.H3) == before - set(gone)
    assert others - set(gone) <= covered(engine, "LOG", HazardClass.H2)
    assert roster_version(engine) != version


def test_the_same_seed_takes_the_same_people() -> None:
    holders = [VolunteerId(n) for n in range(1, 101)]
    assert lapsed(holders, 0.1, 7) == lapsed(holders[::-1], 0.1, 7)
    assert lapsed(holders, 0.1, 7) != lapsed(holders, 0.1, 8)
    assert lapsed(holders, 0.0, 7) == ()
    assert lapsed(holders, 1.0, 7) == tuple(holders)


async def test_a_scenario_without_roads_is_played_at_the_real_desk(tmp_path: Path) -> None:
    """The whole script through the application, and a plan on straight lines that says so."""
    scenario = load(tmp_path / "a", yaml=MANY)
    settings = Settings(
        data_dir=tmp_path / "data", agency_file=scenario.agency_file, planner_process=False
    )
    store = open_store(settings)
    fill(store, scenario)
    store.dispose()
    clock = ManualClock(scenario.clock.starts_at)
    app = await build(settings, scenario.agency, clock=clock)
    await app.start()
    for step in script(scenario):
        await clock.advance((step.at - clock.now()).total_seconds())
        assert isinstance(step.deed, Act)
        deed = at_head(step.deed, app.desk.board.seq)
        await app.desk.act(deed.actor, deed.action_id, deed.action)
    board = app.desk.board
    assert need_id(scenario, "A-1/LOG") in board.needs
    assert board.needs[need_id(scenario, "A-2/MED-2")].status is NeedStatus.PUBLISHED
    plan = await app.desk.act(COMMANDER, ActionId("plan"), act.MakePlan())
    proposals = board.plans[PlanId(plan.ids["plan"])].proposals
    assert {one.travel.source for one in proposals} == {EtaSource.ESTIMATED}
    app.close()
