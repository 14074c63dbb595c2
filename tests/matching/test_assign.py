"""Plain cost matrices: exact against scipy, enumeration and instances with a known optimum."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from dispatch.matching.assign import LARGEST, Assignment, assign

Matrix = NDArray[Any]
NEVER = 10**7


@st.composite
def matrices(draw: st.DrawFn, most: int, least_cost: int = 0) -> Matrix:
    n, m = draw(st.integers(0, most)), draw(st.integers(0, most))
    cost = st.one_of(st.integers(least_cost, 3), st.integers(least_cost, 5_000))
    cells = draw(st.lists(st.lists(cost, min_size=m, max_size=m), min_size=n, max_size=n))
    return np.array(cells, np.int64).reshape(n, m)


def masks(draw: st.DrawFn | Any, shape: tuple[int, ...]) -> Matrix:
    size = int(np.prod(shape))
    return np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), np.bool_).reshape(
        shape
    )


def check(found: Assignment, costs: Matrix, forbidden: Matrix, capacity: Matrix) -> None:
    """Allowed, complete, and of the cost it says when empty heads have no price."""
    assert len(np.unique(found.rows)) == len(found.rows)
    assert not forbidden[found.rows, found.columns].any()
    filled = np.bincount(found.columns, minlength=costs.shape[1])
    assert (filled + found.empty == capacity).all()
    assert found.objective_s == costs[found.rows, found.columns].sum()


@settings(deadline=None, max_examples=200)
@given(matrices(8, least_cost=-100))
def test_agrees_with_scipy_on_any_rectangle(costs: Matrix) -> None:
    found = assign(costs)
    check(found, costs, np.zeros_like(costs, np.bool_), np.ones(costs.shape[1], np.int64))
    assert len(found.rows) == min(costs.shape)
    assert found.objective_s == found.bound_s == costs[linear_sum_assignment(costs)].sum()
    assert found.gap == 0


@settings(deadline=None, max_examples=150)
@given(matrices(7), st.data())
def test_forbidden_pairs_leave_as_few_heads_empty_as_can_be(
    costs: Matrix, data: st.DataObject
) -> None:
    forbidden = masks(data.draw, costs.shape)
    found = assign(costs, forbidden=forbidden)
    check(found, costs, forbidden, np.ones(costs.shape[1], np.int64))
    dear = np.where(forbidden, NEVER, costs)
    best = linear_sum_assignment(dear)
    used = ~forbidden[best]
    assert len(found.rows) == used.sum()
    assert found.objective_s == found.bound_s == costs[best][used].sum()


def enumerated(costs: Matrix, forbidden: Matrix, capacity: Matrix) -> list[tuple[int, int]]:
    """All ways to send each row somewhere or nowhere, as (heads filled, cost of the pairs)."""
    n, m = costs.shape
    ways = []
    for places in itertools.product(range(m + 1), repeat=n):
        pairs = [(i, j) for i, j in enumerate(places) if j < m]
        filled = np.bincount([j for _, j in pairs], minlength=m)[:m]
        if (filled <= capacity).all() and not any(forbidden[p] for p in pairs):
            ways.append((len(pairs), sum(int(costs[p]) for p in pairs)))
    return ways


@settings(deadline=None, max_examples=150)
@given(matrices(4, least_cost=-50), st.data())
def test_capacities_and_prices_against_enumeration(costs: Matrix, data: st.DataObject) -> None:
    m = costs.shape[1]
    forbidden = masks(data.draw, costs.shape)
    some = st.lists(st.integers(0, 3), min_size=m, max_size=m)
    capacity = np.array(data.draw(some), np.int64)
    ways = enumerated(costs, forbidden, capacity)
    found = assign(costs, forbidden=forbidden, capacity=capacity)
    check(found, costs, forbidden, capacity)
    most = max(filled for filled, _ in ways)
    assert len(found.rows) == most
    assert found.objective_s == found.bound_s == min(c for filled, c in ways if filled == most)
    price = data.draw(st.integers(0, 3_000))
    found = assign(costs, forbidden=forbidden, capacity=capacity, unfilled_s=price)
    best = min(cost + price * (int(capacity.sum()) - filled) for filled, cost in ways)
    assert found.objective_s == found.bound_s == best
    paid = costs[found.rows, found.columns].sum() + price * found.empty.sum()
    assert paid == found.objective_s


def test_each_column_may_have_its_own_price() -> None:
    found = assign([[50, 60]], unfilled_s=[10, 90])
    assert (found.rows.tolist(), found.columns.tolist()) == ([0], [1])
    assert found.empty.tolist() == [1, 0]
    assert found.objective_s == 70


def test_a_head_is_not_left_empty_to_save_cost() -> None:
    """Filling column 1 costs 20, more than any one pair."""
    costs, forbidden = [[0, 10], [10, 0]], [[False, False], [False, True]]
    assert assign(costs, forbidden=forbidden).objective_s == 20
    assert assign(costs, forbidden=forbidden, unfilled_s=15).objective_s == 15


def test_an_infeasible_instance_is_an_answer() -> None:
    found = assign([[1, 2], [3, 4]], forbidden=[[True, False], [True, False]], capacity=[2, 1])
    assert found.empty.tolist() == [2, 0]
    assert (found.objective_s, found.gap) == (2, 0)


@pytest.mark.parametrize("size", [100, 200, 400, 800])
def test_random_squares_of_the_or_library_recipe(size: int) -> None:
    """Whole costs from 1 to 100, uniform (Beasley 1990, linear programming on Cray)."""
    costs = np.random.default_rng(size).integers(1, 101, (size, size))
    found = assign(costs)
    assert found.objective_s == found.bound_s == costs[linear_sum_assignment(costs)].sum()
    assert sorted(found.rows) == sorted(found.columns) == list(range(size))


def test_sparse_squares_with_forbidden_pairs_at_size() -> None:
    rng = np.random.default_rng(4)
    costs, forbidden = rng.integers(1, 10_000, (300, 300)), rng.random((300, 300)) < 0.98
    found = assign(costs, forbidden=forbidden)
    best = linear_sum_assignment(np.where(forbidden, NEVER, costs))
    used = ~forbidden[best]
    assert 0 < len(found.rows) == used.sum() < 300
    assert found.objective_s == found.bound_s == costs[best][used].sum()


@pytest.mark.parametrize("size", [10, 150])
def test_products_whose_optimum_is_known_by_formula(size: int) -> None:
    """Costs i x j (Machol and Wien 1976): the best pairs i with size + 1 - i, by rearrangement."""
    numbers = np.arange(1, size + 1)
    found = assign(np.outer(numbers, numbers))
    assert found.objective_s == size * (size + 1) * (size + 2) // 6
    assert (found.rows + found.columns == size - 1).all()


def test_the_same_matrix_gives_the_same_answer() -> None:
    costs = np.random.default_rng(1).integers(0, 3, (40, 30))
    one, other = assign(costs, capacity=2), assign(costs.astype(np.float64), capacity=2)
    assert (one.rows == other.rows).all()
    assert (one.columns == other.columns).all()


def test_what_is_forbidden_is_not_read() -> None:
    assert assign([[np.nan, 3]], forbidden=[[True, False]]).objective_s == 3


BIG = str(LARGEST)


@pytest.mark.parametrize(
    ("costs", "more", "message"),
    [
        ([1, 2], {}, r"cost_s has shape \(2,\), expected rows x columns"),
        ([[1, 2], [3]], {}, "cost_s is not an array of whole numbers"),
        ([[1], ["far"]], {}, "cost_s holds <U.*, expected whole numbers"),
        ([[1, 2], [3, np.nan]], {}, "cost_s at row 1, column 1 is nan, expected a whole number"),
        ([[1, None]], {}, "cost_s at row 0, column 1 is nan"),
        ([[1, 2.5]], {}, "cost_s at row 0, column 1 is 2.5"),
        ([[1, 2**63]], {}, f"cost_s at row 0, column 1 is .*to {BIG}"),
        ([[-(2**40)]], {}, "cost_s at row 0, column 0 is -1099511627776"),
        ([[2**39 - 1, 0], [0, 0]], {}, "cost_s spans 549755813887, for 2 heads more than"),
        ([[1, 2]], {"forbidden": [[0, 1]]}, "forbidden holds int64, expected True and False"),
        ([[1, 2]], {"forbidden": [True]}, r"forbidden has shape \(1,\), expected .* \(1, 2\)"),
        ([[1, 2]], {"capacity": [1]}, r"capacity has shape \(1,\), .* or shape \(2,\)"),
        ([[1, 2]], {"capacity": [1, -1]}, "capacity at column 1 is -1, expected a whole number"),
        ([[1, 2]], {"capacity": -1}, "capacity is -1, expected a whole number from 0"),
        ([[1, 2]], {"unfilled_s": [0, np.nan]}, "unfilled_s at column 1 is nan"),
        ([[1, 2]], {"unfilled_s": "much"}, "unfilled_s holds <U4, expected whole numbers"),
    ],
)
def test_bad_input_is_named(costs: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assign(costs, **more)
