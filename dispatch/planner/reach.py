"""Where people can be, how soon: who reaches a site in so many minutes, and what a skill covers.

An isochrone is a question about one place: from where, and by whom, is it reached in 5, 10 and 20
minutes. Coverage is a question about all places: when could the first person who is free,
qualified and insured be there, and where would nobody come in time. Areas are made of the cells of
a grid in which, or beside which, there are roads; each is measured on its road.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.geo.grid import CELLS_MOST, Grid, Polygons
from dispatch.geo.measure import EARTH_RADIUS_M, Floats
from dispatch.matching.skills import Rows
from dispatch.model import (
    ON_LAND,
    Conditions,
    Rain,
    Site,
    Skill,
    TravelMode,
    ZoneId,
)
from dispatch.planner.plan import Planner
from dispatch.planner.sought import Box, People, Seconds, Sought, middle_of
from dispatch.planner.travel import BoundedRouter

REACH_MINUTES: Final = (5, 10, 20)
COVERAGE_MINUTES: Final = (5, 10, 20, 30)
MINUTES_MOST: Final = 240
_FIRST_CELLS: Final = 2_500
_FARTHEST_M: Final = 500_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """What the answer holds for: this moment, these zones, this rain."""

    at: datetime
    zone_ids: tuple[ZoneId, ...]
    rain: Rain


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachBand:
    """From where one travels to the site in so many minutes, and how many people respond in them,
    turnout and travel by their own means; all of the bands below included."""

    minutes: int
    area: Polygons
    people: int
    by_skill: Mapping[Skill, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """`people` are all who may be asked, `estimated` whether the site lies far from any road."""

    site: Site
    mode: TravelMode
    bands: tuple[ReachBand, ...]
    people: int
    estimated: bool
    under: Under


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageBand:
    """Where somebody is there within so many minutes; all of the bands below included."""

    minutes: int
    area: Polygons
    cells: int
    road_m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`gap` is where nobody is there within `minutes`. `people` stand behind it; `tasked` are those
    who would if they were not on a task or asked already. Cells are those with roads; without a map
    all, and no roads."""

    bands: tuple[CoverageBand, ...]
    minutes: int
    gap: Polygons
    cells: int
    gap_cells: int
    road_m: int
    gap_road_m: int
    people: int
    tasked: int
    side_m: int
    under: Under


def reach(
    planner: Planner, board: Board, now: datetime, *, site: Site, mode: TravelMode, sought: Sought
) -> Reach:
    """Return from where, and by whom, the site is reached how soon.

    Raises:
        Rejected: `NOT_FOUND`, there is no such need.
    """
    conditions = board.conditions(now)
    people = People(planner, board, now, sought, site)
    within_s = 60 * REACH_MINUTES[-1]
    response_s = people.response_s(site, within_s, conditions)
    grid, cells, eta_s, estimated = _isochrone(planner.router, site, mode, conditions, within_s)
    return Reach(
        site=site,
        mode=mode,
        bands=tuple(
            ReachBand(
                minutes=minutes,
                area=area,
                people=int((response_s <= 60 * minutes).sum()),
                by_skill=people.by_skill(response_s <= 60 * minutes),
            )
            for minutes, area in _nested(grid, cells, eta_s, REACH_MINUTES)
        ),
        people=len(people.rows),
        estimated=estimated,
        under=_under(now, conditions),
    )


