"""The reference engine; its answers are checked in tests/contracts/test_search.py."""

from __future__ import annotations

import numpy as np
import pytest

from dispatch.geo import search
from dispatch.geo.search import Arcs, Dijkstra, Doors


def chain(cache_bytes: int) -> Dijkstra:
    """Return an engine over 0 -> 1 -> 2, a second each."""
    arcs = Arcs(np.array([0, 1]), np.array([1, 2]), np.zeros((3, 2)))
    engine = Dijkstra(arcs, cache_bytes)
    engine.adopt(np.array([1_000, 1_000], np.uint32))
    return engine


def goal(vertex: int) -> Doors:
    return Doors(np.full((2, 1), vertex), np.zeros((2, 1), np.uint32))


def test_a_repeated_goal_is_not_searched_again_while_it_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[int] = []
    plain = search.dijkstra
    monkeypatch.setattr(search, "dijkstra", lambda *a, **k: runs.append(1) or plain(*a, **k))
    engine = chain(cache_bytes=2 * 4 * 3)  # room for two goals
    for vertex, searched in ((0, 1), (0, 1), (1, 2), (0, 2), (2, 3), (0, 3), (1, 4)):
        engine.times_ms(goal(vertex), np.arange(3))
        assert len(runs) == searched, vertex
    engine.adopt(np.array([1_000, 2_000], np.uint32))
    assert engine.times_ms(goal(2), np.arange(3)).tolist() == [[3_000, 2_000, 0]]
    assert len(runs) == 5
