"""The road graph: links between vertices, who may use them in which direction, and how fast.

One file per area (`roads.npz`), prepared once from whatever source, so that the program needs no
map tools at run time. It is a zip of NumPy arrays:

| array         | shape, type    | meaning                                                        |
|---------------|----------------|----------------------------------------------------------------|
| `meta`        | (bytes,) uint8 | JSON: format, version, attribution, classes, speeds, names      |
| `vertices`    | (n, 2) int32   | lon, lat in microdegrees (0.11 m)                               |
| `tail`,`head` | (m,) int32     | the vertices a link runs between, in drawing order              |
| `road_class`  | (m,) uint8     | index into `classes`                                            |
| `access`      | (m,) uint8     | bit 2k: mode k may go tail to head; bit 2k + 1: head to tail    |
| `name`        | (m,) int32     | index into `names`; names[0] is "" for unnamed                  |
| `osm_id`      | (m,) int64     | the OpenStreetMap way, 0 when there is none                     |
| `bend_start`  | (m + 1,) int32 | link i bends at bends[bend_start[i]:bend_start[i + 1]]          |
| `bends`       | (p, 2) int32   | lon, lat in microdegrees                                        |

Modes are numbered as in `roster.MODES`. Lengths are not stored: they follow from the geometry, so
they can never be shorter than the straight line between the ends of a link.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from dispatch.errors import BadInput
from dispatch.geo.measure import Floats, crow_m
from dispatch.model import TravelMode
from dispatch.roster import MODES, Bools, Bytes, Ids, Ints

FORMAT: Final = "dispatch-roads"
VERSION: Final = 1
MICRO: Final = 1e6
MIN_LENGTH_M: Final = 0.1
"""No link is shorter: a length of zero would mean "no link" to a sparse matrix."""
MAX_SPEED_KMH: Final = 150.0

_ARRAYS: Final[Mapping[str, type[np.generic]]] = {
    "vertices": np.int32,
    "tail": np.int32,
    "head": np.int32,
    "road_class": np.uint8,
    "access": np.uint8,
    "name": np.int32,
    "osm_id": np.int64,
    "bend_start": np.int32,
    "bends": np.int32,
}


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
    """Arrays as in the module docstring; `speed_kmh` has shape (len(classes), len(MODES)).

    Raises:
        BadInput: the arrays contradict each other.
    """

    vertices: Ints
    tail: Ints
    head: Ints
    road_class: Bytes
    access: Bytes
    name: Ints
    osm_id: Ids
    bend_start: Ints
    bends: Ints
    classes: tuple[str, ...]
    speed_kmh: Floats
    names: tuple[str, ...]
    attribution: str

    def __post_init__(self) -> None:
        problem = _shape_problem(self) or _value_problem(self)
        if problem is not None:
            raise BadInput(f"road graph: {problem}")

    @classmethod
    def load(cls, path: Path) -> RoadGraph:
        """Return the graph stored at `path`.

        Raises:
            BadInput: there is no such file, or it is not a sound road graph of this version.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                stored = {key: archive[key] for key in ("meta", *_ARRAYS)}
            meta = json.loads(stored.pop("meta").tobytes())
            return cls(**stored, **_read_meta(meta))
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error
        except Exception as error:
            # zipfile, zlib, NumPy and JSON raise a dozen kinds of error for one broken byte.
            raise BadInput(f"{path}: not a readable road graph: {error!r}") from error

    def save(self, path: Path) -> None:
        """Write the graph to `path`; the same graph always gives the same bytes."""
        meta = {
            "format": FORMAT,
            "version": VERSION,
            "attribution": self.attribution,
            "classes": self.classes,
            "speed_kmh": self.speed_kmh.tolist(),
            "names": self.names,
        }
        text = json.dumps(meta, ensure_ascii=False).encode()
        arrays = {key: getattr(self, key) for key in _ARRAYS}
        with path.open("wb") as file:
            np.savez_compressed(file, meta=np.frombuffer(text, np.uint8), **arrays)

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
    speed_mps = graph.speed_kmh[graph.road_class[link], mode_number] / 3.6
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


def _read_meta(meta: Any) -> dict[str, Any]:
    if meta["format"] != FORMAT or meta["version"] != VERSION:
        raise BadInput(
            f"format {meta['format']} version {meta['version']}, "
            f"this program reads {FORMAT} version {VERSION}"
        )
    return {
        "classes": tuple(str(name) for name in meta["classes"]),
        "speed_kmh": np.array(meta["speed_kmh"], dtype=np.float64),
        "names": tuple(str(name) for name in meta["names"]),
        "attribution": str(meta["attribution"]),
    }


def _shape_problem(graph: RoadGraph) -> str | None:
    for key, kind in _ARRAYS.items():
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
    if graph.speed_kmh.shape != (len(graph.classes), len(MODES)):
        return f"speed_kmh must have {len(graph.classes)} rows of {len(MODES)}"
    return None


_PER_LINK: Final = ("tail", "head", "road_class", "access", "name", "osm_id")


def _value_problem(graph: RoadGraph) -> str | None:
    ends = np.concatenate([graph.tail, graph.head])
    if ends.min() < 0 or ends.max() >= len(graph.vertices):
        return "a link ends at a vertex that does not exist"
    if graph.road_class.max() >= len(graph.classes):
        return "a link has a class that does not exist"
    if graph.name.min() < 0 or graph.name.max() >= len(graph.names) or graph.names[0]:
        return "a link has a name that does not exist, or the first name is not empty"
    starts = graph.bend_start
    if starts[0] != 0 or starts[-1] != len(graph.bends) or (np.diff(starts) < 0).any():
        return "bend_start does not count up from 0 to the number of bends"
    reach = np.array([180, 90]) * MICRO
    points = np.concatenate([graph.vertices, graph.bends])
    if ((points > reach) | (points < -reach)).any():
        return "a coordinate is out of range"
    return _speed_problem(graph)


def _speed_problem(graph: RoadGraph) -> str | None:
    if not ((graph.speed_kmh >= 0) & (graph.speed_kmh <= MAX_SPEED_KMH)).all():
        return f"a speed is not within 0 to {MAX_SPEED_KMH} km/h"
    for number, mode in enumerate(MODES):
        used = graph.access >> (2 * number) & 3 > 0
        if (graph.speed_kmh[graph.road_class[used], number] == 0).any():
            return f"{mode} may use a class on which its speed is 0"
    if (graph.access >> (2 * len(MODES))).any():
        return "access has bits beyond the known modes"
    return None
