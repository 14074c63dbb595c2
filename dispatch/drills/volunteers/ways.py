"""Where people are on their way: along the road they drive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.geo.measure import crow_m
from dispatch.model import Conditions, Site, TravelMode
from dispatch.ports import Router
from dispatch.roster import Floats


@dataclass(frozen=True, slots=True)
class Way:
    """A line with the metres travelled at each of its points."""

    points: Floats
    metres: Floats

    def at(self, share: float) -> tuple[float, float]:
        """Return where somebody is who has done this share of the way, as (lon, lat)."""
        done = share * float(self.metres[-1])
        lon = np.interp(done, self.metres, self.points[:, 0])
        lat = np.interp(done, self.metres, self.points[:, 1])
        return float(lon), float(lat)


def way_of(
    router: Router, origin: Site, site: Site, mode: TravelMode, conditions: Conditions
) -> Way:
    """Return the fastest way, or the straight line where there is none."""
    route = router.route(origin, site, mode, conditions)
    line = route.line if route is not None else ((origin.lon, origin.lat), (site.lon, site.lat))
    points = np.array(line if len(line) > 1 else (*line, *line), dtype=np.float64)
    steps = crow_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
    return Way(points, np.concatenate([[0.0], np.cumsum(steps)]))
