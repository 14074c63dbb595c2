"""Isochrones and coverage: areas that say what the router says, and counts of who stands behind."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from dispatch import actions as act
from dispatch.errors import Rejected
from dispatch.geo.measure import crow_m
from dispatch.geo.router import RoadRouter
from dispatch.geo.search import Dijkstra
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import Conditions, NeedId, Rain, Site, Skill, TravelMode, ZoneKind
from dispatch.planner.plan import Planner
from dispatch.planner.reach import Coverage, Reach, coverage, reach
from dispatch.planner.sought import Sought
from tests.builders import Person, roster
from tests.geo.grids import LAT, LON, STEP, grid
from tests.planner.test_round import EXACTLY, PLAIN, at, needed
from tests.play import COMMANDER, Play

LOG = Sought(skill=Skill("LOG"))
SIZE = 13
ROADS = RoadRouter(grid(SIZE, SIZE), engine=Dijkstra)
"""Six by seven kilometres of streets at 60 km/h."""
BOX = (LON - 0.01, LAT - 0.01, LON + STEP * SIZE, LAT + STEP * SIZE)
WALKED = Site(lon=LON + 6 * STEP, lat=LAT + 6 * STEP)
CORNER = Site(lon=LON, lat=LAT)


@pytest.fixture
def play() -> Play:
    return Play()


def planner_of(people: list[Person], router: Any = ROADS) -> Planner:
    return Planner(roster=roster(people), router=router, policy=PLAIN, asking=EXACTLY)


def shape(areas: Any) -> shapely.Geometry:
    drawn = shapely.geometry.shape({"type": "MultiPolygon", "coordinates": areas})
    assert drawn.is_valid
    return drawn


def reached(play: Play, people: list[Person], router: Any = ROADS, **over: Any) -> Reach:
    given: dict[str, Any] = {"site": WALKED, "mode": TravelMode.CAR, "sought": LOG} | over
    return reach(planner_of(people, router), play.board, play.now, **given)


def covered(play: Play, people: list[Person], router: Any = ROADS, **over: Any) -> Coverage:
    given: dict[str, Any] = {"box": BOX, "sought": LOG, "minutes": 5} | over
    return coverage(planner_of(people, router), play.board, play.now, **given)


def flooded(play: Play, west: float, south: float, east: float, north: float) -> None:
    ring = [(west, south), (east, south), (east, north), (west, north)]
    corners = tuple((LON + x * STEP, LAT + y * STEP) for x, y in ring)
    play.act(COMMANDER, act.DrawZone(zone_kind=ZoneKind.FLOOD, name="Flood", parts=((corners,),)))


class TestReach:
    @pytest.mark.parametrize("mode", [TravelMode.CAR, TravelMode.FOOT])
    @pytest.mark.parametrize("rain", list(Rain))
    def test_who_lies_in_an_area_is_there_in_time(
        self, play: Play, mode: TravelMode, rain: Rain
    ) -> None:
        play.act(COMMANDER, act.SetRain(rain=rain))
        found = reached(play, [], mode=mode)
        assert [band.minutes for band in found.bands] == [5, 10, 20]
        # On the streets, and far enough from the edge for the size of a cell.
        east = np.linspace(0, SIZE - 1, 241)
        street = np.column_stack([LON + east * STEP, np.full(241, LAT + 6 * STEP)])
        goal = np.array([(WALKED.lon, WALKED.lat)])
        eta_s = ROADS.eta_matrix(street, goal, mode, Conditions(rain=rain)).eta_s[:, 0]
        slack_s = 25 if mode is TravelMode.CAR else 120
        for band in found.bands:
            inside = shapely.contains_xy(shape(band.area), *street.T)
            assert inside[eta_s <= 60 * band.minutes - slack_s].all()
            assert not inside[eta_s > 60 * band.minutes + slack_s].any()
            assert inside.any()

    def test_areas_lie_in_each_other(self, play: Play) -> None:
        bands = [shape(band.area) for band in reached(play, []).bands]
        for inner, outer in pairwise(bands):
            assert inner.difference(outer.buffer(0.002)).is_empty
            assert inner.area <= outer.area

    def test_people_are_counted_by_when_they_respond(self, play: Play) -> None:
        near = at(1, WALKED, turnout_s=200)
        late = at(2, WALKED, turnout_s=500)
        walking = at(3, CORNER, mode=TravelMode.FOOT, turnout_s=0)
        medic = at(4, CORNER, skill="MED-1", turnout_s=300)
        people = [near, late, walking, medic]
        found = reached(play, people, sought=Sought())
        assert [band.people for band in found.bands] == [1, 2, 3]
        assert [dict(band.by_skill) for band in found.bands] == [
            {"LOG": 1}, {"LOG": 2}, {"LOG": 2, "MED-1": 1}
        ]  # fmt: skip
        assert found.people == 4
        # How others travel does not move anybody.
        walk = reached(play, people, mode=TravelMode.FOOT, sought=Sought())
        assert [band.people for band in walk.bands] == [1, 2, 3]

    def test_a_need_asks_for_its_own_people(self, play: Play) -> None:
        need = needed(play, WALKED)
        found = reached(play, [at(1, WALKED), at(2, WALKED, skill="COOK")],
                        sought=Sought(need_id=need.id))  # fmt: skip
        assert [band.people for band in found.bands] == [1, 1, 1]
        with pytest.raises(Rejected, match="NOT_FOUND"):
            reached(play, [], sought=Sought(need_id=NeedId("nope")))

    def test_a_flood_between_takes_area_and_people_away(self, play: Play) -> None:
        people = [at(1, Site(lon=LON, lat=LAT + 6 * STEP), turnout_s=0)]
        dry = reached(play, people)
        flooded(play, 0.5, -2, 1.5, SIZE + 1)
        wet = reached(play, people)
        assert [band.people for band in dry.bands] == [1, 1, 1]
        assert [band.people for band in wet.bands] == [0, 0, 0]
        lost = shape(dry.bands[2].area).difference(shape(wet.bands[2].area))
        assert lost.intersects(shapely.Point(LON, LAT + 6 * STEP))
        assert (dry.under.zone_ids, wet.under.zone_ids) == ((), tuple(play.board.zones))

    def test_without_a_map_the_areas_are_round_and_estimated(self, play: Play) -> None:
        found = reached(play, [], StraightLineRouter(), mode=TravelMode.FOOT)
        assert found.estimated
        assert not reached(play, []).estimated
        radius_m = 20 * 60 * 4.8 / 3.6 / 1.23
        edge = shapely.get_coordinates(shape(found.bands[2].area))
        away_m = crow_m(*edge.T, WALKED.lon, WALKED.lat)
        np.testing.assert_allclose(away_m, radius_m, rtol=0.08)

    def test_a_reach_smaller_than_the_first_look_is_seen(self, play: Play) -> None:
        ring = ((-1, -1), (SIZE, -1), (SIZE, SIZE), (-1, SIZE))
        corners = tuple((LON + x * STEP, LAT + y * STEP) for x, y in ring)
        mud = act.DrawZone(zone_kind=ZoneKind.FLOOD, name="Mud", parts=((corners,),), blocks=(),
                           pace=0.02)  # fmt: skip
        play.act(COMMANDER, mud)
        for shift in (0.0, 0.3, 0.5, 0.7):
            site = Site(lon=LON + (6 + shift) * STEP, lat=LAT + 6 * STEP)
            area = shape(reached(play, [], site=site).bands[2].area)
            assert area.contains(shapely.Point(site.lon, site.lat))
            # 400 metres in 20 minutes.
            away_m = crow_m(*shapely.get_coordinates(area).T, site.lon, site.lat)
            assert away_m.max() < 600

    def test_where_nobody_gets_there_is_no_area(self, play: Play) -> None:
        found = reached(play, [], mode=TravelMode.BOAT)
        assert [band.area for band in found.bands] == [[], [], []]


class TestCoverage:
    def test_it_says_where_the_first_could_be_and_where_nobody(self, play: Play) -> None:
        west = at(1, CORNER, turnout_s=60)
        east = at(2, Site(lon=LON + 12 * STEP, lat=LAT + 12 * STEP), turnout_s=120)
        found = covered(play, [west, east, at(3, WALKED, skill="COOK", turnout_s=0)])
        assert found.people == 2
        assert [band.minutes for band in found.bands] == [5, 10, 20, 30]
        near, gap = shape(found.bands[0].area), shape(found.gap)
        assert near.contains(shapely.Point(LON + STEP, LAT + STEP))
        assert near.contains(shapely.Point(LON + 11 * STEP, LAT + 11 * STEP))
        assert gap.contains(shapely.Point(LON + STEP, LAT + 11 * STEP))
        assert near.intersection(gap).area < 0.03 * near.area
        assert found.bands[0].cells + found.gap_cells == found.cells
        assert found.bands[0].road_m + found.gap_road_m == pytest.approx(found.road_m, abs=2)
        whole_m = ROADS.graph.length_m.sum()
        assert found.road_m == pytest.approx(whole_m, rel=0.02)
        assert [band.cells for band in found.bands] == sorted(band.cells for band in found.bands)

    def test_nobody_covers_nothing(self, play: Play) -> None:
        found = covered(play, [], sought=replace(LOG, skill=Skill("DIVE")))
        assert (found.people, found.tasked) == (0, 0)
        assert found.gap_cells == found.cells > 0
        assert all(band.area == [] for band in found.bands)

    def test_each_goes_by_their_own_means_and_any_may_be_first(self, play: Play) -> None:
        walker = at(1, CORNER, mode=TravelMode.FOOT, turnout_s=0)
        driver = at(2, Site(lon=LON + 12 * STEP, lat=LAT), turnout_s=0)
        both = covered(play, [walker, driver])
        alone = [covered(play, [one]) for one in (walker, driver)]
        assert max(one.bands[0].cells for one in alone) < both.bands[0].cells
        assert both.bands[0].cells < sum(one.bands[0].cells for one in alone)

    def test_who_is_on_a_task_leaves_a_gap_that_may_be_looked_behind(self, play: Play) -> None:
        people = [at(1, CORNER, turnout_s=0)]
        free = covered(play, people)
        play.accepted(needed(play, CORNER).id, 1)
        gone = covered(play, people)
        assert (free.people, free.tasked) == (1, 0)
        assert (gone.people, gone.tasked) == (0, 1)
        assert gone.gap_cells == gone.cells
        behind = covered(play, people, tasked=True)
        assert behind.bands == free.bands
        assert (behind.people, behind.tasked) == (0, 1)

    def test_longer_is_less_of_a_gap_and_rain_more(self, play: Play) -> None:
        people = [at(1, CORNER, turnout_s=60)]
        dry = [covered(play, people, minutes=m).gap_cells for m in (2, 5, 8, 240)]
        assert dry == sorted(dry, reverse=True)
        assert dry[-1] == 0
        play.act(COMMANDER, act.SetRain(rain=Rain.HEAVY))
        wet = covered(play, people)
        assert wet.gap_cells > dry[1]
        assert wet.under.rain is Rain.HEAVY

    def test_who_is_too_far_away_to_matter_does_not_change_it(self, play: Play) -> None:
        people = [at(1, CORNER, turnout_s=0)]
        far = at(2, Site(lon=LON - 5, lat=LAT), turnout_s=0)
        one, two = covered(play, people), covered(play, [*people, far])
        assert (one.bands, one.gap) == (two.bands, two.gap)
        assert two.people == 2

    @pytest.mark.parametrize("box", [(1, 0, 0, 1), (0, 1, 1, 0), (0, 0, 0, 0)])
    def test_a_box_without_an_inside_is_refused(self, play: Play, box: Any) -> None:
        with pytest.raises(Rejected, match="BAD_BOX"):
            covered(play, [], box=box)
