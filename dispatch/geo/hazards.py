"""Which links a hazard zone closes or slows, and to what pace."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from dispatch.geo.measure import Floats
from dispatch.geo.roads import BRIDGE, TUNNEL, RoadGraph
from dispatch.geo.zones import Parts, Shape, shape, widen
from dispatch.model import TravelMode, Zone, ZoneForm, ZoneKind

Rows = NDArray[np.intp]

STRUCTURE_M: Final = 30.0
"""How far from where it is drawn a bridge or tunnel, or the road meant by a point, may be."""
ALONG_M: Final = 12.0
"""Roads no farther than this from a line drawn along them are meant by it."""
_ALONG_LEAST_M: Final = 40.0
_ALONG_SHARE: Final = 0.9
"""How much of a link must run there. A road that crosses is met over twice ALONG_M, and a little
more where it crosses at a slant."""


class Hazards:
    """The links of a graph that zones touch; what was looked up is kept."""

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        self._find = lru_cache(maxsize=1_024)(self._links)

    def links(self, zone: Zone) -> Rows:
        """Return the links that a zone closes or slows, ascending.

        BRIDGE and TUNNEL: the bridges or tunnels within STRUCTURE_M (or the zone's radius); where
        the map does not know them, the nearest link. CLOSED drawn as a line: the links along it,
        not those that cross it. All others: every link touched. A point or a line that touches
        none means the nearest link within STRUCTURE_M.

        Raises:
            BadInput: the zone has a `zone_problem`.
        """
        return self._find(zone.kind, zone.form, zone.parts, float(zone.radius_m))

    def pace(self, zones: Iterable[Zone], mode: TravelMode) -> Floats:
        """Return the share of its speed that each link leaves to `mode`, shape (m,): 0 where it is
        closed. Of several zones the worst counts."""
        pace = np.ones(len(self._graph.tail))
        for zone in zones:
            left = 0.0 if mode in zone.blocks else zone.pace
            if left < 1:
                rows = self.links(zone)
                pace[rows] = np.minimum(pace[rows], left)
        return pace

    def _links(self, kind: ZoneKind, form: ZoneForm, parts: Parts, radius_m: float) -> Rows:
        drawn = shape(form, parts, radius_m)
        if kind in (ZoneKind.BRIDGE, ZoneKind.TUNNEL):
            return self._structures(drawn, BRIDGE if kind is ZoneKind.BRIDGE else TUNNEL,
                                    max(0.0, STRUCTURE_M - radius_m))  # fmt: skip
        if kind is ZoneKind.CLOSED and form is ZoneForm.LINE:
            found = self._along(widen(drawn, max(0.0, ALONG_M - radius_m)))
        else:
            found = self._touched(drawn)
        return found if found.size or form is ZoneForm.AREA else self._nearest(drawn)

    def _touched(self, drawn: Shape) -> Rows:
        # Part by part: the box around scattered parts holds roads that none of them is near.
        _, found = self._graph.tree.query(shapely.get_parts(drawn), predicate="intersects")
        return np.unique(found)

    def _structures(self, drawn: Shape, bit: int, beyond_m: float) -> Rows:
        if not self._graph.about.structures:
            return self._nearest(drawn)
        near = self._touched(widen(drawn, beyond_m))
        return near[self._graph.structure[near] & bit > 0]

    def _along(self, strip: Shape) -> Rows:
        near = self._touched(strip)
        lines = self._graph.lines[near]
        whole = shapely.length(lines)
        shared = np.where(
            whole > 0,
            shapely.length(shapely.intersection(lines, strip)) / np.maximum(whole, 1e-12),
            1,
        )
        length_m = self._graph.length_m[near]
        return near[shared * length_m >= np.minimum(_ALONG_LEAST_M, _ALONG_SHARE * length_m)]

    def _nearest(self, drawn: Shape) -> Rows:
        """Return the link nearest to the middle of a shape, within STRUCTURE_M of it."""
        near = self._touched(widen(drawn, STRUCTURE_M))
        if not near.size:
            return near
        middle = shapely.centroid(drawn)
        away = shapely.distance(self._graph.lines[near], middle)
        return near[[int(np.argmin(away))]]