def coverage(
    planner: Planner,
    board: Board,
    now: datetime,
    *,
    box: Box,
    sought: Sought,
    minutes: int,
    tasked: bool = False,
) -> Coverage:
    """Return what the people sought cover of a box (west, south, east, north), and where nobody is
    there within `minutes`; with `tasked` those on a task or asked already count as free.

    Raises:
        Rejected: `NOT_FOUND`, there is no such need; `BAD_BOX`, the box has no inside or spans the
            antimeridian.
    """
    try:
        grid = Grid.over(*box)
    except ValueError as exc:
        raise Rejected("BAD_BOX", problem=str(exc)) from None
    conditions, middle = board.conditions(now), middle_of(box)
    free, every = (
        People(planner, board, now, sought, middle, tasked=also) for also in (False, True)
    )
    stops = grid.stops(planner.router.roads(ON_LAND))
    within_s = 60 * max(minutes, *COVERAGE_MINUTES)
    used = every if tasked else free
    first_s = used.first_s(stops.sites, box, within_s, conditions)[stops.site]
    gap = first_s > 60 * minutes
    return Coverage(
        bands=tuple(
            CoverageBand(
                minutes=m,
                area=area,
                cells=int((first_s <= 60 * m).sum()),
                road_m=_metres(stops.road_m[first_s <= 60 * m]),
            )
            for m, area in _nested(grid, stops.cell, first_s, COVERAGE_MINUTES)
        ),
        minutes=minutes,
        gap=grid.areas(stops.cell[gap]),
        cells=len(gap),
        gap_cells=int(gap.sum()),
        road_m=_metres(stops.road_m),
        gap_road_m=_metres(stops.road_m[gap]),
        people=len(free.rows),
        tasked=len(every.rows) - len(free.rows),
        side_m=round(grid.side_m),
        under=_under(now, conditions),
    )


def _nested(
    grid: Grid, cells: Rows, seconds: Seconds, minutes: Sequence[int]
) -> Iterator[tuple[int, Polygons]]:
    """Yield the areas of the cells, shape (c,), that take at most so many minutes; where none were
    added, the same again."""
    area: Polygons = []
    before = 0
    for limit in minutes:
        within = seconds <= 60 * limit
        if within.sum() > before:
            area, before = grid.areas(cells[within]), int(within.sum())
        yield limit, area


def _isochrone(
    router: BoundedRouter, site: Site, mode: TravelMode, conditions: Conditions, within_s: int
) -> tuple[Grid, Rows, Seconds, bool]:
    """Return a grid, the cells from which the site may be reached, their times, and whether those
    are estimates: on a coarse grid over all that could be near first, then on a fine one over what
    is."""
    roads, goal = router.roads((mode,)), np.array([[site.lon, site.lat]])
    box = _square(site, _farthest_m(router, mode, within_s))
    for cells in (_FIRST_CELLS, CELLS_MOST):
        grid = Grid.over(*box, cells)
        stops = grid.stops(roads)
        matrix = router.eta_matrix(stops.sites, goal, mode, conditions)
        eta_s = matrix.eta_s[stops.site, 0].astype(np.int64)
        near = eta_s <= within_s
        estimated = bool(matrix.estimated[stops.site[near]].any())
        # What is reached may be smaller than one of the first cells.
        box = grid.around(np.append(stops.cell[near], grid.cells_of(goal)))
    return grid, stops.cell[near], eta_s[near], estimated


def _farthest_m(router: BoundedRouter, mode: TravelMode, within_s: int) -> float:
    """Return how far along the straight line nobody comes from in this time, to a metre."""
    low, high = 0.0, _FARTHEST_M
    while high - low > 1.0:
        middle = (low + high) / 2
        quick = router.least_s(np.array([middle]), mode)[0] <= within_s
        low, high = (middle, high) if quick else (low, middle)
    return high


def _square(site: Site, half_m: float) -> Box:
    """Return the box around a site, within the world."""
    half_lat = np.degrees(half_m / EARTH_RADIUS_M)
    half_lon = half_lat / max(np.cos(np.radians(min(abs(site.lat) + half_lat, 89.0))), 1e-3)
    low = np.maximum((site.lon - half_lon, site.lat - half_lat), (-180.0, -90.0)).tolist()
    high = np.minimum((site.lon + half_lon, site.lat + half_lat), (180.0, 90.0)).tolist()
    return low[0], low[1], high[0], high[1]


def _metres(road_m: Floats) -> int:
    return round(float(road_m.sum()))


def _under(now: datetime, conditions: Conditions) -> Under:
    return Under(at=now, zone_ids=tuple(zone.id for zone in conditions.zones), rain=conditions.rain)
