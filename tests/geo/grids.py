"""Small road graphs for the router tests, and a plain Dijkstra to hold the router against."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np

from dispatch.geo.road_folder import About
from dispatch.geo.roads import MICRO, Edges, RoadGraph
from dispatch.model import TravelMode, Zone, ZoneForm, ZoneId, ZoneKind, ZoneStatus

LON, LAT = 116.0, 40.0
STEP = 0.005
"""Degrees between neighbouring vertices of a grid: 426 m east, 556 m north."""

BOTH_WAYS = 0b111111
ONE_WAY = 0b110101
"""Cars and motorcycles tail to head only; people on foot both ways; no boats in either."""

Corner = tuple[int, int]
"""A place on the grid: steps east and north of (LON, LAT)."""


def at(corner: tuple[float, float]) -> tuple[float, float]:
    """Return the lon, lat of a place on the grid."""
    return LON + corner[0] * STEP, LAT + corner[1] * STEP


def graph(
    links: Sequence[tuple[Corner, Corner, int]],
    classes: Sequence[int] | None = None,
    bends: Sequence[Sequence[tuple[float, float]]] | None = None,
    structures: Sequence[int] | None = None,
) -> RoadGraph:
    """Return a graph of links (corner, corner, access); class 0 is fast, class 1 is slow."""
    corners = sorted({end for link in links for end in link[:2]})
    number = {corner: index for index, corner in enumerate(corners)}
    bends = bends or [()] * len(links)
    return RoadGraph(
        vertices=micro([at(corner) for corner in corners]),
        tail=np.array([number[link[0]] for link in links], np.int32),
        head=np.array([number[link[1]] for link in links], np.int32),
        road_class=np.array(classes or [0] * len(links), np.uint8),
        speed=np.array(classes or [0] * len(links), np.uint16),
        access=np.array([link[2] for link in links], np.uint8),
        structure=np.array(structures or [0] * len(links), np.uint8),
        layer=np.zeros(len(links), np.int8),
        name=np.zeros(len(links), np.int32),
        osm_id=np.arange(len(links), dtype=np.int64),
        bend_start=np.cumsum([0, *map(len, bends)], dtype=np.int32),
        bends=micro([at(point) for link in bends for point in link]),
        classes=("primary", "residential"),
        speed_kmh=np.array([[60.0, 60.0, 4.8, 0.0], [20.0, 20.0, 4.8, 0.0]]),
        names=("", "Long Street"),
        about=About(name="grid", attribution="drawn by hand", structures=True),
    )


def micro(points: Sequence[tuple[float, float]]) -> np.ndarray:
    return np.round(np.array(points).reshape(-1, 2) * MICRO).astype(np.int32)


def grid(width: int, height: int) -> RoadGraph:
    """Return a full grid of two-way streets of class 0."""
    east = [((x, y), (x + 1, y), BOTH_WAYS) for x in range(width - 1) for y in range(height)]
    north = [((x, y), (x, y + 1), BOTH_WAYS) for x in range(width) for y in range(height - 1)]
    return graph(east + north)


def box(
    west: float,
    south: float,
    east: float,
    north: float,
    *,
    blocks: Iterable[TravelMode] = tuple(TravelMode),
    name: str = "z",
    status: ZoneStatus = ZoneStatus.ACTIVE,
) -> Zone:
    """Return a rectangular flood in grid steps."""
    corners = ((west, south), (east, south), (east, north), (west, north))
    return Zone(
        id=ZoneId(name),
        kind=ZoneKind.FLOOD,
        name=name,
        form=ZoneForm.AREA,
        parts=((tuple(at(corner) for corner in corners),),),
        blocks=tuple(blocks),
        status=status,
        drawn_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def oracle(edges: Edges, size: int, goal: int, closed: Iterable[int] = ()) -> list[float]:
    """Return the seconds from every vertex to `goal`, by the textbook and in plain Python."""
    shut = set(closed)
    backwards: list[list[tuple[int, float]]] = [[] for _ in range(size)]
    for tail, head, link, time_s in zip(
        edges.tail.tolist(),
        edges.head.tolist(),
        edges.link.tolist(),
        edges.time_s.tolist(),
        strict=True,
    ):
        if link not in shut:
            backwards[head].append((tail, time_s))
    best = [float("inf")] * size
    best[goal] = 0.0
    heap = [(0.0, goal)]
    while heap:
        so_far, vertex = heapq.heappop(heap)
        for before, time_s in backwards[vertex] if so_far == best[vertex] else ():
            if so_far + time_s < best[before]:
                best[before] = so_far + time_s
                heapq.heappush(heap, (best[before], before))
    return best
