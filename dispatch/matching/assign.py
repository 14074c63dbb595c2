"""The matcher on a plain cost matrix: assignment instances as the literature states them.

People are rows, columns are whatever takes people; `cost_s[i, j]` is what sending row i to
column j costs. The engine, its proof and its checks are those of every plan (`matching.match`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dispatch.matching import match
from dispatch.matching.cost import Seconds
from dispatch.matching.problem import Indices, Posts, Problem
from dispatch.model import NeedId
from dispatch.roster import Bools

LARGEST: Final = 2**39
"""No cost and no price may be larger, so that sums of them stay exact (`verify.lower_bound`)."""
MOST_HEADS: Final = 1_000_000
"""No column may take more rows than this."""


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """Who goes where: `rows[k]` to `columns[k]`, by column then row, shape (k,) both.

    `empty`, shape (m,), are the heads of each column that stay empty. `objective_s` is the cost
    of the pairs, and of the empty heads where those were given a price; no allowed assignment
    (that fills as many heads, where they have no price) costs less than `bound_s`.
    """

    rows: Indices
    columns: Indices
    empty: Seconds
    objective_s: int
    bound_s: int

    @property
    def gap(self) -> float:
        """Return the distance to the proven bound as a share of the objective; 0 is optimal."""
        return (self.objective_s - self.bound_s) / max(1, abs(self.objective_s))


def assign(
    cost_s: ArrayLike,
    *,
    forbidden: ArrayLike | None = None,
    capacity: ArrayLike = 1,
    unfilled_s: ArrayLike | None = None,
) -> Assignment:
    """Return a cheapest assignment of rows to columns, each row used at most once.

    `cost_s`, shape (n, m), are whole numbers; negative ones are gains. Where `forbidden`, shape
    (n, m), is True there is no pair and the cost is not read. `capacity` is how many rows a
    column takes, one number for all or shape (m,). `unfilled_s`, likewise, is the price of an
    empty head: a head stays empty where that is cheaper. Without it as many heads are filled as
    can be, at the least cost.

    What cannot be filled is in `empty`, never an error. The same matrix always gives the same
    answer.

    Raises:
        ValueError: a shape, type or value is not as described; names the argument and the place.
        SolverFailed: as `matching.match`.
    """
    costs, allowed = _matrix(cost_s, forbidden)
    m = costs.shape[1]
    heads = _per_column("capacity", capacity, m, MOST_HEADS)
    # One shift of every cost and every price moves all answers by the same: shift x heads.
    shifted = costs - int(costs.min(initial=0))
    if unfilled_s is None:
        price = np.full(m, _above_any_saving(shifted, heads))
        paid = np.zeros(m, np.int64)
    else:
        paid = _per_column("unfilled_s", unfilled_s, m)
        price = paid - int(costs.min(initial=0))
    columns, rows = np.nonzero(allowed.T)
    found = match(_problem(rows, columns, shifted[rows, columns], heads, price))
    chosen, empty = found.solution.chosen, found.solution.unfilled.sum(axis=1)
    objective_s = int(costs[rows[chosen], columns[chosen]].sum() + (empty * paid).sum())
    bound_s = found.bound_s - (found.objective_s - objective_s)
    return Assignment(rows[chosen], columns[chosen], empty, objective_s, bound_s)


def _matrix(cost_s: ArrayLike, forbidden: ArrayLike | None) -> tuple[Seconds, Bools]:
    """Return the costs, 0 where forbidden, and which pairs are allowed; shape (n, m) both."""
    given = _array("cost_s", cost_s, "iuf")
    if given.ndim != 2:
        raise ValueError(f"cost_s has shape {given.shape}, expected rows x columns")
    if forbidden is None:
        return _whole("cost_s", given, least=-LARGEST), np.ones(given.shape, np.bool_)
    mask = _array("forbidden", forbidden, "b")
    if mask.shape != given.shape:
        raise ValueError(
            f"forbidden has shape {mask.shape}, expected that of cost_s, {given.shape}"
        )
    return _whole("cost_s", np.where(mask, 0, given), least=-LARGEST), ~mask


def _per_column(name: str, given: ArrayLike, m: int, most: int = LARGEST) -> Seconds:
    array = _array(name, given, "iuf")
    if array.shape not in ((), (m,)):
        raise ValueError(f"{name} has shape {array.shape}, expected one number or shape ({m},)")
    return np.broadcast_to(_whole(name, array, most=most), (m,))


_KINDS: Final = {"iuf": "whole numbers", "b": "True and False"}
"""NumPy's letters for the types an argument may have, and what to call them."""


def _array(name: str, given: ArrayLike, kinds: str) -> NDArray[Any]:
    try:
        array = np.asarray(given)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)  # None becomes nan, which has a place to name
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} is not an array of {_KINDS[kinds]}: {error}") from None
    if array.dtype.kind not in kinds:
        raise ValueError(f"{name} holds {array.dtype}, expected {_KINDS[kinds]}")
    return array


def _whole(name: str, array: NDArray[Any], least: int = 0, most: int = LARGEST) -> Seconds:
    """Return the array as int64; floats are taken where they are whole."""
    whole = (array == np.floor(array)) & (array >= least) & (array <= most)
    for at in np.argwhere(~whole)[:1].tolist():
        place = ", ".join(f"{axis} {k}" for axis, k in zip(_AXES[len(at)], at, strict=True))
        raise ValueError(
            f"{name}{place and f' at {place}'} is {array[tuple(at)]}, "
            f"expected a whole number from {least} to {most}"
        )
    return array.astype(np.int64)


_AXES: Final = ((), ("column",), ("row", "column"))


def _above_any_saving(costs: Seconds, heads: Seconds) -> int:
    """Return a price so high that one head more is filled whatever the others then cost."""
    filled = min(len(costs), int(heads.sum()))
    price = int(costs.max(initial=0)) * filled + 1
    if price > LARGEST:
        raise ValueError(
            f"cost_s spans {costs.max()}, for {filled} heads more than {LARGEST} in all: "
            "expected smaller numbers, or a price unfilled_s"
        )
    return price


def _problem(
    rows: Indices, columns: Indices, cost_s: Seconds, heads: Seconds, price: Seconds
) -> Problem:
    """Return the pairs, in (column, row) order, as a matching problem."""
    ids = [NeedId(f"{j:09}") for j in range(len(heads))]
    return Problem(
        posts=Posts.plain(ids, heads[:, None], price[:, None]),
        post=columns,
        row=rows,
        cost_s=cost_s,
        eta_s=np.zeros(len(rows), np.int32),
    )
