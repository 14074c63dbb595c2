from __future__ import annotations

import numpy as np
import pytest

from dispatch.matching.cost import Trips
from dispatch.matching.problem import Posts
from dispatch.model import NeedId
from dispatch.planner.pool import Pool


@pytest.fixture
def pool() -> Pool:
    """Two needs; rows 1, 4, 7 may be asked for the first, 1 and 9 for the second."""
    k = 5
    trips = Trips(
        row=np.array([1, 4, 7, 1, 9]),
        eta_s=np.array([300, 200, 200, 50, 60], np.int32),
        late_s=np.zeros(k, np.int64),
        steps=np.zeros(k, np.uint8),
        surplus=np.zeros(k, np.uint8),
        moved=np.zeros(k, np.bool_),
        stays=np.zeros(k, np.bool_),
        accepts=np.ones(k),
    )
    cost_s = trips.eta_s.astype(np.int64)
    return Pool(np.array([0, 3, 5]), np.array([0, 0, 0, 1, 1]), trips, cost_s + 60, cost_s)


def test_pairs_come_by_need_then_cost_then_row(pool: Pool) -> None:
    assert pool.cheapest_first().tolist() == [1, 2, 0, 3, 4]
    assert pool.of(1) == slice(3, 5)


def test_a_problem_has_a_pair_for_everybody_near_at_each_post_they_enter(pool: Pool) -> None:
    posts = Posts.plain(
        [NeedId("a"), NeedId("b")], np.ones((2, 1), np.int64), np.full((2, 1), 900, np.int64)
    )
    enters = [np.array([True, False, True]), np.array([True, True])]
    near = np.array([True, True, True, False, True])
    problem, places = pool.problem(posts, enters, np.array([0, 1]), near, None)
    assert places.tolist() == [0, 2, 4]
    assert (problem.post.tolist(), problem.row.tolist()) == ([0, 0, 1], [1, 7, 9])
    assert problem.cost_s.tolist() == [300, 200, 60]
    assert problem.eta_s.tolist() == [300, 200, 60]
