"""The roads of a graph as points, for questions about where there are roads and how many."""

from __future__ import annotations

from typing import Final

import numpy as np

from dispatch.geo.measure import crow_m
from dispatch.geo.roads import RoadGraph
from dispatch.model import TravelMode
from dispatch.ports import Roads
from dispatch.roster import MODES

SPACING_M: Final = 50.0


def strewn(graph: RoadGraph, modes: tuple[TravelMode, ...]) -> Roads:
    """Return points on the links that any of `modes` may use in any direction, at most SPACING_M
    apart, each in the middle of the piece of road it stands for."""
    bits = sum(0b11 << 2 * MODES.index(mode) for mode in modes)
    links = np.flatnonzero(graph.access & bits)
    counts = graph.line_start[links + 1] - graph.line_start[links] - 1
    first = np.repeat(graph.line_start[links] - np.cumsum(counts) + counts, counts)
    at = first + np.arange(len(first))
    start, end = graph.line_points[at], graph.line_points[at + 1]
    length_m = crow_m(*start.T, *end.T)
    pieces = np.maximum(np.ceil(length_m / SPACING_M), 1).astype(np.intp)
    stretch = np.repeat(np.arange(len(at)), pieces)
    piece = np.arange(len(stretch)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = ((piece + 0.5) / pieces[stretch])[:, None]
    return Roads(start[stretch] + share * (end - start)[stretch], (length_m / pieces)[stretch])
