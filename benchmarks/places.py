"""Places to ask the roads for, drawn from a seed, and hazards on a hundredth of the roads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from dispatch.geo.measure import EARTH_RADIUS_M, Floats
from dispatch.geo.roads import RoadGraph
from dispatch.geo.zones import MAX_CORNERS
from dispatch.model import TravelMode, Zone, ZoneForm, ZoneId, ZoneKind, ZoneStatus

AWAY_M: Final = 300.0
CLOSED: Final = 0.01
CAR: Final = TravelMode.CAR
_M_PER_DEGREE: Final = EARTH_RADIUS_M * np.pi / 180


def near_roads(graph: RoadGraph, count: int, rng: np.random.Generator) -> Floats:
    """Return places at most AWAY_M from a crossing of the main component, shape (count, 2)."""
    corners = graph.places[graph.main(CAR)]
    at = corners[rng.integers(len(corners), size=count)]
    away_m = AWAY_M * np.sqrt(rng.random(count))
    turn = rng.uniform(0, 2 * np.pi, count)
    step = np.column_stack([np.sin(turn) / np.cos(np.radians(at[:, 1])), np.cos(turn)])
    places: Floats = at + step * away_m[:, None] / _M_PER_DEGREE
    return places


def on_roads(graph: RoadGraph, count: int, rng: np.random.Generator) -> Floats:
    """Return places on roads of the main component, shape (count, 2)."""
    link = rng.choice(_usable(graph), count)
    first = graph.line_start[link]
    bends = graph.line_start[link + 1] - first - 1
    at = first + rng.integers(bends)
    along = rng.random((count, 1))
    places: Floats = graph.line_points[at] * (1 - along) + graph.line_points[at + 1] * along
    return places


def _usable(graph: RoadGraph) -> Any:
    """Return the links between vertices of the main component that cars may use."""
    main, link = graph.main(CAR), np.unique(graph.edges(CAR).link)
    return link[main[graph.tail[link]] & main[graph.head[link]]]


def polygon(graph: RoadGraph, rng: np.random.Generator) -> tuple[Zone, ...]:
    """Return a flood around some road that closes the CLOSED nearest to it."""
    middles = _middles(graph)
    centre = middles[rng.integers(len(middles))]
    scale = np.array([np.cos(np.radians(centre[1])), 1.0])
    apart = np.hypot(*((middles - centre) * scale).T)
    most = int(CLOSED * len(apart))
    radius = np.partition(apart, most)[most]
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    ring = centre + radius * np.column_stack([np.cos(turns), np.sin(turns)]) / scale
    return (_flood("wet", ZoneForm.AREA, ((tuple(map(tuple, ring.tolist())),),), 0.0),)


def scattered(graph: RoadGraph, rng: np.random.Generator) -> tuple[Zone, ...]:
    """Return floods of a metre on CLOSED of the roads, all over the map."""
    middles = _middles(graph)
    wet = rng.choice(middles, int(CLOSED * len(middles)), replace=False)
    parts = [((point,),) for point in map(tuple, wet.tolist())]
    return tuple(
        _flood(f"wet{at:06}", ZoneForm.POINT, tuple(parts[at : at + MAX_CORNERS]), 1.0)
        for at in range(0, len(parts), MAX_CORNERS)
    )


def _middles(graph: RoadGraph) -> Floats:
    """Return a point on each usable link, shape (k, 2)."""
    first = graph.line_start[_usable(graph)]
    middles: Floats = (graph.line_points[first] + graph.line_points[first + 1]) / 2
    return middles


def _flood(name: str, form: ZoneForm, parts: Any, radius_m: float) -> Zone:
    return Zone(
        id=ZoneId(name),
        kind=ZoneKind.FLOOD,
        name=name,
        form=form,
        parts=parts,
        radius_m=radius_m,
        blocks=(CAR,),
        status=ZoneStatus.ACTIVE,
        drawn_at=datetime(2026, 7, 20, tzinfo=UTC),
    )
