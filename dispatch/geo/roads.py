"""The road graph: links between vertices, who may use them in which direction, and how fast.

Prepared once from whatever source (`dispatch roads import`), so that the program needs no map
tools at run time; `road_folder` says how it lies on disc and what the arrays mean. Lengths are
not stored: they follow from the geometry, so they can never be shorter than the straight line
between the ends of a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from dispatch.errors import BadInput
from dispatch.geo.measure import Floats, crow_m
from dispatch.geo.road_folder import ARRAYS, About, read_roads, write_roads
from dispatch.model import TravelMode
from dispatch.roster import MODES, Bools, Bytes, Ids, Ints

MICRO: Final = 1e6
WATERWAY: Final = "waterway"
"""The class of links that only boats use."""
MIN_LENGTH_M: Final = 0.1
"""No link is shorter: a length of zero would mean "no link" to a sparse matrix."""
MAX_SPEED_KMH: Final = 150.0

BRIDGE: Final = 1
TUNNEL: Final = 2
FORD: Final = 4
ROUNDABOUT: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The k directed edges one mode may use: vertex `tail` to vertex `head` along `link`."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    link: NDArray[np.int64]
    length_m: Floats
    time_s: Floats


@dataclass(frozen=True, eq=False, kw_only=True)
class RoadGraph:
    """Arrays as in `road_folder`; `speed_kmh` has shape (k, len(MODES)), 0 where the mode
    may not go.

    Raises:
        BadInput: the arrays contradict each other.
    """

    vertices: Ints
    tail: Ints
    head: Ints
    road_class: Bytes
    speed: NDArray[np.uint16]
    access: Bytes
    structure: Bytes
    layer: NDArray[np.int8]
    name: Ints
    osm_id: Ids
    bend_start: Ints
    bends: Ints
    classes: tuple[str, ...]
    speed_kmh: Floats
    names: tuple[str, ...]
    about: About

    def __post_init__(self) -> None:
        problem = _shape_problem(self) or _value_problem(self)
        if problem is not None:
            raise BadInput(f"road graph: {problem}")

    @classmethod
    def load(cls, folder: Path) -> RoadGraph:
        """Return the graph stored in `folder`; its arrays stay on disc until they are read.

        Raises:
            BadInput: there is no such folder, or it holds no sound road graph of this version;
                names the folder, the array and what is wrong.
        """
        stored = read_roads(folder)
        try:
            return cls(**stored)
        except BadInput as error:
            raise BadInput(f"{folder}: {error}") from error

    def save(self, folder: Path, report: str = "") -> None:
        """Put the graph in place of `folder`; the same graph always gives the same bytes.

        `report` is JSON to keep beside it: how the roads were made.

        Raises:
            BadInput: the folder cannot be written; nothing has changed.
        """
        write_roads(
            folder, {field.name: getattr(self, field.name) for field in fields(self)}, report
        )

    @property
    def attribution(self) -> str:
        """The credit that every map of these roads must carry."""
        return self.about.attribution

    @cached_property
    def places(self) -> Floats:
        """lon, lat of the vertices in degrees, shape (n, 2)."""
        return self.vertices / MICRO

    @cached_property
    def line_start(self) -> Ids:
        """Shape (m + 1,): link i is drawn by line_points[line_start[i]:line_start[i + 1]]."""
        bends = np.diff(self.bend_start.astype(np.int64))
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(bends + 2)])

    @cached_property
    def line_points(self) -> Floats:
        """lon, lat in degrees of every point of every link, both ends included, shape (q, 2)."""
        points = np.empty((int(self.line_start[-1]), 2), dtype=np.int32)
        is_bend = np.ones(len(points), dtype=np.bool_)
        is_bend[self.line_start[:-1]] = False
        is_bend[self.line_start[1:] - 1] = False
        points[is_bend] = self.bends
        points[self.line_start[:-1]] = self.vertices[self.tail]
        points[self.line_start[1:] - 1] = self.vertices[self.head]
        return points / MICRO

    @cached_property
    def lines(self) -> NDArray[np.object_]:
        """The links as shapely LineStrings, shape (m,)."""
        link = np.repeat(np.arange(len(self.tail)), np.diff(self.line_start))
        return np.asarray(shapely.linestrings(self.line_points, indices=link), dtype=np.object_)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """A spatial index over `lines`."""
        return shapely.STRtree(self.lines)

    @cached_property
    def length_m(self) -> Floats:
        """Length of each link along its bends in metres, at least MIN_LENGTH_M, shape (m,)."""
        lon, lat = self.line_points.T
        step_m = crow_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
        step_m[self.line_start[1:-1] - 1] = 0.0  # from the end of one link to the next one's start
        along = np.add.reduceat(np.append(step_m, 0.0), self.line_start[:-1])
        return np.maximum(along, MIN_LENGTH_M)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of everything drawn, in degrees."""
        west, south = self.line_points.min(axis=0).tolist()
        east, north = self.line_points.max(axis=0).tolist()
        return west, south, east, north

    @cached_property
    def _edges(self) -> Mapping[TravelMode, Edges]:
        return {mode: _edges(self, number) for number, mode in enumerate(MODES)}

    def edges(self, mode: TravelMode) -> Edges:
        """Return the directed edges `mode` may use."""
        return self._edges[mode]

    @cached_property
    def _main(self) -> Mapping[TravelMode, Bools]:
        return {mode: _main_component(self.edges(mode), len(self.vertices)) for mode in MODES}

    def main(self, mode: TravelMode) -> Bools:
        """Return which vertices, shape (n,), reach each other both ways by `mode`.

        That is the largest strongly connected component: from and to any vertex in it there is
        a way. Everything else is a fragment at the rim of the map.
        """
        return self._main[mode]

    def vmax_mps(self, mode: TravelMode) -> float:
        """Return the fastest speed on any link of `mode` in metres per second, 0 without links."""
        edges = self.edges(mode)
        return float(np.max(edges.length_m / edges.time_s, initial=0.0))


