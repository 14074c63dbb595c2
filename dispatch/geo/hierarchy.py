"""Fastest ways by a customisable contraction hierarchy: the fast Search.

The order of the vertices depends on the shape of the network alone (Dibbelt, Strasser, Wagner,
"Customizable Contraction Hierarchies", JEA 2016); new times are worked into it in milliseconds.
The optional package pyroutingkit binds RoutingKit's implementation.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np

from dispatch.geo.search import NO_WAY, Arcs, Doors, Millis, Rows

AVAILABLE: Final = importlib.util.find_spec("pyroutingkit") is not None
"""Whether the extra `fast` is installed."""

_log = logging.getLogger(__name__)

_PARTLY: Final = 0.02
"""Share of the arcs up to which changing their times alone is quicker than setting all."""
_WORTH_THREADS: Final = 100_000
"""Cells of a matrix from which a second thread pays."""


class Hierarchy:
    """The fast Search; keeps the order of the vertices in `folder` if there is one."""

    def __init__(self, arcs: Arcs, folder: Path | None = None) -> None:
        self._topology = _topology(arcs, folder)
        # Two threads on one metric crash, so each has its own.
        self._metrics = [_Metric(self._topology), _Metric(self._topology)]
        self._weights = np.full(len(arcs.tail), NO_WAY, np.uint32)

    def adopt(self, weights: Millis) -> None:
        self._weights = weights

    def times_ms(self, goals: Doors, starts: Rows) -> Millis:
        used = goals.ms < NO_WAY
        sources, at = np.unique(goals.vertex[used], return_inverse=True)
        found = np.full((goals.ms.shape[1], len(starts)), NO_WAY, np.uint32)
        if not sources.size or not starts.size:
            return found
        times = self._rows(sources.astype(np.uint32), starts.astype(np.uint32))
        number = np.zeros(used.shape, np.intp)
        number[used] = at
        for side in range(2):
            for goal in np.flatnonzero(used[side]).tolist():
                over = times[number[side, goal]] + goals.ms[side, goal]
                np.minimum(found[goal], over, out=found[goal])
        return found

    def way(self, start: int, goal: Doors) -> Rows:
        metric = self._metrics[0].at(self._weights)
        best_ms, best = NO_WAY, ()
        for vertex, ms in zip(goal.vertex[:, 0].tolist(), goal.ms[:, 0].tolist(), strict=True):
            if ms < NO_WAY:
                time_ms, _, arcs = metric.query(vertex, start)
                if time_ms + ms < best_ms:
                    best_ms, best = time_ms + ms, arcs
        return np.array(best, np.intp)[::-1]

    def _rows(self, sources: Millis, starts: Millis) -> list[Millis]:
        """Return the times from all `starts` to each source, in two threads if that pays."""
        cells = len(sources) * len(starts)
        if cells < _WORTH_THREADS or len(sources) < 2:
            return list(self._metrics[0].times(self._weights, sources, starts))
        half = len(sources) // 2
        with ThreadPoolExecutor(1) as other:
            later = other.submit(self._metrics[1].times, self._weights, sources[half:], starts)
            first = self._metrics[0].times(self._weights, sources[:half], starts)
            return [*first, *later.result()]


class _Metric:
    """One set of times worked into the hierarchy, brought up to date when it is used."""

    def __init__(self, topology: Any) -> None:
        from pyroutingkit import CCHMetric

        self._metric = CCHMetric(topology)
        self._weights: Millis | None = None

    def at(self, weights: Millis) -> Any:
        """Return the metric with these times."""
        if self._weights is None:
            self._metric.customize(weights, 1)
        elif weights is not self._weights:
            new = np.flatnonzero(weights != self._weights)
            if len(new) > _PARTLY * len(weights):
                self._metric.customize(weights, 1)
            elif new.size:
                self._metric.update_weights(new.astype(np.uint32), weights[new])
        self._weights = weights
        return self._metric

    def times(self, weights: Millis, sources: Millis, starts: Millis) -> Millis:
        found: Millis = self.at(weights).distances_many_to_many(sources, starts)
        return found


def _topology(arcs: Arcs, folder: Path | None) -> Any:
    """Return the order of the vertices, worked out once and then read from the folder."""
    from pyroutingkit import CCHTopology

    tail, head = arcs.head.astype(np.uint32), arcs.tail.astype(np.uint32)  # against the traffic
    # The library reads plain memory: a strided column would give it an order from scrambled places.
    lon, lat = np.ascontiguousarray(arcs.places.T, dtype=np.float32)
    topology = CCHTopology()
    digest = hashlib.sha256(b"".join(map(np.ndarray.tobytes, (tail, head, lon, lat)))).hexdigest()
    kept = None if folder is None else folder / f"hierarchy-{digest[:32]}"
    if kept is not None and kept.is_dir():
        try:
            topology.load(str(kept))
            if (topology.node_count, topology.arc_count) == (arcs.size, len(tail)):
                return topology
        except Exception as error:  # whatever the library finds wrong with its own files
            _log.warning("%s cannot be read and is made anew: %r", kept, error)
        shutil.rmtree(kept, ignore_errors=True)
        topology = CCHTopology()
    topology.build(tail, head, lat, lon, arcs.size)
    if kept is not None:
        _save(topology, kept)
    return topology


def _save(topology: Any, kept: Path) -> None:
    """Write the order beside its place and move it there: it is whole or missing."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{kept.name}.", dir=kept.parent))
        try:
            topology.save(str(made))
            os.replace(made, kept)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except (OSError, RuntimeError) as error:
        _log.warning("%s cannot be kept, the next start works it out again: %s", kept, error)
