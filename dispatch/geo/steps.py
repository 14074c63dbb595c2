"""A way as a line for the map and as directions for whoever goes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dispatch.geo.measure import Floats, crow_m
from dispatch.geo.network import Way
from dispatch.geo.roads import RoadGraph
from dispatch.ports import Instruction, Step

SHORTEST_WALK_M: Final = 10.0
"""A walk to the road below this is not worth a line."""
_AHEAD: Final = 30.0
"""Degrees of turning up to which one simply goes on."""
_TURNS: Final = (
    (60.0, Instruction.SLIGHT_LEFT, Instruction.SLIGHT_RIGHT),
    (120.0, Instruction.LEFT, Instruction.RIGHT),
    (165.0, Instruction.SHARP_LEFT, Instruction.SHARP_RIGHT),
    (180.0, Instruction.UTURN, Instruction.UTURN),
)


@dataclass(slots=True)
class _Stage:
    """Part of a journey that begins with an instruction: metres and milliseconds, unrounded."""

    instruction: Instruction
    road: str
    point: tuple[float, float]
    length_m: float
    ms: float


@dataclass(frozen=True, slots=True)
class Leg:
    """A straight walk between a door and the road."""

    length_m: float
    ms: float


def line_of(
    graph: RoadGraph, way: Way, origin: Floats, site: Floats
) -> tuple[tuple[float, float], ...]:
    """Return the points (lon, lat) from the origin, along the way, to the site, without repeats."""
    points = np.concatenate([origin[None], *_pieces(graph, way), site[None]])
    moved = np.any(np.diff(points, axis=0, prepend=np.inf) != 0, axis=1)
    return tuple((lon, lat) for lon, lat in points[moved].tolist())


def directions(
    graph: RoadGraph,
    way: Way,
    ms: Floats,
    ends: tuple[Floats, Floats],
    legs: tuple[Leg, Leg],
    eta_s: int,
) -> tuple[Step, ...]:
    """Return the steps of a journey between two `ends` (lon, lat): the walk to the road, `way`
    with its pieces' times `ms`, (k,), the walk to the site. Their times add up to `eta_s`."""
    drawn = _pieces(graph, way)
    length_m = np.abs(way.end - way.begin) * graph.length_m[way.link]
    stages = [_Stage(Instruction.WALK, "", _point(ends[0]), legs[0].length_m, legs[0].ms)]
    heading: float | None = None
    for k in np.flatnonzero(length_m > 0).tolist():
        road = graph.names[graph.name[way.link[k]]]
        said = _said(heading, _bearing(drawn[k][0], drawn[k][1]))
        if said is Instruction.CONTINUE and road == stages[-1].road:
            stages[-1].length_m += float(length_m[k])
            stages[-1].ms += float(ms[k])
        else:
            at = _point(drawn[k][0])
            stages.append(_Stage(said, road, at, float(length_m[k]), float(ms[k])))
        heading = _bearing(drawn[k][-2], drawn[k][-1])
    at = _point(drawn[-1][-1])
    stages.append(_Stage(Instruction.WALK, "", at, legs[1].length_m, legs[1].ms))
    return _rounded(_without_short_walks(stages), _point(ends[1]), eta_s)


def straight_steps(
    origin: tuple[float, float], site: tuple[float, float], dist_m: int, eta_s: int
) -> tuple[Step, ...]:
    """Return the steps where only the straight line is known."""
    return _rounded([_Stage(Instruction.DEPART, "", origin, dist_m, 1.0)], site, eta_s)


def _said(heading: float | None, leaving: float) -> Instruction:
    """Return what to tell where a road that came in one direction goes on in another (degrees)."""
    if heading is None:
        return Instruction.DEPART
    turn = (leaving - heading + 180) % 360 - 180
    if abs(turn) <= _AHEAD:
        return Instruction.CONTINUE
    left, right = next((left, right) for most, left, right in _TURNS if abs(turn) <= most)
    return right if turn > 0 else left


def _without_short_walks(stages: list[_Stage]) -> list[_Stage]:
    """Add walks of a few steps to what comes after or before them."""
    first, *roads, last = stages
    if not roads:
        first.length_m, first.ms = first.length_m + last.length_m, first.ms + last.ms
        return [first]
    for walk, road in ((first, roads[0]), (last, roads[-1])):
        if walk.length_m < SHORTEST_WALK_M:
            road.length_m, road.ms = road.length_m + walk.length_m, road.ms + walk.ms
    first_kept = [first] if first.length_m >= SHORTEST_WALK_M else []
    return [*first_kept, *roads, *([last] if last.length_m >= SHORTEST_WALK_M else [])]


def _rounded(stages: list[_Stage], site: tuple[float, float], eta_s: int) -> tuple[Step, ...]:
    """Return steps in whole metres and seconds that add up to the whole journey's."""
    metres = np.rint(np.cumsum([0.0, *(stage.length_m for stage in stages)])).astype(int)
    ms = np.cumsum([0.0, *(stage.ms for stage in stages)])
    seconds = np.rint(ms * (eta_s / max(ms[-1], 1e-9))).astype(int)
    figures = zip(stages, np.diff(metres).tolist(), np.diff(seconds).tolist(), strict=True)
    arrival = Step(instruction=Instruction.ARRIVE, road="", dist_m=0, eta_s=0, point=site)
    return (
        *(
            Step(
                instruction=stage.instruction, road=stage.road, dist_m=dist_m, eta_s=step_s,
                point=stage.point,
            )
            for stage, dist_m, step_s in figures
        ),
        arrival,
    )  # fmt: skip


def _pieces(graph: RoadGraph, way: Way) -> list[Floats]:
    """Return the points of each piece of a way, shape (p, 2), in the direction of travel."""
    return [
        _piece(graph, link, begin, end)
        for link, begin, end in zip(
            way.link.tolist(), way.begin.tolist(), way.end.tolist(), strict=True
        )
    ]


def _piece(graph: RoadGraph, link: int, begin: float, end: float) -> Floats:
    points = graph.line_points[graph.line_start[link] : graph.line_start[link + 1]]
    low, high = min(begin, end), max(begin, end)
    if (low, high) != (0.0, 1.0):
        steps_m = crow_m(*points[:-1].T, *points[1:].T)
        share = np.concatenate([[0.0], np.cumsum(steps_m) / max(float(steps_m.sum()), 1e-9)])
        ends = np.stack([np.interp([low, high], share, column) for column in points.T], axis=1)
        between = points[(share > low) & (share < high)]
        points = np.concatenate([ends[:1], between, ends[1:]])
    return points if end >= begin else points[::-1]


def _bearing(start: Floats, end: Floats) -> float:
    """Return the direction from one point to another in degrees, clockwise from north."""
    east, north = (end - start) * (np.cos(np.radians(start[1])), 1.0)
    return float(np.degrees(np.arctan2(east, north)))


def _point(place: Floats) -> tuple[float, float]:
    return float(place[0]), float(place[1])