def _edges(graph: RoadGraph, mode_number: int) -> Edges:
    forward = np.flatnonzero(graph.access >> (2 * mode_number) & 1)
    backward = np.flatnonzero(graph.access >> (2 * mode_number + 1) & 1)
    link = np.concatenate([forward, backward])
    speed_mps = graph.speed_kmh[graph.speed[link], mode_number] / 3.6
    return Edges(
        tail=np.concatenate([graph.tail[forward], graph.head[backward]]).astype(np.int64),
        head=np.concatenate([graph.head[forward], graph.tail[backward]]).astype(np.int64),
        link=link,
        length_m=graph.length_m[link],
        time_s=graph.length_m[link] / speed_mps,
    )


def _main_component(edges: Edges, vertex_count: int) -> Bools:
    if not len(edges.link):
        return np.zeros(vertex_count, dtype=np.bool_)
    ones = np.ones(len(edges.link))
    matrix = csr_array((ones, (edges.tail, edges.head)), shape=(vertex_count, vertex_count))
    _, label = connected_components(matrix, directed=True, connection="strong")
    main: Bools = label == np.bincount(label).argmax()
    return main


def _shape_problem(graph: RoadGraph) -> str | None:
    for key, kind in ARRAYS.items():
        if getattr(graph, key).dtype != kind:
            return f"{key} is {getattr(graph, key).dtype}, not {np.dtype(kind)}"
    links = graph.tail.shape
    if len(links) != 1 or links[0] == 0:
        return "no links"
    if any(getattr(graph, key).shape != links for key in _PER_LINK):
        return f"{', '.join(_PER_LINK)} differ in length"
    if graph.bend_start.shape != (links[0] + 1,):
        return "bend_start must have one entry more than there are links"
    if any(getattr(graph, key).shape[1:] != (2,) for key in ("vertices", "bends")):
        return "vertices and bends must be pairs"
    if graph.speed_kmh.ndim != 2 or graph.speed_kmh.shape[1] != len(MODES):
        return f"speed_kmh must have rows of {len(MODES)}"
    return None


_PER_LINK: Final = tuple(key for key in ARRAYS if key not in ("vertices", "bend_start", "bends"))


def _value_problem(graph: RoadGraph) -> str | None:
    ends = np.concatenate([graph.tail, graph.head])
    if ends.min() < 0 or ends.max() >= len(graph.vertices):
        return "tail or head names a vertex that does not exist"
    if graph.road_class.max() >= len(graph.classes):
        return "road_class names a class that does not exist"
    if graph.speed.max() >= len(graph.speed_kmh):
        return "speed names a row of speed_kmh that does not exist"
    if graph.name.min() < 0 or graph.name.max() >= len(graph.names) or graph.names[0]:
        return "name names a name that does not exist, or the first name is not empty"
    starts = graph.bend_start
    if starts[0] != 0 or starts[-1] != len(graph.bends) or (np.diff(starts) < 0).any():
        return "bend_start does not count up from 0 to the number of bends"
    reach = np.array([180, 90]) * MICRO
    points = np.concatenate([graph.vertices, graph.bends])
    if ((points > reach) | (points < -reach)).any():
        return "vertices or bends hold a coordinate out of range"
    return _speed_problem(graph)


def _speed_problem(graph: RoadGraph) -> str | None:
    if not ((graph.speed_kmh >= 0) & (graph.speed_kmh <= MAX_SPEED_KMH)).all():
        return f"speed_kmh holds a speed that is not within 0 to {MAX_SPEED_KMH:g} km/h"
    for number, mode in enumerate(MODES):
        used = graph.access >> (2 * number) & 3 > 0
        if (graph.speed_kmh[graph.speed[used], number] == 0).any():
            return f"access lets {mode} use a link on which its speed is 0"
    return None
