"""The ground an agency works on: its roads, or straight lines over an empty map without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dispatch.geo.basemap import road_features
from dispatch.geo.closures import closure_features
from dispatch.geo.roads import RoadGraph
from dispatch.geo.router import RoadRouter
from dispatch.geo.straight import StraightLineRouter
from dispatch.model import Zone

AROUND_DEG: Final = 0.5
"""How far the map reaches around its middle where no roads say it."""

_NOTHING: Final = {"type": "FeatureCollection", "features": []}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ground:
    """Travel times, and what the map shows of them. `bounds` are west, south, east, north."""

    router: RoadRouter | StraightLineRouter
    bounds: tuple[float, float, float, float]
    attribution: str = ""
    roads: RoadRouter | None = None

    def features(self) -> dict[str, Any]:
        """Return the roads as GeoJSON."""
        return dict(_NOTHING) if self.roads is None else road_features(self.roads.graph)

    def closures(self, zones: Sequence[Zone]) -> dict[str, Any]:
        """Return the roads that zones close or slow as GeoJSON.

        Raises:
            BadInput: a zone has a `zone_problem`.
        """
        if self.roads is None:
            return dict(_NOTHING)
        return closure_features(self.roads.graph, self.roads.hazards, zones)


def ground_of(
    folder: Path | None, center: tuple[float, float], cache: Path | None = None
) -> Ground:
    """Return the ground with the roads of a folder, or around a middle without any: every travel
    time is then estimated from the straight line, and says so. What is prepared is kept in `cache`.

    Raises:
        BadInput: the roads cannot be read.
    """
    if folder is None:
        lon, lat = center
        around = (lon - AROUND_DEG, lat - AROUND_DEG, lon + AROUND_DEG, lat + AROUND_DEG)
        return Ground(router=StraightLineRouter(), bounds=around)
    graph = RoadGraph.load(folder)
    router = RoadRouter(graph, folder=cache)
    return Ground(router=router, bounds=graph.bounds, attribution=graph.attribution, roads=router)
