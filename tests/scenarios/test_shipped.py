"""The shipped scenarios: sound, honest about their sources, with the injects asked for."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from dispatch.drills.scenario import model as it
from dispatch.drills.scenario.model import Fact, Placed
from dispatch.drills.scenario.people import recipe_of
from dispatch.drills.scenario.read import load_scenario, scenarios_in
from dispatch.drills.scenario.script import script
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.model import (
    Conditions,
    HazardClass,
    Rain,
    Site,
    TravelMode,
    Zone,
    ZoneId,
    ZoneStatus,
)
from dispatch.registry.population import COMMON_FIRST, draw_people, draw_proofs, draw_teams
from dispatch.registry.tables import EPOCH
from dispatch.taxonomy import SKILLS

FOLDER = Path(__file__).parents[2] / "scenarios"
NAMES = ("beibei-2022", "coquimbo-2015", "liuhe", "panjin-2022", "zhengzhou-2021")
CHINESE = ("beibei-2022", "liuhe", "panjin-2022", "zhengzhou-2021")
CAR = TravelMode.CAR
AXES = ("lon", "lat")


@lru_cache
def scenario(name: str) -> it.Scenario:
    return load_scenario(FOLDER / name)


def by_id(name: str) -> dict[str, it.TimelineInject]:
    return {inject.id: inject for inject in scenario(name).timeline}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name / "incidents.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_five_scenarios_are_shipped() -> None:
    assert tuple(path.name for path in scenarios_in(FOLDER)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_checks_clean_and_is_an_exercise(name: str) -> None:
    found = scenario(name)
    assert found.id == name
    assert found.agency.exercise
    assert str(found.agency.timezone) == str(found.clock.timezone)
    assert found.units
    assert len({step.inject for step in script(found)}) > 60


@pytest.mark.parametrize("name", NAMES)
def test_every_line_says_how_sure_it_is(name: str) -> None:
    found = scenario(name)
    lines = [*found.timeline, *found.weather, *found.units, found.roster]
    assert all(line.provenance.source.strip() for line in lines)
    for inject in found.timeline:
        placed = isinstance(inject, it.IncidentOpened | it.ZoneDrawn | it.CellLost | it.Recall)
        assert not placed or inject.provenance.placed is not None, inject.id


@pytest.mark.parametrize("name", NAMES)
def test_no_need_claims_to_be_a_fact(name: str) -> None:
    needs = [one for one in scenario(name).timeline if isinstance(one, it.NeedCreated)]
    assert needs
    assert all(need.provenance.fact is not Fact.FACT for need in needs)


@pytest.mark.parametrize("name", CHINESE)
def test_settlements_say_what_their_populations_rest_on(name: str) -> None:
    with (FOLDER / name / "settlements.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert all(row["fact"] in tuple(Fact) and row["coord"] in tuple(Placed) for row in table)
    assert all(row["source"].strip() for row in table)
    assert any(row["coord"] == "G" for row in table)


@pytest.mark.parametrize("name", CHINESE)
def test_regions_have_codes_of_the_national_standard(name: str) -> None:
    agency = scenario(name).agency
    assert str(agency.timezone) == "Asia/Shanghai"
    for region in agency.regions:
        assert region.code.isdigit()
        assert len(region.code) in (2, 4, 6)
        assert region.parent is None or region.code.startswith(region.parent)
    assert agency.roads is None


@pytest.mark.parametrize(
    ("name", "prefix", "count", "marks"),
    [
        ("zhengzhou-2021", "ZZ", 30, {"F": 19, "P": 11}),
        ("beibei-2022", "BB", 21, {"F": 17, "P": 3, "S": 1}),
        ("panjin-2022", "PJ", 16, {"F": 12, "P": 1, "S": 3}),
        ("liuhe", "LH", 20, {"S": 20}),
    ],
)
def test_every_row_of_the_frame_is_there_with_its_mark(
    name: str, prefix: str, count: int, marks: dict[str, int]
) -> None:
    found = by_id(name)
    ids = [f"{prefix}-{number:02d}" for number in range(1, count + 1)]
    assert set(ids) <= set(found)
    assert Counter(found[one].provenance.fact.value for one in ids) == marks


@pytest.mark.parametrize("name", NAMES)
def test_readmes_tell_fact_from_invention_in_both_languages(name: str) -> None:
    readme = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    for heading in ("## What is fact and what is not", "## 哪些是事实"):
        assert heading in readme
    for mark in ("`F`", "`P`", "`S`"):
        assert mark in readme


def test_titles_are_in_both_languages() -> None:
    for name in NAMES:
        for row in rows(name):
            assert row["title_en"].isascii() or name == "coquimbo-2015"
            assert any("\u4e00" <= one <= "\u9fff" for one in row["title_zh"])


# The injects


def test_zhengzhou_has_its_record_hour_and_its_people() -> None:
    found = scenario("zhengzhou-2021")
    assert isinstance(found.roster, it.RosterRecipe)
    assert (found.roster.people, found.roster.teams) == (54_393, 176)
    (record,) = [hour for hour in found.weather if hour.rain_mm == 201.9]
    assert record.at_s == 10 * 3_600
    assert record.provenance.fact is Fact.FACT
    assert record.rain is Rain.HEAVY
    assert sum(hour.rain_mm for hour in found.weather) == pytest.approx(552.5)
    others = [hour for hour in found.weather if hour is not record]
    assert all(hour.provenance.fact is Fact.SYNTHESIS for hour in others)


def test_three_in_ten_calls_of_the_public_table_are_doubled() -> None:
    found = scenario("zhengzhou-2021")
    opened = by_id("zhengzhou-2021")["ZZ-19"].at_s
    hour = [
        one
        for one in found.timeline
        if isinstance(one, it.NeedCreated)
        and opened - 3 * 3_600 <= one.at_s <= opened + 3_600
        and one.duplicate_of is None
    ]
    doubled = [o for o in found.timeline if isinstance(o, it.NeedCreated) and o.duplicate_of]
    closed = [one for one in found.timeline if isinstance(one, it.DuplicateFound)]
    assert len(doubled) / (len(doubled) + len(hour)) == pytest.approx(0.30, abs=0.01)
    assert {one.need for one in closed} == {one.id for one in doubled}
    assert not any(one.verified for one in doubled)


def test_zhengzhou_loses_cover_network_and_bridges() -> None:
    found = by_id("zhengzhou-2021")
    cover, lost, bridge = found["ZZ-14/cover"], found["ZZ-05/lost"], found["ZZ-24/closed"]
    assert isinstance(cover, it.CoverLapsed)
    assert (cover.skill, cover.share, cover.at_s) == ("BOAT", 0.10, found["ZZ-14"].at_s)
    assert isinstance(lost, it.CellLost)
    assert lost.at_s == 5 * 3_600
    mihe = found["ZZ-03"]
    assert isinstance(mihe, it.IncidentOpened)
    assert lost.area.holds(mihe.site.lon, mihe.site.lat)
    assert isinstance(bridge, it.ZoneDrawn)
    assert bridge.at_s == found["ZZ-24"].at_s
    assert any(isinstance(one, it.RedWarning) for one in found.values())


def test_panjins_breach_raises_the_hazard_and_clears_the_dike() -> None:
    found = by_id("panjin-2022")
    seepage, raised, recall = found["PJ-02"], found["PJ-05/hazard"], found["PJ-05/recall"]
    assert isinstance(seepage, it.IncidentOpened)
    assert isinstance(raised, it.HazardRaised)
    assert (seepage.hazard, raised.incident, raised.hazard) == (
        HazardClass.H3,
        "PJ-02",
        HazardClass.H4,
    )
    assert isinstance(recall, it.Recall)
    assert recall.at_s == raised.at_s == found["PJ-05"].at_s
    assert recall.area.holds(seepage.site.lon, seepage.site.lat)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_asked_into_a_recalled_area_before_it_is_empty(name: str) -> None:
    timeline = scenario(name).timeline
    recalls = [one for one in timeline if isinstance(one, it.Recall)]
    assert recalls or name == "zhengzhou-2021"
    for recall in recalls:
        window = range(recall.at_s, recall.at_s + recall.within_s)
        inside = [
            need.id
            for need in timeline
            if isinstance(need, it.NeedCreated)
            and need.at_s in window
            and recall.area.holds(need.site.lon, need.site.lat)
        ]
        assert not inside


def test_beibeis_recall_reaches_those_on_the_hill() -> None:
    found = by_id("beibei-2022")
    recall, line = found["BB-19/recall"], found["BB-18/LOG"]
    assert isinstance(recall, it.Recall)
    assert isinstance(line, it.NeedCreated)
    assert recall.within_s == 1_800
    assert recall.area.holds(line.site.lon, line.site.lat)
    assert line.at_s < recall.at_s < line.ends_s


def test_liuhe_is_a_sample_of_its_register() -> None:
    roster = scenario("liuhe").roster
    assert isinstance(roster, it.RosterRecipe)
    assert (roster.people, roster.registered, roster.teams) == (5_000, 54_393, 176)
    assert {one.provenance.fact for one in scenario("liuhe").timeline} == {Fact.SYNTHESIS}


def test_a_quarter_of_liuhes_people_hold_an_emergency_skill() -> None:
    found = scenario("liuhe")
    assert isinstance(found.roster, it.RosterRecipe)
    recipe, rng = recipe_of(found, found.roster), Generator(PCG64(found.roster.seed))
    today = (found.clock.starts_at - EPOCH).days
    people = draw_people(recipe, today, rng)
    draw_teams(recipe, people, rng)
    proofs = draw_proofs(recipe, people, today, rng)
    danger = np.array([SKILLS[code].max_hazard.rank for code in COMMON_FIRST])[proofs.skill]
    holders = set(proofs.person[danger >= HazardClass.H3.rank].tolist())
    assert len(holders) / len(people) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_points_say_the_same_as_the_table(name: str, tmp_path: Path) -> None:
    """The incidents written as GeoJSON and read again are the same injects."""
    folder = tmp_path / "scenarios" / name
    shutil.copytree(FOLDER / name, folder)
    (tmp_path / "scenarios" / "coquimbo").symlink_to(FOLDER / "coquimbo")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [float(row[axis]) for axis in AXES]},
            "properties": {key: value or None for key, value in row.items() if key not in AXES},
        }
        for row in rows(name)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "incidents.geojson").write_text(json.dumps(collection, indent=1), encoding="utf-8")
    path = folder / "scenario.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("incidents.csv", "incidents.geojson"), encoding="utf-8")
    assert load_scenario(folder).timeline == scenario(name).timeline


# Coquimbo, on real roads


@pytest.fixture(scope="module")
def router() -> RoadRouter:
    folder = scenario("coquimbo-2015").roads
    assert folder is not None
    assert folder.resolve() == (FOLDER / "coquimbo" / "roads").resolve()
    return RoadRouter(RoadGraph.load(folder))


def drawn(inject: it.TimelineInject) -> Zone:
    assert isinstance(inject, it.ZoneDrawn)
    return Zone(
        id=ZoneId(inject.id),
        kind=inject.zone_kind,
        name=inject.name,
        form=inject.form,
        parts=inject.parts,
        blocks=inject.blocks,
        status=ZoneStatus.ACTIVE,
        drawn_at=scenario("coquimbo-2015").clock.at(inject.at_s),
        radius_m=inject.radius_m,
        pace=inject.pace,
        certainty=inject.certainty,
    )


def test_the_earthquake_is_at_its_hour() -> None:
    found = scenario("coquimbo-2015")
    shock = by_id("coquimbo-2015")["CQ-M1"]
    assert f"{found.clock.at(shock.at_s):%Y-%m-%d %H:%M}" == "2015-09-16 22:54"
    assert shock.provenance.fact is Fact.FACT


def test_every_need_of_coquimbo_is_near_a_road(router: RoadRouter) -> None:
    needs = [o for o in scenario("coquimbo-2015").timeline if isinstance(o, it.NeedCreated)]
    sites = np.array([(need.site.lon, need.site.lat) for need in needs])
    origin = np.array([(-71.2520, -29.9027)])
    matrix = router.eta_matrix(origin, sites, CAR)
    assert not matrix.estimated.any()
    assert matrix.eta_s.max() < 3_600


@pytest.mark.parametrize(
    ("zone", "start", "goal"),
    [
        ("CQ-R1", Site(lon=-71.3110, lat=-29.9620), Site(lon=-71.3330, lat=-29.9667)),
        ("CQ-R2", Site(lon=-71.3150, lat=-29.9590), Site(lon=-71.3362, lat=-29.9501)),
    ],
)
def test_cut_roads_make_the_way_longer(
    router: RoadRouter, zone: str, start: Site, goal: Site
) -> None:
    closed = Conditions(zones=(drawn(by_id("coquimbo-2015")[zone]),))
    open_way, way_round = (router.route(start, goal, CAR, when) for when in (Conditions(), closed))
    assert open_way is not None
    assert way_round is not None
    assert way_round.eta_s > open_way.eta_s


def test_the_sea_covers_baquedano_and_not_the_hill() -> None:
    flood = by_id("coquimbo-2015")["CQ-Z2"]
    assert isinstance(flood, it.ZoneDrawn)
    wet = it.Area(ring=flood.parts[0][0])
    assert wet.holds(-71.3310, -29.9625)
    assert not wet.holds(-71.3420, -29.9720)
