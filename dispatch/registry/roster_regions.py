"""Where the homes of a roster lie, by the imported boundaries: fills in what rows leave out, and
says where a row contradicts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.model import RegionCode
from dispatch.regions import RegionTree
from dispatch.registry.roster_rows import Problem, Row

RegionsAt = Callable[[NDArray[np.float64], NDArray[np.float64]], Sequence[RegionCode | None]]
"""The regions of places, lon and lat in degrees of shape (n,); None outside all of them."""


def nowhere(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Sequence[RegionCode | None]:
    """Answer for a registry without boundaries."""
    return [None] * len(lon)


def with_regions(
    rows: Sequence[Row], regions_at: RegionsAt, tree: RegionTree
) -> tuple[list[Row], list[Problem], list[Problem]]:
    """Return the rows that have a region now, problems of those that have none, and warnings.

    A stated region stands, even when the home lies elsewhere: people may serve where they work.
    """
    lon = np.array([row.person["home_lon"] for row in rows], np.float64)
    lat = np.array([row.person["home_lat"] for row in rows], np.float64)
    placed, problems, warnings = list[Row](), list[Problem](), list[Problem]()
    for row, home in zip(rows, regions_at(lon, lat), strict=True):
        stated = row.person["region"]
        if stated is None and home is None:
            reason = "is empty, and the home lies in no imported boundary"
            problems.append(Problem(row.line, "region", "", reason))
            continue
        if stated is None:
            row = replace(row, person={**row.person, "region": home})
        elif home is not None and not (tree.lies_in(home, stated) or tree.lies_in(stated, home)):
            warnings.append(Problem(row.line, "region", stated, f"but the home lies in {home}"))
        placed.append(row)
    return placed, problems, warnings
