"""The peers of the router that know vertices only: hierarchy queries and scipy, on its arcs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from dispatch.geo.joining import Joining
from dispatch.geo.measure import Floats, unit_xyz
from dispatch.geo.roads import RoadGraph
from dispatch.model import TravelMode

Vertices = NDArray[np.uint32]


class Bare:
    """The arcs of cars within the main component, against the traffic, with their whole
    milliseconds; of parallel ones the quickest."""

    def __init__(self, graph: RoadGraph) -> None:
        edges, main = graph.edges(TravelMode.CAR), graph.main(TravelMode.CAR)
        number = np.cumsum(main) - 1
        inside = main[edges.tail] & main[edges.head] & (edges.tail != edges.head)
        tail, head = number[edges.tail[inside]], number[edges.head[inside]]
        ms = np.ceil(edges.time_s[inside] * 1_000)
        order = np.lexsort((ms, head, tail))
        first = np.ones(len(order), np.bool_)
        first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
        order = order[first]
        self._places = graph.places[main]
        self._ends = number[np.column_stack([graph.tail, graph.head])]
        self._usable = np.zeros(len(graph.tail), np.bool_)
        self._usable[edges.link] = main[edges.tail] & main[edges.head]
        self._joining = Joining(graph, self._usable)
        self._tree = cKDTree(unit_xyz(*self._places.T))
        self._arcs = tail[order], head[order], ms[order]
        self._metrics = self._hierarchies()
        shape = (len(self), len(self))
        self._matrix = csr_array((ms[order], (head[order], tail[order])), shape=shape)

    def __len__(self) -> int:
        return len(self._places)

    def nearest(self, places: Floats) -> Vertices:
        """Return the vertices nearest to some places."""
        _, vertex = self._tree.query(unit_xyz(*places.T))
        return np.asarray(vertex, np.uint32)

    def ends(self, places: Floats) -> Vertices:
        """Return both ends of the roads nearest to some places, each once."""
        access, _ = self._joining.join(places, self._usable)
        return np.unique(self._ends[access.link]).astype(np.uint32)

    def by_hierarchy(self, starts: Vertices, goals: Vertices) -> list[Any]:
        """Return milliseconds, goal by start, in two halves; a thread and a metric for each."""
        with ThreadPoolExecutor(len(self._metrics)) as threads:
            halves = zip(self._metrics, np.array_split(goals, len(self._metrics)), strict=True)
            running = [threads.submit(m.distances_many_to_many, g, starts) for m, g in halves]
            return [found.result() for found in running]

    def by_scipy(self, starts: Vertices, goals: Vertices) -> Floats:
        """Return milliseconds, goal by start."""
        found: Floats = dijkstra(self._matrix, indices=goals)[:, starts]
        return found

    def _hierarchies(self) -> list[Any]:
        import pyroutingkit

        tail, head, ms = (np.ascontiguousarray(a, np.uint32) for a in self._arcs)
        lon, lat = np.ascontiguousarray(self._places.T, np.float32)
        topology = pyroutingkit.CCHTopology()
        topology.build(head, tail, lat, lon, len(self))
        metrics = [pyroutingkit.CCHMetric(topology) for _ in range(2)]
        for metric in metrics:
            metric.customize(ms, 1)
        return metrics
